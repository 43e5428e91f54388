"""What is well and what is not, as each stage sees its own part; `utenza doctor` asks and prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Protocol

from utenza.infra import discovery


class State(StrEnum):
    """How one thing stands. A warning wants a look; bad means that something does not work."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: how it stands, in a sentence, and what to do about it if it is not well."""

    name: str
    state: State
    text: str
    advice: str = ""


class Check(Protocol):
    """Looks at one part of the house. It changes nothing, and answers within seconds."""

    def __call__(self, *, at: datetime) -> Iterable[Finding]: ...


_checks: dict[str, Check] = {}


def checks(name: str) -> Callable[[Check], Check]:
    """Have the decorated function of a stage's `jobs` module asked whenever the house is examined."""

    def register(check: Check) -> Check:
        _checks[name] = check
        return check

    return register


def examine(*, at: datetime) -> list[Finding]:
    """Ask every registered check; one that fails is itself a finding, and hides none of the others."""
    found = attempt("jobs", _load)
    for name, check in _checks.items():
        found += attempt(name, partial(check, at=at))
    return found


def attempt(name: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return what `look` finds, or that it could not look."""
    try:
        return list(look())
    except Exception as error:  # whatever is broken, the rest is still examined
        reason = (str(error).strip().splitlines() or ["no reason given"])[0]
        text = f"It cannot be examined: {type(error).__name__}: {reason}"
        advice = "Run 'utenza init'; if that does not mend it, see the log of the worker."
        return [Finding(name=name, state=State.BAD, text=text, advice=advice)]


def _load() -> list[Finding]:
    discovery.load_jobs()
    return []

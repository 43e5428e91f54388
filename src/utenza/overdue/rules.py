"""The ladder, and what is due on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from utenza.core.errors import N_, Refusal


class LadderContradictory(Refusal):
    code = "ladder_contradictory"
    text = N_("The dunning ladder is contradictory at step '%(step)s': %(why)s.")


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: after `days_overdue_min` days a letter goes out, and services may be withdrawn.

    `withdraw` is '' (nothing), 'one' (the newest line the account pays that is still open) or 'all' (every such line).
    """

    code: str
    days_overdue_min: int
    letter: str
    withdraw: str = ""


# Two reminders before anything is withdrawn, and at least 30 days from the due date to a suspension: the operator's
# service charter promises notice first (AGCOM resolution 179/03/CSP, art. 3; resolution 519/15/CONS on suspension).
DEFAULT_LADDER: tuple[Step, ...] = (
    Step("reminder_1", 5, "reminder_1"),
    Step("reminder_2", 15, "reminder_2"),
    Step("suspend_first", 30, "suspended", "one"),
    Step("suspend_all", 40, "suspended", "all"),
)

# Below this sum nobody is chased: a letter costs more (micro-units; the operator's setting).
DEFAULT_THRESHOLD_MICRO = 5_000_000


def ladder_from_setting(rows: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Read the operator's ladder, the earliest step first.

    :raises LadderContradictory: if steps share a code or a day, or withdraw something unknown.
    """
    steps = tuple(
        sorted(
            (
                Step(str(row["code"]), int(row["days_overdue_min"]), str(row["letter"]), str(row.get("withdraw", "")))
                for row in rows
            ),
            key=lambda step: step.days_overdue_min,
        )
    )
    seen: set[str] = set()
    previous = 0
    for step in steps:
        if step.code in seen:
            raise LadderContradictory(step=step.code, why="two steps have this code")
        if step.days_overdue_min <= previous:
            raise LadderContradictory(step=step.code, why="it does not come later than the step before it")
        if step.withdraw not in {"", "one", "all"}:
            raise LadderContradictory(step=step.code, why="it withdraws neither 'one' nor 'all'")
        seen.add(step.code)
        previous = step.days_overdue_min
    return steps


def next_step(*, ladder: Sequence[Step], taken: Sequence[str], days_overdue: int) -> Step | None:
    """Return the step to take now: the first one not yet taken whose day has come, or None.

    One step a run, never a later one before an earlier: a customer whose notice was delayed is still warned first.
    """
    for step in ladder:
        if step.code in taken:
            continue
        return step if days_overdue >= step.days_overdue_min else None
    return None


def days_overdue(*, due_date: date, on_date: date) -> int:
    """Return whole days since the due date; 0 or less while it is not overdue."""
    return (on_date - due_date).days

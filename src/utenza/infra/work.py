"""Bulk work by claimed chunks, and the one loop that does everything that waits."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from utenza.infra import discovery, outbox
from utenza.infra.wakeup import wake

__all__ = ["drain_all", "drain_once", "drains", "register_drain", "wake"]


class Drain(Protocol):
    """Claims a chunk with FOR UPDATE SKIP LOCKED, works and commits it, and returns how many it did."""

    def __call__(self, *, at: datetime) -> int: ...


_drains: dict[str, Drain] = {}
_queues: list[Callable[[], int]] = []


class NeverDrained(RuntimeError):  # noqa: N818 - says what happened, as a refusal does
    """A drain kept finding work: it does not mark as done what it did."""


def register_drain(name: str, fn: Drain) -> None:
    """Have `fn` called whenever the worker is awake, until it returns 0."""
    _drains[name] = fn


def register_queue(fn: Callable[[], int]) -> None:
    """Have `fn` run the tasks that another queue holds, returning how many it ran; used by `infra.tasks`."""
    if fn not in _queues:
        _queues.append(fn)


def drains() -> dict[str, Drain]:
    """Return every drain by its name."""
    discovery.load_jobs()
    return dict(_drains)


def drain_once(*, at: datetime, leave: Collection[str] = ()) -> int:
    """Deliver what the outbox holds and let each drain but those in `leave` do one chunk; return how much was done."""
    count = outbox.deliver_all(at=at)
    for name, drain in drains().items():
        if name not in leave:
            count += drain(at=at)
    return count


def drain_all(*, at: datetime, leave: Collection[str] = (), rounds_max: int = 100_000) -> int:
    """Do everything that waits at `at`, and what comes of it, until nothing is left; return how much was done.

    :param leave: the names of drains whose work may wait for another time.
    :raises NeverDrained: after `rounds_max` rounds.
    """
    from utenza.infra import tasks

    total = 0
    for _round in range(rounds_max):
        count = drain_once(at=at, leave=leave) + tasks.run_queued()
        if count == 0:
            return total
        total += count
    raise NeverDrained(f"there is still work after {rounds_max} rounds; the drains are {', '.join(_drains)}")

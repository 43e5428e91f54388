"""The only place that reads the clock."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_set_to: datetime | None = None


class ClockNotSettable(RuntimeError):  # noqa: N818 - says what happened, as a refusal does
    """The clock was to be set outside a demo or a test."""


def now() -> datetime:
    """Return the present instant, in UTC: the real one, or the one that `set_clock` set."""
    return _set_to if _set_to is not None else datetime.now(UTC)


def today(tz: ZoneInfo | None = None) -> date:
    """Return the present day in `tz`, by default in the operator's time zone."""
    if tz is None:
        from utenza.infra import operator

        tz = operator.time_zone()
    return now().astimezone(tz).date()


def set_clock(instant: datetime | None) -> None:
    """Freeze the clock of this process at `instant`, or let it run again with None.

    :raises ClockNotSettable: unless the environment says `UTENZA_CLOCK=settable`.
    """
    global _set_to  # noqa: PLW0603 - the clock is the one thing a process has one of
    if os.environ.get("UTENZA_CLOCK") != "settable":
        raise ClockNotSettable("The clock can be set only where UTENZA_CLOCK=settable, that is in demo and tests.")
    if instant is not None and instant.tzinfo is None:
        raise ValueError("The clock takes an instant with its time zone.")
    _set_to = None if instant is None else instant.astimezone(UTC)

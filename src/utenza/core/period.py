"""Half-open periods: the first day or instant belongs to the period, the end does not.

start                 end
  |=====================|
  included         excluded
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class DayPeriod:
    """Days from `start` up to, not including, `end`. Never empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError("a period ends after it starts")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def intersection(self, other: DayPeriod) -> Self | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return type(self)(start, end) if start < end else None

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class InstantPeriod:
    """Instants (UTC, aware) from `start` up to, not including, `end`. Never empty."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise ValueError("instants carry their offset from UTC")
        if not self.start < self.end:
            raise ValueError("a period ends after it starts")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def intersection(self, other: InstantPeriod) -> Self | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return type(self)(start, end) if start < end else None

    @property
    def duration_s(self) -> int:
        return int((self.end - self.start).total_seconds())


def anchored_day(*, year: int, month: int, anchor_day: int) -> date:
    """Return the bill day of a month: `anchor_day`, or the last day of a shorter month. `month` may exceed 12."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(anchor_day, monthrange(year, month)[1]))


def billing_period_containing(*, day: date, anchor_day: int, months: int = 1, epoch_month: int = 0) -> DayPeriod:
    """Return the full billing period that contains `day`.

    Periods of `months` months begin on the anchored day; with more than one month they begin in those months whose
    count since year 0 leaves `epoch_month` when divided by `months`. The anchor is kept: a bill day of 31 gives
    28 February and then 31 March.
    """
    index = day.year * 12 + (day.month - 1)
    if day < anchored_day(year=day.year, month=day.month, anchor_day=anchor_day):
        index -= 1
    index -= (index - epoch_month) % months
    start = anchored_day(year=index // 12, month=index % 12 + 1, anchor_day=anchor_day)
    following = index + months
    end = anchored_day(year=following // 12, month=following % 12 + 1, anchor_day=anchor_day)
    return DayPeriod(start, end)

"""The arithmetic of fees; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from utenza.core.period import DayPeriod, anchored_day
from utenza.core.rounding import divide_half_away

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Split:
    """What a gross sum is made of, in micro-units: `net_micro` + `tax_micro` is the gross."""

    net_micro: int
    tax_micro: int


def split_gross(*, gross_micro: int, rate_bp: int, step_micro: int) -> Split:
    """Take the tax out of a gross sum; the tax is rounded to `step_micro`, half away from zero."""
    tax = divide_half_away(gross_micro * rate_bp, (BASIS_POINTS + rate_bp) * step_micro) * step_micro
    return Split(gross_micro - tax, tax)


def gross_of_net(*, net_micro: int, rate_bp: int, step_micro: int) -> int:
    """Return a net price with its tax, rounded to `step_micro`."""
    return divide_half_away(net_micro * (BASIS_POINTS + rate_bp), BASIS_POINTS * step_micro) * step_micro


def month_from(day: date, *, anchor_day: int) -> DayPeriod:
    """Return the month that a fee paid for `day` buys; it ends on the anchored day of the next calendar month.

    With the anchor 31:   31 Jan |=====| 28 Feb |=======| 31 Mar
    """
    return DayPeriod(day, anchored_day(year=day.year, month=day.month + 1, anchor_day=anchor_day))

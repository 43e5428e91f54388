"""A part of a billing period costs its share of days: days used over the days of the full period that contains them.

          full period (31 days)        full period (28 days)
    |============================|============================|
                 used: |=====================|
                 part 1: 10 / 31 ------^ part 2: 12 / 28

Each part is one bill line and is rounded once, from its own exact fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from utenza.core.period import DayPeriod, billing_period_containing
from utenza.core.rounding import divide_half_away


@dataclass(frozen=True, slots=True, kw_only=True)
class ProratedPart:
    """The share of one full billing period.

    `period` the days used · `full_period` the billing period that contains them · `numerator / denominator` the exact
    amount in micro-units · `amount_micro` that fraction rounded once, to the step that was asked for.
    """

    period: DayPeriod
    full_period: DayPeriod
    numerator: int
    denominator: int
    amount_micro: int

    @property
    def is_full(self) -> bool:
        return self.period == self.full_period

    @property
    def fraction(self) -> Fraction:
        """The exact amount in micro-units."""
        return Fraction(self.numerator, self.denominator)


def split_by_billing_period(
    *, used: DayPeriod, anchor_day: int, months: int = 1, epoch_month: int = 0
) -> list[tuple[DayPeriod, DayPeriod]]:
    """Split `used` at the edges of the billing periods; return (piece, full billing period) in order, without gaps."""
    pieces: list[tuple[DayPeriod, DayPeriod]] = []
    day = used.start
    while day < used.end:
        full = billing_period_containing(day=day, anchor_day=anchor_day, months=months, epoch_month=epoch_month)
        piece = DayPeriod(day, min(full.end, used.end))
        pieces.append((piece, full))
        day = piece.last_day + timedelta(days=1)
    return pieces


def prorate(
    *,
    amount_micro: int,
    used: DayPeriod,
    anchor_day: int,
    months: int = 1,
    epoch_month: int = 0,
    step_micro: int = 1,
) -> list[ProratedPart]:
    """Return what `amount_micro` for a full billing period comes to over the days `used`, a part for each period.

    `step_micro` is what each part is rounded to, half away from zero: pass `minor_step_micro(currency)` for a bill
    line. Rounding to the micro-unit first and to the cent afterwards would round twice.

    :raises ValueError: if the step is not positive.
    """
    if step_micro <= 0:
        raise ValueError("the step of rounding is positive")
    parts = []
    for piece, full in split_by_billing_period(
        used=used, anchor_day=anchor_day, months=months, epoch_month=epoch_month
    ):
        numerator, denominator = amount_micro * piece.days, full.days
        parts.append(
            ProratedPart(
                period=piece,
                full_period=full,
                numerator=numerator,
                denominator=denominator,
                amount_micro=divide_half_away(numerator, denominator * step_micro) * step_micro,
            )
        )
    return parts

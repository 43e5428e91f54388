"""Coverage: up to which day each price should be charged, and the lines that take it there.

    stay            |-----------------------------)
    charged so far  |-------------)                            charged_until
    target          |-----------------------------)            -> a charge for the days between
    target          |------)                                   -> a credit for the days between

Within one billing period the amount of a line is the difference of one running sum, rounded at both ends. However a
period is cut into bills, its lines therefore add up to what the whole costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from utenza.billing.rules.terms import (
    AgreementTerms,
    ChargedSoFar,
    CoverageMove,
    DiscountTerm,
    DraftLine,
    PriceTerm,
    Stay,
)
from utenza.core.period import DayPeriod, anchored_day, billing_period_containing
from utenza.core.rounding import divide_half_away
from utenza.pricing.proration import split_by_billing_period

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingCalendar:
    """The billing periods of an account. The anchor is kept: bill day 31 gives 28 February, then 31 March."""

    bill_day: int
    cycle_months: int = 1

    def containing(self, day: date) -> DayPeriod:
        return billing_period_containing(day=day, anchor_day=self.bill_day, months=self.cycle_months)

    def ending_on(self, day: date) -> DayPeriod | None:
        """Return the period that ends on `day`, or None if none does."""
        following = self.containing(day)
        if following.start != day:
            return None
        return self.before(following)

    def before(self, period: DayPeriod) -> DayPeriod:
        return self.containing(date.fromordinal(period.start.toordinal() - 1))

    def after(self, period: DayPeriod) -> DayPeriod:
        return self.containing(period.end)

    def pieces(self, used: DayPeriod) -> list[tuple[DayPeriod, DayPeriod]]:
        """Split `used` at the edges of the periods: (piece, full period) in order."""
        return split_by_billing_period(used=used, anchor_day=self.bill_day, months=self.cycle_months)


def months_after(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of a shorter month."""
    return anchored_day(year=day.year, month=day.month + months, anchor_day=day.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far a bill charges: prices in arrears to `arrears_until`, prices in advance to `advance_until`."""

    arrears_until: date
    advance_until: date

    @classmethod
    def regular(cls, *, calendar: BillingCalendar, period: DayPeriod) -> Horizon:
        return cls(arrears_until=period.end, advance_until=calendar.after(period).end)

    @classmethod
    def final(cls, *, on_date: date) -> Horizon:
        return cls(arrears_until=on_date, advance_until=on_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coverage:
    """One price during one stay of one agreement."""

    agreement: AgreementTerms
    stay: Stay
    price: PriceTerm
    calendar: BillingCalendar
    step_micro: int

    def target(self, horizon: Horizon) -> date:
        """Return the day up to which the price should be charged: within the stay, never before it."""
        until = horizon.advance_until if self.price.in_advance else horizon.arrears_until
        for end in (self.stay.to_date, self.agreement.end_date):
            if end is not None:
                until = min(until, end)
        return max(until, self.stay.from_date)

    def rounded(self, exact: Fraction) -> int:
        return divide_half_away(exact.numerator, exact.denominator * self.step_micro) * self.step_micro

    def start_in(self, full: DayPeriod) -> date:
        return max(full.start, self.stay.from_date)

    def charge_to(self, day: date, full: DayPeriod) -> Fraction:
        """Return the exact sum from the first day of the stay in `full` up to `day`."""
        days = (day - self.start_in(full)).days
        return Fraction(self.price.amount_micro * self.calendar.cycle_months * days, full.days)

    def discount_to(self, day: date, full: DayPeriod, index: int) -> Fraction:
        """Return what discount number `index` takes off that sum, exact."""
        start = self.start_in(full)
        edges = {start, day}
        edges.update(end for end in map(self.discount_end, self.stay.discounts) if end and start < end < day)
        ordered = sorted(edges)
        total = Fraction(0)
        for left, right in pairwise(ordered):
            monthly = self._monthly_discount(left, index)
            total += monthly * self.calendar.cycle_months * (right - left).days / full.days
        return total

    def discount_end(self, discount: DiscountTerm) -> date | None:
        if discount.duration_months is None:
            return None
        return months_after(self.agreement.start_date, discount.duration_months)

    def _monthly_discount(self, day: date, index: int) -> Fraction:
        """Return what discount `index` takes off one month of this price on `day`, after the discounts before it.

        An amount off is for the version as a whole: it goes to the first recurring price, what that cannot bear to the
        next, so that whole cents stay whole.
        """
        recurring = [price for price in self.stay.prices if price.recurring]
        left = {price.price_id: Fraction(price.amount_micro) for price in recurring}
        taken = dict.fromkeys(left, Fraction(0))
        for discount in self.stay.discounts[: index + 1]:
            end = self.discount_end(discount)
            active = end is None or day < end
            rest = Fraction(discount.amount_micro or 0)
            for price_id, remaining in left.items():
                if not active:
                    taken[price_id] = Fraction(0)
                elif discount.basis_points is not None:
                    taken[price_id] = remaining * discount.basis_points / BASIS_POINTS
                else:
                    taken[price_id] = min(remaining, rest)
                    rest -= taken[price_id]
                left[price_id] = remaining - taken[price_id]
        return taken[self.price.price_id]


def charge_lines(
    *,
    agreement: AgreementTerms,
    calendar: BillingCalendar,
    horizon: Horizon,
    charged: ChargedSoFar,
    step_micro: int,
) -> tuple[list[DraftLine], list[CoverageMove]]:
    """Return the lines that take each price of `agreement` to where it should be charged, and the moves they make."""
    lines: list[DraftLine] = []
    moves: list[CoverageMove] = []
    for stay in agreement.stays:
        for price in stay.prices:
            coverage = _Coverage(agreement=agreement, stay=stay, price=price, calendar=calendar, step_micro=step_micro)
            before = charged.get((agreement.agreement_id, price.price_id, stay.from_date))
            if price.recurring:
                until = coverage.target(horizon)
                made = _recurring(coverage, before or stay.from_date, until)
            else:
                until = stay.from_date
                made = _one_off(coverage, before, horizon)
                if not made and before is None:
                    continue
            lines.extend(made)
            if until != (before or stay.from_date) or (before is None and not price.recurring):
                moves.append(
                    CoverageMove(
                        agreement_id=agreement.agreement_id,
                        price_id=price.price_id,
                        from_date=stay.from_date,
                        before=before,
                        until=until,
                    )
                )
    return lines, moves


def _one_off(coverage: _Coverage, before: date | None, horizon: Horizon) -> list[DraftLine]:
    """Charge a one-off price once, when the agreement has started; a change of plan does not activate anew."""
    agreement, stay, price = coverage.agreement, coverage.stay, coverage.price
    never_ran = agreement.end_date is not None and agreement.end_date <= agreement.start_date
    if (
        before is not None
        or stay.from_date != agreement.start_date
        or stay.from_date >= horizon.arrears_until
        or never_ran
    ):
        return []
    return [
        DraftLine(
            kind="one_off",
            node_id=agreement.node_id,
            agreement_id=agreement.agreement_id,
            line_id=agreement.line_id,
            text=price.name,
            period_start=stay.from_date,
            period_end=stay.from_date,
            amount_micro=coverage.rounded(Fraction(price.amount_micro)),
            tax_included=price.tax_included,
            tax_category=price.tax_category,
            explanation={"price_id": price.price_id, "price_micro": price.amount_micro},
        )
    ]


def _recurring(coverage: _Coverage, charged_until: date, target: date) -> list[DraftLine]:
    if target == charged_until:
        return []
    credit = target < charged_until
    span = DayPeriod(min(target, charged_until), max(target, charged_until))
    lines: list[DraftLine] = []
    for piece, full in coverage.calendar.pieces(span):
        lines.extend(_piece_lines(coverage, piece, full, credit=credit))
    return lines


def _piece_lines(coverage: _Coverage, piece: DayPeriod, full: DayPeriod, *, credit: bool) -> Iterator[DraftLine]:
    """Yield the charge (or credit) for one piece of one billing period, then what each discount takes off it."""
    sign = -1 if credit else 1
    price, stay = coverage.price, coverage.stay
    amount = coverage.rounded(coverage.charge_to(piece.end, full)) - coverage.rounded(
        coverage.charge_to(piece.start, full)
    )
    explanation: dict[str, Any] = {
        "price_id": price.price_id,
        "price_micro": price.amount_micro,
        "months": coverage.calendar.cycle_months,
        "days_used": piece.days,
        "days_in_period": full.days,
        "period_start": full.start.isoformat(),
        "period_end": full.end.isoformat(),
        "in_advance": price.in_advance,
        "stay_from": stay.from_date.isoformat(),
        "credit": credit,
    }
    if amount:
        yield _line(
            coverage,
            "recurring",
            price.name,
            period=piece,
            amount_micro=sign * amount,
            explanation=explanation,
        )
    for index, discount in enumerate(stay.discounts):
        reduction = coverage.rounded(coverage.discount_to(piece.end, full, index)) - coverage.rounded(
            coverage.discount_to(piece.start, full, index)
        )
        if reduction:
            end = coverage.discount_end(discount)
            shown = DayPeriod(piece.start, min(piece.end, end)) if end and end > piece.start else piece
            facts = {
                "discount_id": discount.discount_id,
                "basis_points": discount.basis_points,
                "amount_micro": discount.amount_micro,
                "until": end.isoformat() if end else None,
                "of_price_id": price.price_id,
                "days_used": shown.days,
                "days_in_period": full.days,
                "credit": credit,
            }
            yield _line(
                coverage,
                "discount",
                discount.name,
                period=shown,
                amount_micro=-sign * reduction,
                explanation=facts,
            )


def _line(
    coverage: _Coverage, kind: str, text: str, *, period: DayPeriod, amount_micro: int, explanation: dict[str, Any]
) -> DraftLine:
    agreement, price = coverage.agreement, coverage.price
    return DraftLine(
        kind=kind,
        node_id=agreement.node_id,
        agreement_id=agreement.agreement_id,
        line_id=agreement.line_id,
        text=text,
        period_start=period.start,
        period_end=period.end,
        amount_micro=amount_micro,
        tax_included=price.tax_included,
        tax_category=price.tax_category,
        explanation=explanation,
    )


def uncovered(*, agreements: Sequence[AgreementTerms], charged: ChargedSoFar) -> list[tuple[int, int, date]]:
    """Return what was charged for stays that the agreements no longer know of: such an account needs a person."""
    known = {
        (agreement.agreement_id, price.price_id, stay.from_date)
        for agreement in agreements
        for stay in agreement.stays
        for price in stay.prices
    }
    return sorted(key for key in charged if key not in known)

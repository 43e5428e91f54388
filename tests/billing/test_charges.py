"""Coverage: what is charged up to a day, however the days are cut into bills."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.billing.rules import AgreementTerms, BillingCalendar, DiscountTerm, PriceTerm, Stay
from utenza.billing.rules.charges import Horizon, charge_lines, months_after, uncovered
from utenza.core.period import DayPeriod

CENT = 10_000
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2028, 12, 31))


def price(amount_micro: int = 29_900_000, *, in_advance: bool = True, price_id: int = 1) -> PriceTerm:
    return PriceTerm(
        price_id=price_id,
        name="Fee",
        amount_micro=amount_micro,
        recurring=True,
        in_advance=in_advance,
        tax_included=True,
        tax_category="standard",
    )


def agreement(
    start: date,
    *,
    end: date | None = None,
    prices: tuple[PriceTerm, ...] = (),
    discounts: tuple[DiscountTerm, ...] = (),
) -> AgreementTerms:
    return AgreementTerms(
        agreement_id=1,
        node_id=1,
        line_id=1,
        start_date=start,
        end_date=end,
        stays=(Stay(from_date=start, to_date=None, name="Plan", prices=prices or (price(),), discounts=discounts),),
    )


def charge(terms: AgreementTerms, calendar: BillingCalendar, until: date, charged: dict) -> int:
    lines, moves = charge_lines(
        agreement=terms,
        calendar=calendar,
        horizon=Horizon(arrears_until=until, advance_until=until),
        charged=charged,
        step_micro=CENT,
    )
    for move in moves:
        charged[move.agreement_id, move.price_id, move.from_date] = move.until
    return sum(line.amount_micro for line in lines)


class TestHoweverAPeriodIsCut:
    @given(
        start=DAYS,
        cuts=st.lists(st.integers(0, 400), min_size=1, max_size=8),
        bill_day=st.integers(1, 31),
        cycle_months=st.sampled_from([1, 2]),
        cents=st.integers(0, 100_000),
        percent=st.integers(1, 100),
        months=st.integers(1, 6),
    )
    def test_the_bills_add_up_to_what_one_bill_would_have_charged(
        self, *, start: date, cuts: list[int], bill_day: int, cycle_months: int, cents: int, percent: int, months: int
    ) -> None:
        discount = DiscountTerm(discount_id=1, name="Off", basis_points=percent * 100, duration_months=months)
        terms = agreement(start, prices=(price(cents * CENT),), discounts=(discount,))
        calendar = BillingCalendar(bill_day=bill_day, cycle_months=cycle_months)
        in_parts: dict = {}
        parts = [charge(terms, calendar, start + timedelta(days=cut), in_parts) for cut in cuts]
        at_once = charge(terms, calendar, start + timedelta(days=cuts[-1]), {})
        # The cuts go backwards as well as forwards: what was charged too far comes back to the cent.
        assert sum(parts) == at_once

    @given(start=DAYS, days=st.integers(1, 200), bill_day=st.integers(1, 31))
    def test_going_back_to_the_start_gives_everything_back(self, start: date, days: int, bill_day: int) -> None:
        terms, calendar, charged = agreement(start), BillingCalendar(bill_day=bill_day), {}
        paid = charge(terms, calendar, start + timedelta(days=days), charged)
        assert charge(terms, calendar, start, charged) == -paid

    @given(day=DAYS, bill_day=st.integers(1, 31), cycle_months=st.sampled_from([1, 2]), cents=st.integers(1, 99_999))
    def test_a_whole_period_costs_the_whole_price(
        self, day: date, bill_day: int, cycle_months: int, cents: int
    ) -> None:
        calendar = BillingCalendar(bill_day=bill_day, cycle_months=cycle_months)
        period = calendar.containing(day)
        terms = agreement(period.start, prices=(price(cents * CENT),))
        assert charge(terms, calendar, period.end, {}) == cents * CENT * cycle_months

    @given(start=DAYS, days=st.integers(1, 100), bill_day=st.integers(1, 31), percent=st.integers(1, 100))
    def test_discounts_never_make_a_charge_negative(self, start: date, days: int, bill_day: int, percent: int) -> None:
        discounts = (
            DiscountTerm(discount_id=1, name="Off", basis_points=percent * 100),
            DiscountTerm(discount_id=2, name="More off", amount_micro=50_000_000),
        )
        terms = agreement(start, discounts=discounts)
        total = charge(terms, BillingCalendar(bill_day=bill_day), start + timedelta(days=days), {})
        # Charge and discounts are rounded each on its own line: at most a cent for each may be left over.
        assert total >= -2 * CENT * (days // 28 + 2)


class TestHorizon:
    def test_a_regular_bill_goes_a_period_further_for_what_is_paid_in_advance(self) -> None:
        calendar = BillingCalendar(bill_day=31)
        horizon = Horizon.regular(calendar=calendar, period=DayPeriod(date(2026, 1, 31), date(2026, 2, 28)))
        assert horizon == Horizon(arrears_until=date(2026, 2, 28), advance_until=date(2026, 3, 31))

    def test_a_final_bill_stops_on_its_day_for_every_price(self) -> None:
        assert Horizon.final(on_date=date(2026, 5, 5)).advance_until == date(2026, 5, 5)

    def test_an_agreement_that_is_over_is_not_charged_beyond_its_end(self) -> None:
        terms = agreement(date(2026, 1, 1), end=date(2026, 1, 11))
        assert charge(terms, BillingCalendar(bill_day=1), date(2026, 3, 1), {}) == 9_650_000


class TestCalendar:
    @pytest.mark.parametrize(
        ("bill_day", "day", "expected"),
        [
            (1, date(2026, 2, 1), (date(2026, 1, 1), date(2026, 2, 1))),
            (31, date(2026, 2, 28), (date(2026, 1, 31), date(2026, 2, 28))),
            (31, date(2026, 3, 28), None),
            (30, date(2028, 2, 29), (date(2028, 1, 30), date(2028, 2, 29))),
            (15, date(2026, 2, 14), None),
        ],
    )
    def test_a_period_ends_on_the_bill_day_alone(self, bill_day: int, day: date, expected: tuple | None) -> None:
        period = BillingCalendar(bill_day=bill_day).ending_on(day)
        assert (period and (period.start, period.end)) == expected

    @given(start=DAYS, bill_day=st.integers(1, 31), cycle_months=st.sampled_from([1, 2]))
    def test_every_period_ends_on_its_own_cycle_date(self, start: date, bill_day: int, cycle_months: int) -> None:
        calendar = BillingCalendar(bill_day=bill_day, cycle_months=cycle_months)
        period = calendar.containing(start)
        assert calendar.ending_on(period.end) == period
        for left, right in pairwise([period, calendar.after(period), calendar.after(calendar.after(period))]):
            assert left.end == right.start

    def test_months_after_keeps_to_the_last_day_of_a_shorter_month(self) -> None:
        assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)


def test_what_was_charged_for_a_stay_that_is_gone_is_found() -> None:
    terms = agreement(date(2026, 1, 1))
    known, gone = (1, 1, date(2026, 1, 1)), (1, 1, date(2026, 1, 5))
    charged = {known: date(2026, 2, 1), gone: date(2026, 2, 1)}
    assert uncovered(agreements=[terms], charged=charged) == [gone]

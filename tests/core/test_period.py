"""Periods are half-open, and billing periods cover every day once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.core.period import DayPeriod, InstantPeriod, anchored_day, billing_period_containing

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
anchors = st.integers(1, 31)
cycles = st.sampled_from([1, 2, 3, 6, 12])


@st.composite
def day_periods(draw: st.DrawFn) -> DayPeriod:
    start = draw(days)
    return DayPeriod(start, start + timedelta(days=draw(st.integers(1, 400))))


class TestDayPeriod:
    @given(day_periods())
    def test_contains_its_start_and_not_its_end(self, period: DayPeriod) -> None:
        assert period.start in period
        assert period.last_day in period
        assert period.end not in period
        assert sum(1 for n in range(500) if period.start + timedelta(days=n) in period) == period.days

    @given(day_periods(), day_periods())
    def test_meets_another_in_exactly_the_days_of_both(self, one: DayPeriod, two: DayPeriod) -> None:
        both = one.intersection(two)
        assert both == two.intersection(one)
        shared = {one.start + timedelta(days=n) for n in range(one.days)}
        shared &= {two.start + timedelta(days=n) for n in range(two.days)}
        assert (both.days if both else 0) == len(shared)
        assert both is None or all(day in both for day in shared)

    def test_is_never_empty(self) -> None:
        with pytest.raises(ValueError, match="ends after"):
            DayPeriod(date(2026, 1, 1), date(2026, 1, 1))

    def test_neighbours_do_not_meet(self) -> None:
        january = DayPeriod(date(2026, 1, 1), date(2026, 2, 1))
        assert january.intersection(DayPeriod(date(2026, 2, 1), date(2026, 3, 1))) is None


class TestInstantPeriod:
    start = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)

    def test_is_half_open_and_counts_seconds(self) -> None:
        period = InstantPeriod(self.start, self.start + timedelta(hours=2))
        assert period.start in period
        assert period.end not in period
        assert period.duration_s == 7200
        later = InstantPeriod(self.start + timedelta(hours=1), self.start + timedelta(hours=5))
        assert period.intersection(later) == InstantPeriod(later.start, period.end)
        assert period.intersection(InstantPeriod(period.end, later.end)) is None

    def test_takes_no_instant_without_offset_and_is_never_empty(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            InstantPeriod(datetime(2026, 1, 1), self.start)  # noqa: DTZ001 - the point of the test
        with pytest.raises(ValueError, match="ends after"):
            InstantPeriod(self.start, self.start)


class TestBillingPeriods:
    @given(days, anchors, cycles)
    def test_contain_the_day_asked_for(self, day: date, anchor: int, months: int) -> None:
        assert day in billing_period_containing(day=day, anchor_day=anchor, months=months)

    @given(days, anchors, cycles)
    def test_are_the_same_for_each_of_their_days(self, day: date, anchor: int, months: int) -> None:
        period = billing_period_containing(day=day, anchor_day=anchor, months=months)
        for inside in (period.start, period.last_day, period.start + timedelta(days=period.days // 2)):
            assert billing_period_containing(day=inside, anchor_day=anchor, months=months) == period

    @given(days, anchors, cycles)
    def test_follow_each_other_without_gap_or_overlap(self, day: date, anchor: int, months: int) -> None:
        period = billing_period_containing(day=day, anchor_day=anchor, months=months)
        after = billing_period_containing(day=period.end, anchor_day=anchor, months=months)
        before = billing_period_containing(day=period.start - timedelta(days=1), anchor_day=anchor, months=months)
        assert after.start == period.end
        assert before.end == period.start

    @given(days, anchors)
    def test_of_two_months_are_two_of_one_month(self, day: date, anchor: int) -> None:
        double = billing_period_containing(day=day, anchor_day=anchor, months=2)
        first = billing_period_containing(day=double.start, anchor_day=anchor)
        second = billing_period_containing(day=first.end, anchor_day=anchor)
        assert DayPeriod(first.start, second.end) == double

    @given(days, st.integers(0, 1))
    def test_of_two_months_begin_in_the_month_that_the_epoch_says(self, day: date, epoch: int) -> None:
        period = billing_period_containing(day=day, anchor_day=1, months=2, epoch_month=epoch)
        assert (period.start.year * 12 + period.start.month - 1) % 2 == epoch

    @pytest.mark.parametrize("anchor", [29, 30, 31])
    def test_keep_an_anchor_that_a_short_month_lacks(self, anchor: int) -> None:
        assert anchored_day(year=2026, month=2, anchor_day=anchor) == date(2026, 2, 28)
        assert anchored_day(year=2024, month=2, anchor_day=anchor) == date(2024, 2, 29)
        assert anchored_day(year=2026, month=3, anchor_day=anchor) == date(2026, 3, anchor)

    def test_of_a_bill_day_31_run_from_last_day_to_last_day(self) -> None:
        period = billing_period_containing(day=date(2026, 2, 10), anchor_day=31)
        assert period == DayPeriod(date(2026, 1, 31), date(2026, 2, 28))
        period = billing_period_containing(day=date(2026, 3, 1), anchor_day=31)
        assert period == DayPeriod(date(2026, 2, 28), date(2026, 3, 31))

    def test_know_a_month_beyond_the_twelfth(self) -> None:
        assert anchored_day(year=2026, month=14, anchor_day=31) == date(2027, 2, 28)

"""Days used over the days of the full billing period that contains them, each part rounded once."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.core.period import DayPeriod
from utenza.pricing import prorate, split_by_billing_period

EURO = 1_000_000
CENT = 10_000
periods = st.builds(
    lambda start, days: DayPeriod(start, start + timedelta(days=days)),
    st.dates(date(2023, 1, 1), date(2028, 12, 31)),
    st.integers(1, 400),
)


@pytest.mark.parametrize(
    ("start", "end", "anchor_day", "shares"),
    [
        pytest.param(date(2026, 1, 1), date(2026, 2, 1), 1, [(31, 31)], id="a full month is the price"),
        pytest.param(date(2026, 1, 22), date(2026, 2, 1), 1, [(10, 31)], id="ten days of January"),
        pytest.param(date(2026, 1, 22), date(2026, 2, 13), 1, [(10, 31), (12, 28)], id="each month over its own days"),
        pytest.param(date(2026, 2, 10), date(2026, 2, 20), 15, [(5, 31), (5, 28)], id="anchored on the bill day"),
        pytest.param(date(2026, 2, 1), date(2026, 2, 28), 31, [(27, 28)], id="a bill day of 31 is February's last"),
        pytest.param(date(2026, 2, 28), date(2026, 3, 31), 31, [(31, 31)], id="and the anchor is kept in March"),
        pytest.param(date(2024, 2, 29), date(2024, 3, 1), 1, [(1, 29)], id="a leap day"),
    ],
)
def test_the_share_is_by_days(start: date, end: date, anchor_day: int, shares: list[tuple[int, int]]) -> None:
    parts = prorate(amount_micro=30 * EURO, used=DayPeriod(start, end), anchor_day=anchor_day)
    assert [part.fraction for part in parts] == [Fraction(30 * EURO * used, full) for used, full in shares]


def test_a_bill_line_is_rounded_once_to_the_cent_half_away_from_zero() -> None:
    june_half = DayPeriod(date(2026, 6, 1), date(2026, 6, 16))
    assert prorate(amount_micro=3 * CENT, used=june_half, anchor_day=1, step_micro=CENT)[0].amount_micro == 2 * CENT
    assert prorate(amount_micro=-3 * CENT, used=june_half, anchor_day=1, step_micro=CENT)[0].amount_micro == -2 * CENT


def test_a_step_that_is_not_positive_is_an_error() -> None:
    with pytest.raises(ValueError, match="positive"):
        prorate(amount_micro=1, used=DayPeriod(date(2026, 6, 1), date(2026, 6, 2)), anchor_day=1, step_micro=0)


@given(periods, st.integers(1, 31), st.sampled_from([1, 2, 3, 12]))
def test_the_pieces_have_no_gap_and_lie_in_their_billing_period(used: DayPeriod, anchor_day: int, months: int) -> None:
    pieces = split_by_billing_period(used=used, anchor_day=anchor_day, months=months)
    assert pieces[0][0].start == used.start
    assert pieces[-1][0].end == used.end
    assert all(a[0].end == b[0].start and a[1].end == b[1].start for a, b in pairwise(pieces))
    assert all(full.start <= piece.start and piece.end <= full.end for piece, full in pieces)


@given(periods, st.integers(1, 31), st.integers(-(10**10), 10**10), st.data())
def test_two_halves_cost_exactly_the_whole(used: DayPeriod, anchor_day: int, amount: int, data: st.DataObject) -> None:
    if used.days == 1:
        return
    cut = used.start + timedelta(days=data.draw(st.integers(1, used.days - 1)))
    halves = (DayPeriod(used.start, cut), DayPeriod(cut, used.end))

    def exact(period: DayPeriod) -> Fraction:
        parts = prorate(amount_micro=amount, used=period, anchor_day=anchor_day)
        return sum((part.fraction for part in parts), Fraction(0))

    assert exact(halves[0]) + exact(halves[1]) == exact(used)


@given(periods, st.integers(1, 31), st.integers(0, 10**10), st.sampled_from([1, CENT]))
def test_full_periods_cost_the_price_and_rounding_moves_by_half_a_step_at_most(
    used: DayPeriod, anchor_day: int, amount: int, step: int
) -> None:
    for part in prorate(amount_micro=amount, used=used, anchor_day=anchor_day, step_micro=step):
        assert part.amount_micro % step == 0
        assert 2 * abs(part.amount_micro - part.fraction) <= step
        assert not part.is_full or part.fraction == amount

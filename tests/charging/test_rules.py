"""The arithmetic of prepaid fees."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.charging.rules import Split, gross_of_net, month_from, split_gross

CENT = 10_000


@pytest.mark.parametrize(
    ("gross_micro", "net_micro", "tax_micro"),
    [(12_200_000, 10_000_000, 2_200_000), (9_990_000, 8_190_000, 1_800_000), (10_000, 10_000, 0), (0, 0, 0)],
)
def test_the_tax_is_taken_out_of_the_gross_in_whole_cents(gross_micro: int, net_micro: int, tax_micro: int) -> None:
    assert split_gross(gross_micro=gross_micro, rate_bp=2_200, step_micro=CENT) == Split(net_micro, tax_micro)


@given(cents=st.integers(0, 10**9), rate_bp=st.integers(0, 10_000))
def test_net_and_tax_are_the_gross_whatever_the_rate(cents: int, rate_bp: int) -> None:
    split = split_gross(gross_micro=cents * CENT, rate_bp=rate_bp, step_micro=CENT)
    assert split.net_micro + split.tax_micro == cents * CENT
    assert split.tax_micro >= 0
    assert split.tax_micro % CENT == 0


def test_a_net_price_gets_its_tax_in_whole_cents() -> None:
    assert gross_of_net(net_micro=8_190_000, rate_bp=2_200, step_micro=CENT) == 9_990_000


@pytest.mark.parametrize(
    ("day", "anchor", "end"),
    [
        (date(2026, 1, 31), 31, date(2026, 2, 28)),
        (date(2026, 2, 28), 31, date(2026, 3, 31)),
        (date(2026, 12, 5), 5, date(2027, 1, 5)),
    ],
)
def test_a_month_ends_on_the_anchored_day_of_the_next(day: date, anchor: int, end: date) -> None:
    assert month_from(day, anchor_day=anchor).end == end

"""How a sum is set against bills."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.payments.rules import Owed, Share, share_out

JANUARY = date(2026, 1, 20)
FEBRUARY = date(2026, 2, 20)
OLD, NEW = Owed(7, JANUARY, 30_000_000), Owed(3, FEBRUARY, 20_000_000)


@pytest.mark.parametrize(
    ("amount_micro", "first", "shares", "left"),
    [
        (30_000_000, None, [Share(7, 30_000_000)], 0),
        (35_000_000, None, [Share(7, 30_000_000), Share(3, 5_000_000)], 0),
        (60_000_000, None, [Share(7, 30_000_000), Share(3, 20_000_000)], 10_000_000),
        (10_000_000, 3, [Share(3, 10_000_000)], 0),
        (25_000_000, 3, [Share(3, 20_000_000), Share(7, 5_000_000)], 0),
        (10_000_000, 99, [Share(7, 10_000_000)], 0),
        (0, None, [], 0),
    ],
)
def test_the_oldest_bill_is_paid_first_unless_the_payer_names_one(
    amount_micro: int, first: int | None, shares: list[Share], left: int
) -> None:
    assert share_out(amount_micro=amount_micro, owed=[NEW, OLD], first=first) == (shares, left)


def test_a_payment_without_bills_stays_over_whole() -> None:
    assert share_out(amount_micro=5, owed=[]) == ([], 5)


@given(
    amount_micro=st.integers(0, 10**12),
    owed=st.lists(
        st.builds(
            Owed,
            bill_id=st.integers(1, 10**6),
            due_date=st.integers(0, 4000).map(lambda days: date(2020, 1, 1) + timedelta(days=days)),
            open_micro=st.integers(0, 10**10),
        ),
        max_size=12,
        unique_by=lambda bill: bill.bill_id,
    ),
)
def test_no_micro_unit_is_lost_and_no_bill_is_paid_twice_over(amount_micro: int, owed: list[Owed]) -> None:
    shares, left = share_out(amount_micro=amount_micro, owed=owed)
    open_by_bill = {bill.bill_id: bill.open_micro for bill in owed}
    assert sum(share.amount_micro for share in shares) + left == amount_micro
    assert all(0 < share.amount_micro <= open_by_bill[share.bill_id] for share in shares)
    assert len({share.bill_id for share in shares}) == len(shares)
    assert left == max(0, amount_micro - sum(open_by_bill.values()))
    touched = {share.bill_id for share in shares}
    unpaid = [bill for bill in owed if bill.bill_id not in touched and bill.open_micro]
    paid = [bill for bill in owed if bill.bill_id in touched]
    assert all(early.due_date <= late.due_date for early in paid for late in unpaid)

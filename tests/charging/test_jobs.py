"""A prepaid plan is ordered, closes for want of credit, and opens when it is recharged, all by the worker's hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories.catalog import offer_on_sale
from tests.factories.parties import person_customer
from tests.factories.provisioning import technicians_confirm
from utenza.charging import operations, queries
from utenza.core.money import Money
from utenza.infra.timed import run_due, start_counting
from utenza.infra.transactions import transaction
from utenza.infra.work import drain_all
from utenza.ordering import operations as ordering
from utenza.ordering import queries as agreements
from utenza.provisioning import queries as lines

AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
FEES = "utenza.charging.jobs.debit_fees"


def order(code: str) -> int:
    """Order an offer, have it set up, and return its line."""
    with transaction():
        customer = person_customer(at=AT)
        offer = offer_on_sale(code, at=AT)
        placed = ordering.place_order(
            customer_id=customer.customer_id,
            items=[ordering.ItemSpec(offer.offer_version_id)],
            at=AT,
            idempotency_key=f"order-{code}",
        )
    drain_all(at=AT)
    with transaction():
        technicians_confirm(at=AT)
    drain_all(at=AT)
    return placed.line_ids[0]


@pytest.mark.usefixtures("committed_db", "home")
def test_a_prepaid_plan_lives_from_its_balance() -> None:
    start_counting(at=AT)
    line_id = order("fwa-ricarica")
    opened = queries.balance(line_id)
    assert opened is not None
    assert (opened.balance, opened.fees[0].amount) == (Money.of("0", "EUR"), Money.of("19.90", "EUR"))
    assert opened.fees[0].next_date == date(2026, 1, 15)
    assert [(fee.amount, fee.from_date) for fee in opened.one_offs] == [(Money.of("19.00", "EUR"), date(2026, 1, 15))]
    assert lines.line(line_id).bar_reasons == frozenset({"no_credit"})

    next_day = AT + timedelta(days=1)
    assert run_due(at=next_day, only=FEES).failed == ()
    # The first recharge pays the activation, and the second the month.
    for key, sum_left in (("first", "6.00"), ("second", "5.10")):
        with transaction():
            operations.recharge(
                line_id=line_id,
                amount=Money.of({"first": "25", "second": "19"}[key], "EUR"),
                channel="card",
                reference="",
                idempotency_key=key,
                at=next_day,
            )
        drain_all(at=next_day)
        now = queries.balance(line_id)
        assert now is not None
        assert now.balance == Money.of(sum_left, "EUR")
        assert bool(lines.line(line_id).bars) == (key == "first")
    assert lines.line(line_id).bars == ()
    paid = queries.balance(line_id)
    assert paid is not None
    assert (paid.balance, paid.fees[0].next_date) == (Money.of("5.10", "EUR"), date(2026, 2, 16))

    (agreement,) = agreements.agreements_of_line(line_id)
    with transaction():
        ordering.end_agreement(
            agreement_id=agreement.agreement_id, end_date=date(2026, 2, 1), at=next_day, reason="moved"
        )
    drain_all(at=next_day)
    over = queries.balance(line_id)
    assert over is not None
    assert over.fees[0].next_date is None
    assert all(row.agrees for row in queries.reconciliation())

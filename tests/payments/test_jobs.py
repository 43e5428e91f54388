"""What is heard of bills and payments, through the outbox as the worker does it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import queries as bills
from utenza.care import queries as care
from utenza.infra.models.outbox import OutboxDelivery
from utenza.infra.transactions import transaction
from utenza.infra.work import drain_all
from utenza.parties import queries as parties

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 15, 9, tzinfo=UTC)


def test_a_bill_uses_the_credit_of_the_one_before_and_the_time_line_tells_it(committed_db: object, home: Path) -> None:
    with transaction():
        customer, account = person_with_account(at=JANUARY)
        for euro, at in ((-15, JANUARY), (40, FEBRUARY)):
            issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=euro, at=at)
    drain_all(at=FEBRUARY)
    [bill] = bills.open_bills(account.account_id)
    assert bill.open_micro == 25_000_000
    told = [entry.sentence for entry in care.timeline(customer_id=customer.customer_id)]
    assert "Credit of bill %(bill_number)s used: %(allocated_micro)s" in told
    assert parties.payment_standing(account.account_id).overdue_micro == 0
    mine = OutboxDelivery.objects.filter(handler__regex=r"utenza\.(payments|overdue|care|termination)\.")
    assert mine.exists()
    assert set(mine.values_list("status", flat=True)) == {"done"}

"""A line of a bill is disputed and answered on the screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import queries as bills
from utenza.care import queries

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]
AT = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture
def bill() -> bills.BillView:
    customer, account = person_with_account(at=AT)
    return bills.bill(issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=60, at=AT))


def test_a_line_is_disputed_once_and_answered_for_the_customer(signed_in: SignedIn, bill: bills.BillView) -> None:
    csr = signed_in("csr")
    address = f"/bills/{bill.bill_id}/lines/{bill.lines[0].bill_line_id}/dispute/"
    assert address in csr.get(f"/bills/{bill.bill_id}/").content.decode()
    assert "60.00" in csr.get(address).content.decode()
    assert csr.post(address, {"amount": "25", "reason": "", "key": "f0"}).status_code == 422
    for _ in range(2):
        form = {"amount": "25,00", "reason": "Not my calls", "key": "f1"}
        assert csr.post(address, form).status_code == 302
    [dispute] = queries.disputes_of_bill(bill.bill_id)
    page = csr.get(f"/bills/{bill.bill_id}/").content.decode()
    assert "Not my calls" in page
    answer = f"/disputes/{dispute.dispute_id}/"
    assert answer not in page, "a representative does not answer it"
    assert csr.get(answer).status_code == 403

    billing = signed_in("billing")
    assert answer in billing.get(f"/bills/{bill.bill_id}/").content.decode()
    assert billing.post(answer, {"side": "customer", "amount": "99", "answer": "Yes"}).status_code == 422
    done = billing.post(answer, {"side": "customer", "amount": "25", "answer": "You are right"})
    assert done.status_code == 302
    assert bills.bill(bill.bill_id).open_micro == 35_000_000
    assert "You are right" in billing.get(answer).content.decode()


def test_a_line_of_another_bill_is_no_page(signed_in: SignedIn, bill: bills.BillView) -> None:
    assert signed_in("csr").get(f"/bills/{bill.bill_id}/lines/999999/dispute/").status_code == 404

"""A credit note from the pages: in the ledger, on the bill it corrects, and one however often the form is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import queries
from utenza.core.money import Money
from utenza.infra import clock
from utenza.ledger import queries as ledger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]


class Billed:
    """A customer who owes one bill of 30 euro."""

    def __init__(self) -> None:
        at = clock.now() - timedelta(days=5)
        customer, account = person_with_account(at=at)
        self.account_id = account.account_id
        self.bill_id = issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=30, at=at)
        self.path = f"/bills/{self.bill_id}/credit/"
        self.line = f"line-{queries.bill(self.bill_id).lines[0].bill_line_id}"

    def owes(self) -> Money:
        return ledger.balance(account_code="receivable", owner=f"account:{self.account_id}")

    def notes(self) -> list[queries.BillSummary]:
        return [one for one in queries.bills_of_account(self.account_id) if one.kind == "credit_note"]


@pytest.fixture
def billed() -> Billed:
    return Billed()


class TestIssuing:
    def test_gives_back_all_that_is_left_once(self, signed_in: SignedIn, billed: Billed) -> None:
        client = signed_in("billing")
        assert billed.path in client.get(f"/bills/{billed.bill_id}/").content.decode()
        assert "still to pay of it: €30.00" in client.get(billed.path).content.decode()
        form = {"what": "all", "reason": "No service in May.", "key": "k1"}
        places = {client.post(billed.path, form)["Location"] for _ in range(2)}
        (note,) = billed.notes()
        assert places == {f"/bills/{note.bill_id}/"}
        assert note.total_micro == -30_000_000
        assert queries.bill(billed.bill_id).open_micro == 0
        assert billed.owes() == Money.zero("EUR")

    def test_gives_back_a_part_of_a_line_with_a_decimal_comma(self, signed_in: SignedIn, billed: Billed) -> None:
        form = {"what": "lines", billed.line: "12,50", "reason": "Ten days.", "key": "k1"}
        assert signed_in("billing").post(billed.path, form).status_code == 302
        assert billed.owes() == Money.of("17.50", "EUR")
        assert queries.bill(billed.bill_id).open_micro == 17_500_000

    @pytest.mark.parametrize(
        ("changes", "field"),
        [({"reason": " "}, "reason"), ({"amount": "ten"}, "line"), ({"amount": ""}, "what"), ({"amount": "31"}, "")],
    )
    def test_says_what_is_wrong_and_issues_nothing(
        self, signed_in: SignedIn, billed: Billed, changes: dict[str, str], field: str
    ) -> None:
        typed = {"amount": "5", "reason": "Ten days.", **changes}
        form = {"what": "lines", billed.line: typed["amount"], "reason": typed["reason"], "key": "k1"}
        answer = signed_in("billing").post(billed.path, form)
        assert answer.status_code == 422
        if field:
            assert f'href="#field-{billed.line if field == "line" else field}"' in answer.content.decode()
        assert billed.notes() == []
        assert billed.owes() == Money.of("30", "EUR")

    def test_of_a_credit_note_is_no_page(self, signed_in: SignedIn, billed: Billed) -> None:
        client = signed_in("billing")
        client.post(billed.path, {"what": "all", "reason": "All.", "key": "k1"})
        assert client.get(f"/bills/{billed.notes()[0].bill_id}/credit/").status_code == 404

    def test_is_for_billing_alone(self, signed_in: SignedIn, billed: Billed) -> None:
        for role in ("csr", "finance", "auditor", "collections"):
            client = signed_in(role)
            assert client.post(billed.path, {"what": "all", "reason": "x"}).status_code == 403
            assert billed.path not in client.get(f"/bills/{billed.bill_id}/").content.decode()
        assert billed.notes() == []

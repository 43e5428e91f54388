"""Taking a payment and booking its return: on the ledger, on the bills, once however often the form is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import queries as bills
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.work import drain_all
from utenza.ledger import queries as ledger
from utenza.parties import queries as parties
from utenza.payments import queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]


class Debtor:
    """A customer with two issued bills, of 30 and of 50 euro, the older one late."""

    def __init__(self) -> None:
        self.at = clock.now() - timedelta(days=60)
        customer, account = person_with_account(at=self.at)
        self.customer_id, self.account_id = customer.customer_id, account.account_id
        self.older = self._bill(30, self.at)
        self.newer = self._bill(50, self.at + timedelta(days=59))
        self.path = f"/billing-accounts/{self.account_id}/payment/"

    def _bill(self, euro: int, at: Any) -> int:
        return issued_bill(customer_id=self.customer_id, account_id=self.account_id, euro=euro, at=at)

    def form(self, **changes: str) -> dict[str, str]:
        today = clock.today().isoformat()
        return {
            "amount": "30,00",
            "method": "card",
            "reference": "slip 1",
            "received_at": today,
            "key": "k1",
            **changes,
        }

    def owes(self) -> Money:
        return ledger.balance(account_code="receivable", owner=f"account:{self.account_id}")

    def open(self) -> tuple[int, int]:
        return tuple(bills.bill(one).open_micro // 1_000_000 for one in (self.older, self.newer))  # type: ignore[return-value] # two

    def taken(self) -> list[queries.PaymentView]:
        return queries.payments(account_ids=[self.account_id])


@pytest.fixture
def debtor() -> Debtor:
    return Debtor()


class TestTakingAPayment:
    def test_offers_all_that_is_open(self, signed_in: SignedIn, debtor: Debtor) -> None:
        page = signed_in("csr").get(debtor.path).content.decode()
        assert 'value="80.00"' in page
        assert 'value="80,00"' in signed_in("csr", language="it").get(debtor.path).content.decode()

    def test_pays_the_oldest_bill_first_and_stands_in_the_ledger(self, signed_in: SignedIn, debtor: Debtor) -> None:
        answer = signed_in("csr").post(debtor.path, debtor.form(amount="45,50"))
        assert answer["Location"] == f"/customers/{debtor.customer_id}/bills/"
        assert bills.bill(debtor.older).open_micro == 0
        assert bills.bill(debtor.newer).open_micro == 34_500_000
        assert debtor.owes() == Money.of("34.50", "EUR")
        (payment,) = debtor.taken()
        assert (payment.amount_micro, payment.taken_by, payment.reference) == (45_500_000, "Marta Conti", "slip 1")

    def test_sent_twice_takes_it_once(self, signed_in: SignedIn, debtor: Debtor) -> None:
        client = signed_in("csr")
        for _ in range(2):
            assert client.post(debtor.path, debtor.form()).status_code == 302
        assert len(debtor.taken()) == 1
        assert debtor.owes() == Money.of("50", "EUR")

    def test_of_the_same_form_with_another_sum_is_refused(self, signed_in: SignedIn, debtor: Debtor) -> None:
        client = signed_in("csr")
        client.post(debtor.path, debtor.form())
        assert client.post(debtor.path, debtor.form(amount="31")).status_code == 422
        assert len(debtor.taken()) == 1

    @pytest.mark.parametrize(
        ("typed", "cents"),
        [
            ("12,5", 1250), ("12.50", 1250), ("1.234,56", 123_456), ("1,234.56", 123_456), ("€ 20", 2000),
            (" 20,00 € ", 2000), ("1 000", 100_000),
        ],
    )  # fmt: skip
    def test_reads_a_sum_however_it_is_written(
        self, signed_in: SignedIn, debtor: Debtor, typed: str, cents: int
    ) -> None:
        assert signed_in("csr").post(debtor.path, debtor.form(amount=typed)).status_code == 302
        assert debtor.taken()[0].amount_micro == cents * 10_000

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("", "is not an amount"),
            ("ten", "is not an amount"),
            ("20 USD", "is not an amount"),
            ("NaN", "is not an amount"),
            ("0", "more than zero"),
            ("-5", "more than zero"),
            ("1,005", "whole cents"),
        ],
    )
    def test_says_at_the_field_what_is_wrong_with_a_sum(
        self, signed_in: SignedIn, debtor: Debtor, typed: str, words: str
    ) -> None:
        answer = signed_in("csr").post(debtor.path, debtor.form(amount=typed))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        assert 'href="#field-amount"' in page
        assert debtor.taken() == []
        assert debtor.owes() == Money.of("80", "EUR")

    def test_refuses_a_day_to_come(self, signed_in: SignedIn, debtor: Debtor) -> None:
        tomorrow = (clock.today() + timedelta(days=1)).isoformat()
        answer = signed_in("csr").post(debtor.path, debtor.form(received_at=tomorrow))
        assert answer.status_code == 422
        assert 'href="#field-received_at"' in answer.content.decode()
        assert debtor.taken() == []

    def test_refuses_a_way_of_paying_that_is_none(self, signed_in: SignedIn, debtor: Debtor) -> None:
        assert signed_in("csr").post(debtor.path, debtor.form(method="shells")).status_code == 422
        assert debtor.taken() == []

    def test_is_not_for_sales_nor_for_an_auditor(self, signed_in: SignedIn, debtor: Debtor) -> None:
        for role in ("sales", "auditor", "network"):
            assert signed_in(role).post(debtor.path, debtor.form()).status_code == 403
        assert debtor.taken() == []


class TestAReturn:
    def test_shows_first_what_it_does(self, signed_in: SignedIn, debtor: Debtor) -> None:
        client = signed_in("billing")
        client.post(debtor.path, debtor.form(amount="45"))
        path = f"/payments/{debtor.taken()[0].payment_id}/return/"
        page = client.get(path).content.decode()
        number = bills.bill(debtor.older).number
        assert f"Bill {number}, due" in page
        assert "is open again and overdue: €30.00 to pay" in page
        assert debtor.open() == (0, 35)

    def test_opens_its_bills_again_and_is_booked_once(self, signed_in: SignedIn, debtor: Debtor) -> None:
        client = signed_in("billing")
        client.post(debtor.path, debtor.form(amount="45"))
        payment_id = debtor.taken()[0].payment_id
        path = f"/payments/{payment_id}/return/"
        assert client.post(path, {"reason": "No funds"})["Location"] == f"/payments/{payment_id}/"
        assert debtor.open() == (30, 50)
        assert debtor.owes() == Money.of("80", "EUR")
        page = client.get(f"/payments/{payment_id}/").content.decode()
        assert "No funds" in page
        assert path not in page
        assert "was returned already" in client.post(path, {"reason": "No funds"}).content.decode()
        assert debtor.owes() == Money.of("80", "EUR")

    def test_counts_in_the_standing(self, signed_in: SignedIn, debtor: Debtor) -> None:
        client = signed_in("billing")
        client.post(debtor.path, debtor.form())
        drain_all(at=clock.now())
        assert parties.payment_standing(debtor.account_id).overdue_micro == 0
        client.post(f"/payments/{debtor.taken()[0].payment_id}/return/", {"reason": "No funds"})
        drain_all(at=clock.now())
        assert parties.payment_standing(debtor.account_id).overdue_micro == 30_000_000

    def test_wants_a_reason(self, signed_in: SignedIn, debtor: Debtor) -> None:
        client = signed_in("billing")
        client.post(debtor.path, debtor.form())
        answer = client.post(f"/payments/{debtor.taken()[0].payment_id}/return/", {"reason": ""})
        assert answer.status_code == 422
        assert debtor.open() == (0, 50)

    def test_of_a_payment_that_is_none_is_no_page(self, signed_in: SignedIn) -> None:
        client = signed_in("billing")
        assert client.get("/payments/1/").status_code == 404
        assert client.get("/payments/1/return/").status_code == 404

    def test_is_not_for_an_auditor_who_may_see_the_payment(self, signed_in: SignedIn, debtor: Debtor) -> None:
        signed_in("csr").post(debtor.path, debtor.form())
        payment_id = debtor.taken()[0].payment_id
        auditor = signed_in("auditor")
        assert auditor.get(f"/payments/{payment_id}/").status_code == 200
        assert auditor.post(f"/payments/{payment_id}/return/", {"reason": "x"}).status_code == 403


def test_a_payment_is_reached_from_the_customer_and_from_the_list(signed_in: SignedIn, debtor: Debtor) -> None:
    client = signed_in("csr")
    client.post(debtor.path, debtor.form())
    link = f'href="/payments/{debtor.taken()[0].payment_id}/"'
    assert link in client.get("/payments/").content.decode()
    assert link in client.get(f"/customers/{debtor.customer_id}/bills/").content.decode()

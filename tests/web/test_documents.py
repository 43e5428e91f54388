"""What was sent to a customer: listed with its proof, opened as it was sent, sent again when it did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.delivery import operations, queries
from utenza.delivery.models import Dispatch
from utenza.infra import clock
from utenza.infra.work import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]


@pytest.fixture
def customer_id() -> int:
    """A customer to whom a bill and a reminder were sent."""
    at = clock.now() - timedelta(days=1)
    customer, account = person_with_account(at=at)
    issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=30, at=at)
    operations.send_letter(
        customer_id=customer.customer_id,
        account_id=account.account_id,
        template="services_restored",
        data={},
        key="w",
        at=at,
    )
    drain_all(at=clock.now())
    return customer.customer_id


def letter_of(customer_id: int) -> queries.DispatchView:
    (found,) = [one for one in queries.dispatches_of_customer(customer_id) if one.kind == "letter"]
    return found


class TestTheDocuments:
    def test_are_listed_with_how_they_went(self, signed_in: SignedIn, customer_id: int) -> None:
        page = signed_in("csr").get(f"/customers/{customer_id}/documents/").content.decode()
        assert "Services work again" in page
        assert "bollette@posta.example" in page
        letters = signed_in("csr").get(f"/customers/{customer_id}/documents/?kind=letter").content.decode()
        assert "/bills/" not in letters.split("<tbody>")[1]

    def test_read_in_italian(self, signed_in: SignedIn, customer_id: int) -> None:
        page = signed_in("csr", language="it").get(f"/customers/{customer_id}/documents/").content.decode()
        assert "Servizi ripristinati" in page

    def test_open_as_they_were_sent(self, signed_in: SignedIn, customer_id: int) -> None:
        path = f"/customers/{customer_id}/documents/{letter_of(customer_id).dispatch_id}/pdf/"
        client = signed_in("csr")
        assert path in client.get(f"/customers/{customer_id}/documents/").content.decode()
        answer = client.get(path)
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")

    def test_open_for_nobody_elses_customer(self, signed_in: SignedIn, customer_id: int) -> None:
        other, _ = person_with_account()
        path = f"/customers/{other.customer_id}/documents/{letter_of(customer_id).dispatch_id}/"
        client = signed_in("csr")
        assert client.get(f"{path}pdf/").status_code == 404
        assert client.post(f"{path}again/").status_code == 404
        assert client.get(f"/customers/{customer_id}/documents/999999/pdf/").status_code == 422

    def test_of_a_customer_without_any_say_what_gathers_here(self, signed_in: SignedIn) -> None:
        customer, _ = person_with_account()
        page = signed_in("csr").get(f"/customers/{customer.customer_id}/documents/").content.decode()
        assert "Nothing was sent yet" in page

    def test_open_only_for_who_may_see_bills(self, signed_in: SignedIn, customer_id: int) -> None:
        path = f"/customers/{customer_id}/documents/{letter_of(customer_id).dispatch_id}/pdf/"
        engineer = signed_in("network")
        assert engineer.get(path).status_code == 403
        assert path not in engineer.get(f"/customers/{customer_id}/documents/").content.decode()


class TestWhatDidNotArrive:
    def test_says_why_and_is_sent_again_once(self, signed_in: SignedIn, customer_id: int) -> None:
        dispatch_id = letter_of(customer_id).dispatch_id
        Dispatch.objects.filter(pk=dispatch_id).update(
            status="failed", why="mailbox is full", failed_at=clock.now(), delivered_at=None
        )
        client = signed_in("csr")
        page = client.get(f"/customers/{customer_id}/documents/").content.decode()
        assert "mailbox is full" in page
        assert "Send again" in page
        path = f"/customers/{customer_id}/documents/{dispatch_id}/again/"
        assert client.post(path).status_code == 302
        assert letter_of(customer_id).status == "planned"
        assert client.post(path).status_code == 422

    def test_is_not_sent_again_by_an_auditor(self, signed_in: SignedIn, customer_id: int) -> None:
        path = f"/customers/{customer_id}/documents/{letter_of(customer_id).dispatch_id}/again/"
        assert signed_in("auditor").post(path).status_code == 403

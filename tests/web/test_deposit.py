"""An order that waits for its deposit, and the form that takes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.application import accepted_application, person_form
from tests.factories.catalog import fibre_offer
from tests.factories.parties import AT
from tests.factories.provisioning import number_range
from utenza.ordering import operations as ordering
from utenza.ordering import queries as orders
from utenza.payments import queries

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]


@pytest.fixture
def order() -> orders.OrderView:
    at = AT
    number_range(at=at)
    form = person_form(
        employment="fixed_term",
        employment_years="0",
        income_monthly="900",
        payment_method="transfer",
        offers=[{"offer_version_id": fibre_offer(at=at).offer_version_id, "parent": None, "node": 0}],
    )
    ref = accepted_application(form, market="fixed", at=at)
    [placed] = ordering.place_order_from_application(application_id=ref.application_id, at=at)
    return orders.order(placed.order_id)


def test_the_deposit_is_taken_from_the_order_once_and_shown_on_the_customer(
    signed_in: SignedIn, order: orders.OrderView
) -> None:
    client = signed_in("csr")
    address = f"/orders/{order.order_id}/deposit/"
    for page in (f"/orders/{order.order_id}/", f"/customers/{order.customer_id}/"):
        assert address in client.get(page).content.decode()
    assert "A deposit of" in client.get("/orders/?status=awaiting_deposit").content.decode()
    assert "100.00" in client.get(address).content.decode()

    part = {"amount": "40", "method": "cash", "key": "form-1"}
    for _ in range(2):
        assert client.post(address, part).status_code == 302
    assert queries.deposit_missing_micro(order.order_id) == 60_000_000
    refused = client.post(address, {"amount": "-1", "method": "cash", "key": "form-2"})
    assert refused.status_code == 422
    assert client.post(address, {"amount": "60,00", "method": "card", "key": "form-3"}).status_code == 302
    assert orders.order(order.order_id).status == "in_progress"
    shown = client.get(f"/customers/{order.customer_id}/").content.decode()
    assert "Deposit held" in shown
    assert address not in shown
    assert "Deposit complete" in client.get(f"/orders/{order.order_id}/").content.decode()


def test_who_may_not_take_payments_does_not_take_deposits(signed_in: SignedIn, order: orders.OrderView) -> None:
    client = signed_in("auditor")
    assert "/deposit/" not in client.get(f"/orders/{order.order_id}/").content.decode()
    assert client.get(f"/orders/{order.order_id}/deposit/").status_code == 403

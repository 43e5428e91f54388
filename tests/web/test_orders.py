"""The board of orders: what each waits for, the retry of what the network refused, and the cancellation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.factories.application import accepted_application, person_form
from tests.factories.catalog import fibre_offer, voice_addon
from tests.factories.parties import person_with_account
from tests.factories.provisioning import number_range, technicians_confirm
from utenza.infra.models.outbox import OutboxEvent
from utenza.infra.work import drain_all
from utenza.ordering import operations, queries
from utenza.ordering.rules import ItemSpec
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]
AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
def order() -> operations.OrderRef:
    """Fibre with a telephone, asked of the network and waiting for the technician."""
    number_range(at=AT)
    customer, _ = person_with_account(at=AT)
    ref = operations.place_order(
        customer_id=customer.customer_id,
        items=[ItemSpec(fibre_offer().offer_version_id), ItemSpec(voice_addon().offer_version_id, parent=0)],
        at=AT,
        idempotency_key="web-1",
        by="Marta Conti",
    )
    drain_all(at=AT)
    return ref


def refused(order: operations.OrderRef) -> int:
    """Have the technician say that it cannot be done; return the command that needs a person."""
    task = network.open_work_orders()[0]
    provisioning.fail_work_order(work_order_id=task.work_order_id, by="tecla", why="No fibre in the street.", at=AT)
    drain_all(at=AT)
    assert queries.order(order.order_id).status == "fallout"
    return task.command_id


class TestTheBoard:
    def test_says_what_an_order_waits_for(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        page = signed_in("csr").get("/orders/").content.decode()
        assert order.number in page
        assert network.open_work_orders()[0].task in page

    def test_counts_what_is_stuck_and_shows_why(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        refused(order)
        client = signed_in("csr")
        board = client.get("/orders/?status=fallout").content.decode()
        assert "No fibre in the street." in board
        assert "Orders that are stuck" in client.get("/").content.decode()

    def test_of_no_order_says_how_one_comes(self, signed_in: SignedIn) -> None:
        assert "No order in this state" in signed_in("csr").get("/orders/?status=cancelled").content.decode()

    def test_asks_the_database_no_more_for_many_than_for_one(
        self, signed_in: SignedIn, order: operations.OrderRef, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        client = signed_in("csr")
        client.get("/orders/")
        for n in range(5):
            operations.place_order(
                customer_id=queries.order(order.order_id).customer_id,
                items=[ItemSpec(fibre_offer().offer_version_id)],
                at=AT,
                idempotency_key=f"more-{n}",
            )
        with django_assert_max_num_queries(22):  # type: ignore[attr-defined] # a context of pytest-django
            client.get("/orders/")


class TestAnOrder:
    def test_shows_its_items_and_its_story(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        technicians_confirm(at=AT)
        drain_all(at=AT)
        page = signed_in("csr").get(f"/orders/{order.order_id}/").content.decode()
        assert "Order completed" in page
        assert f'href="/lines/{order.line_ids[0]}/"' in page
        assert "Marta Conti" in page

    def test_reads_in_italian(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        page = signed_in("csr", language="it").get(f"/orders/{order.order_id}/").content.decode()
        assert f"Ordine {order.number}" in page
        assert "Fibra" in page

    def test_has_its_refused_command_tried_again(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        command_id = refused(order)
        client = signed_in("csr")
        path = f"/orders/{order.order_id}/commands/{command_id}/retry/"
        assert path in client.get(f"/orders/{order.order_id}/").content.decode()
        assert client.post(path).status_code == 302
        (command,) = [one for one in network.commands_of(order.line_ids[0]) if one.command_id == command_id]
        assert command.status == "queued"
        # Once it is tried there is nothing to try again.
        assert client.post(path).status_code == 422

    def test_retries_no_command_of_another_order(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        assert signed_in("csr").post(f"/orders/{order.order_id}/commands/999/retry/").status_code == 404

    def test_is_not_retried_by_an_auditor(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        command_id = refused(order)
        answer = signed_in("auditor").post(f"/orders/{order.order_id}/commands/{command_id}/retry/")
        assert answer.status_code == 403


class TestCancelling:
    def test_shows_first_and_then_gives_everything_back(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        client = signed_in("csr")
        path = f"/orders/{order.order_id}/cancel/"
        assert "1 line is given back" in client.get(path).content.decode()
        answer = client.post(path, {"reason": "The customer thought again."})
        assert answer["Location"] == f"/orders/{order.order_id}/"
        assert queries.order(order.order_id).status == "cancelled"
        assert {one.status for one in queries.order(order.order_id).agreements} == {"cancelled"}
        said = OutboxEvent.objects.get(name="ordering.order_cancelled")
        assert said.payload["reason"] == "The customer thought again."
        # Sent twice, it is announced once.
        client.post(path, {"reason": "The customer thought again."})
        assert OutboxEvent.objects.filter(name="ordering.order_cancelled").count() == 1

    def test_wants_a_reason(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        answer = signed_in("csr").post(f"/orders/{order.order_id}/cancel/", {"reason": " "})
        assert answer.status_code == 422
        assert queries.order(order.order_id).status == "in_progress"

    def test_of_what_is_done_is_refused_with_the_way_out(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        technicians_confirm(at=AT)
        drain_all(at=AT)
        answer = signed_in("csr").post(f"/orders/{order.order_id}/cancel/", {"reason": "Too late."})
        assert answer.status_code == 422
        assert "is completed already" in answer.content.decode()

    def test_is_not_for_a_technician(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        assert signed_in("network").post(f"/orders/{order.order_id}/cancel/", {"reason": "x"}).status_code == 403


class TestTheLines:
    def test_are_found_by_number_user_name_or_phone(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        client = signed_in("csr")
        line = network.line(order.line_ids[0])
        phone = next(one.identifier for one in line.services if one.kind == "voice")
        for typed in (line.number, line.identifiers[0][:8], phone, f"+{phone}", phone.removeprefix("39"), ""):
            page = client.get("/lines/", {"q": typed}, headers={"HX-Request": "true"}).content.decode()
            assert line.number in page, typed
            assert "<html" not in page
        assert "No line begins like this" in client.get("/lines/?q=nobody").content.decode()

    def test_are_told_apart_by_state(self, signed_in: SignedIn, order: operations.OrderRef) -> None:
        client = signed_in("csr")
        number = network.line(order.line_ids[0]).number
        assert number in client.get("/lines/?status=planned").content.decode()
        assert number not in client.get("/lines/?status=active").content.decode()


class TestOrderingFromAnApplication:
    def test_places_it_once_however_often_it_is_pressed(self, signed_in: SignedIn) -> None:
        number_range(at=AT)
        offer = {"offer_version_id": fibre_offer().offer_version_id, "node": None, "parent": None}
        ref = accepted_application(person_form(offers=[offer]), market="fixed")
        client = signed_in("csr")
        path = f"/applications/{ref.application_id}/order/"
        assert path in client.get(f"/applications/{ref.application_id}/").content.decode()
        first = client.post(path)
        (order,) = queries.orders()
        assert first["Location"] == f"/orders/{order.order_id}/"
        assert order.placed_by == "Marta Conti"
        assert client.post(path)["Location"] == f"/orders/{order.order_id}/"
        assert len(queries.orders()) == 1
        assert path not in client.get(f"/applications/{ref.application_id}/").content.decode()

    def test_without_an_offer_is_refused_with_the_way_out(self, signed_in: SignedIn) -> None:
        ref = accepted_application()
        page = signed_in("csr").post(f"/applications/{ref.application_id}/order/", follow=True).content.decode()
        assert "choose one on its offer step" in page
        assert queries.orders() == []

    def test_is_not_for_a_credit_analyst(self, signed_in: SignedIn) -> None:
        ref = accepted_application()
        assert signed_in("credit_analyst").post(f"/applications/{ref.application_id}/order/").status_code == 403

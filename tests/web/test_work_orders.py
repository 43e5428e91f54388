"""The technician's list: what is confirmed goes on at once, what could not be done says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.provisioning import planned_line
from utenza.infra import clock
from utenza.infra.work import drain_all
from utenza.provisioning import operations, queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]


@pytest.fixture
def line_id() -> int:
    """A line whose activation waits for a technician."""
    ref = planned_line(at=clock.now())
    operations.activate(line_id=ref.line_id, at=clock.now())
    drain_all(at=clock.now())
    return ref.line_id


def path() -> str:
    return f"/work-orders/{queries.open_work_orders()[0].work_order_id}/"


class TestAWorkOrder:
    def test_confirmed_puts_the_line_in_service(self, signed_in: SignedIn, line_id: int) -> None:
        client = signed_in("network")
        assert queries.line(line_id).number in client.get("/work-orders/").content.decode()
        there = path()
        assert client.post(there, {"outcome": "done", "note": "Box 7."}).status_code == 302
        assert queries.line(line_id).status == "active"
        (done,) = queries.work_orders_of(line_id)
        assert (done.status, done.closed_by, done.note) == ("done", "Marta Conti", "Box 7.")
        # Pressed again, it is refused and nothing changes.
        client.post(there, {"outcome": "done"})
        assert [one.status for one in queries.work_orders_of(line_id)] == ["done"]

    def test_that_failed_wants_to_know_why(self, signed_in: SignedIn, line_id: int) -> None:
        client = signed_in("network")
        client.post(path(), {"outcome": "failed", "note": " "})
        assert len(queries.open_work_orders()) == 1
        client.post(path(), {"outcome": "failed", "note": "No fibre in the street."})
        assert queries.open_work_orders() == []
        assert [one.last_error for one in queries.parked_commands()] == ["No fibre in the street."]
        assert queries.line(line_id).status == "planned"

    def test_is_not_closed_by_customer_service(self, signed_in: SignedIn, line_id: int) -> None:
        assert signed_in("csr").post(path(), {"outcome": "done"}).status_code == 403
        assert len(queries.open_work_orders()) == 1

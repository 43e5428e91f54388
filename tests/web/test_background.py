"""What could not be done by itself is seen and tried again from the pages, by an administrator alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from utenza.core.events.payments import PaymentReceived
from utenza.infra import clock, outbox, timed
from utenza.infra.models.outbox import OutboxDelivery
from utenza.infra.models.timed import TimedRun

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]
AT = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A handler that fails while the list says so."""
    trouble = ["the printer is out of paper"]

    def prints(_event: PaymentReceived) -> None:
        if trouble:
            raise RuntimeError(trouble[0])

    outbox.handlers_of(PaymentReceived.name)  # loads those there are, before one is added
    monkeypatch.setitem(outbox._handlers, "tests.prints", prints)
    monkeypatch.setitem(outbox._hearers, PaymentReceived.name, ["tests.prints"])
    return trouble


def parked() -> OutboxDelivery:
    """Announce a payment and let its one handler fail until it is given up."""
    outbox.announce(
        PaymentReceived(
            at=AT,
            customer_id=1,
            account_id=1,
            payment_id=1,
            payment_number="P1",
            amount_micro=1,
            currency="EUR",
            method="cash",
        )
    )
    at = AT
    while outbox.parked_deliveries() == []:
        outbox.deliver_all(at=at)
        at += timedelta(hours=2)
    return OutboxDelivery.objects.get(handler="tests.prints")


class TestADeliveryThatWasGivenUp:
    def test_is_seen_with_its_cause_and_tried_again(self, signed_in: SignedIn, broken: list[str]) -> None:
        row = parked()
        client = signed_in("administrator")
        assert "Background work that failed" in client.get("/").content.decode()
        assert "the printer is out of paper" in client.get("/background/").content.decode()
        broken.clear()
        client.post("/background/deliveries/retry/", {"tick": [str(row.pk), "999", "x"]})
        outbox.deliver_all(at=clock.now())
        row.refresh_from_db()
        assert row.status == "done"
        assert "Everything was heard" in client.get("/background/").content.decode()

    def test_is_not_tried_again_twice(self, signed_in: SignedIn, broken: list[str]) -> None:
        row = parked()
        client = signed_in("administrator")
        for _ in range(2):
            client.post("/background/deliveries/retry/", {"tick": str(row.pk)})
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("waiting", 0)
        assert "0 deliveries are tried again" in client.get("/background/").content.decode()


class TestAJobThatFails:
    def test_is_seen_and_tried_at_once(self, signed_in: SignedIn) -> None:
        later = clock.now() + timedelta(hours=1)
        name = next(iter(timed.timed_jobs()))
        TimedRun.objects.update_or_create(
            name=name, defaults={"last_due_at": AT, "attempts": 3, "next_attempt_at": later, "error": "OSError: full"}
        )
        client = signed_in("administrator")
        assert "OSError: full" in client.get("/background/").content.decode()
        client.post("/background/jobs/retry/", {"name": name})
        assert TimedRun.objects.get(name=name).next_attempt_at < later

    def test_that_does_not_fail_is_refused(self, signed_in: SignedIn) -> None:
        answer = signed_in("administrator").post("/background/jobs/retry/", {"name": "utenza.nothing"})
        assert answer.status_code == 422


@pytest.mark.parametrize("role", ["csr", "network", "auditor", "billing"])
def test_it_is_for_administrators_alone(signed_in: SignedIn, role: str) -> None:
    client = signed_in(role)
    assert client.get("/background/").status_code == 403
    assert client.post("/background/deliveries/retry/").status_code == 403
    assert client.post("/background/jobs/retry/").status_code == 403

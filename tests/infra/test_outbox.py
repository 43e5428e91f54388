"""The outbox: written with the facts, delivered after them, to each handler once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from tests.infra.ringing import Rang
from utenza.infra import audit, outbox
from utenza.infra.models.outbox import DeliveryStatus, OutboxDelivery, OutboxEvent
from utenza.infra.models.setting import Setting
from utenza.infra.transactions import TransactionDemanded, transaction

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


heard: list[tuple[str, str]] = []
broken: set[str] = set()
commit_breakers: set[str] = set()


def on_first(event: Rang) -> None:
    Setting.objects.create(key=f"first:{event.customer_id}:{event.word}", value=1, changed_at=event.at)
    if event.word in commit_breakers:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_transaction (key, at, description, source_kind, source_key, fingerprint)"
                " VALUES ('empty', now(), '', '', '', '')"
            )
    if event.word in broken:
        raise RuntimeError(f"cannot hear {event.word}")
    heard.append(("first", event.word))


def on_second(event: Rang) -> None:
    heard.append(("second", event.word))


@pytest.fixture(autouse=True)
def ears() -> Iterator[None]:
    heard.clear()
    broken.clear()
    commit_breakers.clear()
    outbox.hears(Rang)(on_first)
    outbox.hears(Rang)(on_second)
    yield
    outbox._hearers.pop(Rang.name)
    for handler in (on_first, on_second):
        outbox._handlers.pop(f"{handler.__module__}.{handler.__qualname__}")


def ring(word: str, customer_id: int = 1) -> None:
    outbox.announce(Rang(at=AT, customer_id=customer_id, word=word))


def words(handler: str) -> list[str]:
    return [word for name, word in heard if name == handler]


def test_announcing_needs_a_transaction(committed_db: object) -> None:
    with pytest.raises(TransactionDemanded):
        ring("a")


def test_an_event_of_a_transaction_that_is_rolled_back_never_was(committed_db: object) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        ring("a")
        1 / 0  # noqa: B018 - the fault itself
    assert outbox.deliver_all(at=AT) == 0
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
class TestDelivery:
    def test_reaches_every_handler_once(self) -> None:
        ring("a")
        assert outbox.deliver_all(at=AT) == 2
        assert outbox.deliver_all(at=AT) == 0
        assert sorted(heard) == [("first", "a"), ("second", "a")]

    def test_keeps_the_order_of_a_subject(self) -> None:
        for word in "abc":
            ring(word)
        outbox.deliver_all(at=AT)
        assert words("first") == words("second") == ["a", "b", "c"]

    def test_of_a_handler_that_fails_leaves_nothing_behind_but_the_count(self) -> None:
        broken.add("a")
        ring("a")
        outbox.deliver_all(at=AT)
        assert not Setting.objects.filter(key="first:1:a").exists()
        assert words("second") == ["a"]
        waiting = OutboxDelivery.objects.get(status=DeliveryStatus.WAITING)
        assert waiting.attempts == 1
        assert waiting.error == "RuntimeError: cannot hear a"
        assert waiting.next_attempt_at == AT + timedelta(seconds=1)

    def test_holds_back_later_events_of_the_subject_for_the_failing_handler_alone(self) -> None:
        broken.add("a")
        ring("a")
        ring("b")
        ring("c", customer_id=2)
        outbox.deliver_all(at=AT)
        assert words("first") == ["c"]
        assert words("second") == ["a", "b", "c"]
        broken.clear()
        outbox.deliver_all(at=AT + timedelta(seconds=1))
        assert words("first") == ["c", "a", "b"]

    def test_is_parked_after_twelve_tries_and_lets_later_events_pass(self) -> None:
        broken.add("a")
        ring("a")
        ring("b")
        at = AT
        for _try in range(12):
            outbox.deliver_all(at=at)
            at += timedelta(hours=1)
        [parked] = outbox.parked_deliveries()
        assert (parked.event_name, parked.subject, parked.attempts) == ("test.rang", "customer:1", 12)
        assert "cannot hear a" in parked.error
        assert words("first") == ["b"]
        assert outbox.backlog() == outbox.Backlog(waiting=0, failing=0, parked=1, oldest_at=None)

    def test_is_tried_again_when_someone_asks(self) -> None:
        broken.add("a")
        ring("a")
        for n in range(12):
            outbox.deliver_all(at=AT + timedelta(hours=n))
        broken.clear()
        [parked] = outbox.parked_deliveries()
        outbox.retry_delivery(delivery_id=parked.delivery_id, at=AT)
        outbox.deliver_all(at=AT)
        assert words("first") == ["a"]
        with pytest.raises(outbox.DeliveryNotParked):
            outbox.retry_delivery(delivery_id=parked.delivery_id, at=AT)

    def test_carries_who_acted_to_the_handlers(self) -> None:
        seen: list[audit.Actor] = []

        def on_third(event: Rang) -> None:
            seen.append(audit.actor())

        outbox.hears(Rang)(on_third)
        with audit.acting(42, "anna", "a wish"):
            ring("a")
        outbox.deliver_all(at=AT)
        outbox._handlers.pop(f"{on_third.__module__}.{on_third.__qualname__}")
        assert seen == [audit.Actor(42, "anna", "a wish")]

    def test_counts_a_handler_that_breaks_a_deferred_constraint(self) -> None:
        commit_breakers.add("a")
        ring("a")
        outbox.deliver_all(at=AT)
        waiting = OutboxDelivery.objects.get(status=DeliveryStatus.WAITING)
        assert "has no entries" in waiting.error
        assert words("second") == ["a"]


def test_two_workers_deliver_each_event_once(committed_db: object) -> None:
    import threading

    from django.db import connections

    with transaction():
        for n in range(40):
            ring(f"{n}", customer_id=n % 5)

    def work() -> None:
        outbox.deliver_all(at=AT)
        connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.deliver_all(at=AT)
    assert len(words("first")) == len(set(words("first"))) == 40
    for customer in range(5):
        mine = [int(word) for word in words("first") if int(word) % 5 == customer]
        assert mine == sorted(mine)


def test_the_pause_grows_to_an_hour() -> None:
    assert [outbox.pause_after(n).total_seconds() for n in (1, 2, 3, 12, 13)] == [1, 2, 4, 2048, 3600]

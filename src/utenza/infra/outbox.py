"""The transactional outbox: events are written with the facts and handed to each handler after the commit.

Each delivery runs in a transaction of its own, in which it is also marked as done: what a handler writes to the
database therefore happens exactly once, and what it asks of the world outside at least once. Deliveries of one
subject reach one handler in the order of announcement. A handler that fails is tried again after a growing pause, and
holds back the later events of that subject for itself alone. After `ATTEMPTS_MAX` tries the delivery is parked: later
events flow again, since one poisoned event must not stop a customer's life, and `retry_delivery` tries it again once
its cause was mended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from utenza.core.errors import N_, Refusal
from utenza.core.events import Event, event_types
from utenza.infra import audit, discovery, wakeup
from utenza.infra.logs import get_logger
from utenza.infra.models.outbox import DeliveryStatus, OutboxDelivery, OutboxEvent
from utenza.infra.transactions import demands_transaction, savepoint, transaction
from utenza.infra.waiting import Waiting

ATTEMPTS_MAX = 12
PAUSE_MAX = timedelta(hours=1)

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]

_handlers: dict[str, Handler] = {}
_hearers: dict[str, list[str]] = defaultdict(list)
_log = get_logger(__name__)


class DeliveryNotParked(Refusal):
    code = "delivery_not_parked"
    text = N_("Delivery %(delivery_id)s is not parked, so there is nothing to try again: reload the list.")


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    """A delivery that failed too often, with what a person needs to mend it."""

    delivery_id: int
    event_name: str
    subject: str
    handler: str
    attempts: int
    error: str
    announced_at: datetime


def hears(*types: type[Event]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Have the decorated handler called once with every event of `types` announced from now on."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handler.__module__}.{handler.__qualname__}"
        _handlers[name] = handler
        for kind in types:
            if name not in _hearers[kind.name]:
                _hearers[kind.name].append(name)
        return handler

    return register


def handlers_of(event_name: str) -> tuple[str, ...]:
    """Return the names of the handlers that hear `event_name`."""
    discovery.load_jobs()
    return tuple(_hearers.get(event_name, ()))


@demands_transaction
def announce(event: Event) -> None:
    """Write `event` and what each handler owes it into the open transaction, and wake the worker at its commit."""
    announce_all([event])


@demands_transaction
def announce_all(events: Iterable[Event]) -> None:
    """Announce many events at once, in this order."""
    actor = audit.actor().as_json()
    rows = OutboxEvent.objects.bulk_create(
        OutboxEvent(name=event.name, subject=event.subject, payload=event.to_payload(), actor=actor, at=event.at)
        for event in events
    )
    owed = [
        OutboxDelivery(event=row, handler=name, subject=row.subject, next_attempt_at=row.at)
        for row in rows
        for name in handlers_of(row.name)
    ]
    if owed:
        OutboxDelivery.objects.bulk_create(owed)
        wakeup.wake()


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th failure: 1 s, 2 s, 4 s ... at most an hour."""
    return min(timedelta(seconds=2 ** (attempts - 1)), PAUSE_MAX)


# An earlier delivery of the same handler and subject that still waits goes first, whether another worker is at it or
# it failed and pauses. The row is read again under its lock, so one that was just done is passed over.
_CLAIM = """
    SELECT d.id FROM infra_outbox_delivery d
    WHERE d.status = 'waiting' AND d.next_attempt_at <= %s
      AND NOT EXISTS (
        SELECT 1 FROM infra_outbox_delivery e
        WHERE e.status = 'waiting' AND e.handler = d.handler AND e.subject = d.subject AND e.id < d.id)
    ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""


def deliver_one(*, at: datetime) -> bool:
    """Deliver the next event that is due at `at` to its handler, and return whether there was one."""
    claimed: list[int] = []
    try:
        with transaction():
            claimed += _claim(at)
            if not claimed:
                return False
            _deliver(OutboxDelivery.objects.select_related("event").get(pk=claimed[0]), at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if not claimed:
            raise
        # The commit itself failed: nothing of the handler is left, and the failure still counts.
        with transaction():
            _count_failure(OutboxDelivery.objects.select_for_update().get(pk=claimed[0]), error, at)
    return True


def deliver_all(*, at: datetime) -> int:
    """Deliver whatever is due at `at`, and what that announces in turn; return how many deliveries were made."""
    discovery.load_jobs()
    count = 0
    while deliver_one(at=at):
        count += 1
    return count


def _claim(at: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [at])
        return [int(row[0]) for row in cursor.fetchall()]


def _deliver(delivery: OutboxDelivery, at: datetime) -> None:
    event = delivery.event
    try:
        with savepoint(), audit.acting_as(event.actor):
            handler = _handlers.get(delivery.handler)
            if handler is None:
                raise LookupError(f"no handler is called {delivery.handler} any more")
            handler(event_types()[event.name].from_payload(event.payload))
            # Deferred constraints speak now, while the savepoint can still undo this handler alone.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _log.warning(
            "handler_failed", handler=delivery.handler, event_name=event.name, delivery=delivery.pk, exc_info=True
        )
        _count_failure(delivery, error, at)
        return
    delivery.status = DeliveryStatus.DONE
    delivery.attempts += 1
    delivery.done_at = at
    delivery.error = ""
    delivery.save(update_fields=["status", "attempts", "done_at", "error"])


def _count_failure(delivery: OutboxDelivery, error: Exception, at: datetime) -> None:
    delivery.attempts += 1
    delivery.error = f"{type(error).__name__}: {error}"[:2000]
    delivery.next_attempt_at = at + pause_after(delivery.attempts)
    if delivery.attempts >= ATTEMPTS_MAX:
        delivery.status = DeliveryStatus.PARKED
        _log.error("delivery_parked", handler=delivery.handler, delivery=delivery.pk)
    delivery.save(update_fields=["attempts", "error", "next_attempt_at", "status"])


def parked_deliveries(*, limit: int = 200) -> list[ParkedDelivery]:
    """Return the deliveries that failed too often, oldest first."""
    rows = OutboxDelivery.objects.filter(status=DeliveryStatus.PARKED).select_related("event").order_by("id")[:limit]
    return [
        ParkedDelivery(
            delivery_id=row.pk,
            event_name=row.event.name,
            subject=row.subject,
            handler=row.handler,
            attempts=row.attempts,
            error=row.error,
            announced_at=row.event.at,
        )
        for row in rows
    ]


def deliveries_parked() -> Waiting:
    """Return the deliveries that failed too often, to be counted."""
    return Waiting(OutboxDelivery.objects.filter(status=DeliveryStatus.PARKED))


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much the outbox still owes: `failing` are among the `waiting`."""

    waiting: int
    failing: int
    parked: int
    oldest_at: datetime | None


def backlog() -> Backlog:
    """Return what the outbox still owes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE d.status = 'waiting'),
                   count(*) FILTER (WHERE d.status = 'waiting' AND d.attempts > 0),
                   count(*) FILTER (WHERE d.status = 'parked'),
                   min(e.at) FILTER (WHERE d.status = 'waiting')
            FROM infra_outbox_delivery d JOIN infra_outbox_event e ON e.id = d.event_id
            WHERE d.status IN ('waiting', 'parked')
            """
        )
        waiting, failing, parked, oldest = cursor.fetchone()
    return Backlog(waiting=waiting, failing=failing, parked=parked, oldest_at=oldest)


@demands_transaction
def retry_delivery(*, delivery_id: int, at: datetime) -> None:
    """Have a parked delivery tried again, from its first attempt on.

    :raises DeliveryNotParked: if it waits or is done already.
    """
    changed = OutboxDelivery.objects.filter(pk=delivery_id, status=DeliveryStatus.PARKED).update(
        status=DeliveryStatus.WAITING, attempts=0, next_attempt_at=at
    )
    if not changed:
        raise DeliveryNotParked(delivery_id=delivery_id)
    wakeup.wake()

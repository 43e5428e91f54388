"""Carries queued commands to the network and writes down what became of them.

    claim (transaction) ──> connector (no transaction) ──> record (transaction)

Whoever holds the advisory lock of a service may have a command of it in flight. The lock lives as long as the
database session, so that of a killed worker is free at once, and its command, still `sending`, is sent again: each
carries the whole wanted state, so a repeat is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from utenza.core.events.provisioning import WorkOrderOpened
from utenza.infra import crash
from utenza.infra.logs import get_logger
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import transaction
from utenza.provisioning import rules
from utenza.provisioning.confirmation import confirm, park
from utenza.provisioning.connectors.base import Connector, ElementConfiguration, NetworkCommand, Outcome, Result
from utenza.provisioning.connectors.registry import connector_for
from utenza.provisioning.models import Command, Element, ElementHealth, Line, Service, WorkOrder
from utenza.provisioning.outgoing import open_scopes, overtake
from utenza.provisioning.routing import profile_meaning
from utenza.provisioning.states import COMMAND_MOVES, DUE, OVERTAKEN, CommandStatus
from utenza.provisioning.tasks import task_sentence

CHUNK = 50
# The first word of the pair that names an advisory lock; the second is the service.
LOCK_SPACE = 0x5E47

_log = get_logger(__name__)

# Of each service the oldest command that is not over; those of an element at rest, or switched off, wait.
_DUE = """
    SELECT c.id, c.service_id, c.element_id
    FROM provisioning_command c
    JOIN provisioning_element e ON e.id = c.element_id
    LEFT JOIN provisioning_elementhealth h ON h.element_id = c.element_id
    WHERE c.status = ANY(%(due)s) AND c.next_attempt_at <= %(at)s
      AND e.enabled AND (h.next_attempt_at IS NULL OR h.next_attempt_at <= %(at)s)
      AND NOT EXISTS (
        SELECT 1 FROM provisioning_command earlier
        WHERE earlier.service_id = c.service_id AND earlier.sequence < c.sequence
          AND earlier.status IN ('queued', 'sending', 'failed'))
    ORDER BY c.next_attempt_at, c.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class _Claimed:
    command: NetworkCommand
    element_id: int
    kind: str
    configuration: ElementConfiguration


def carry_out_due(*, at: datetime, limit: int = CHUNK) -> int:
    """Send up to `limit` commands that are due at `at`, and return how many were sent, whatever became of them.

    An element that does not answer is left alone for the rest of the chunk and then for a growing while, so that it
    delays nobody but its own services. May run in any number of processes at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"due": [str(status) for status in DUE], "at": at, "limit": limit})
        rows = cursor.fetchall()
    connectors: dict[int, Connector] = {}
    resting: set[int] = set()
    done = 0
    for command_id, service_id, element_id in rows:
        if element_id in resting:
            continue
        with _service_held(service_id) as held:
            outcome = _carry_out(command_id, connectors, at=at) if held else None
        if outcome is not None:
            done += 1
            if outcome.result == Result.UNREACHABLE:
                resting.add(element_id)
    return done


def _carry_out(command_id: int, connectors: dict[int, Connector], *, at: datetime) -> Outcome | None:
    """Send one command, and return its outcome, or None if another worker has carried it out meanwhile."""
    with transaction():
        claimed = _claim(command_id, at=at)
    if claimed is None:
        return None
    if claimed.element_id not in connectors:
        connectors[claimed.element_id] = connector_for(claimed.kind, claimed.configuration)
    outcome = _ask(connectors[claimed.element_id], claimed.command)
    crash.point("network-changed")
    with transaction():
        _record(command_id, claimed, outcome, at=at)
    return outcome


def _ask(connector: Connector, command: NetworkCommand) -> Outcome:
    try:
        return connector.apply(command)
    except Exception as error:
        # A fault of the connector itself: this command alone must not stop the queue. Its data may hold a password,
        # so only the kind of the error is kept.
        _log.exception("connector_failed", command=command.command_id, connector=connector.kind)
        return Outcome(result=Result.INCOMPLETE, detail=f"the connector failed with {type(error).__name__}")


def _claim(command_id: int, *, at: datetime) -> _Claimed | None:
    found = Command.objects.filter(pk=command_id).values_list("service__line_id", flat=True).first()
    if found is None:
        return None
    # The line first, as every operation does, so that two never wait for each other.
    Line.objects.select_for_update().get(pk=found)
    command = Command.objects.select_for_update().get(pk=command_id)
    if command.status not in DUE:
        return None
    if command.status != CommandStatus.SENDING:
        move(command, table=COMMAND_MOVES, to=CommandStatus.SENDING)
    # One that was in flight when this was queued may have come to wait for a person since: this one says more.
    for earlier in Command.objects.filter(
        service=command.service_id, sequence__lt=command.sequence, status__in=OVERTAKEN
    ):
        overtake(earlier, at=at)
    service = Service.objects.select_related("element").get(pk=command.service_id)
    wanted = _wanted(command, service)
    command.payload = payload_of(wanted)
    command.attempts += 1
    command.sent_at = at
    command.save(update_fields=["payload", "attempts", "sent_at"])
    return _Claimed(
        command=wanted,
        element_id=service.element_id,
        kind=service.element.kind,
        configuration=configuration_of(service.element),
    )


def configuration_of(element: Element) -> ElementConfiguration:
    """Return how a connector reaches `element`."""
    return ElementConfiguration(code=element.code, settings=dict(element.settings), dsn=element.dsn or "")


def payload_of(wanted: NetworkCommand) -> dict[str, Any]:
    """Return what may be kept of a command: all but the secret."""
    return {
        "state": wanted.state,
        "identifier": wanted.identifier,
        "profile": wanted.profile,
        "restrictions": list(wanted.restrictions),
    }


def _wanted(command: Command, service: Service) -> NetworkCommand:
    speed, profile_attributes = profile_meaning(service.profile)
    return NetworkCommand(
        command_id=command.pk,
        service_id=service.pk,
        kind=service.kind,
        identifier=service.identifier,
        secret=service.secret,
        state=service.desired_state,
        profile=service.profile,
        speed=speed,
        profile_attributes=profile_attributes,
        attributes=dict(service.attributes),
        restrictions=rules.restrictions(service.kind, open_scopes(service.line_id)),
    )


def _record(command_id: int, claimed: _Claimed, outcome: Outcome, *, at: datetime) -> None:
    line_id = Command.objects.values_list("service__line_id", flat=True).get(pk=command_id)
    line = Line.objects.select_for_update().get(pk=line_id)
    command = Command.objects.select_for_update().get(pk=command_id)
    if command.status != CommandStatus.SENDING:
        return
    _note_health(claimed.element_id, outcome, at=at)
    if outcome.result == Result.CONFIRMED:
        confirm(command, line=line, payload=payload_of(claimed.command), at=at)
    elif outcome.result == Result.WAITING:
        _wait_for_person(command, claimed.command, line=line, at=at)
    elif outcome.result == Result.REFUSED:
        park(command, line=line, why=outcome.detail, at=at)
    else:
        _try_again(command, outcome, line=line, at=at)


def _note_health(element_id: int, outcome: Outcome, *, at: datetime) -> None:
    health, _created = ElementHealth.objects.select_for_update().get_or_create(element_id=element_id)
    if outcome.result == Result.UNREACHABLE:
        health.failures += 1
        health.last_error = outcome.detail
        health.next_attempt_at = at + timedelta(seconds=rules.circuit_delay_s(health.failures))
        _log.warning("element_unreachable", element=element_id, failures=health.failures, why=outcome.detail)
    else:
        health.failures, health.next_attempt_at, health.last_error = 0, None, ""
        health.last_answer_at = at
    health.save()


def _wait_for_person(command: Command, wanted: NetworkCommand, *, line: Line, at: datetime) -> None:
    move(command, table=COMMAND_MOVES, to=CommandStatus.SENT)
    order = WorkOrder.objects.create(command=command, opened_at=at)
    announce(
        WorkOrderOpened(
            at=at,
            customer_id=line.customer_id,
            line_id=line.pk,
            work_order_id=order.pk,
            task=str(
                task_sentence(
                    command_kind=command.kind,
                    service_kind=wanted.kind,
                    identifier=wanted.identifier,
                    profile=wanted.profile,
                    restrictions=wanted.restrictions,
                )
            ),
        )
    )


def _try_again(command: Command, outcome: Outcome, *, line: Line, at: datetime) -> None:
    """Have the command tried later. While an element is away no attempt counts: it parks nothing, it only delays."""
    if outcome.result == Result.UNREACHABLE:
        command.attempts -= 1
        delay_s = 0
    elif command.attempts >= rules.ATTEMPTS_BEFORE_PARKING:
        park(command, line=line, why=outcome.detail, at=at)
        return
    else:
        delay_s = rules.retry_delay_s(command.attempts)
    move(command, table=COMMAND_MOVES, to=CommandStatus.FAILED)
    command.last_error = outcome.detail
    command.next_attempt_at = at + timedelta(seconds=delay_s)
    command.save(update_fields=["attempts", "last_error", "next_attempt_at"])


@contextmanager
def _service_held(service_id: int) -> Iterator[bool]:
    """Hold the right to have a command of this service in flight; False if another process holds it."""
    # A pair of four-byte words: a service's id beyond two thousand million only shares its lock with another.
    words = [LOCK_SPACE, service_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", words)
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        # A session that was lost has given its locks back itself.
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", words)

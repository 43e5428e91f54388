"""Writes down what the network, or a technician, confirmed, and announces it. Within this stage only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from utenza.core.events import Event
from utenza.core.events.provisioning import (
    CommandFailed,
    ServiceActivated,
    ServiceCeased,
    ServiceResumed,
    ServiceSuspended,
)
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.provisioning import rules
from utenza.provisioning.models import Bar, Command, Line, ResourceAssignment, Service
from utenza.provisioning.states import (
    ACTUAL_MOVES,
    COMMAND_MOVES,
    LINE_MOVES,
    CommandStatus,
    LineStatus,
    ServiceState,
)
from utenza.provisioning.stock import put_into_quarantine


def confirm(command: Command, *, line: Line, payload: Mapping[str, Any], at: datetime) -> None:
    """End `command` as carried out: its service now is what `payload` says. The line is locked already."""
    move(command, table=COMMAND_MOVES, to=CommandStatus.CONFIRMED)
    command.ended_at, command.last_error, command.payload = at, "", dict(payload)
    command.save(update_fields=["ended_at", "last_error", "payload"])
    service = Service.objects.get(pk=command.service_id)
    event = _note_actual(service, line=line, state=str(payload["state"]), profile=str(payload["profile"]), at=at)
    if event is not None:
        _note_line(line, at=at)
        announce(event)


def park(command: Command, *, line: Line, why: str, at: datetime) -> None:
    """Leave `command` to a person, who is told why. The line is locked already."""
    move(command, table=COMMAND_MOVES, to=CommandStatus.PARKED)
    command.last_error = why
    command.save(update_fields=["last_error"])
    announce(
        CommandFailed(
            at=at,
            customer_id=line.customer_id,
            line_id=line.pk,
            service_id=command.service_id,
            command_id=command.pk,
            why=why,
        )
    )


def _note_actual(service: Service, *, line: Line, state: str, profile: str, at: datetime) -> Event | None:
    """Write what the network holds of a service and return what there is to announce: None if nothing changed."""
    before = service.actual_state
    service.confirmed_profile = profile
    if state == before:
        service.save(update_fields=["confirmed_profile"])
        return None
    move(service, table=ACTUAL_MOVES, to=state, field="actual_state")
    first_time = service.activated_at is None
    facts: dict[str, Any] = {
        "at": at,
        "customer_id": line.customer_id,
        "line_id": line.pk,
        "service_id": service.pk,
    }
    event: Event
    if state == ServiceState.ACTIVE:
        service.activated_at = service.activated_at or at
        service.suspended_at = None
        event = ServiceActivated(**facts) if first_time else ServiceResumed(**facts)
    elif state == ServiceState.SUSPENDED:
        service.suspended_at = at
        event = ServiceSuspended(**facts, reasons=", ".join(_standing_reasons(line)))
    else:
        service.ceased_at = at
        _give_up_resources(service, at=at)
        event = ServiceCeased(**facts)
    service.save(update_fields=["confirmed_profile", "activated_at", "suspended_at", "ceased_at"])
    return event


def _note_line(line: Line, *, at: datetime) -> None:
    states = Service.objects.filter(line=line).values_list("actual_state", flat=True)
    status = rules.line_status(line.status, states)
    if status == line.status:
        return
    move(line, table=LINE_MOVES, to=status)
    if status == LineStatus.ACTIVE and line.activated_at is None:
        line.activated_at = at
        line.save(update_fields=["activated_at"])
    elif status == LineStatus.CEASED:
        line.ceased_at = at
        line.save(update_fields=["ceased_at"])
        # No reason keeps closed what is gone; the history keeps when each stood.
        Bar.objects.filter(line=line, lifted_at=None).update(lifted_at=at)


def _give_up_resources(service: Service, *, at: datetime) -> None:
    for assignment in ResourceAssignment.objects.filter(service=service, valid_to=None):
        # A line planned and ceased under a clock that was set back still yields an interval, if an empty one.
        assignment.valid_to = max(at, assignment.valid_from)
        assignment.save(update_fields=["valid_to"])
        put_into_quarantine(value=assignment.value, at=at)


def _standing_reasons(line: Line) -> list[str]:
    return sorted(set(Bar.objects.filter(line=line, lifted_at=None).values_list("reason", flat=True)))

"""Writes the commands that bring the network to what we want. Within this stage only.

operation ──(same transaction)──> Command queued ──(after commit)──> worker ──> connector ──> outcome recorded
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from utenza.infra.states import move
from utenza.infra.work import wake
from utenza.provisioning import rules
from utenza.provisioning.models import Bar, Command, Service, WorkOrder
from utenza.provisioning.states import (
    COMMAND_MOVES,
    OVERTAKEN,
    WORK_ORDER_MOVES,
    CommandStatus,
    WorkOrderStatus,
)


def open_scopes(line_id: int) -> frozenset[str]:
    """Return the scopes of the bars that stand on a line."""
    return frozenset(Bar.objects.filter(line_id=line_id, lifted_at=None).values_list("scope", flat=True))


def queue_command(service: Service, *, at: datetime) -> int:
    """Queue the command that brings `service` to its wanted state, and return its id. The line is locked already.

    Each command carries the whole wanted state, so those of the service that were not carried out yet are overtaken:
    an element that was down for a day hears only the last word, and a parked command never blocks its service.
    """
    for earlier in Command.objects.filter(service=service, status__in=OVERTAKEN).order_by("sequence"):
        overtake(earlier, at=at)
    last = Command.objects.filter(service=service).aggregate(last=Max("sequence"))["last"] or 0
    command = Command.objects.create(
        service=service,
        element_id=service.element_id,
        sequence=last + 1,
        kind=rules.command_kind(actual=service.actual_state, desired=service.desired_state),
        next_attempt_at=at,
        created_at=at,
    )
    wake()
    return command.pk


def overtake(command: Command, *, at: datetime) -> None:
    """End a command that a later one makes needless, and withdraw its work order."""
    move(command, table=COMMAND_MOVES, to=CommandStatus.SUPERSEDED)
    command.ended_at = at
    command.save(update_fields=["ended_at"])
    for order in WorkOrder.objects.filter(command=command, status=WorkOrderStatus.OPEN):
        move(order, table=WORK_ORDER_MOVES, to=WorkOrderStatus.WITHDRAWN)
        order.closed_at = at
        order.save(update_fields=["closed_at"])

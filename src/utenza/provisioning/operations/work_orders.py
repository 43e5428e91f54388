"""Writes on work orders: a technician says what became of one."""

from __future__ import annotations

from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.provisioning.confirmation import confirm, park
from utenza.provisioning.models import Command, Line, WorkOrder
from utenza.provisioning.states import WORK_ORDER_MOVES, WorkOrderStatus


class UnknownWorkOrder(Refusal):
    code = "unknown_work_order"
    text = N_("There is no work order %(work_order)s: reload the list of open ones.")


class WorkOrderClosed(Refusal):
    code = "work_order_closed"
    text = N_("The work order %(work_order)s is %(status)s already: reload the list of open ones.")


@demands_transaction
def confirm_work_order(*, work_order_id: int, by: str, at: datetime, note: str = "") -> None:
    """Note that the technician `by` has done the work: the service now is what was asked for.

    :raises UnknownWorkOrder, WorkOrderClosed:
    """
    order, line = _lock(work_order_id)
    _close(order, to=WorkOrderStatus.DONE, by=by, note=note, at=at)
    command = Command.objects.get(pk=order.command_id)
    confirm(command, line=line, payload=command.payload, at=at)


@demands_transaction
def fail_work_order(*, work_order_id: int, by: str, why: str, at: datetime) -> None:
    """Note that the work cannot be done, and why: the command is left to the network engineers, who may retry it.

    :raises UnknownWorkOrder, WorkOrderClosed:
    """
    order, line = _lock(work_order_id)
    _close(order, to=WorkOrderStatus.FAILED, by=by, note=why, at=at)
    park(Command.objects.get(pk=order.command_id), line=line, why=why, at=at)


def _lock(work_order_id: int) -> tuple[WorkOrder, Line]:
    found = WorkOrder.objects.filter(pk=work_order_id).values_list("command__service__line_id", flat=True).first()
    if found is None:
        raise UnknownWorkOrder(work_order=work_order_id)
    line = Line.objects.select_for_update().get(pk=found)
    order = WorkOrder.objects.get(pk=work_order_id)
    if order.status != WorkOrderStatus.OPEN:
        raise WorkOrderClosed(work_order=work_order_id, status=order.get_status_display())
    return order, line


def _close(order: WorkOrder, *, to: str, by: str, note: str, at: datetime) -> None:
    move(order, table=WORK_ORDER_MOVES, to=to)
    order.closed_at, order.closed_by, order.note = at, by, note
    order.save(update_fields=["closed_at", "closed_by", "note"])

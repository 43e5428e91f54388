"""What becomes of an order: completed, fallen out, cancelled."""

from __future__ import annotations

from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.core.events.ordering import AgreementStarted, DepositConfirmed, OrderCancelled, OrderCompleted
from utenza.infra.operator import local_date, profile
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ordering.models import Agreement, AgreementVersion, Order
from utenza.ordering.operations.changing import end_agreement
from utenza.ordering.queries import UnknownOrder
from utenza.ordering.states import AGREEMENT_MOVES, ORDER_MOVES, AgreementStatus, OrderStatus
from utenza.parties import operations as parties
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network


class OrderIsDone(Refusal):
    code = "order_is_done"
    text = N_("Order %(order)s is completed already: terminate its services instead of cancelling it.")


class OrderAwaitsNoDeposit(Refusal):
    code = "order_awaits_no_deposit"
    text = N_("Order %(order)s awaits no deposit: look at what it waits for.")


@demands_transaction
def confirm_deposit(*, order_id: int, at: datetime) -> None:
    """Let an order go on whose deposit was paid in full: the network is asked. Safe to repeat.

    :raises UnknownOrder: if there is none.
    :raises OrderAwaitsNoDeposit: if none was asked for, or the order is cancelled.
    """
    row = Order.objects.select_for_update().filter(pk=order_id).first()
    if row is None:
        raise UnknownOrder(order=order_id)
    if row.deposit_confirmed_at is not None and row.status != OrderStatus.CANCELLED:
        return
    if row.status != OrderStatus.AWAITING_DEPOSIT:
        raise OrderAwaitsNoDeposit(order=row.number)
    move(row, table=ORDER_MOVES, to=OrderStatus.IN_PROGRESS)
    row.deposit_confirmed_at = at
    row.save(update_fields=["deposit_confirmed_at"])
    for line_id in sorted({one.line_id for one in Agreement.objects.filter(order=row) if one.line_id is not None}):
        provisioning.activate(line_id=line_id, at=at)
    announce(
        DepositConfirmed(
            at=at,
            customer_id=row.customer_id,
            account_id=row.deposit_account_id or 0,
            order_id=row.pk,
            order_number=row.number,
            deposit_micro=row.deposit_micro,
            currency=row.deposit_account.currency if row.deposit_account else profile().currency,
        )
    )


@demands_transaction
def complete_line(*, line_id: int, at: datetime) -> None:
    """Put in force what waits on a line whose services the network has confirmed, and complete its order.

    Agreements start on the operator's day of `at`. Safe to repeat: what is in force is left alone.
    """
    waiting = Agreement.objects.select_for_update().filter(line_id=line_id, status=AgreementStatus.PENDING)
    ready = {service.service_id for service in network.line(line_id).services if service.actual_state == "active"}
    start_date = local_date(at)
    orders: set[int] = set()
    for row in waiting.order_by("pk"):
        if row.service_id not in ready:
            continue
        AgreementVersion.objects.filter(agreement=row).update(from_date=start_date)
        row.start_date = start_date
        row.save(update_fields=["start_date"])
        move(row, table=AGREEMENT_MOVES, to=AgreementStatus.ACTIVE)
        if row.order_id is not None:
            orders.add(row.order_id)
        parties.activate_customer(customer_id=row.customer_id, at=at)
        announce(
            AgreementStarted(
                at=at,
                customer_id=row.customer_id,
                account_id=row.account_id or 0,
                agreement_id=row.pk,
                line_id=line_id,
                start_date=start_date,
            )
        )
    for order_id in sorted(orders):
        _complete_order(order_id=order_id, at=at)


@demands_transaction
def fall_out(*, line_id: int, why: str) -> None:
    """Mark the orders that wait for a line as needing a person, with the reason. Safe to repeat."""
    waiting = Order.objects.select_for_update().filter(
        status=OrderStatus.IN_PROGRESS,
        pk__in=Agreement.objects.filter(line_id=line_id, status=AgreementStatus.PENDING).values("order_id"),
    )
    for row in waiting.order_by("pk"):
        row.problem = why[:300]
        row.save(update_fields=["problem"])
        move(row, table=ORDER_MOVES, to=OrderStatus.FALLOUT)


@demands_transaction
def cancel_order(*, order_id: int, reason: str, at: datetime) -> None:
    """Cancel an order that is not completed, and give back in the network what it had asked for. Safe to repeat.

    What is in force already on its lines ends today.

    :raises UnknownOrder: if there is none.
    :raises OrderIsDone: if it is completed.
    """
    row = Order.objects.select_for_update().filter(pk=order_id).first()
    if row is None:
        raise UnknownOrder(order=order_id)
    if row.status == OrderStatus.CANCELLED:
        return
    if row.status == OrderStatus.COMPLETED:
        raise OrderIsDone(order=row.number)
    lines: set[int] = set()
    for agreement in Agreement.objects.select_for_update().filter(order=row).order_by("pk"):
        if agreement.line_id is not None:
            lines.add(agreement.line_id)
        if agreement.status == AgreementStatus.PENDING:
            move(agreement, table=AGREEMENT_MOVES, to=AgreementStatus.CANCELLED)
        elif agreement.status == AgreementStatus.ACTIVE:
            end_agreement(agreement_id=agreement.pk, end_date=local_date(at), at=at, reason="cancelled")
    for line_id in sorted(lines):
        provisioning.cease(line_id=line_id, at=at)
    row.problem = ""
    row.save(update_fields=["problem"])
    move(row, table=ORDER_MOVES, to=OrderStatus.CANCELLED)
    announce(
        OrderCancelled(at=at, customer_id=row.customer_id, order_id=row.pk, order_number=row.number, reason=reason)
    )


def _complete_order(*, order_id: int, at: datetime) -> None:
    row = Order.objects.select_for_update().get(pk=order_id)
    if row.status not in (OrderStatus.IN_PROGRESS, OrderStatus.FALLOUT):
        return
    if Agreement.objects.filter(order=row, status=AgreementStatus.PENDING).exists():
        return
    row.completed_at, row.problem = at, ""
    row.save(update_fields=["completed_at", "problem"])
    move(row, table=ORDER_MOVES, to=OrderStatus.COMPLETED)
    announce(OrderCompleted(at=at, customer_id=row.customer_id, order_id=row.pk, order_number=row.number))

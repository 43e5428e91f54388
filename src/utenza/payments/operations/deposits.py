"""Deposits: taken for an order, held by the ledger, given back if the order comes to nothing.

The final bill gives back what is held to the end; billing does that, since it is a line of the bill.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.core.events.payments import DepositReleased, DepositTaken
from utenza.core.money import Money
from utenza.infra import idempotency
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction
from utenza.ledger.operations import Posting, post
from utenza.ordering import operations as ordering
from utenza.ordering import queries as orders
from utenza.parties import operations as people
from utenza.parties import queries as parties
from utenza.payments import queries
from utenza.payments.models import Payment
from utenza.payments.operations._booking import allocate, cash_code, check_payment, record_payment
from utenza.payments.operations.refunds import refund_payments
from utenza.payments.states import PaymentStatus, RefundReason


class NoDepositWanted(Refusal):
    code = "no_deposit_wanted"
    text = N_("Order %(order)s lacks no deposit: take the money as a payment for its account instead.")


@dataclass(frozen=True, slots=True)
class DepositRef:
    """A deposit that was taken; sums in micro-units. `missing_micro` is what the order still waits for."""

    payment_id: int
    number: str
    deposit_micro: int
    missing_micro: int
    unallocated_micro: int


@demands_transaction
def take_deposit(
    *,
    order_id: int,
    amount: Money,
    method: str,
    reference: str,
    received_at: datetime,
    idempotency_key: str,
    at: datetime,
    by: str = "",
) -> DepositRef:
    """Take money for the deposit of an order; when the deposit is complete, the order goes on.

    A part of it is held and the order waits on. What exceeds the deposit goes to the account: its open bills, then its
    credit. Safe to repeat with the same `idempotency_key` and the same input.

    :raises NoDepositWanted: if the order asks for none, has it already, or is cancelled.
    :raises: what `check_payment` raises.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    order = orders.order(order_id)
    if order.deposit_account_id is None:
        raise NoDepositWanted(order=order.number)
    account = parties.account(order.deposit_account_id)
    check_payment(account=account, amount=amount, method=method, reference=reference, received_at=received_at, at=at)
    people.lock_customer(customer_id=account.customer_id)
    payload = {
        "order_id": order_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "method": method,
        "reference": reference,
    }

    def book() -> dict[str, int | str]:
        missing_micro = queries.deposit_missing_micro(order_id)
        if missing_micro <= 0:
            raise NoDepositWanted(order=order.number)
        part = Money(min(amount.micro, missing_micro), amount.currency)
        payment = record_payment(
            account=account,
            key=f"deposit:{idempotency_key}",
            amount=amount,
            method=method,
            reference=reference,
            received_at=received_at,
            at=at,
            by=by,
            order_id=order_id,
            deposit_micro=part.micro,
        )
        owner = f"account:{account.account_id}"
        post(
            key=f"payment:{payment.pk}",
            at=received_at,
            description=f"Deposit for order {order.number}, payment {payment.number}",
            postings=[
                Posting(account_code=cash_code(method), owner="operator", amount=amount),
                Posting(account_code="deposit_liability", owner=owner, amount=-part),
                Posting(account_code="receivable", owner=owner, amount=part - amount),
            ],
        )
        left = missing_micro - part.micro
        announce(
            DepositTaken(
                at=at,
                customer_id=order.customer_id,
                account_id=account.account_id,
                order_id=order_id,
                order_number=order.number,
                deposit_micro=part.micro,
                missing_micro=left,
                currency=amount.currency,
            )
        )
        if payment.free_micro:
            allocate(payment=payment, customer_id=account.customer_id, first=None, value_at=received_at, at=at)
        if not left and order.status == "awaiting_deposit":
            ordering.confirm_deposit(order_id=order_id, at=at)
        return {
            "payment_id": payment.pk,
            "number": payment.number,
            "deposit_micro": part.micro,
            "missing_micro": left,
            "unallocated_micro": payment.free_micro,
        }

    done = idempotency.once(key=idempotency_key, scope="payments.take_deposit", payload=payload, operation=book)
    return DepositRef(
        payment_id=int(done["payment_id"]),
        number=str(done["number"]),
        deposit_micro=int(done["deposit_micro"]),
        missing_micro=int(done["missing_micro"]),
        unallocated_micro=int(done["unallocated_micro"]),
    )


@demands_transaction
def release_deposit(*, order_id: int, at: datetime) -> int:
    """Give back what is held for a cancelled order and return the micro-units. Safe to repeat.

    It is set against the account's open bills; what is left is owed to the payer, unless something of the order was in
    force: then it stays as credit for the bill that is still to come.
    """
    order = orders.order(order_id)
    if order.deposit_account_id is None or order.status != "cancelled":
        return 0
    account = parties.account(order.deposit_account_id)
    people.lock_customer(customer_id=account.customer_id)
    held = Payment.objects.select_for_update().filter(
        order_id=order_id, status=PaymentStatus.RECEIVED, deposit_micro__gt=0
    )
    payments = list(held.order_by("received_at", "pk"))
    released = sum(payment.deposit_micro for payment in payments)
    if not released or queries.deposit_held(account.account_id).micro < released:
        return 0
    owner = f"account:{account.account_id}"
    for payment in payments:
        part = Money(payment.deposit_micro, payment.currency)
        post(
            key=f"payment:{payment.pk}:release",
            at=at,
            description=f"Deposit of payment {payment.number} given back: order {order.number} is cancelled",
            postings=[
                Posting(account_code="deposit_liability", owner=owner, amount=part),
                Posting(account_code="receivable", owner=owner, amount=-part),
            ],
        )
        payment.deposit_micro = 0
        payment.save(update_fields=["deposit_micro"])
        allocate(payment=payment, customer_id=account.customer_id, first=None, value_at=at, at=at)
    announce(
        DepositReleased(
            at=at,
            customer_id=order.customer_id,
            account_id=account.account_id,
            order_id=order_id,
            order_number=order.number,
            deposit_micro=released,
            currency=account.currency,
        )
    )
    if all(agreement.start_date is None for agreement in order.agreements):
        refund_payments(
            account_id=account.account_id,
            payments=payments,
            reason=RefundReason.ORDER_CANCELLED,
            key=f"order:{order_id}:cancelled",
            at=at,
        )
    return released

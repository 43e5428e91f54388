"""Payments that the payer's bank takes back."""

from __future__ import annotations

from datetime import datetime

from utenza.billing import operations as billing
from utenza.charging import operations as charging
from utenza.core.errors import N_, Refusal
from utenza.core.events.payments import PaymentReturned
from utenza.core.money import Money
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ledger.operations import Posting, post
from utenza.parties import operations as people
from utenza.payments import queries
from utenza.payments.models import Allocation, Payment, Refund
from utenza.payments.operations._booking import cash_code
from utenza.payments.operations.refunds import withdraw_refund
from utenza.payments.operations.taking import use_credit
from utenza.payments.states import PAYMENT_MOVES, PaymentStatus, RefundStatus


class PaymentAlreadyReturned(Refusal):
    code = "payment_already_returned"
    text = N_("Payment %(number)s was returned already: nothing was changed.")


@demands_transaction
def return_payment(*, payment_id: int, reason: str, at: datetime) -> None:
    """Book that the payer's bank took a payment back: what it paid is open again and the account owes the sum again.

    A recharge is taken back from the line's balance, which may fall below zero; a deposit is held no longer. Refunds
    that the payment was to pay are withdrawn while they are not paid. Credit of the account that is free takes the
    payment's place on the bills.

    :raises PaymentAlreadyReturned: if it was returned before.
    """
    customer_id = Payment.objects.values_list("account__customer_id", flat=True).get(pk=payment_id)
    people.lock_customer(customer_id=customer_id)
    payment = Payment.objects.select_for_update(of=("self",)).select_related("account").get(pk=payment_id)
    if payment.status == PaymentStatus.RETURNED:
        raise PaymentAlreadyReturned(number=payment.number)
    owed = Refund.objects.filter(sources__payment=payment, status=RefundStatus.OWED).distinct()
    for refund in owed.order_by("pk"):
        withdraw_refund(refund_id=refund.pk, at=at)
    payment.refresh_from_db(fields=["allocated_micro"])
    opened = _open_bills_again(payment, at=at)
    if payment.line_id is not None and payment.recharged_micro:
        charging.take_back_recharge(
            line_id=payment.line_id,
            amount=Money(payment.recharged_micro, payment.currency),
            channel=cash_code(payment.method).removeprefix("cash."),
            reference=f"{payment.number}: {reason}"[:140],
            idempotency_key=f"payment:{payment.pk}:return",
            at=at,
        )
    _post_return(payment, reason=reason, at=at)
    payment.allocated_micro -= opened
    payment.recharged_micro = 0
    payment.returned_at = at
    payment.return_reason = reason[:140]
    payment.save(update_fields=["allocated_micro", "deposit_micro", "recharged_micro", "returned_at", "return_reason"])
    move(payment, table=PAYMENT_MOVES, to=PaymentStatus.RETURNED)
    announce(
        PaymentReturned(
            at=at,
            customer_id=customer_id,
            account_id=payment.account_id,
            payment_id=payment.pk,
            payment_number=payment.number,
            amount_micro=payment.amount_micro,
            currency=payment.currency,
            reason=payment.return_reason,
        )
    )
    use_credit(account_id=payment.account_id, at=at)


def _open_bills_again(payment: Payment, *, at: datetime) -> int:
    """Take back what the payment paid of bills, and return the micro-units."""
    by_bill: dict[int, int] = {}
    for bill_id, micro in payment.allocations.filter(bill__isnull=False).values_list("bill_id", "amount_micro"):
        by_bill[bill_id] = by_bill.get(bill_id, 0) + micro
    for bill_id, micro in sorted(by_bill.items()):
        if micro:
            Allocation.objects.create(payment=payment, bill_id=bill_id, amount_micro=-micro, at=at)
            billing.settle_bill(bill_id=bill_id, amount_micro=-micro, reference=f"{payment.number}/return", at=at)
    return sum(by_bill.values())


def _post_return(payment: Payment, *, reason: str, at: datetime) -> None:
    """Book the cash out against what the payment had become; a recharge is booked by charging."""
    sum_micro = payment.amount_micro - payment.recharged_micro
    if not sum_micro:
        return
    held_micro = queries.deposit_held(payment.account_id).micro
    # A deposit that was given back already is owed by the account like any other sum.
    deposit_micro = payment.deposit_micro if held_micro >= payment.deposit_micro else 0
    owner, unit = f"account:{payment.account_id}", payment.currency
    postings = [
        Posting(account_code=cash_code(payment.method), owner="operator", amount=Money(-sum_micro, unit)),
        Posting(account_code="deposit_liability", owner=owner, amount=Money(deposit_micro, unit)),
        Posting(account_code="receivable", owner=owner, amount=Money(sum_micro - deposit_micro, unit)),
    ]
    post(
        key=f"payment:{payment.pk}:return",
        at=at,
        description=f"Return of payment {payment.number}: {reason}",
        postings=postings,
    )
    payment.deposit_micro -= deposit_micro

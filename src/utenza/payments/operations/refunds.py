"""Refunds: credit that is owed back to the payer, and its paying out.

credit of the account (receivable) --owe--> refund_liability --pay--> cash.*
                                   <--withdraw--
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.core.events.payments import RefundOwed, RefundPaid
from utenza.core.money import Money
from utenza.infra import idempotency
from utenza.infra.numbering import next_code
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ledger.operations import Posting, post
from utenza.parties import operations as people
from utenza.parties import queries as parties
from utenza.payments import queries
from utenza.payments.models import Allocation, Payment, Refund
from utenza.payments.operations._booking import PaymentMethodUnknown, PaymentNotPositive, cash_code
from utenza.payments.states import REFUND_MOVES, PaymentMethod, PaymentStatus, RefundReason, RefundStatus


class CreditTooSmall(Refusal):
    code = "credit_too_small"
    text = N_("The account has %(credit)s to its credit, so %(amount)s cannot be given back: write at most that.")


class UnknownRefund(Refusal):
    code = "unknown_refund"
    text = N_("There is no refund %(refund)s: list the refunds of the account.")


class RefundIsWithdrawn(Refusal):
    code = "refund_is_withdrawn"
    text = N_("Refund %(refund)s was withdrawn, since its money was taken back: owe it anew if there is credit.")


@dataclass(frozen=True, slots=True)
class _Part:
    """So much of a payment, or of a negative bill, that goes into a refund."""

    amount_micro: int
    payment: Payment | None = None
    credit_bill_id: int | None = None


@demands_transaction
def owe_refund(
    *,
    account_id: int,
    amount: Money | None,
    idempotency_key: str,
    at: datetime,
    reason: str = RefundReason.ASKED,
) -> int | None:
    """Record that credit of an account is to be given back, and return the refund's id.

    `amount` None is all the credit; then None is returned where there is none. Safe to repeat with the same key and
    input.

    :raises PaymentNotPositive: if the amount is zero or less.
    :raises CreditTooSmall: if the account has less credit.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    account = parties.account(account_id)
    people.lock_customer(customer_id=account.customer_id)
    if amount is not None and amount.micro <= 0:
        raise PaymentNotPositive(field="amount")

    def book() -> dict[str, int | None]:
        credit = Money(max(queries.credit_micro(account_id), 0), account.currency)
        wanted = credit if amount is None else amount
        if wanted > credit:
            raise CreditTooSmall(field="amount", credit=str(credit), amount=str(wanted))
        if not wanted:
            return {"refund_id": None}
        parts = _parts(account_id=account_id, wanted_micro=wanted.micro)
        return {"refund_id": _owe(account=account, parts=parts, reason=reason, key=idempotency_key, at=at)}

    payload = {
        "account_id": account_id,
        "amount_micro": amount.micro if amount else None,
        "currency": amount.currency if amount else None,
        "reason": str(reason),
    }
    done = idempotency.once(key=idempotency_key, scope="payments.owe_refund", payload=payload, operation=book)
    return None if done["refund_id"] is None else int(done["refund_id"])


def refund_payments(*, account_id: int, payments: Sequence[Payment], reason: str, key: str, at: datetime) -> int | None:
    """Owe back what is free of these very payments, all locked; return the refund's id, None if nothing is free."""
    parts = [_Part(payment.free_micro, payment=payment) for payment in payments if payment.free_micro > 0]
    return _owe(account=parties.account(account_id), parts=parts, reason=reason, key=key, at=at) if parts else None


@demands_transaction
def pay_refund(*, refund_id: int, method: str, reference: str, at: datetime, by: str = "") -> None:
    """Book that a refund was paid out. Safe to repeat: one that is paid stays as it is.

    :raises UnknownRefund: if there is none.
    :raises RefundIsWithdrawn: if it was withdrawn.
    :raises PaymentMethodUnknown: if `method` is none of `PaymentMethod`.
    """
    if method not in set(PaymentMethod):
        raise PaymentMethodUnknown(field="method", method=method, known=", ".join(PaymentMethod))
    refund = _locked(refund_id)
    if refund.status == RefundStatus.PAID:
        return
    if refund.status == RefundStatus.WITHDRAWN:
        raise RefundIsWithdrawn(refund=refund.number)
    amount = Money(refund.amount_micro, refund.currency)
    post(
        key=f"refund:{refund.pk}:paid",
        at=at,
        description=f"Refund {refund.number} paid",
        postings=[
            Posting(account_code="refund_liability", owner=f"account:{refund.account_id}", amount=amount),
            Posting(account_code=cash_code(method), amount=-amount),
        ],
    )
    refund.paid_at, refund.method, refund.reference, refund.paid_by = at, method, reference[:140], by
    refund.save(update_fields=["paid_at", "method", "reference", "paid_by"])
    move(refund, table=REFUND_MOVES, to=RefundStatus.PAID)
    announce(
        RefundPaid(
            at=at,
            customer_id=parties.account(refund.account_id).customer_id,
            account_id=refund.account_id,
            refund_id=refund.pk,
            refund_number=refund.number,
            amount_micro=refund.amount_micro,
            currency=refund.currency,
        )
    )


@demands_transaction
def withdraw_refund(*, refund_id: int, at: datetime) -> None:
    """Turn a refund that is not paid back into credit of the account. Safe to repeat.

    :raises UnknownRefund: if there is none.
    :raises ForbiddenMove: if it is paid.
    """
    refund = _locked(refund_id)
    if refund.status == RefundStatus.WITHDRAWN:
        return
    move(refund, table=REFUND_MOVES, to=RefundStatus.WITHDRAWN)
    for source in list(refund.sources.select_related("payment").order_by("pk")):
        Allocation.objects.create(
            payment=source.payment,
            credit_bill_id=source.credit_bill_id,
            refund=refund,
            amount_micro=-source.amount_micro,
            at=at,
        )
        if source.payment is not None:
            source.payment.allocated_micro -= source.amount_micro
            source.payment.save(update_fields=["allocated_micro"])
    amount = Money(refund.amount_micro, refund.currency)
    owner = f"account:{refund.account_id}"
    post(
        key=f"refund:{refund.pk}:withdrawn",
        at=at,
        description=f"Refund {refund.number} withdrawn",
        postings=[
            Posting(account_code="refund_liability", owner=owner, amount=amount),
            Posting(account_code="receivable", owner=owner, amount=-amount),
        ],
    )


def _parts(*, account_id: int, wanted_micro: int) -> list[_Part]:
    """Return what the wanted sum is taken from: negative bills first, then payments, the oldest first."""
    parts: list[_Part] = []
    left = wanted_micro
    for credit in queries.bill_credits(account_id):
        parts.append(_Part(min(left, credit.free_micro), credit_bill_id=credit.bill_id))
        left -= parts[-1].amount_micro
    free = Payment.objects.select_for_update().filter(account_id=account_id, status=PaymentStatus.RECEIVED)
    for payment in free.order_by("received_at", "pk"):
        parts.append(_Part(min(left, max(payment.free_micro, 0)), payment=payment))
        left -= parts[-1].amount_micro
    return [part for part in parts if part.amount_micro]


def _owe(*, account: parties.AccountView, parts: Sequence[_Part], reason: str, key: str, at: datetime) -> int:
    amount = Money(sum(part.amount_micro for part in parts), account.currency)
    refund = Refund.objects.create(
        number=next_code(series="refund", prefix="R", width=8),
        account_id=account.account_id,
        key=key,
        amount_micro=amount.micro,
        currency=amount.currency,
        reason=reason,
        owed_at=at,
    )
    for part in parts:
        Allocation.objects.create(
            payment=part.payment,
            credit_bill_id=part.credit_bill_id,
            refund=refund,
            amount_micro=part.amount_micro,
            at=at,
        )
        if part.payment is not None:
            part.payment.allocated_micro += part.amount_micro
            part.payment.save(update_fields=["allocated_micro"])
    owner = f"account:{account.account_id}"
    post(
        key=f"refund:{refund.pk}",
        at=at,
        description=f"Refund {refund.number} owed",
        postings=[
            Posting(account_code="receivable", owner=owner, amount=amount),
            Posting(account_code="refund_liability", owner=owner, amount=-amount),
        ],
    )
    announce(
        RefundOwed(
            at=at,
            customer_id=account.customer_id,
            account_id=account.account_id,
            refund_id=refund.pk,
            refund_number=refund.number,
            amount_micro=amount.micro,
            currency=amount.currency,
        )
    )
    return refund.pk


def _locked(refund_id: int) -> Refund:
    refund = Refund.objects.select_for_update().filter(pk=refund_id).first()
    if refund is None:
        raise UnknownRefund(refund=refund_id)
    return refund

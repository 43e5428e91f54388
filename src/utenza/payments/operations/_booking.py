"""What every way of taking money shares: its refusals, its row, and setting it against bills."""

from __future__ import annotations

from datetime import datetime

from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.core.errors import N_, Refusal
from utenza.core.events.payments import PaymentAllocated, PaymentReceived
from utenza.core.money import Money
from utenza.infra.numbering import next_code
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.parties.queries import AccountView
from utenza.payments.models import Allocation, Payment
from utenza.payments.rules import Owed, share_out
from utenza.payments.states import PaymentMethod

REFERENCE_LENGTH_MAX = 140  # that of a SEPA transfer: EPC rulebook, remittance information


class PaymentNotPositive(Refusal):
    code = "payment_not_positive"
    text = N_("A payment must be more than zero: write the sum that was received.")


class PaymentCurrencyDiffers(Refusal):
    code = "payment_currency_differs"
    text = N_("The account is kept in %(expected)s and the payment is in %(given)s: take it in the account's currency.")


class PaymentNotWholeCents(Refusal):
    code = "payment_not_whole_cents"
    text = N_("%(amount)s has more decimals than the currency knows: write whole cents.")


class PaymentInTheFuture(Refusal):
    code = "payment_in_the_future"
    text = N_("A payment cannot have come in after today: check the day it was received.")


class PaymentBeforeAccount(Refusal):
    code = "payment_before_account"
    text = N_("The account was opened on %(opened_date)s, so nothing can have come in for it before: check the day.")


class PaymentReferenceTooLong(Refusal):
    code = "payment_reference_too_long"
    text = N_("The reference has %(length)s characters, and at most %(limit)s can be kept: shorten it.")


class PaymentMethodUnknown(Refusal):
    code = "payment_method_unknown"
    text = N_("'%(method)s' is not a way of paying: choose one of %(known)s.")


def check_reference(reference: str) -> None:
    """Refuse a reference that could not be kept whole.

    :raises PaymentReferenceTooLong: if it is longer than a bank transfer's.
    """
    if len(reference) > REFERENCE_LENGTH_MAX:
        raise PaymentReferenceTooLong(field="reference", length=len(reference), limit=REFERENCE_LENGTH_MAX)


def check_payment(
    *, account: AccountView, amount: Money, method: str, reference: str, received_at: datetime, at: datetime
) -> None:
    """Refuse money that cannot have come in so.

    :raises PaymentNotPositive: if the amount is zero or less.
    :raises PaymentCurrencyDiffers: if the account is kept in another currency.
    :raises PaymentNotWholeCents: if the amount is finer than the currency's minor unit.
    :raises PaymentInTheFuture: if `received_at` lies after `at`.
    :raises PaymentBeforeAccount: if it lies before the day on which the account was opened.
    :raises PaymentMethodUnknown: if `method` is none of `PaymentMethod`.
    :raises PaymentReferenceTooLong: if `reference` is longer than a bank transfer's.
    """
    if amount.micro <= 0:
        raise PaymentNotPositive(field="amount")
    if amount.currency != account.currency:
        raise PaymentCurrencyDiffers(field="amount", expected=account.currency, given=amount.currency)
    if not amount.is_minor:
        raise PaymentNotWholeCents(field="amount", amount=str(amount))
    if received_at > at:
        raise PaymentInTheFuture(field="received_at")
    if local_date(received_at) < account.opened_date:
        raise PaymentBeforeAccount(field="received_at", opened_date=account.opened_date.isoformat())
    check_reference(reference)
    if method not in set(PaymentMethod):
        raise PaymentMethodUnknown(field="method", method=method, known=", ".join(PaymentMethod))


def record_payment(
    *,
    account: AccountView,
    key: str,
    amount: Money,
    method: str,
    reference: str,
    received_at: datetime,
    at: datetime,
    by: str,
    order_id: int | None = None,
    deposit_micro: int = 0,
    line_id: int | None = None,
    recharged_micro: int = 0,
) -> Payment:
    """Write the row of a payment and announce it; its postings are the caller's.

    A recharge is not announced here: charging says it.
    """
    payment = Payment.objects.create(
        number=next_code(series="payment", prefix="P", width=8),
        account_id=account.account_id,
        key=key,
        amount_micro=amount.micro,
        currency=amount.currency,
        method=method,
        reference=reference,
        received_at=received_at,
        recorded_at=at,
        taken_by=by,
        order_id=order_id,
        deposit_micro=deposit_micro,
        line_id=line_id,
        recharged_micro=recharged_micro,
    )
    if line_id is not None:
        return payment
    announce(
        PaymentReceived(
            at=at,
            customer_id=account.customer_id,
            account_id=account.account_id,
            payment_id=payment.pk,
            payment_number=payment.number,
            amount_micro=amount.micro,
            currency=amount.currency,
            method=method,
        )
    )
    return payment


def allocate(*, payment: Payment, customer_id: int, first: int | None, value_at: datetime, at: datetime) -> int:
    """Set the free part of `payment` against open bills and announce it; return the micro-units allocated.

    `value_at` is when the bill counts as paid: when the money came in, or when a credit met its bill.
    """
    free = payment.free_micro
    shares, left = share_out(amount_micro=free, owed=owed_by(payment.account_id), first=first)
    for share in shares:
        Allocation.objects.create(payment=payment, bill_id=share.bill_id, amount_micro=share.amount_micro, at=at)
        billing.settle_bill(
            bill_id=share.bill_id, amount_micro=share.amount_micro, reference=payment.number, at=value_at
        )
    allocated = free - left
    payment.allocated_micro += allocated
    payment.save(update_fields=["allocated_micro"])
    if allocated:
        announce(
            PaymentAllocated(
                at=at,
                customer_id=customer_id,
                account_id=payment.account_id,
                payment_id=payment.pk,
                payment_number=payment.number,
                allocated_micro=allocated,
                unallocated_micro=left,
                currency=payment.currency,
            )
        )
    return allocated


def owed_by(account_id: int) -> list[Owed]:
    """Return what is open on an account's bills, as `share_out` takes it."""
    return [Owed(bill.bill_id, bill.due_date, bill.open_micro) for bill in bills.open_bills(account_id)]


def cash_code(method: str) -> str:
    """Return the account of the books in which money of this method arrives."""
    names = {PaymentMethod.TRANSFER: "bank", PaymentMethod.CASH: "cash", PaymentMethod.CARD: "card"}
    return f"cash.{names.get(PaymentMethod(method), 'direct_debit')}"

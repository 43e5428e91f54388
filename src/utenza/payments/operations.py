"""Public writes of payments; each demands an open transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.core.errors import N_, Refusal
from utenza.core.events.payments import CreditAllocated, PaymentAllocated, PaymentReceived, PaymentReturned
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
from utenza.payments.models import Allocation, Payment
from utenza.payments.rules import Owed, share_out
from utenza.payments.states import PAYMENT_MOVES, PaymentMethod, PaymentStatus

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


class PaymentReferenceTooLong(Refusal):
    code = "payment_reference_too_long"
    text = N_("The reference has %(length)s characters, and at most %(limit)s can be kept: shorten it.")


class PaymentMethodUnknown(Refusal):
    code = "payment_method_unknown"
    text = N_("'%(method)s' is not a way of paying: choose one of %(known)s.")


class PaymentAlreadyReturned(Refusal):
    code = "payment_already_returned"
    text = N_("Payment %(number)s was returned already: nothing was changed.")


@dataclass(frozen=True, slots=True)
class PaymentRef:
    """A payment that was booked; sums in micro-units of the account's currency."""

    payment_id: int
    number: str
    allocated_micro: int
    unallocated_micro: int


@demands_transaction
def take_payment(
    *,
    account_id: int,
    amount: Money,
    method: str,
    reference: str,
    received_at: datetime,
    idempotency_key: str,
    at: datetime,
    by: str = "",
    bill_id: int | None = None,
) -> PaymentRef:
    """Book money that came in for an account and set it against its open bills, oldest due first.

    What is left over stays as the account's credit and is used by the next bill. `bill_id` names the bill that the
    payer wants to pay. Safe to repeat with the same `idempotency_key` and the same input.

    :raises PaymentNotPositive: if the amount is zero or less.
    :raises PaymentCurrencyDiffers: if the account is kept in another currency.
    :raises PaymentNotWholeCents: if the amount is finer than the currency's minor unit.
    :raises PaymentInTheFuture: if `received_at` lies after `at`.
    :raises PaymentMethodUnknown: if `method` is none of `PaymentMethod`.
    :raises PaymentReferenceTooLong: if `reference` is longer than a bank transfer's.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    account = parties.account(account_id)
    if amount.micro <= 0:
        raise PaymentNotPositive(field="amount")
    if amount.currency != account.currency:
        raise PaymentCurrencyDiffers(field="amount", expected=account.currency, given=amount.currency)
    if not amount.is_minor:
        raise PaymentNotWholeCents(field="amount", amount=str(amount))
    if received_at > at:
        raise PaymentInTheFuture(field="received_at")
    if len(reference) > REFERENCE_LENGTH_MAX:
        raise PaymentReferenceTooLong(field="reference", length=len(reference), limit=REFERENCE_LENGTH_MAX)
    if method not in set(PaymentMethod):
        raise PaymentMethodUnknown(field="method", method=method, known=", ".join(PaymentMethod))
    people.lock_customer(customer_id=account.customer_id)
    payload = {
        "account_id": account_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "method": method,
        "reference": reference,
        "bill_id": bill_id,
    }

    def book() -> dict[str, int | str]:
        payment = Payment.objects.create(
            number=next_code(series="payment", prefix="P", width=8),
            account_id=account_id,
            key=idempotency_key,
            amount_micro=amount.micro,
            currency=amount.currency,
            method=method,
            reference=reference,
            received_at=received_at,
            recorded_at=at,
            taken_by=by,
        )
        post(
            key=f"payment:{payment.pk}",
            at=received_at,
            description=f"Payment {payment.number}",
            postings=[
                Posting(account_code=f"cash.{_cash_account(method)}", owner="operator", amount=amount),
                Posting(account_code="receivable", owner=f"account:{account_id}", amount=-amount),
            ],
        )
        announce(
            PaymentReceived(
                at=at,
                customer_id=account.customer_id,
                account_id=account_id,
                payment_id=payment.pk,
                payment_number=payment.number,
                amount_micro=amount.micro,
                currency=amount.currency,
                method=method,
            )
        )
        allocated = _allocate(
            payment=payment, customer_id=account.customer_id, first=bill_id, value_at=received_at, at=at
        )
        return {"payment_id": payment.pk, "number": payment.number, "allocated_micro": allocated}

    result = idempotency.once(key=idempotency_key, scope="payments.take_payment", payload=payload, operation=book)
    allocated = int(result["allocated_micro"])
    return PaymentRef(int(result["payment_id"]), str(result["number"]), allocated, amount.micro - allocated)


@demands_transaction
def use_credit(*, account_id: int, at: datetime) -> int:
    """Set what earlier payments and negative bills left over against open bills; return the micro-units used.

    Safe to repeat: what is used up is not used again.
    """
    customer_id = parties.account(account_id).customer_id
    people.lock_customer(customer_id=customer_id)
    used = sum(
        _use_bill_credit(credit=credit, account_id=account_id, customer_id=customer_id, at=at)
        for credit in queries.bill_credits(account_id)
    )
    free = Payment.objects.select_for_update().filter(account_id=account_id, status=PaymentStatus.RECEIVED)
    for payment in free.order_by("received_at", "pk"):
        if payment.allocated_micro < payment.amount_micro:
            used += _allocate(payment=payment, customer_id=customer_id, first=None, value_at=at, at=at)
    return used


@demands_transaction
def return_payment(*, payment_id: int, reason: str, at: datetime) -> None:
    """Book that the payer's bank took a payment back: its bills are open again and the account owes the sum again.

    :raises PaymentAlreadyReturned: if it was returned before.
    """
    payment = Payment.objects.select_for_update(of=("self",)).select_related("account").get(pk=payment_id)
    if payment.status == PaymentStatus.RETURNED:
        raise PaymentAlreadyReturned(number=payment.number)
    by_bill: dict[int, int] = {}
    for allocation in payment.allocations.order_by("pk"):
        by_bill[allocation.bill_id] = by_bill.get(allocation.bill_id, 0) + allocation.amount_micro
    for bill_id, amount_micro in sorted(by_bill.items()):
        Allocation.objects.create(payment=payment, bill_id=bill_id, amount_micro=-amount_micro, at=at)
        billing.settle_bill(bill_id=bill_id, amount_micro=-amount_micro, reference=f"{payment.number}/return", at=at)
    amount = Money(payment.amount_micro, payment.currency)
    post(
        key=f"payment:{payment.pk}:return",
        at=at,
        description=f"Return of payment {payment.number}: {reason}",
        postings=[
            Posting(account_code=f"cash.{_cash_account(payment.method)}", owner="operator", amount=-amount),
            Posting(account_code="receivable", owner=f"account:{payment.account_id}", amount=amount),
        ],
    )
    payment.allocated_micro = 0
    payment.returned_at = at
    payment.return_reason = reason[:140]
    payment.save(update_fields=["allocated_micro", "returned_at", "return_reason"])
    move(payment, table=PAYMENT_MOVES, to=PaymentStatus.RETURNED)
    announce(
        PaymentReturned(
            at=at,
            customer_id=payment.account.customer_id,
            account_id=payment.account_id,
            payment_id=payment.pk,
            payment_number=payment.number,
            amount_micro=payment.amount_micro,
            currency=payment.currency,
            reason=payment.return_reason,
        )
    )


def _allocate(*, payment: Payment, customer_id: int, first: int | None, value_at: datetime, at: datetime) -> int:
    """Set the free part of `payment` against open bills and announce it; return the micro-units allocated.

    `value_at` is when the bill counts as paid: when the money came in, or when a credit met its bill.
    """
    free = payment.amount_micro - payment.allocated_micro
    shares, left = share_out(amount_micro=free, owed=_owed(payment.account_id), first=first)
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


def _use_bill_credit(*, credit: queries.BillCredit, account_id: int, customer_id: int, at: datetime) -> int:
    """Set the credit of a negative bill against open bills; the ledger holds it as receivable already."""
    shares, left = share_out(amount_micro=credit.free_micro, owed=_owed(account_id))
    for share in shares:
        Allocation.objects.create(
            credit_bill_id=credit.bill_id, bill_id=share.bill_id, amount_micro=share.amount_micro, at=at
        )
        billing.settle_bill(
            bill_id=share.bill_id, amount_micro=share.amount_micro, reference=f"{credit.number}/credit", at=at
        )
    if shares:
        announce(
            CreditAllocated(
                at=at,
                customer_id=customer_id,
                account_id=account_id,
                bill_id=credit.bill_id,
                bill_number=credit.number,
                allocated_micro=credit.free_micro - left,
                unallocated_micro=left,
                currency=credit.currency,
            )
        )
    return credit.free_micro - left


def _owed(account_id: int) -> list[Owed]:
    return [Owed(bill.bill_id, bill.due_date, bill.open_micro) for bill in bills.open_bills(account_id)]


def _cash_account(method: str) -> str:
    return {PaymentMethod.TRANSFER: "bank", PaymentMethod.CASH: "cash", PaymentMethod.CARD: "card"}.get(
        PaymentMethod(method), "direct_debit"
    )

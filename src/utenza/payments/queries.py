"""Public reads of payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Sum

from utenza.billing import queries as bills
from utenza.core.money import Money
from utenza.ledger import queries as ledger
from utenza.ordering import queries as orders
from utenza.parties import queries as parties
from utenza.payments.models import Allocation, Payment, Refund
from utenza.payments.states import PaymentStatus


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment as it is shown; sums in micro-units.

    `deposit_micro` is held for the order `order_id`, `recharged_micro` went to the balance of the line `line_id`.
    """

    payment_id: int
    number: str
    account_id: int
    account_number: str
    customer_id: int
    amount_micro: int
    allocated_micro: int
    currency: str
    method: str
    reference: str
    status: str
    received_at: datetime
    taken_by: str
    returned_at: datetime | None
    return_reason: str
    order_id: int | None = None
    deposit_micro: int = 0
    line_id: int | None = None
    recharged_micro: int = 0

    @property
    def unallocated_micro(self) -> int:
        if self.status != PaymentStatus.RECEIVED:
            return 0
        return self.amount_micro - self.allocated_micro - self.deposit_micro - self.recharged_micro


@dataclass(frozen=True, slots=True)
class RefundView:
    """Credit that is, or was, owed back to the payer; the sum in micro-units."""

    refund_id: int
    number: str
    account_id: int
    account_number: str
    customer_id: int
    amount_micro: int
    currency: str
    reason: str
    status: str
    owed_at: datetime
    paid_at: datetime | None
    method: str
    reference: str


@dataclass(frozen=True, slots=True)
class AllocationView:
    """What one payment, or one negative bill, paid of one bill; `number` is that of its source."""

    payment_id: int | None
    credit_bill_id: int | None
    number: str
    bill_id: int
    amount_micro: int
    at: datetime


def payments(*, account_ids: Sequence[int] | None = None, limit: int = 50, offset: int = 0) -> list[PaymentView]:
    """Return payments, the newest first: of the accounts named, or of all."""
    rows = Payment.objects.select_related("account").order_by("-received_at", "-pk")
    if account_ids is not None:
        rows = rows.filter(account_id__in=account_ids)
    return [_view(payment) for payment in rows[offset : offset + limit]]


def payment(payment_id: int) -> PaymentView | None:
    """Return one payment, or None if there is none with this id."""
    row = Payment.objects.select_related("account").filter(pk=payment_id).first()
    return _view(row) if row else None


def allocations_of_bill(bill_id: int) -> list[AllocationView]:
    """Return what paid a bill, in the order in which it happened; a return shows as a negative amount."""
    rows = Allocation.objects.filter(bill_id=bill_id).select_related("payment", "credit_bill").order_by("at", "pk")
    return [
        AllocationView(row.payment_id, row.credit_bill_id, _source(row), bill_id, row.amount_micro, row.at)
        for row in rows
    ]


def allocations_of_payment(payment_id: int) -> list[AllocationView]:
    """Return what a payment paid of bills, in the order in which it happened; a return shows as a negative amount."""
    rows = (
        Allocation.objects.filter(payment_id=payment_id, bill__isnull=False)
        .select_related("payment")
        .order_by("at", "pk")
    )
    return [
        AllocationView(row.payment_id, None, _source(row), row.bill_id, row.amount_micro, row.at)
        for row in rows
        if row.bill_id is not None
    ]


@dataclass(frozen=True, slots=True)
class BillCredit:
    """What is left of the credit of a negative bill; `free_micro` is positive."""

    bill_id: int
    number: str
    free_micro: int
    currency: str


def bill_credits(account_id: int) -> list[BillCredit]:
    """Return the negative bills of an account whose credit is not used up, the oldest first."""
    negative = [bill for bill in bills.bills_of_account(account_id) if bill.total_micro < 0]
    found = []
    for bill in sorted(negative, key=lambda bill: bill.bill_id):
        free = -bill.total_micro - _used_of_bill(bill.bill_id)
        if free > 0:
            found.append(BillCredit(bill.bill_id, bill.number, free, bill.currency))
    return found


def _used_of_bill(bill_id: int) -> int:
    """Return what of a negative bill met other bills: here, or at once when a credit note was issued."""
    here = Allocation.objects.filter(credit_bill_id=bill_id).aggregate(used=Sum("amount_micro", default=0))["used"]
    whole = bills.bill(bill_id)
    if whole.corrects_bill_id is None:
        return int(here)
    # Billing sets a credit note against the bill it corrects by the note's own number; we append to ours.
    settled = bills.settlements_of(whole.corrects_bill_id)
    return int(here) + sum(micro for _at, micro, reference in settled if reference == whole.number)


def credit_micro(account_id: int) -> int:
    """Return what payments and negative bills left over on an account, in micro-units.

    It is below zero where a payment was taken back after its money had been paid out: the account owes that, beside
    its bills. The books agree: receivable = what is open of the bills - the credit.
    """
    sums = Payment.objects.filter(account_id=account_id).aggregate(
        came=Sum("amount_micro", filter=Q(status=PaymentStatus.RECEIVED), default=0),
        used=Sum(F("allocated_micro") + F("deposit_micro") + F("recharged_micro"), default=0),
    )
    return int(sums["came"]) - int(sums["used"]) + sum(credit.free_micro for credit in bill_credits(account_id))


def deposit_held(account_id: int) -> Money:
    """Return what the books hold as deposits of an account."""
    unit = parties.account(account_id).currency
    return -ledger.balance(account_code="deposit_liability", owner=f"account:{account_id}", currency=unit)


def deposit_taken_micro(order_id: int) -> int:
    """Return what was taken for an order's deposit and not given back or returned, in micro-units."""
    rows = Payment.objects.filter(order_id=order_id, status=PaymentStatus.RECEIVED)
    return int(rows.aggregate(sum=Sum("deposit_micro", default=0))["sum"])


def deposits_taken_micro(order_ids: Sequence[int]) -> dict[int, int]:
    """Return what was taken for the deposits of several orders, by one query; those without any are left out."""
    rows = Payment.objects.filter(order_id__in=list(order_ids), status=PaymentStatus.RECEIVED, deposit_micro__gt=0)
    sums = rows.order_by().values_list("order_id").annotate(sum=Sum("deposit_micro"))
    return {int(order_id): int(micro) for order_id, micro in sums if order_id is not None}


def deposit_missing_micro(order_id: int) -> int:
    """Return what an order's deposit still lacks, in micro-units; 0 for a cancelled order."""
    order = orders.order(order_id)
    if order.status == "cancelled":
        return 0
    return max(order.deposit_micro - deposit_taken_micro(order_id), 0)


def refunds(
    *, account_ids: Sequence[int] | None = None, status: str | None = None, limit: int = 50, offset: int = 0
) -> list[RefundView]:
    """Return refunds, the newest first: of the accounts named, or of all; in one status or in all."""
    rows = Refund.objects.select_related("account").order_by("-owed_at", "-pk")
    if account_ids is not None:
        rows = rows.filter(account_id__in=account_ids)
    if status is not None:
        rows = rows.filter(status=status)
    return [_refund(row) for row in rows[offset : offset + limit]]


def _refund(row: Refund) -> RefundView:
    return RefundView(
        refund_id=row.pk,
        number=row.number,
        account_id=row.account_id,
        account_number=row.account.number,
        customer_id=row.account.customer_id,
        amount_micro=row.amount_micro,
        currency=row.currency,
        reason=row.reason,
        status=row.status,
        owed_at=row.owed_at,
        paid_at=row.paid_at,
        method=row.method,
        reference=row.reference,
    )


def _source(row: Allocation) -> str:
    if row.payment is not None:
        return row.payment.number
    return (row.credit_bill.number if row.credit_bill else None) or ""


def _view(row: Payment) -> PaymentView:
    return PaymentView(
        payment_id=row.pk,
        number=row.number,
        account_id=row.account_id,
        account_number=row.account.number,
        customer_id=row.account.customer_id,
        amount_micro=row.amount_micro,
        allocated_micro=row.allocated_micro,
        currency=row.currency,
        method=row.method,
        reference=row.reference,
        status=row.status,
        received_at=row.received_at,
        taken_by=row.taken_by,
        returned_at=row.returned_at,
        return_reason=row.return_reason,
        order_id=row.order_id,
        deposit_micro=row.deposit_micro,
        line_id=row.line_id,
        recharged_micro=row.recharged_micro,
    )

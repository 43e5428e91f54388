"""Holds: sums of an issued bill that are looked into and left out of the chase meanwhile."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from utenza.billing.models import Bill, BillHold, BillLine
from utenza.billing.queries import line_with_tax_micro
from utenza.billing.refusals import BillNotIssued, BillUnknown, HoldNotPositive, HoldTooLarge
from utenza.billing.states import BillKind, BillStatus
from utenza.core.events.billing import BillHoldLifted, BillHoldPlaced
from utenza.core.money import CurrencyMismatch, Money
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction


@demands_transaction
def place_hold(*, bill_line_id: int, amount: Money, reason: str, at: datetime) -> int:
    """Leave a sum (tax included) of a bill line out of the chase and return the hold's id.

    What is held never exceeds what is open of the bill, whatever is paid meanwhile. Not safe to repeat: the caller
    brings its own idempotency.

    :raises BillUnknown: if there is no such line.
    :raises BillNotIssued: if its bill is a draft or a credit note.
    :raises CurrencyMismatch: if the amount is in another currency than the bill.
    :raises HoldNotPositive: if it is zero or less.
    :raises HoldTooLarge: if it exceeds what of the line is not on hold yet.
    """
    line = BillLine.objects.filter(pk=bill_line_id).first()
    if line is None:
        raise BillUnknown(number=bill_line_id)
    bill = Bill.objects.select_for_update().get(pk=line.bill_id)
    if bill.status != BillStatus.ISSUED or bill.kind == BillKind.CREDIT_NOTE:
        raise BillNotIssued()
    if amount.currency != bill.currency:
        raise CurrencyMismatch(left=bill.currency, right=amount.currency)
    if amount.micro <= 0:
        raise HoldNotPositive(field="amount")
    standing = BillHold.objects.filter(bill_line=line, lifted_at__isnull=True)
    held = int(standing.aggregate(sum=Sum("amount_micro", default=0))["sum"])
    left = line_with_tax_micro(bill_line_id) - held
    if amount.micro > left:
        raise HoldTooLarge(field="amount", left=str(Money(max(left, 0), bill.currency)), amount=str(amount))
    hold = BillHold.objects.create(
        bill=bill, bill_line=line, amount_micro=amount.micro, reason=reason[:200], placed_at=at
    )
    announce(
        BillHoldPlaced(
            at=at,
            customer_id=bill.customer_id,
            account_id=bill.account_id,
            bill_id=bill.pk,
            bill_number=bill.number or "",
            amount_micro=amount.micro,
            currency=bill.currency,
        )
    )
    return hold.pk


@demands_transaction
def lift_hold(*, hold_id: int, at: datetime) -> None:
    """Have a sum chased again. Safe to repeat."""
    hold = BillHold.objects.select_for_update(of=("self",)).select_related("bill").get(pk=hold_id)
    if hold.lifted_at is not None:
        return
    hold.lifted_at = at
    hold.save(update_fields=["lifted_at"])
    announce(
        BillHoldLifted(
            at=at,
            customer_id=hold.bill.customer_id,
            account_id=hold.bill.account_id,
            bill_id=hold.bill_id,
            bill_number=hold.bill.number or "",
            amount_micro=hold.amount_micro,
            currency=hold.bill.currency,
        )
    )

"""Payments, their allocations, and refunds."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q

from utenza.payments.states import PaymentMethod, PaymentStatus, RefundReason, RefundStatus


@pghistory.track()
class Payment(models.Model):
    """Money that reached the operator for a billing account.

    `allocated_micro` (bills and refunds) + `deposit_micro` (held for `order`) + `recharged_micro` (of the prepaid
    `line`) + what is still free = `amount_micro`; the free part is the account's credit.
    """

    number = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120, unique=True)
    amount_micro = models.BigIntegerField()
    allocated_micro = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=20)
    reference = models.CharField(max_length=140, blank=True)
    status = models.CharField(max_length=20, default=PaymentStatus.RECEIVED)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    return_reason = models.CharField(max_length=140, blank=True)
    taken_by = models.CharField(max_length=150, blank=True)
    order = models.ForeignKey("ordering.Order", on_delete=models.PROTECT, null=True, related_name="+")
    deposit_micro = models.BigIntegerField(default=0)
    line = models.ForeignKey("provisioning.Line", on_delete=models.PROTECT, null=True, related_name="+")
    recharged_micro = models.BigIntegerField(default=0)

    class Meta:
        db_table = "payments_payment"
        indexes = [models.Index(fields=["account", "-received_at"], name="payments_payment_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_micro__gt=0), name="payments_payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(allocated_micro__gte=0, deposit_micro__gte=0, recharged_micro__gte=0)
                & Q(amount_micro__gte=F("allocated_micro") + F("deposit_micro") + F("recharged_micro")),
                name="payments_payment_allocated_within_amount",
            ),
            models.CheckConstraint(
                condition=(Q(deposit_micro=0) | Q(order__isnull=False))
                & (Q(recharged_micro=0) | Q(line__isnull=False)),
                name="payments_payment_purpose_named",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in PaymentStatus]),
                name="payments_payment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(method__in=[method.value for method in PaymentMethod]),
                name="payments_payment_method_known",
            ),
        ]

    @property
    def free_micro(self) -> int:
        """What stands to the account's credit."""
        if self.status != PaymentStatus.RECEIVED:
            return 0
        return self.amount_micro - self.allocated_micro - self.deposit_micro - self.recharged_micro


@pghistory.track()
class Refund(models.Model):
    """Credit of an account that is owed back to the payer, until it is paid out."""

    number = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=120, unique=True)
    amount_micro = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=20)
    status = models.CharField(max_length=10, default=RefundStatus.OWED)
    owed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=20, blank=True)
    reference = models.CharField(max_length=140, blank=True)
    paid_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "payments_refund"
        indexes = [models.Index(fields=["account", "-owed_at"], name="payments_refund_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_micro__gt=0), name="payments_refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in RefundStatus]), name="payments_refund_status_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=[reason.value for reason in RefundReason]), name="payments_refund_reason_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="payments_refund_paid_has_instant"
            ),
        ]


class Allocation(models.Model):
    """A part of a payment, or of the credit of a negative bill, set against one bill or owed back by one refund.

    A return writes the negative of it; rows are never changed.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit_bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, null=True, related_name="+")
    bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, null=True, related_name="+")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="sources")
    amount_micro = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "payments_allocation"
        constraints = [
            models.CheckConstraint(condition=~Q(amount_micro=0), name="payments_allocation_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, credit_bill__isnull=True)
                | Q(payment__isnull=True, credit_bill__isnull=False),
                name="payments_allocation_one_source",
            ),
            models.CheckConstraint(
                condition=Q(bill__isnull=False, refund__isnull=True) | Q(bill__isnull=True, refund__isnull=False),
                name="payments_allocation_one_use",
            ),
        ]

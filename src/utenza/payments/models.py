"""Payments and their allocations."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q

from utenza.payments.states import PaymentMethod, PaymentStatus


@pghistory.track()
class Payment(models.Model):
    """Money that reached the operator for a billing account.

    `allocated_micro` + what is still free = `amount_micro`; the free part is the account's credit.
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

    class Meta:
        db_table = "payments_payment"
        indexes = [models.Index(fields=["account", "-received_at"], name="payments_payment_account")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_micro__gt=0), name="payments_payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(allocated_micro__gte=0) & Q(allocated_micro__lte=F("amount_micro")),
                name="payments_payment_allocated_within_amount",
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


class Allocation(models.Model):
    """A part of a payment, or of the credit of a negative bill, set against one bill.

    A return writes the negative of it; rows are never changed.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="allocations")
    credit_bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, null=True, related_name="+")
    bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, related_name="+")
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
        ]

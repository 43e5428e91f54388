"""Tables of delivery."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from utenza.delivery.states import Channel, DispatchKind, DispatchStatus


class Dispatch(models.Model):
    """One bill or letter to one recipient by one channel; what was sent can be sent anew as another one."""

    kind = models.CharField(max_length=8, choices=DispatchKind.choices)
    key = models.CharField(max_length=120)
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(
        "parties.BillingAccount", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    template = models.CharField(max_length=40, blank=True, default="")
    data = models.JSONField(default=dict)
    language = models.CharField(max_length=2)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    recipient = models.CharField(max_length=254, blank=True, default="")
    status = models.CharField(max_length=10, choices=DispatchStatus.choices, default=DispatchStatus.PLANNED)
    file_key = models.CharField(max_length=200, blank=True, default="")
    message_id = models.BigIntegerField(null=True, blank=True)
    why = models.CharField(max_length=500, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "delivery_dispatch"
        constraints = [
            models.UniqueConstraint(name="delivery_dispatch_key_once", fields=["key"]),
            models.CheckConstraint(name="delivery_dispatch_kind_known", condition=Q(kind__in=DispatchKind.values)),
            models.CheckConstraint(name="delivery_dispatch_channel_known", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(
                name="delivery_dispatch_status_known", condition=Q(status__in=DispatchStatus.values)
            ),
            models.CheckConstraint(
                name="delivery_dispatch_bill_has_bill",
                condition=Q(kind=DispatchKind.BILL, bill__isnull=False)
                | Q(kind=DispatchKind.LETTER, bill__isnull=True),
            ),
            models.CheckConstraint(
                name="delivery_dispatch_proof_when_delivered",
                condition=~Q(status=DispatchStatus.DELIVERED) | Q(delivered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="delivery_dispatch_reason_when_failed",
                condition=~Q(status=DispatchStatus.FAILED) | (Q(failed_at__isnull=False) & ~Q(why="")),
            ),
        ]
        indexes = [
            models.Index(
                name="delivery_dispatch_waiting",
                fields=["next_attempt_at"],
                condition=Q(status=DispatchStatus.PLANNED),
            ),
            models.Index(name="delivery_dispatch_customer", fields=["customer", "-planned_at"]),
        ]

    def __str__(self) -> str:
        return self.key

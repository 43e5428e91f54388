"""What passed between the operator and a customer, and the disputes about bills."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from utenza.care.states import DisputeStatus, EntryKind


class TimelineEntry(models.Model):
    """One thing that happened with a customer. Append-only: the table is its own history.

    `fact` names a sentence of `care.sentences` and `data` fills it, so that each reader sees it in their own
    language; an entry typed in by a person carries `text` instead.
    """

    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    fact = models.CharField(max_length=60, blank=True)
    data = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    about_kind = models.CharField(max_length=30, blank=True)
    about_key = models.CharField(max_length=60, blank=True)
    by = models.CharField(max_length=150, blank=True)
    key = models.CharField(max_length=160, unique=True)

    class Meta:
        db_table = "care_timeline_entry"
        indexes = [models.Index(fields=["customer", "-at", "-id"], name="care_timeline_customer_at")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in EntryKind]), name="care_timeline_entry_kind_known"
            ),
            models.CheckConstraint(condition=~Q(fact="") | ~Q(text=""), name="care_timeline_entry_says_something"),
        ]


@pghistory.track()
class Dispute(models.Model):
    """A sum of a bill line that the customer does not accept; billing holds it while the dispute is open."""

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, related_name="+")
    bill_line = models.ForeignKey("billing.BillLine", on_delete=models.PROTECT, related_name="+")
    hold = models.ForeignKey("billing.BillHold", on_delete=models.PROTECT, related_name="+")
    amount_micro = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=10, default=DisputeStatus.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    credit_note = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "care_dispute"
        indexes = [models.Index(fields=["customer", "-opened_at"], name="care_dispute_customer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in DisputeStatus]), name="care_dispute_status_known"
            ),
            models.CheckConstraint(condition=Q(amount_micro__gt=0), name="care_dispute_amount_positive"),
            models.CheckConstraint(
                condition=~Q(status="upheld") | Q(credit_note__isnull=False), name="care_dispute_upheld_is_credited"
            ),
        ]

    def __str__(self) -> str:
        return self.number

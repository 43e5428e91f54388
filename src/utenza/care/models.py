"""What passed between the operator and a customer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from utenza.care.states import EntryKind


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

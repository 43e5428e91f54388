"""Requests to leave."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from utenza.termination.states import TerminationReason, TerminationStatus


@pghistory.track()
class Termination(models.Model):
    """One request to end a line, or, with `line` empty, everything that a customer has."""

    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey("provisioning.Line", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    effective_date = models.DateField()
    status = models.CharField(max_length=20, default=TerminationStatus.REQUESTED)
    completed_at = models.DateTimeField(null=True)
    requested_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "termination_termination"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in TerminationStatus]),
                name="termination_termination_status_known",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=[reason.value for reason in TerminationReason]),
                name="termination_termination_reason_known",
            ),
            models.UniqueConstraint(
                fields=["customer", "line"],
                condition=Q(status__in=["requested", "ceasing"]),
                nulls_distinct=False,
                name="termination_termination_one_open",
            ),
        ]

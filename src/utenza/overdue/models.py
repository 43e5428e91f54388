"""Dunning cases and the steps taken in them."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from utenza.overdue.states import CaseStatus


@pghistory.track()
class OverdueCase(models.Model):
    """One account's debt from the first day overdue until nothing overdue is left."""

    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, default=CaseStatus.OPEN)
    opened_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    oldest_due_date = models.DateField()
    overdue_micro = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        db_table = "overdue_case"
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(status="open"), name="overdue_case_one_open_per_account"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in CaseStatus]), name="overdue_case_status_known"
            ),
        ]


class CaseStep(models.Model):
    """A step of the ladder that was taken, once a case."""

    case = models.ForeignKey(OverdueCase, on_delete=models.PROTECT, related_name="steps")
    code = models.CharField(max_length=40)
    taken_at = models.DateTimeField()
    overdue_micro = models.BigIntegerField()
    days_overdue = models.IntegerField()
    letter_id = models.BigIntegerField(null=True)
    withdrew = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "overdue_case_step"
        constraints = [models.UniqueConstraint(fields=["case", "code"], name="overdue_case_step_once_a_case")]

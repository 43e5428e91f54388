"""Tables of what proves an applicant from outside the form: codes sent to contacts, and answers of providers."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import F, Q

from utenza.application.states import CallStatus, CheckResult, ProofKind


@pghistory.track(exclude=["code_hash"])
class ContactCode(models.Model):
    """A code of six digits that was sent to a contact. Contact and code are kept as keyed hashes alone."""

    application = models.ForeignKey("application.Application", on_delete=models.PROTECT, related_name="codes")
    kind = models.CharField(max_length=8, choices=ProofKind.choices)
    contact_key = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    proven_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="application_contactcode_kind", condition=Q(kind__in=ProofKind.values)),
            models.CheckConstraint(name="application_contactcode_expires", condition=Q(expires_at__gt=F("sent_at"))),
            models.CheckConstraint(
                name="application_contactcode_proven_in_time",
                condition=Q(proven_at__isnull=True) | Q(proven_at__lt=F("expires_at")),
            ),
        ]
        indexes = [models.Index(name="application_code_by_contact", fields=["contact_key", "sent_at"])]


@pghistory.track()
class ProviderCall(models.Model):
    """A question to a provider of identity about one handing in of an application, and its answer.

    `data` are the values of the sentence `text`, which hold no personal data; `reference` is the provider's own.
    """

    application = models.ForeignKey("application.Application", on_delete=models.PROTECT, related_name="provider_calls")
    provider = models.CharField(max_length=40)
    submitted_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=CallStatus.choices, default=CallStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    result = models.CharField(max_length=8, choices=CheckResult.choices, blank=True, default="")
    text = models.TextField(blank=True, default="")
    data = models.JSONField(default=dict, blank=True)
    reference = models.CharField(max_length=120, blank=True, default="")
    error = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="application_providercall_status", condition=Q(status__in=CallStatus.values)),
            models.CheckConstraint(
                name="application_providercall_result", condition=Q(result__in=["", *CheckResult.values])
            ),
            models.CheckConstraint(
                name="application_providercall_ended",
                condition=(Q(status=CallStatus.WAITING) & Q(result="") & Q(ended_at__isnull=True))
                | (~Q(status=CallStatus.WAITING) & ~Q(result="") & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="application_providercall_once", fields=["application", "provider", "submitted_at"]
            ),
        ]
        indexes = [
            models.Index(
                name="application_call_due", fields=["next_attempt_at", "id"], condition=Q(status=CallStatus.WAITING)
            )
        ]

"""Tables of fraud screening: who was described how, the keys by which descriptions meet, rules, findings, denials."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from utenza.application.states import CheckResult, DenialReason, FraudReview
from utenza.infra.encryption import EncryptedTextField


@pghistory.track()
class DeniedPerson(models.Model):
    """Somebody whose applications are refused or looked at, until `lifted_at`. `facts` is JSON, encrypted."""

    number = models.CharField(max_length=16, unique=True)
    facts = EncryptedTextField()
    reason = models.CharField(max_length=12, choices=DenialReason.choices)
    note = models.TextField(blank=True, default="")
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, null=True, blank=True)
    denied_by = models.CharField(max_length=150)
    denied_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=150, blank=True, default="")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="application_deniedperson_reason", condition=Q(reason__in=DenialReason.values)),
            models.UniqueConstraint(
                name="application_deniedperson_customer_once",
                fields=["customer"],
                condition=Q(customer__isnull=False) & Q(lifted_at__isnull=True),
            ),
        ]


class ScreenedPerson(models.Model):
    """A person as an application, a customer's record or the denied list describes it. An index: made anew at will.

    `description` is JSON (names, birth date, sex), encrypted; `tax_key` a keyed hash, by which one person is known.
    """

    application = models.OneToOneField("application.Application", on_delete=models.CASCADE, null=True, blank=True)
    customer = models.ForeignKey("parties.Customer", on_delete=models.CASCADE, null=True, blank=True)
    denied = models.OneToOneField(DeniedPerson, on_delete=models.CASCADE, null=True, blank=True)
    description = EncryptedTextField()
    tax_key = models.BigIntegerField(db_index=True)
    prepaid_sims = models.PositiveSmallIntegerField(default=0)
    described_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="application_screenedperson_somebody",
                condition=Q(application__isnull=False) | Q(customer__isnull=False) | Q(denied__isnull=False),
            )
        ]


class ScreeningKey(models.Model):
    """A keyed hash under which a person is found: a mark (document, e-mail ...) or a likeness key ('alike')."""

    person = models.ForeignKey(ScreenedPerson, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=8)
    key = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="application_screeningkey_once", fields=["key", "kind", "person"]),
        ]


@pghistory.track()
class FraudRuleSet(models.Model):
    """One version of the rules' values; the one with the highest version holds."""

    version = models.PositiveIntegerField(unique=True)
    values = models.JSONField()
    why = models.TextField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()


@pghistory.track()
class FraudScreening(models.Model):
    """What the rules of one version said of an application in one round, and what a reviewer made of it."""

    application = models.ForeignKey("application.Application", on_delete=models.PROTECT, related_name="screenings")
    round = models.PositiveSmallIntegerField()
    rules_version = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    result = models.CharField(max_length=8, choices=CheckResult.choices)
    # [{"code", "points", "data"}]: references and counts, no personal data.
    hits = models.JSONField(default=list)
    screened_at = models.DateTimeField()
    review = models.CharField(max_length=10, choices=FraudReview.choices, default=FraudReview.NOT_NEEDED)
    reviewed_by = models.CharField(max_length=150, blank=True, default="")
    reviewed_why = models.TextField(blank=True, default="")
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="application_fraudscreening_result", condition=Q(result__in=CheckResult.values)
            ),
            models.CheckConstraint(
                name="application_fraudscreening_review", condition=Q(review__in=FraudReview.values)
            ),
            models.CheckConstraint(
                name="application_fraudscreening_reviewed",
                condition=(Q(review__in=[FraudReview.NOT_NEEDED, FraudReview.OPEN]) & Q(reviewed_at__isnull=True))
                | (Q(review__in=[FraudReview.CLEARED, FraudReview.CONFIRMED]) & ~Q(reviewed_by="")),
            ),
            models.UniqueConstraint(name="application_fraudscreening_once_a_round", fields=["application", "round"]),
        ]
        indexes = [
            models.Index(
                name="application_fraud_to_review", fields=["screened_at", "id"], condition=Q(review=FraudReview.OPEN)
            )
        ]

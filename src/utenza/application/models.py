"""Tables of application: the form, its identity checks and its credit decisions."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q

from utenza.application.models_fraud import (
    DeniedPerson,
    FraudRuleSet,
    FraudScreening,
    ScreenedPerson,
    ScreeningKey,
)
from utenza.application.models_proof import ContactCode, ProviderCall
from utenza.application.states import (
    ApplicationKind,
    ApplicationStatus,
    Channel,
    CheckResult,
    Market,
    Outcome,
    Payment,
)
from utenza.infra.encryption import EncryptedTextField

__all__ = [
    "Application",
    "ContactCode",
    "CreditDecision",
    "DeniedPerson",
    "FraudRuleSet",
    "FraudScreening",
    "IdentityCheck",
    "ProviderCall",
    "ScreenedPerson",
    "ScreeningKey",
]

CREDIT_CLASSES = ("", "A", "B", "C", "D", "E")


@pghistory.track()
class Application(models.Model):
    """A form that somebody fills in to become a customer. `form` is a JSON object of field values, encrypted."""

    number = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=12, choices=ApplicationKind.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    market = models.CharField(max_length=8, choices=Market.choices, blank=True, default="")
    payment = models.CharField(max_length=8, choices=Payment.choices, blank=True, default="")
    status = models.CharField(max_length=12, choices=ApplicationStatus.choices, default=ApplicationStatus.DRAFT)
    country = models.CharField(max_length=2)
    applicant = models.CharField(max_length=200, blank=True, default="")
    form = EncryptedTextField(default="{}")
    customer = models.ForeignKey(
        "parties.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="applications"
    )
    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, null=True, blank=True)
    # The customer ids of the company and its branches, in the form's order, once accepted.
    node_ids = models.JSONField(default=list, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    credit_class = models.CharField(max_length=1, blank=True, default="")
    deposit_micro = models.BigIntegerField(default=0)
    reason = models.TextField(blank=True, default="")
    # Where it was taken, and a keyed hash of the device that sent it; '' if that is not known.
    shop = models.CharField(max_length=80, blank=True, default="")
    device_key = models.CharField(max_length=64, blank=True, default="")
    started_by = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="application_application_kind", condition=Q(kind__in=ApplicationKind.values)),
            models.CheckConstraint(name="application_application_channel", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(name="application_application_market", condition=Q(market__in=Market.values)),
            models.CheckConstraint(name="application_application_payment", condition=Q(payment__in=Payment.values)),
            models.CheckConstraint(
                name="application_application_status", condition=Q(status__in=ApplicationStatus.values)
            ),
            models.CheckConstraint(
                name="application_application_outcome", condition=Q(outcome__in=["", *Outcome.values])
            ),
            models.CheckConstraint(
                name="application_application_credit_class", condition=Q(credit_class__in=CREDIT_CLASSES)
            ),
            models.CheckConstraint(name="application_application_deposit", condition=Q(deposit_micro__gte=0)),
            models.CheckConstraint(
                name="application_application_submitted_at",
                condition=Q(status__in=[ApplicationStatus.DRAFT, ApplicationStatus.WITHDRAWN])
                | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="application_application_accepted_has_customer",
                condition=~Q(status__in=[ApplicationStatus.ACCEPTED, ApplicationStatus.ORDERED])
                | (Q(customer__isnull=False) & Q(account__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="application_by_status", fields=["status", "submitted_at", "id"]),
            models.Index(name="application_by_agent", fields=["started_by", "submitted_at"]),
            models.Index(name="application_by_shop", fields=["shop", "submitted_at"]),
        ]


@pghistory.track()
class IdentityCheck(models.Model):
    """One check of one round of decision; rounds are numbered from 1."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="checks")
    round = models.PositiveSmallIntegerField()
    check_code = models.CharField(max_length=40)
    result = models.CharField(max_length=8, choices=CheckResult.choices)
    evidence = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField()
    # Who accepted the applicant although this check was not passed, and why.
    overridden_by = models.CharField(max_length=150, blank=True, default="")
    overridden_why = models.TextField(blank=True, default="")
    overridden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="application_identitycheck_result", condition=Q(result__in=CheckResult.values)),
            models.CheckConstraint(
                name="application_identitycheck_overridden",
                condition=(Q(overridden_at__isnull=True) & Q(overridden_by=""))
                | (Q(overridden_at__isnull=False) & ~Q(overridden_by="") & ~Q(result=CheckResult.PASS)),
            ),
            models.UniqueConstraint(
                name="application_identitycheck_once_a_round", fields=["application", "round", "check_code"]
            ),
        ]


@pghistory.track()
class CreditDecision(models.Model):
    """The points, the class and the reasons of one round; `by` is a user, or 'scorecard' where no person decided."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    scorecard = models.CharField(max_length=40)
    score = models.IntegerField()
    credit_class = models.CharField(max_length=1)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reasons = models.JSONField(default=list)
    why = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField()
    by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="application_creditdecision_class", condition=Q(credit_class__in=CREDIT_CLASSES)
            ),
            models.CheckConstraint(name="application_creditdecision_outcome", condition=Q(outcome__in=Outcome.values)),
            models.UniqueConstraint(name="application_creditdecision_once_a_round", fields=["application", "round"]),
        ]

"""Orders, and the agreements that they bring into force."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from utenza.ordering.states import AgreementStatus, OrderStatus


@pghistory.track()
class Order(models.Model):
    """What a customer consented to take, at one instant, on one or several lines."""

    number = models.CharField(max_length=20)
    key = models.CharField(max_length=120)
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey("application.Application", on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=20, choices=OrderStatus.choices, default=OrderStatus.IN_PROGRESS)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=150, blank=True)
    completed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    # What must be paid before the network is asked, and for which account it is held (its currency holds).
    deposit_micro = models.BigIntegerField(default=0)
    deposit_account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, null=True, related_name="+")
    deposit_confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ordering_order"
        indexes = [models.Index(fields=["status", "placed_at"], name="ordering_order_status_placed")]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="ordering_order_number_once"),
            models.UniqueConstraint(fields=["key"], name="ordering_order_key_once"),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="ordering_order_status_known"),
            models.CheckConstraint(
                condition=Q(deposit_micro=0) | Q(deposit_micro__gt=0, deposit_account__isnull=False),
                name="ordering_order_deposit_has_account",
            ),
            models.CheckConstraint(
                condition=~Q(status="awaiting_deposit") | Q(deposit_micro__gt=0, deposit_confirmed_at__isnull=True),
                name="ordering_order_awaits_what_is_not_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@pghistory.track()
class Agreement(models.Model):
    """One offer that a customer has on a line; an add-on names the agreement of its plan as `parent`."""

    number = models.CharField(max_length=20)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="agreements")
    position = models.PositiveSmallIntegerField(default=0)
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, null=True, related_name="+")
    line = models.ForeignKey("provisioning.Line", on_delete=models.PROTECT, null=True, related_name="+")
    service = models.ForeignKey("provisioning.Service", on_delete=models.PROTECT, null=True, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="addons")
    status = models.CharField(max_length=10, choices=AgreementStatus.choices, default=AgreementStatus.PENDING)
    start_date = models.DateField(null=True)
    end_date = models.DateField(null=True)
    end_reason = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "ordering_agreement"
        constraints = [
            models.UniqueConstraint(fields=["number"], name="ordering_agreement_number_once"),
            models.CheckConstraint(
                condition=Q(status__in=AgreementStatus.values), name="ordering_agreement_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "cancelled"]) | Q(start_date__isnull=False),
                name="ordering_agreement_in_force_has_start",
            ),
            models.CheckConstraint(
                condition=Q(end_date__isnull=True) | Q(end_date__gte=F("start_date")),
                name="ordering_agreement_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@pghistory.track()
class AgreementVersion(models.Model):
    """From which day up to, not including, which day an agreement holds in which offer version."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    offer_version = models.ForeignKey("catalog.OfferVersion", on_delete=models.PROTECT, related_name="+")
    from_date = models.DateField(null=True)
    to_date = models.DateField(null=True)

    class Meta:
        db_table = "ordering_agreement_version"
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="ordering_agreement_version_ends_after_start",
            ),
            ExclusionConstraint(
                name="ordering_agreement_version_one_a_day",
                expressions=[
                    (
                        Func(F("agreement_id"), F("agreement_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("from_date"), F("to_date"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.from_date}"

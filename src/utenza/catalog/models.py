"""Tables of the catalog. Triggers of the first migration keep what was launched from being changed."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from utenza.catalog.states import (
    Audience,
    DiscountKind,
    Market,
    OfferKind,
    PaymentMode,
    PriceKind,
    ServiceKind,
    VersionStatus,
)

BASIS_POINTS_MAX = 10_000


@pghistory.track()
class TariffVersion(models.Model):
    """One dated wording of a tariff; never changed, never deleted."""

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    valid_from = models.DateField()
    document = models.JSONField()
    fingerprint = models.CharField(max_length=64)

    class Meta:
        db_table = "catalog_tariff_version"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="catalog_tariff_version_code_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="catalog_tariff_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.code}/{self.version}"


@pghistory.track()
class Offer(models.Model):
    """Something with a code that is sold; what it costs is said by its versions."""

    code = models.CharField(max_length=60)
    market = models.CharField(max_length=10, choices=Market.choices)
    payment = models.CharField(max_length=10, choices=PaymentMode.choices)
    kind = models.CharField(max_length=10, choices=OfferKind.choices)
    service_kind = models.CharField(max_length=10, choices=ServiceKind.choices)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.ANYONE)
    requires = models.ManyToManyField("self", through="OfferRequirement", symmetrical=False, related_name="+")

    class Meta:
        db_table = "catalog_offer"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="catalog_offer_code_once"),
            models.CheckConstraint(condition=Q(market__in=Market.values), name="catalog_offer_market_known"),
            models.CheckConstraint(condition=Q(payment__in=PaymentMode.values), name="catalog_offer_payment_known"),
            models.CheckConstraint(condition=Q(kind__in=OfferKind.values), name="catalog_offer_kind_known"),
            models.CheckConstraint(
                condition=Q(service_kind__in=ServiceKind.values), name="catalog_offer_service_kind_known"
            ),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="catalog_offer_audience_known"),
        ]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class OfferRequirement(models.Model):
    """An add-on can be had only with one of the plans that it names."""

    addon = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="requirements")
    plan = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "catalog_offer_requirement"
        constraints = [
            models.UniqueConstraint(fields=["addon", "plan"], name="catalog_offer_requirement_once"),
            models.CheckConstraint(condition=~Q(addon=F("plan")), name="catalog_offer_requirement_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.addon_id} needs {self.plan_id}"


@pghistory.track()
class OfferVersion(models.Model):
    """How an offer is sold between two days: names, conditions, prices, discounts."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    name_en = models.CharField(max_length=120)
    name_it = models.CharField(max_length=120)
    description_en = models.TextField(blank=True, default="")
    description_it = models.TextField(blank=True, default="")
    tariff_version = models.ForeignKey(TariffVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    network_profile = models.CharField(max_length=60, blank=True, default="")
    minimum_term_months = models.PositiveSmallIntegerField(default=0)
    notice_days = models.PositiveSmallIntegerField(default=30)

    class Meta:
        db_table = "catalog_offer_version"
        constraints = [
            models.UniqueConstraint(fields=["offer", "version"], name="catalog_offer_version_number_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="catalog_offer_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(status__in=VersionStatus.values), name="catalog_offer_version_status_known"
            ),
            # Equal days mean a version that was withdrawn on the very day on which it was to begin: sold on no day.
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="catalog_offer_version_ends_after_start",
            ),
            ExclusionConstraint(
                name="catalog_offer_version_one_on_sale",
                expressions=[
                    # No extension offers equality in a GiST index here, so one offer is a range of one number.
                    (
                        Func(F("offer_id"), F("offer_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("valid_from"), F("valid_to"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=[VersionStatus.LAUNCHED, VersionStatus.RETIRED]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id}/{self.version}"


@pghistory.track()
class Price(models.Model):
    """One price of a version. A recurring price is for one month."""

    version = models.ForeignKey(OfferVersion, on_delete=models.CASCADE, related_name="prices")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=PriceKind.choices)
    name_en = models.CharField(max_length=120)
    name_it = models.CharField(max_length=120)
    amount_micro = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField()
    tax_category = models.CharField(max_length=20, default="standard")
    in_advance = models.BooleanField(default=True)

    class Meta:
        db_table = "catalog_price"
        ordering = ["version_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="catalog_price_position_once"),
            models.CheckConstraint(condition=Q(kind__in=PriceKind.values), name="catalog_price_kind_known"),
            models.CheckConstraint(condition=Q(amount_micro__gte=0), name="catalog_price_not_negative"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="catalog_price_currency_form"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}#{self.position}"


@pghistory.track()
class Discount(models.Model):
    """A reduction of the recurring prices of a version, from the start of an agreement, for some months or for good."""

    version = models.ForeignKey(OfferVersion, on_delete=models.CASCADE, related_name="discounts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=DiscountKind.choices)
    basis_points = models.PositiveIntegerField(null=True, blank=True)
    amount_micro = models.BigIntegerField(null=True, blank=True)
    duration_months = models.PositiveSmallIntegerField(null=True, blank=True)
    name_en = models.CharField(max_length=120)
    name_it = models.CharField(max_length=120)

    class Meta:
        db_table = "catalog_discount"
        ordering = ["version_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="catalog_discount_position_once"),
            models.CheckConstraint(
                condition=Q(
                    kind=DiscountKind.PERCENTAGE,
                    basis_points__gte=1,
                    basis_points__lte=BASIS_POINTS_MAX,
                    amount_micro__isnull=True,
                )
                | Q(kind=DiscountKind.AMOUNT, amount_micro__gt=0, basis_points__isnull=True),
                name="catalog_discount_one_value",
            ),
            models.CheckConstraint(
                condition=Q(duration_months__isnull=True) | Q(duration_months__gte=1),
                name="catalog_discount_lasts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}#{self.position}"

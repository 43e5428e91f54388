"""The words of the catalog, and the life of an offer version."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Market(TextChoices):
    MOBILE = "mobile", _("Mobile")
    FIXED = "fixed", _("Fixed")


class PaymentMode(TextChoices):
    PREPAID = "prepaid", _("Prepaid")
    POSTPAID = "postpaid", _("Postpaid")


class OfferKind(TextChoices):
    PLAN = "plan", _("Plan")
    ADDON = "addon", _("Add-on")


class ServiceKind(TextChoices):
    INTERNET = "internet", _("Internet")
    VOICE = "voice", _("Voice")
    MOBILE = "mobile", _("Mobile")


class Audience(TextChoices):
    INDIVIDUAL = "individual", _("Private customers")
    COMPANY = "company", _("Companies")
    ANYONE = "anyone", _("Anyone")


class PriceKind(TextChoices):
    RECURRING = "recurring", _("Recurring")
    ONE_OFF = "one_off", _("One-off")


class DiscountKind(TextChoices):
    PERCENTAGE = "percentage", _("Percentage")
    AMOUNT = "amount", _("Amount")


class VersionStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    LAUNCHED = "launched", _("Launched")
    RETIRED = "retired", _("Retired")


# A draft may be written again and again; what was launched can only be taken off sale, and never comes back.
VERSION_MOVES: Mapping[str, frozenset[str]] = {
    VersionStatus.DRAFT: frozenset({VersionStatus.LAUNCHED}),
    VersionStatus.LAUNCHED: frozenset({VersionStatus.RETIRED}),
    VersionStatus.RETIRED: frozenset(),
}

"""The kinds of entries in a balance, and the ways in which it is recharged."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EntryKind(TextChoices):
    RECHARGE = "recharge", _("Recharge")
    FEE = "fee", _("Monthly fee")
    ONE_OFF = "one_off", _("One-off charge")
    RETURN = "return", _("Recharge taken back")


class Channel(TextChoices):
    """Where the money of a recharge came in; each is an account `cash.<channel>` of the books."""

    CARD = "card", _("Card")
    CASH = "cash", _("Cash")
    BANK = "bank", _("Bank transfer")

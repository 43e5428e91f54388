"""The life of one sending."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class DispatchStatus(models.TextChoices):
    PLANNED = "planned", _("Waiting")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Could not be delivered")


#: What failed can be sent again; what was delivered stays so.
DISPATCH_MOVES: Mapping[str, frozenset[str]] = {
    DispatchStatus.PLANNED: frozenset({DispatchStatus.SENDING, DispatchStatus.DELIVERED, DispatchStatus.FAILED}),
    DispatchStatus.SENDING: frozenset({DispatchStatus.DELIVERED, DispatchStatus.FAILED}),
    DispatchStatus.DELIVERED: frozenset(),
    DispatchStatus.FAILED: frozenset({DispatchStatus.PLANNED}),
}


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PORTAL = "portal", _("Customer portal")
    PAPER = "paper", _("Paper")


class DispatchKind(models.TextChoices):
    BILL = "bill", _("Bill")
    LETTER = "letter", _("Letter")

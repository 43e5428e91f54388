"""The states of a batch and of a quarantined record, and why a record is held back."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SourceKind(TextChoices):
    FILE = "file", _("Folder of files")
    RADIUS = "radius", _("FreeRADIUS accounting")
    PUSH = "push", _("Charging")


class BatchStatus(TextChoices):
    RECEIVED = "received", _("Received")
    LANDED = "landed", _("Landed")


class QuarantineStatus(TextChoices):
    OPEN = "open", _("Open")
    RESENT = "resent", _("Sent again")


class Reason(TextChoices):
    """Why a record cannot become usage."""

    UNKNOWN_SUBSCRIBER = "unknown_subscriber", _("Nobody held this user name or number then")
    BAD_TIME = "bad_time", _("The time cannot be read")
    BAD_QUANTITY = "bad_quantity", _("The quantity cannot be read or is impossible")
    BAD_KIND = "bad_kind", _("The kind of usage is unknown")
    BAD_LINE = "bad_line", _("The line has not as many fields as the headings")
    NO_RECORD_ID = "no_record_id", _("The record has no identity")


BATCH_MOVES: Mapping[str, frozenset[str]] = {BatchStatus.RECEIVED: frozenset({BatchStatus.LANDED})}
QUARANTINE_MOVES: Mapping[str, frozenset[str]] = {QuarantineStatus.OPEN: frozenset({QuarantineStatus.RESENT})}

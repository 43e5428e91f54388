"""The lifecycles of billing."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    CALCULATING = "calculating", _("Calculating")
    CALCULATED = "calculated", _("Calculated")
    CHECKED = "checked", _("Checked")
    APPROVED = "approved", _("Approved")
    ISSUING = "issuing", _("Issuing")
    ISSUED = "issued", _("Issued")


#: Until it is approved a run may be calculated again: its bills are drafts that nobody has seen.
RUN_MOVES: Mapping[str, frozenset[str]] = {
    RunStatus.PLANNED: frozenset({RunStatus.CALCULATING}),
    RunStatus.CALCULATING: frozenset({RunStatus.CALCULATED}),
    RunStatus.CALCULATED: frozenset({RunStatus.CALCULATING, RunStatus.CHECKED}),
    RunStatus.CHECKED: frozenset({RunStatus.CALCULATING, RunStatus.APPROVED}),
    RunStatus.APPROVED: frozenset({RunStatus.ISSUING}),
    RunStatus.ISSUING: frozenset({RunStatus.ISSUED}),
    RunStatus.ISSUED: frozenset(),
}


class RunAccountStatus(models.TextChoices):
    PLANNED = "planned", _("Waiting")
    CALCULATED = "calculated", _("Draft ready")
    NOTHING = "nothing", _("Nothing to bill")
    HELD = "held", _("Held")
    ISSUED = "issued", _("Issued")


#: A held account is tried again by the next calculation; one held while issuing stays out of this run.
RUN_ACCOUNT_MOVES: Mapping[str, frozenset[str]] = {
    RunAccountStatus.PLANNED: frozenset({RunAccountStatus.CALCULATED, RunAccountStatus.NOTHING, RunAccountStatus.HELD}),
    RunAccountStatus.CALCULATED: frozenset(
        {RunAccountStatus.PLANNED, RunAccountStatus.ISSUED, RunAccountStatus.NOTHING, RunAccountStatus.HELD}
    ),
    RunAccountStatus.NOTHING: frozenset({RunAccountStatus.PLANNED}),
    RunAccountStatus.HELD: frozenset({RunAccountStatus.PLANNED}),
    RunAccountStatus.ISSUED: frozenset(),
}


class BillKind(models.TextChoices):
    REGULAR = "regular", _("Bill")
    FINAL = "final", _("Final bill")
    CREDIT_NOTE = "credit_note", _("Credit note")


class BillStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")


BILL_MOVES: Mapping[str, frozenset[str]] = {
    BillStatus.DRAFT: frozenset({BillStatus.ISSUED}),
    BillStatus.ISSUED: frozenset(),
}


class LineKind(models.TextChoices):
    RECURRING = "recurring", _("Recurring charge")
    USAGE = "usage", _("Usage")
    ONE_OFF = "one_off", _("One-off charge")
    DISCOUNT = "discount", _("Discount")
    ADJUSTMENT = "adjustment", _("Adjustment")
    DEPOSIT = "deposit", _("Deposit given back")

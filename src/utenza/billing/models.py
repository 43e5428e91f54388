"""Tables of billing: thin, with their rules as named constraints.

    BillRun ──< BillRunAccount ── Bill ──< BillLine
                                   ├──< BillTax
                                   ├──< BillSettlement
                                   ├──< BillHold: what nobody is chased for
                                   └──< UsageBilled: usage that counts as billed
    ChargedThrough: how far each price of an agreement was charged

The triggers of `integrity` keep an issued bill from being changed and check that its sums add up.
"""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest

from utenza.billing import integrity
from utenza.billing.states import BillKind, BillStatus, LineKind, RunAccountStatus, RunStatus


@pghistory.track()
class BillRun(models.Model):
    """The bills of all accounts whose period ends on one day."""

    cycle_date = models.DateField()
    status = models.CharField(max_length=12, choices=RunStatus.choices, default=RunStatus.PLANNED)
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issue_date = models.DateField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "billing_run"
        constraints = [
            models.CheckConstraint(name="billing_run_status_known", condition=Q(status__in=RunStatus.values)),
            # A second run of the same day takes up only what the first one could not bill.
            models.UniqueConstraint(
                name="billing_run_one_open_per_day",
                fields=["cycle_date"],
                condition=~Q(status=RunStatus.ISSUED),
            ),
            models.CheckConstraint(
                name="billing_run_approved_before_issue",
                condition=~Q(status__in=[RunStatus.APPROVED, RunStatus.ISSUING, RunStatus.ISSUED])
                | Q(approved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.cycle_date}"


class Bill(models.Model):
    """What one account owes for one period; a draft until it has its number.

    `open_micro` is what is still to be paid of it. A negative bill owes nothing: its credit lies in the account's
    receivable, where payments finds it.
    """

    number = models.CharField(max_length=24, null=True, blank=True)
    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(BillRun, on_delete=models.PROTECT, null=True, blank=True, related_name="bills")
    kind = models.CharField(max_length=12, choices=BillKind.choices)
    status = models.CharField(max_length=8, choices=BillStatus.choices, default=BillStatus.DRAFT)
    period_start = models.DateField()
    period_end = models.DateField()
    issue_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    net_micro = models.BigIntegerField()
    tax_micro = models.BigIntegerField()
    total_micro = models.BigIntegerField()
    open_micro = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=2)
    addressee = models.JSONField(default=dict)
    usage_pin = models.JSONField(default=dict)
    coverage = models.JSONField(default=list)
    usage_moves = models.JSONField(default=list)
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    previous_total_micro = models.BigIntegerField(null=True, blank=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "billing_bill"
        triggers = integrity.BILL
        constraints = [
            models.CheckConstraint(name="billing_bill_status_known", condition=Q(status__in=BillStatus.values)),
            models.CheckConstraint(name="billing_bill_kind_known", condition=Q(kind__in=BillKind.values)),
            models.UniqueConstraint(name="billing_bill_number_once", fields=["number"]),
            models.UniqueConstraint(
                name="billing_bill_period_once",
                fields=["account", "kind", "period_start", "period_end"],
                condition=Q(kind__in=[BillKind.REGULAR, BillKind.FINAL]),
            ),
            models.CheckConstraint(
                name="billing_bill_numbered_when_issued",
                condition=Q(status=BillStatus.DRAFT)
                | Q(
                    status=BillStatus.ISSUED,
                    number__isnull=False,
                    issue_date__isnull=False,
                    due_date__isnull=False,
                    issued_at__isnull=False,
                ),
            ),
            models.CheckConstraint(name="billing_bill_period_in_order", condition=Q(period_start__lte=F("period_end"))),
            models.CheckConstraint(
                name="billing_bill_adds_up", condition=Q(total_micro=F("net_micro") + F("tax_micro"))
            ),
            models.CheckConstraint(
                name="billing_bill_open_within_total",
                condition=Q(open_micro__gte=0) & Q(open_micro__lte=Greatest(F("total_micro"), 0)),
            ),
            models.CheckConstraint(
                name="billing_bill_credit_note_corrects",
                condition=(Q(kind=BillKind.CREDIT_NOTE) & Q(corrects__isnull=False))
                | (~Q(kind=BillKind.CREDIT_NOTE) & Q(corrects__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="billing_bill_by_account", fields=["account", "-issue_date"]),
            models.Index(name="billing_bill_owed", fields=["due_date", "account"], condition=Q(open_micro__gt=0)),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"


class BillRunAccount(models.Model):
    """One account in a run: what became of it, and why if nothing did."""

    run = models.ForeignKey(BillRun, on_delete=models.CASCADE, related_name="accounts")
    account = models.ForeignKey("parties.BillingAccount", on_delete=models.PROTECT, related_name="+")
    period_start = models.DateField()
    period_end = models.DateField()
    status = models.CharField(max_length=12, choices=RunAccountStatus.choices, default=RunAccountStatus.PLANNED)
    bill = models.OneToOneField(Bill, on_delete=models.SET_NULL, null=True, blank=True, related_name="run_account")
    hold_code = models.CharField(max_length=60, blank=True, default="")
    hold_reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "billing_run_account"
        constraints = [
            models.UniqueConstraint(name="billing_run_account_once", fields=["run", "account", "period_start"]),
            models.CheckConstraint(
                name="billing_run_account_status_known", condition=Q(status__in=RunAccountStatus.values)
            ),
            models.CheckConstraint(
                name="billing_run_account_held_with_reason",
                condition=~Q(status=RunAccountStatus.HELD) | ~Q(hold_reason=""),
            ),
            models.CheckConstraint(
                name="billing_run_account_bill_when_ready",
                condition=~Q(status__in=[RunAccountStatus.CALCULATED, RunAccountStatus.ISSUED]) | Q(bill__isnull=False),
            ),
        ]
        indexes = [models.Index(name="billing_run_account_by_status", fields=["run", "status", "account"])]

    def __str__(self) -> str:
        return f"account {self.account_id} in run {self.run_id}"


class BillLine(models.Model):
    """One line: rounded once, to the cent. `amount_micro` is as priced, `net_micro` without tax."""

    bill = models.ForeignKey(Bill, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    node = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(
        "ordering.Agreement", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    line = models.ForeignKey("provisioning.Line", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=LineKind.choices)
    text = models.CharField(max_length=240)
    detail = models.CharField(max_length=240, blank=True, default="")
    period_start = models.DateField()
    period_end = models.DateField()
    quantity = models.BigIntegerField(default=1)
    unit = models.CharField(max_length=12, default="piece")
    amount_micro = models.BigIntegerField()
    net_micro = models.BigIntegerField()
    tax_included = models.BooleanField()
    tax_category = models.CharField(max_length=20)
    tax_rate_bp = models.PositiveIntegerField()
    explanation = models.JSONField(default=dict)

    class Meta:
        db_table = "billing_line"
        triggers = integrity.part_of_bill("issued_lines_stay")
        ordering = ["bill_id", "position"]
        constraints = [
            models.UniqueConstraint(name="billing_line_position_once", fields=["bill", "position"]),
            models.CheckConstraint(name="billing_line_kind_known", condition=Q(kind__in=LineKind.values)),
            models.CheckConstraint(name="billing_line_period_in_order", condition=Q(period_start__lte=F("period_end"))),
        ]

    def __str__(self) -> str:
        return f"{self.bill_id}#{self.position}"


class BillTax(models.Model):
    """The tax of one rate, on the sum of its lines."""

    bill = models.ForeignKey(Bill, on_delete=models.CASCADE, related_name="taxes")
    category = models.CharField(max_length=20)
    rate_bp = models.PositiveIntegerField()
    net_micro = models.BigIntegerField()
    tax_micro = models.BigIntegerField()
    source = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "billing_tax"
        triggers = integrity.part_of_bill("issued_taxes_stay")
        ordering = ["bill_id", "-rate_bp", "category"]
        constraints = [models.UniqueConstraint(name="billing_tax_rate_once", fields=["bill", "category", "rate_bp"])]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.category} {self.rate_bp}"


class ChargedThrough(models.Model):
    """The first day that a price of an agreement has not been charged for, for one stay on that price.

    `from_date` is the day on which the stay began: leaving a plan and coming back to it makes two stays.
    """

    agreement = models.ForeignKey("ordering.Agreement", on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey("catalog.Price", on_delete=models.PROTECT, related_name="+")
    from_date = models.DateField()
    charged_until = models.DateField()

    class Meta:
        db_table = "billing_charged_through"
        constraints = [
            models.UniqueConstraint(name="billing_charged_through_once", fields=["agreement", "price", "from_date"]),
            models.CheckConstraint(
                name="billing_charged_through_in_order", condition=Q(charged_until__gte=F("from_date"))
            ),
        ]

    def __str__(self) -> str:
        return f"agreement {self.agreement_id}, price {self.price_id} until {self.charged_until}"


class UsageBilled(models.Model):
    """Usage that counts as billed, so that later arrivals are billed as a difference.

    `exact_micro` is the rated sum of that day, `amount_micro` what was charged: the rounded sum less what was charged
    before; `events` and `quantity` are differences, too. Without a bill, it lay in a bill of zero that was not issued.
    """

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, null=True, blank=True, related_name="usage")
    line = models.ForeignKey("provisioning.Line", on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(
        "ordering.Agreement", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    period_start = models.DateField()
    period_end = models.DateField()
    kind = models.CharField(max_length=12)
    zone = models.CharField(max_length=60, blank=True, default="")
    tariff_version = models.ForeignKey(
        "catalog.TariffVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    events = models.BigIntegerField()
    quantity = models.BigIntegerField()
    exact_micro = models.BigIntegerField()
    amount_micro = models.BigIntegerField()

    class Meta:
        db_table = "billing_usage"
        triggers = integrity.only_grows("usage_billed_grows")
        indexes = [models.Index(name="billing_usage_by_line", fields=["line", "period_start"])]

    def __str__(self) -> str:
        return f"usage of line {self.line_id} on bill {self.bill_id}"


class BillSettlement(models.Model):
    """Money or credit set against a bill; a negative amount opens it again (a returned payment)."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="settlements")
    amount_micro = models.BigIntegerField()
    reference = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        db_table = "billing_settlement"
        triggers = integrity.only_grows("settlements_grow")
        constraints = [models.CheckConstraint(name="billing_settlement_not_zero", condition=~Q(amount_micro=0))]

    def __str__(self) -> str:
        return f"{self.reference} on bill {self.bill_id}"


@pghistory.track()
class BillHold(models.Model):
    """A part of what is open of a bill that nobody is to be chased for, while somebody looks into it."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="holds")
    bill_line = models.ForeignKey(BillLine, on_delete=models.PROTECT, related_name="+")
    amount_micro = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "billing_hold"
        indexes = [models.Index(name="billing_hold_standing", fields=["bill"], condition=Q(lifted_at__isnull=True))]
        constraints = [models.CheckConstraint(name="billing_hold_positive", condition=Q(amount_micro__gt=0))]

    def __str__(self) -> str:
        return f"hold on bill {self.bill_id}"

"""Tables of charging: PrepaidBalance ──< BalanceEntry (the journal), ──< MonthlyFee, ──< OneOffFee."""

from __future__ import annotations

from typing import ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from utenza.charging.states import Channel, EntryKind


class PrepaidBalance(models.Model):
    """What a prepaid line has left. The journal's last `balance_after_micro` is the same sum.

    No fee takes it below zero; only a recharge that the payer's bank took back does.
    """

    line = models.OneToOneField("provisioning.Line", on_delete=models.PROTECT, related_name="+")
    balance_micro = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "charging_balance"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="charging_balance_currency_form"),
        ]

    def __str__(self) -> str:
        return f"balance of line {self.line_id}"


class BalanceEntry(models.Model):
    """One movement of a balance: above zero in, below zero out. Rows are never changed nor removed."""

    balance = models.ForeignKey(PrepaidBalance, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    key = models.CharField(max_length=160)
    amount_micro = models.BigIntegerField()
    balance_after_micro = models.BigIntegerField()
    tax_micro = models.BigIntegerField(default=0, help_text="the tax within a debit")
    at = models.DateTimeField()
    channel = models.CharField(max_length=10, choices=Channel.choices, default="", blank=True)
    reference = models.CharField(max_length=140, default="", blank=True)
    agreement_id = models.BigIntegerField(null=True, help_text="whose fee it is")
    price_id = models.BigIntegerField(null=True, help_text="of a one-off fee")
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)

    class Meta:
        db_table = "charging_entry"
        indexes: ClassVar = [models.Index(fields=["balance", "-id"], name="charging_entry_of_balance")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="charging_entry_key_once"),
            models.CheckConstraint(
                condition=Q(balance_after_micro__gte=0) | Q(kind__in=[EntryKind.RECHARGE, EntryKind.RETURN]),
                name="charging_entry_fee_is_covered",
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.RECHARGE, amount_micro__gt=0, channel__in=Channel.values)
                | Q(kind=EntryKind.FEE, amount_micro__lt=0, period_start__lt=F("period_end"), channel="")
                | Q(kind=EntryKind.ONE_OFF, amount_micro__lt=0, price_id__isnull=False, channel="")
                | Q(kind=EntryKind.RETURN, amount_micro__lt=0, channel__in=Channel.values),
                name="charging_entry_kind_fits",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="entry_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    RAISE EXCEPTION 'entry % of a prepaid balance cannot be changed', OLD.id
                        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'charging_entry_stays';
                """,
            )
        ]

    def __str__(self) -> str:
        return self.key


@pghistory.track(exclude=["next_date", "anchor_day", "unpaid_since"])
class MonthlyFee(models.Model):
    """What an agreement of a prepaid line costs each month, tax included, and from when the next month is owed.

    `unpaid_since` is the day on which the balance did not suffice; `end_date` is the first day that is not charged.
    """

    balance = models.ForeignKey(PrepaidBalance, on_delete=models.PROTECT, related_name="fees")
    agreement_id = models.BigIntegerField()
    amount_micro = models.BigIntegerField()
    tax_category = models.CharField(max_length=20, default="standard")
    next_date = models.DateField()
    anchor_day = models.PositiveSmallIntegerField()
    unpaid_since = models.DateField(null=True)
    end_date = models.DateField(null=True)

    class Meta:
        db_table = "charging_monthly_fee"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement_id"], name="charging_monthly_fee_agreement_once"),
            models.CheckConstraint(condition=Q(amount_micro__gte=0), name="charging_monthly_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(anchor_day__gte=1, anchor_day__lte=31), name="charging_monthly_fee_anchor_in_month"
            ),
        ]

    def __str__(self) -> str:
        return f"fee of agreement {self.agreement_id}"


@pghistory.track(exclude=["unpaid_since", "paid_at"])
class OneOffFee(models.Model):
    """What an agreement of a prepaid line costs once (activation, SIM card), tax included.

    It is owed from `from_date` until it is paid; `unpaid_since` is the day on which the balance did not suffice.
    """

    balance = models.ForeignKey(PrepaidBalance, on_delete=models.PROTECT, related_name="one_offs")
    agreement_id = models.BigIntegerField()
    price_id = models.BigIntegerField()
    amount_micro = models.BigIntegerField()
    tax_category = models.CharField(max_length=20, default="standard")
    from_date = models.DateField()
    unpaid_since = models.DateField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "charging_one_off_fee"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement_id", "price_id"], name="charging_one_off_fee_once"),
            models.CheckConstraint(condition=Q(amount_micro__gt=0), name="charging_one_off_fee_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["balance"], condition=Q(paid_at__isnull=True), name="charging_one_off_fee_owed")
        ]

    def __str__(self) -> str:
        return f"one-off fee {self.price_id} of agreement {self.agreement_id}"

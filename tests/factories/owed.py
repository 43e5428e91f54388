"""Makers of issued bills of a given sum, and of lines in force that an account pays for."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from tests.factories import billing as make
from tests.factories.provisioning import technicians_confirm
from utenza.billing.models import Bill, BillLine, BillTax
from utenza.billing.operations.issuing import issue_draft
from utenza.provisioning import operations as provisioning


def issued_bill(*, customer_id: int, account_id: int, euro: int, at: datetime, day: date | None = None) -> int:
    """Issue a bill of so many euro (negative for a credit) without tax, as billing issues it; return its id."""
    day = day or at.date()
    micro = euro * 1_000_000
    with transaction.atomic():
        earlier = Bill.objects.filter(account_id=account_id).count()
        bill = Bill.objects.create(
            account_id=account_id,
            customer_id=customer_id,
            kind="regular",
            period_start=day - timedelta(days=28 + earlier),
            period_end=day,
            net_micro=micro,
            tax_micro=0,
            total_micro=micro,
            currency="EUR",
            language="it",
            addressee={"name": "Giulia Bellandi"},
        )
        BillLine.objects.create(
            bill=bill,
            position=1,
            node_id=customer_id,
            kind="recurring",
            text="Canone mensile",
            period_start=bill.period_start,
            period_end=day,
            amount_micro=micro,
            net_micro=micro,
            tax_included=False,
            tax_category="exempt",
            tax_rate_bp=0,
            explanation={"price_micro": micro, "months": 1, "days_used": 28, "days_in_period": 28, "credit": micro < 0},
        )
        BillTax.objects.create(bill=bill, category="exempt", rate_bp=0, net_micro=micro, tax_micro=0, source="")
        issue_draft(bill=bill, issue_date=day, at=at)
    return bill.pk


def line_in_force(*, customer_id: int, account_id: int, at: datetime, offer_version_id: int | None = None) -> int:
    """Give a customer a line that the network serves under an agreement in force; return the line's id."""
    from utenza.ordering.models import Agreement

    agreement_id = make.agreement(
        customer_id=customer_id,
        account_id=account_id,
        offer_version_id=offer_version_id or make.fibre(at=at),
        start=at.date(),
        at=at,
    )
    line_id = Agreement.objects.values_list("line_id", flat=True).get(pk=agreement_id)
    assert line_id is not None
    provisioning.activate(line_id=line_id, at=at)
    technicians_confirm(at=at)
    return line_id

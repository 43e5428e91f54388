"""Makers of bills that were never in a database, for what only reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from utenza.billing.queries import BillLineView, BillTaxView, BillView
from utenza.billing.rules import DraftLine, Rate
from utenza.billing.rules.taxes import work_out_taxes

CENT = 10_000
RATES = {"standard": Rate(basis_points=2200), "reduced_4": Rate(basis_points=400)}


def draft_line(text: str, cents: int, **changes: Any) -> DraftLine:
    """Return a monthly fee of February 2026 with tax included."""
    values: dict[str, Any] = {
        "kind": "recurring",
        "node_id": 1,
        "agreement_id": 1,
        "line_id": 1,
        "text": text,
        "period_start": date(2026, 2, 1),
        "period_end": date(2026, 3, 1),
        "amount_micro": cents * CENT,
        "tax_included": True,
        "tax_category": "standard",
    }
    return DraftLine(**{**values, **changes})


def bill_view(*lines: DraftLine, names: dict[int, str] | None = None, **changes: Any) -> BillView:
    """Return an issued bill with these lines, its taxes worked out as billing does."""
    taxed = work_out_taxes(lines=lines, rate_of=RATES.__getitem__, step_micro=CENT)
    net, tax = sum(taxed.nets_micro), sum(row.tax_micro for row in taxed.rows)
    names = names or {1: "Anna Bianchi"}
    views = tuple(
        BillLineView(
            bill_line_id=position,
            position=position,
            node_id=line.node_id,
            node_name=names[line.node_id],
            agreement_id=line.agreement_id,
            line_id=line.line_id,
            kind=line.kind,
            text=line.text,
            detail=line.detail,
            period_start=line.period_start,
            period_end=line.period_end,
            quantity=line.quantity,
            unit=line.unit,
            amount_micro=line.amount_micro,
            net_micro=taxed.nets_micro[position - 1],
            tax_included=line.tax_included,
            tax_category=line.tax_category,
            tax_rate_bp=taxed.rates_bp[position - 1],
            explanation=line.explanation,
        )
        for position, line in enumerate(lines, start=1)
    )
    view = BillView(
        bill_id=1,
        number="F-2026-000123",
        account_id=1,
        customer_id=1,
        kind="regular",
        status="issued",
        period_start=date(2026, 2, 1),
        period_end=date(2026, 3, 1),
        issue_date=date(2026, 3, 1),
        due_date=date(2026, 3, 21),
        net_micro=net,
        tax_micro=tax,
        total_micro=net + tax,
        open_micro=max(net + tax, 0),
        currency="EUR",
        account_number="A0000042",
        run_id=1,
        language="en",
        issued_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
        addressee={
            "name": "Anna Bianchi",
            "attention": "",
            "lines": ["Via Roma 1", "00153 Roma (RM)"],
            "country": "IT",
            "tax_code": "BNCNNA80A41H501X",
            "vat_number": "",
            "customer_number": "C0000042",
            "payment_method": "transfer",
            "iban": "",
        },
        usage_pin={},
        previous_bill_id=None,
        previous_number="",
        previous_total_micro=None,
        corrects_bill_id=None,
        corrects_number="",
        reason="",
        lines=views,
        taxes=tuple(
            BillTaxView(
                category=row.category,
                rate_bp=row.rate_bp,
                net_micro=row.net_micro,
                tax_micro=row.tax_micro,
                source=row.source,
            )
            for row in taxed.rows
        ),
        difference=("A first bill.",),
    )
    return replace(view, **changes)

"""Makers of offers, agreements and bills; `bill_view` makes one that was never in a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from tests.factories.provisioning import planned_line
from utenza.billing import operations
from utenza.billing.queries import BillLineView, BillTaxView, BillView
from utenza.billing.rules import DraftLine, Rate
from utenza.billing.rules.taxes import work_out_taxes
from utenza.catalog import operations as catalog
from utenza.catalog.rules import DiscountSpec, OfferSpec, PriceSpec, VersionSpec
from utenza.core.money import Money

CENT = 10_000
_serial = count(1)
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


def fibre(
    *,
    at: datetime,
    monthly: str = "29.90",
    activation: str = "",
    percent_off: int = 0,
    months_off: int = 3,
    tax_included: bool = True,
    in_advance: bool = True,
) -> int:
    """Launch a fibre plan and return its version's id."""
    money = {"tax_included": tax_included, "tax_category": "standard"}
    prices = [
        PriceSpec(
            kind="recurring",
            name_en="Monthly fee",
            name_it="Canone mensile",
            amount=Money.of(monthly, "EUR"),
            in_advance=in_advance,
            **money,
        )
    ]
    if activation:
        prices.append(
            PriceSpec(
                kind="one_off", name_en="Activation", name_it="Attivazione", amount=Money.of(activation, "EUR"), **money
            )
        )
    discount = DiscountSpec(
        kind="percentage",
        name_en="Welcome",
        name_it="Benvenuto",
        basis_points=percent_off * 100,
        duration_months=months_off,
    )
    ref = catalog.create_offer_version(
        offer=OfferSpec(
            code=f"fibra-{next(_serial)}", market="fixed", payment="postpaid", kind="plan", service_kind="internet"
        ),
        version=VersionSpec(
            version=1,
            valid_from=date(2024, 1, 1),
            name_en="Fibre 100",
            name_it="Fibra 100",
            network_profile="fibre-100-20",
            prices=tuple(prices),
            discounts=(discount,) if percent_off else (),
        ),
        at=at,
    )
    catalog.launch(offer_version_id=ref.offer_version_id, at=at)
    return ref.offer_version_id


def agreement(
    *, customer_id: int, account_id: int, offer_version_id: int, start: date, at: datetime, end: date | None = None
) -> int:
    """Write an agreement in force from `start`, as ordering does when the network has confirmed; return its id."""
    from utenza.ordering.models import Agreement, AgreementVersion

    line = planned_line(at=at, customer_id=customer_id)
    row = Agreement.objects.create(
        number=f"G{next(_serial):07d}",
        customer_id=customer_id,
        account_id=account_id,
        line_id=line.line_id,
        status="ended" if end else "active",
        start_date=start,
        end_date=end,
    )
    AgreementVersion.objects.create(agreement=row, offer_version_id=offer_version_id, from_date=start)
    return row.pk


def issued_run(*, cycle_date: date, at: datetime, by: int | None, approver: int | None) -> int:
    """Take a bill run from its plan to its bills, within the transaction of a test; return its id."""
    run_id = operations.plan_run(cycle_date=cycle_date, at=at, by=by)
    operations.start_calculation(run_id=run_id, at=at)
    while operations.calculate_chunk(run_id=run_id, at=at):
        pass
    operations.approve(run_id=run_id, at=at, by=approver)
    operations.start_issuing(run_id=run_id, at=at)
    while operations.issue_chunk(run_id=run_id, at=at):
        pass
    return run_id


def end_agreements(*, account_id: int, end: date) -> None:
    """End every agreement that the account pays for; `end` is the first day not charged."""
    from utenza.ordering.models import Agreement

    Agreement.objects.filter(account_id=account_id).update(end_date=end, status="ended")

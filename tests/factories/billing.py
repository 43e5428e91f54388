"""Makers of offers, agreements and bill runs."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count

from tests.factories.provisioning import planned_line
from utenza.billing import operations
from utenza.catalog import operations as catalog
from utenza.catalog.rules import DiscountSpec, OfferSpec, PriceSpec, VersionSpec
from utenza.core.money import Money

_serial = count(1)


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

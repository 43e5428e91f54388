"""Makers of a priced line and of records of its usage."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.factories.parties import person_customer
from tests.factories.provisioning import technicians_confirm
from utenza.catalog import operations as catalog
from utenza.catalog.rules import OfferSpec, PriceSpec, VersionSpec
from utenza.core.money import Money
from utenza.infra.work import drain_all
from utenza.ordering import operations as ordering
from utenza.ordering.rules import ItemSpec
from utenza.parties import operations as parties
from utenza.provisioning import queries as provisioning
from utenza.usage.records import UsageRecord

ORDERED = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)  # 1 February in Rome

TARIFF: dict[str, Any] = {
    "tariff": "misura",
    "currency": "EUR",
    "prices": "gross",
    "time_zone": "Europe/Rome",
    "zones": {"italy": ["39"], "germany": ["49"]},
    "voice": [
        {"zone": "italy", "price_per_minute": "0.06", "first_increment": 60, "next_increment": 60},
        {"zone": "germany", "price_per_minute": "0.30", "first_increment": 1, "next_increment": 1},
    ],
    "data": [{"zone": "any", "block": 1_000_000, "price_per_block": "0.01"}],
    "sms": [{"zone": "any", "price_per_message": "0.10"}],
    "allowances": [{"name": "minuti", "kind": "voice", "amount": 600, "zones": ["italy"], "priority": 1}],
}


def metered_line(*, bill_day: int = 1) -> provisioning.LineView:
    """Return an active postpaid line whose plan has a tariff for everything."""
    catalog.create_tariff_version(code="misura", version=1, valid_from=date(2026, 1, 1), document=TARIFF, at=ORDERED)
    offer = OfferSpec(code="a-misura", market="fixed", payment="postpaid", kind="plan", service_kind="internet")
    price = PriceSpec(
        kind="recurring", name_en="Monthly fee", name_it="Canone", amount=Money.of("10", "EUR"), tax_included=True
    )
    version = VersionSpec(
        version=1,
        valid_from=date(2026, 1, 1),
        name_en="Metered",
        name_it="A misura",
        tariff="misura/1",
        network_profile="fibre-100-20",
        prices=(price,),
    )
    ref = catalog.create_offer_version(offer=offer, version=version, at=ORDERED)
    catalog.launch(offer_version_id=ref.offer_version_id, at=ORDERED)
    customer_id = person_customer(at=ORDERED).customer_id
    account = parties.open_account(
        customer_id=customer_id,
        bill_day=bill_day,
        cycle_months=1,
        language="it",
        delivery_channel="email",
        email="a@example.it",
        currency="EUR",
        at=ORDERED,
    )
    order = ordering.place_order(
        customer_id=customer_id,
        account_id=account.account_id,
        items=[ItemSpec(offer_version_id=ref.offer_version_id)],
        at=ORDERED,
        idempotency_key=f"metered:{customer_id}",
    )
    drain_all(at=ORDERED)
    technicians_confirm(at=ORDERED)
    drain_all(at=ORDERED)
    return provisioning.line(order.line_ids[0])


def call(
    record_id: str, line: provisioning.LineView, at: datetime, seconds: int, number: str = "390612345678"
) -> UsageRecord:
    """Return a call by the line."""
    return UsageRecord(
        record_id=record_id,
        kind="voice",
        started_at=at,
        quantity=seconds,
        identifier=line.identifiers[0],
        b_number=number,
    )

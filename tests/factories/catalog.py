"""Makers of offers on sale: the operator's whole catalogue, or one offer of it."""

from __future__ import annotations

from datetime import date, datetime
from importlib import resources

from tests.factories.parties import AT
from utenza.catalog import operations, queries
from utenza.catalog.operations import OfferVersionRef
from utenza.catalog.queries import OfferVersionView
from utenza.catalog.rules import OfferSpec, PriceSpec, VersionSpec
from utenza.core.money import Money
from utenza.infra.operator import local_date

SOLD_FROM = date(2025, 1, 1)


def catalogue(*, at: datetime = AT) -> None:
    """Put the demonstration's catalogue on sale. Safe to repeat."""
    text = resources.files("utenza.demo").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    operations.import_catalogue(document=operations.parse_text(text), at=at)


def offer_on_sale(code: str, *, at: datetime = AT) -> OfferVersionView:
    """Return an offer of the demonstration's catalogue, which is put on sale if it is not yet."""
    catalogue(at=at)
    found = queries.version_on_sale(code=code, on_date=local_date(at))
    assert found is not None, f"{code} is not sold"
    return found


def fibre_offer(*, at: datetime = AT) -> OfferVersionView:
    """Return fibre for a private home, paid by bill, with a one-off, a promotion and a data allowance."""
    return offer_on_sale("fibra-100", at=at)


def voice_addon(*, at: datetime = AT) -> OfferVersionView:
    """Return the fixed voice add-on that goes with fibre."""
    return offer_on_sale("voce", at=at)


def prepaid_mobile_offer(*, at: datetime = AT) -> OfferVersionView:
    """Return mobile paid from a balance, without a monthly fee."""
    return offer_on_sale("mobile-ricarica", at=at)


def business_offer(*, at: datetime = AT) -> OfferVersionView:
    """Return fibre for companies, with net prices."""
    return offer_on_sale("business-fibra", at=at)


def simple_offer(
    *,
    code: str = "semplice",
    version: int = 1,
    valid_from: date = SOLD_FROM,
    monthly: str = "10.00",
    launched: bool = True,
    at: datetime = AT,
) -> OfferVersionRef:
    """Write a postpaid fixed plan with one monthly price, and launch it unless told otherwise."""
    offer = OfferSpec(code=code, market="fixed", payment="postpaid", kind="plan", service_kind="internet")
    price = PriceSpec(
        kind="recurring", name_en="Monthly fee", name_it="Canone", amount=Money.of(monthly, "EUR"), tax_included=True
    )
    content = VersionSpec(version=version, valid_from=valid_from, name_en="Simple", name_it="Semplice", prices=(price,))
    ref = operations.create_offer_version(offer=offer, version=content, at=at)
    if launched:
        operations.launch(offer_version_id=ref.offer_version_id, at=at)
    return ref

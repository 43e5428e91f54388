"""What charging asks the catalog and ordering: what an agreement of a prepaid line costs, each month and once."""

from __future__ import annotations

from dataclasses import dataclass

from utenza.catalog import queries as catalog
from utenza.catalog.queries import OfferVersionView, PriceView
from utenza.charging import rules
from utenza.core.errors import N_, Refusal
from utenza.core.money import Money, minor_step_micro
from utenza.country import rules as country_rules
from utenza.infra.operator import profile
from utenza.ordering import queries as ordering


class FeeOfSeveralTaxes(Refusal):
    code = "fee_of_several_taxes"
    text = N_("The recurring prices of %(offer)s are taxed differently, and a prepaid fee has one tax: part the offer.")


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee, tax included. `price_id` names the one price of a one-off fee; a monthly fee sums up all there are."""

    amount: Money
    tax_category: str
    price_id: int = 0


def monthly_fee(agreement_id: int) -> Fee | None:
    """Return what an agreement costs each month by the offer that holds now, or None if it is not prepaid.

    :raises FeeOfSeveralTaxes: if its prices have different tax categories.
    """
    agreement = ordering.agreement(agreement_id)
    offer = catalog.offer_version(agreement.offer_version_id)
    if offer.payment != "prepaid":
        return None
    prices = [price for price in offer.prices if price.kind == "recurring"]
    categories = {price.tax_category for price in prices} or {"standard"}
    if len(categories) > 1:
        raise FeeOfSeveralTaxes(offer=offer.code)
    unit = offer.currency
    return Fee(Money(sum(_gross_micro(offer, price) for price in prices), unit), categories.pop())


def one_off_fees(agreement_id: int) -> list[Fee]:
    """Return what an agreement costs once by the offer that it began with; nothing if it is not prepaid or free."""
    agreement = ordering.agreement(agreement_id)
    first = min(ordering.agreement_versions(agreement_id), key=lambda stay: stay.from_date, default=None)
    offer = catalog.offer_version(first.offer_version_id if first else agreement.offer_version_id)
    if offer.payment != "prepaid":
        return []
    return [
        Fee(Money(_gross_micro(offer, price), offer.currency), price.tax_category, price.price_id)
        for price in offer.prices
        if price.kind == "one_off" and price.amount_micro
    ]


def _gross_micro(offer: OfferVersionView, price: PriceView) -> int:
    if price.tax_included:
        return price.amount_micro
    return rules.gross_of_net(
        net_micro=price.amount_micro,
        rate_bp=country_rules(profile().country).vat_rate(price.tax_category, offer.valid_from),
        step_micro=minor_step_micro(offer.currency),
    )

"""What charging asks the catalog and ordering: what an agreement of a prepaid line costs each month."""

from __future__ import annotations

from dataclasses import dataclass

from utenza.catalog import queries as catalog
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
    """A monthly fee with its tax."""

    amount: Money
    tax_category: str


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
    total = sum(
        price.amount_micro
        if price.tax_included
        else rules.gross_of_net(
            net_micro=price.amount_micro,
            rate_bp=country_rules(profile().country).vat_rate(price.tax_category, offer.valid_from),
            step_micro=minor_step_micro(unit),
        )
        for price in prices
    )
    return Fee(Money(total, unit), categories.pop())

"""What ordering must know of an offer and of a customer to judge an order."""

from __future__ import annotations

from datetime import date

from utenza.catalog.queries import OfferVersionView
from utenza.ordering.rules import OfferFacts
from utenza.parties import queries as people
from utenza.parties.queries import CustomerView


def facts_of(offer: OfferVersionView, *, on_date: date) -> OfferFacts:
    return OfferFacts(
        offer_version_id=offer.offer_version_id,
        code=offer.code,
        name=offer.name_en,
        market=offer.market,
        service_kind=offer.service_kind,
        kind=offer.kind,
        payment=offer.payment,
        audience=offer.audience,
        requires=tuple(offer.requires),
        on_sale=offer.status == "launched"
        and offer.valid_from <= on_date
        and (offer.valid_to is None or on_date < offer.valid_to),
    )


def credit_class_of(customer: CustomerView) -> str:
    """Return the class of a node, which is its company's where the node has none of its own."""
    if customer.credit_class or customer.root_id == customer.customer_id:
        return customer.credit_class
    return people.customer(customer.root_id).credit_class

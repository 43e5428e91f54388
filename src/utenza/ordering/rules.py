"""What an order may hold, decided without the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from utenza.core.errors import N_, Refusal

# Class E has not earned the operator's trust for a bill at the month's end, and pays in advance instead.
CLASSES_WITHOUT_POSTPAID = frozenset({"E"})


class OrderEmpty(Refusal):
    code = "order_empty"
    text = N_("An order needs at least one offer: choose one.")


class OfferNotOnSale(Refusal):
    code = "offer_not_on_sale"
    text = N_("%(offer)s is not on sale today: choose an offer of the present list.")


class PlanMissing(Refusal):
    code = "plan_missing"
    text = N_("%(offer)s is an add-on: choose the plan that it goes with first.")


class PlanUnfit(Refusal):
    code = "plan_unfit"
    text = N_("%(offer)s does not go with %(plan)s: choose one of %(plans)s.")


class CreditClassForbids(Refusal):
    code = "credit_class_forbids"
    text = N_("Credit class %(credit_class)s cannot take %(offer)s, which is paid by bill: offer a prepaid plan.")


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """One offer to order. An add-on gives the index of its plan among the items as `parent`.

    `identifier` is a user name or number that was asked for; None means that one is made or taken from the free ones.
    """

    offer_version_id: int
    parent: int | None = None
    identifier: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What ordering must know of an offer version to judge it."""

    offer_version_id: int
    code: str
    name: str
    kind: str
    payment: str
    requires: tuple[str, ...]
    on_sale: bool


def check_items(
    *, items: Sequence[ItemSpec], offers: Mapping[int, OfferFacts], credit_class: str, allowed: Collection[int] = ()
) -> None:
    """Refuse an order that cannot be. `allowed` names versions that were promised before and may be off sale.

    :raises OrderEmpty: if nothing is ordered.
    :raises OfferNotOnSale: if an offer is not sold today.
    :raises PlanMissing: if an add-on names no plan.
    :raises PlanUnfit: if it names one that it does not go with.
    :raises CreditClassForbids: if the customer's class may not be billed afterwards.
    """
    if not items:
        raise OrderEmpty(field="items")
    for item in items:
        offer = offers[item.offer_version_id]
        if not offer.on_sale and item.offer_version_id not in allowed:
            raise OfferNotOnSale(field="items", offer=offer.name)
        if offer.payment == "postpaid" and credit_class in CLASSES_WITHOUT_POSTPAID:
            raise CreditClassForbids(field="items", credit_class=credit_class, offer=offer.name)
        if offer.kind != "addon":
            continue
        if item.parent is None or not 0 <= item.parent < len(items) or items[item.parent] is item:
            raise PlanMissing(field="items", offer=offer.name)
        plan = offers[items[item.parent].offer_version_id]
        if plan.kind == "addon" or (offer.requires and plan.code not in offer.requires):
            raise PlanUnfit(
                field="items", offer=offer.name, plan=plan.name, plans=", ".join(offer.requires) or plan.code
            )

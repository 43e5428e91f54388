"""What an order may hold, decided without the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from utenza.catalog.rules import audience_allows, credit_class_allows
from utenza.core.errors import N_, Refusal


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


class OfferForOthers(Refusal):
    code = "offer_for_others"
    text = N_("%(offer)s is not sold to this kind of customer: choose an offer of the present list.")


class ChangeUnfit(Refusal):
    code = "change_unfit"
    text = N_(
        "%(offer)s cannot take the place of %(present)s: choose an offer of the same service that is paid in the same "
        "way, or order it anew."
    )


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
    market: str
    service_kind: str
    kind: str
    payment: str
    audience: str
    requires: tuple[str, ...]
    on_sale: bool


def check_offer(*, offer: OfferFacts, credit_class: str, customer_kind: str, promised: bool = False) -> None:
    """Refuse an offer that this customer cannot have today. One that was `promised` before may be off sale.

    :raises OfferNotOnSale: if it is not sold today.
    :raises OfferForOthers: if it is sold to another kind of customer.
    :raises CreditClassForbids: if the customer's class may not be billed afterwards.
    """
    if not offer.on_sale and not promised:
        raise OfferNotOnSale(field="items", offer=offer.name)
    if not audience_allows(audience=offer.audience, customer_kind=customer_kind):
        raise OfferForOthers(field="items", offer=offer.name)
    if not credit_class_allows(credit_class=credit_class, payment=offer.payment):
        raise CreditClassForbids(field="items", credit_class=credit_class, offer=offer.name)


def check_change(
    *, present: OfferFacts, offer: OfferFacts, plan: OfferFacts | None, addons: Sequence[OfferFacts] = ()
) -> None:
    """Refuse an offer that cannot take the place of `present` on the same line and the same account.

    `plan` is what an add-on stands on, `addons` what stands on a plan: they must go together afterwards, too.

    :raises ChangeUnfit: if it is another service, paid otherwise, or a plan for an add-on.
    :raises PlanUnfit: if an add-on and its plan would not go together.
    """
    if (present.market, present.service_kind, present.kind, present.payment) != (
        offer.market,
        offer.service_kind,
        offer.kind,
        offer.payment,
    ):
        raise ChangeUnfit(field="offer", offer=offer.name, present=present.name)
    if plan is not None:
        _go_together(addon=offer, plan=plan)
    for addon in addons:
        _go_together(addon=addon, plan=offer)


def check_items(
    *,
    items: Sequence[ItemSpec],
    offers: Mapping[int, OfferFacts],
    credit_class: str,
    customer_kind: str,
    allowed: Collection[int] = (),
) -> None:
    """Refuse an order that cannot be. `allowed` names versions that were promised before and may be off sale.

    :raises OrderEmpty: if nothing is ordered.
    :raises OfferNotOnSale, OfferForOthers, CreditClassForbids: as `check_offer` says, of each offer.
    :raises PlanMissing: if an add-on names no plan.
    :raises PlanUnfit: if it names one that it does not go with.
    """
    if not items:
        raise OrderEmpty(field="items")
    for item in items:
        offer = offers[item.offer_version_id]
        check_offer(
            offer=offer,
            credit_class=credit_class,
            customer_kind=customer_kind,
            promised=item.offer_version_id in allowed,
        )
        if offer.kind != "addon":
            continue
        if item.parent is None or not 0 <= item.parent < len(items) or items[item.parent] is item:
            raise PlanMissing(field="items", offer=offer.name)
        _go_together(addon=offer, plan=offers[items[item.parent].offer_version_id])


def _go_together(*, addon: OfferFacts, plan: OfferFacts) -> None:
    if plan.kind == "addon" or (addon.requires and plan.code not in addon.requires):
        raise PlanUnfit(field="items", offer=addon.name, plan=plan.name, plans=", ".join(addon.requires) or plan.code)

"""Placing orders: by a representative, or from an accepted application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from utenza.application import operations as application
from utenza.application import queries as applications
from utenza.catalog import queries as catalog
from utenza.core.allocation import allocate
from utenza.core.errors import N_, Refusal
from utenza.core.events.ordering import OrderPlaced
from utenza.core.money import minor_step_micro
from utenza.infra import idempotency
from utenza.infra.numbering import next_code
from utenza.infra.operator import local_date, profile
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction
from utenza.ordering.models import Agreement, AgreementVersion, Order
from utenza.ordering.operations._facts import credit_class_of, facts_of
from utenza.ordering.rules import ItemSpec, OfferFacts, check_items
from utenza.ordering.states import OrderStatus
from utenza.parties import operations as parties
from utenza.parties import queries as people
from utenza.provisioning import operations as provisioning
from utenza.provisioning.rules import ServiceSpec

NEW_ORDERS = "new_orders"


class CustomerBlocked(Refusal):
    code = "customer_blocked"
    text = N_("%(customer)s may not order anything new (%(reason)s): settle this first.")


class CustomerIsEnded(Refusal):
    code = "customer_is_ended"
    text = N_("%(customer)s is no longer a customer: take a new application.")


class ApplicationHasNoOffers(Refusal):
    code = "application_has_no_offers"
    text = N_("Application %(application)s asks for no offer: choose one on its offer step.")


@dataclass(frozen=True, slots=True)
class OrderRef:
    """An order that was placed, and the lines it made."""

    order_id: int
    number: str
    line_ids: tuple[int, ...]


@demands_transaction
def place_order(
    *,
    customer_id: int,
    items: Sequence[ItemSpec],
    at: datetime,
    idempotency_key: str,
    account_id: int | None = None,
    by: str = "",
    application_id: int | None = None,
    deposit_micro: int = 0,
) -> OrderRef:
    """Order offers for one node of a customer: a line for each plan, its add-ons on the same line.

    With a `deposit_micro` (of the paying account's currency) the order waits for `confirm_deposit`; without, or where
    nothing in it is paid by bill, the network is asked after the commit. Agreements come into force when it has
    confirmed. Postpaid offers are paid by `account_id`, or, if it is None, by the account that pays for the node. Safe
    to repeat with the same key.

    :raises CustomerIsEnded: if the customer has left.
    :raises CustomerBlocked: if a block on new orders stands.
    :raises NoPayingAccount: if nobody could be billed for a postpaid offer.
    :raises OrderEmpty, OfferNotOnSale, PlanMissing, PlanUnfit, CreditClassForbids: as `rules.check_items` says.
    """
    payload = {
        "customer_id": customer_id,
        "account_id": account_id,
        "items": [[item.offer_version_id, item.parent, item.identifier, dict(item.attributes)] for item in items],
        "deposit_micro": deposit_micro,
    }

    def place() -> dict[str, Any]:
        return _place(
            customer_id=customer_id,
            account_id=account_id,
            items=items,
            at=at,
            by=by,
            key=idempotency_key,
            application_id=application_id,
            deposit_micro=deposit_micro,
        )

    result = idempotency.once(key=idempotency_key, scope="ordering.place_order", payload=payload, operation=place)
    return OrderRef(int(result["order_id"]), str(result["number"]), tuple(result["line_ids"]))


@demands_transaction
def place_order_from_application(*, application_id: int, at: datetime, by: str = "") -> list[OrderRef]:
    """Order what an accepted application asks for, one order for each node of the customer. Safe to repeat.

    The application's deposit is parted among the orders with something to bill, and each waits for its own part.

    :raises ApplicationHasNoOffers: if nothing was chosen.
    :raises ForbiddenMove: if the application was not accepted.
    """
    found = applications.application(application_id)
    if not found.offers:
        raise ApplicationHasNoOffers(field="offers", application=found.number)
    application.mark_ordered(application_id=application_id, at=at)
    placed = []
    deposits = _deposits(found)
    for node_id in _nodes(found):
        indices = [index for index, choice in enumerate(found.offers) if choice.customer_id == node_id]
        where: dict[int | None, int] = {index: position for position, index in enumerate(indices)}
        placed.append(
            place_order(
                customer_id=node_id,
                account_id=found.offers[indices[0]].account_id,
                items=[
                    ItemSpec(
                        found.offers[index].offer_version_id,
                        parent=where.get(found.offers[index].parent),
                    )
                    for index in indices
                ],
                at=at,
                by=by,
                idempotency_key=f"application:{application_id}:{node_id}",
                application_id=application_id,
                deposit_micro=deposits.get(node_id, 0),
            )
        )
    return placed


def _nodes(found: applications.ApplicationView) -> list[int]:
    return sorted({choice.customer_id for choice in found.offers if choice.customer_id is not None})


def _deposits(found: applications.ApplicationView) -> dict[int, int]:
    """Return each node's part of the application's deposit, in whole cents; nodes with nothing to bill have none."""
    billed = {
        choice.customer_id
        for choice in found.offers
        if choice.customer_id is not None and catalog.offer_version(choice.offer_version_id).payment == "postpaid"
    }
    nodes = sorted(billed)
    if not nodes or not found.deposit_micro:
        return {}
    step = minor_step_micro(profile().currency)
    return dict(zip(nodes, allocate(total=found.deposit_micro, weights=[1] * len(nodes), step=step), strict=True))


def _place(
    *,
    customer_id: int,
    account_id: int | None,
    items: Sequence[ItemSpec],
    at: datetime,
    by: str,
    key: str,
    application_id: int | None,
    deposit_micro: int,
) -> dict[str, Any]:
    parties.lock_customer(customer_id=customer_id)
    customer = people.customer(customer_id)
    if customer.status == "ended":
        raise CustomerIsEnded(customer=customer.name)
    for block in people.blocks(customer_id, kind=NEW_ORDERS):
        raise CustomerBlocked(customer=customer.name, reason=block.reason)
    offers = {item.offer_version_id: catalog.offer_version(item.offer_version_id) for item in items}
    facts = {number: facts_of(offer, on_date=local_date(at)) for number, offer in offers.items()}
    check_items(items=items, offers=facts, credit_class=credit_class_of(customer), customer_kind=customer.kind)
    payer = _payer(customer_id=customer_id, account_id=account_id, facts=list(facts.values()))
    awaited = deposit_micro if payer is not None else 0
    order = Order.objects.create(
        number=next_code(series="order", prefix="O", width=8),
        key=key,
        customer_id=customer_id,
        application_id=application_id,
        status=OrderStatus.AWAITING_DEPOSIT if awaited else OrderStatus.IN_PROGRESS,
        placed_at=at,
        placed_by=by,
        deposit_micro=awaited,
        deposit_account_id=payer if awaited else None,
    )
    made: dict[int, Agreement] = {}
    lines: list[int] = []
    for index in sorted(range(len(items)), key=lambda one: (items[one].parent is not None, one)):
        item, offer = items[index], offers[items[index].offer_version_id]
        spec = ServiceSpec(
            kind=offer.service_kind,
            profile=offer.network_profile,
            identifier=item.identifier,
            attributes=item.attributes,
        )
        parent = made[item.parent] if item.parent is not None else None
        if parent is None or parent.line_id is None:
            line = provisioning.create_line(
                customer_id=customer_id, market=offer.market, payment=offer.payment, services=[spec], at=at
            )
            line_id, service_id = line.line_id, line.services[0].service_id
            lines.append(line_id)
        else:
            line_id = parent.line_id
            service_id = provisioning.add_service(line_id=line_id, service=spec, at=at).service_id
        made[index] = _agree(
            order=order,
            position=index,
            line_id=line_id,
            service_id=service_id,
            account_id=payer if offer.payment == "postpaid" else None,
            parent=parent,
            offer_version_id=offer.offer_version_id,
        )
    for line_id in [] if awaited else lines:
        provisioning.activate(line_id=line_id, at=at)
    announce(OrderPlaced(at=at, customer_id=customer_id, order_id=order.pk, order_number=order.number))
    return {"order_id": order.pk, "number": order.number, "line_ids": lines}


def _agree(
    *,
    order: Order,
    position: int,
    line_id: int,
    service_id: int,
    account_id: int | None,
    parent: Agreement | None,
    offer_version_id: int,
) -> Agreement:
    agreement = Agreement.objects.create(
        number=next_code(series="agreement", prefix="G", width=8),
        order=order,
        position=position,
        customer_id=order.customer_id,
        account_id=account_id,
        line_id=line_id,
        service_id=service_id,
        parent=parent,
    )
    AgreementVersion.objects.create(agreement=agreement, offer_version_id=offer_version_id)
    return agreement


def _payer(*, customer_id: int, account_id: int | None, facts: Sequence[OfferFacts]) -> int | None:
    if all(fact.payment == "prepaid" for fact in facts):
        return None
    if account_id is not None:
        return account_id
    return people.paying_account(customer_id).account_id

"""Public writes of ordering; each demands an open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from utenza.application import operations as application
from utenza.application import queries as applications
from utenza.catalog import queries as catalog
from utenza.catalog.queries import OfferVersionView
from utenza.core.errors import N_, Refusal
from utenza.core.events.ordering import (
    AgreementChanged,
    AgreementEnded,
    AgreementStarted,
    OrderCancelled,
    OrderCompleted,
    OrderPlaced,
)
from utenza.infra import idempotency
from utenza.infra.numbering import next_code
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ordering.models import Agreement, AgreementVersion, Order
from utenza.ordering.queries import UnknownAgreement, UnknownOrder
from utenza.ordering.queries import agreement as agreement_view
from utenza.ordering.rules import ItemSpec, OfferFacts, check_change, check_items, check_offer
from utenza.ordering.states import AGREEMENT_MOVES, ORDER_MOVES, AgreementStatus, OrderStatus
from utenza.parties import operations as parties
from utenza.parties import queries as people
from utenza.parties.queries import CustomerView
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network
from utenza.provisioning.rules import ServiceSpec

__all__ = [
    "ItemSpec",
    "OrderRef",
    "cancel_order",
    "change_offer",
    "complete_line",
    "end_agreement",
    "fall_out",
    "place_order",
    "place_order_from_application",
]

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


class AgreementNotInForce(Refusal):
    code = "agreement_not_in_force"
    text = N_("Agreement %(agreement)s is not in force: reload the page to see what it is now.")


class ChangeInThePast(Refusal):
    code = "change_in_the_past"
    text = N_("An agreement cannot be changed before it began (%(start_date)s): choose a later day.")


class ChangeAhead(Refusal):
    code = "change_ahead"
    text = N_("%(from_date)s lies ahead: ask for the change on that day, since the network changes at once.")


class OrderIsDone(Refusal):
    code = "order_is_done"
    text = N_("Order %(order)s is completed already: terminate its services instead of cancelling it.")


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
) -> OrderRef:
    """Order offers for one node of a customer: a line for each plan, its add-ons on the same line.

    The network is asked after the commit; agreements come into force when it has confirmed. Postpaid offers are paid
    by `account_id`, or, if it is None, by the account that pays for the node. Safe to repeat with the same key.

    :raises CustomerIsEnded: if the customer has left.
    :raises CustomerBlocked: if a block on new orders stands.
    :raises NoPayingAccount: if nobody could be billed for a postpaid offer.
    :raises OrderEmpty, OfferNotOnSale, PlanMissing, PlanUnfit, CreditClassForbids: as `rules.check_items` says.
    """
    payload = {
        "customer_id": customer_id,
        "account_id": account_id,
        "items": [[item.offer_version_id, item.parent, item.identifier, dict(item.attributes)] for item in items],
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
        )

    result = idempotency.once(key=idempotency_key, scope="ordering.place_order", payload=payload, operation=place)
    return OrderRef(int(result["order_id"]), str(result["number"]), tuple(result["line_ids"]))


@demands_transaction
def place_order_from_application(*, application_id: int, at: datetime, by: str = "") -> list[OrderRef]:
    """Order what an accepted application asks for, one order for each node of the customer. Safe to repeat.

    :raises ApplicationHasNoOffers: if nothing was chosen.
    :raises ForbiddenMove: if the application was not accepted.
    """
    found = applications.application(application_id)
    if not found.offers:
        raise ApplicationHasNoOffers(field="offers", application=found.number)
    application.mark_ordered(application_id=application_id, at=at)
    placed = []
    for node_id in sorted({choice.customer_id for choice in found.offers if choice.customer_id is not None}):
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
            )
        )
    return placed


@demands_transaction
def complete_line(*, line_id: int, at: datetime) -> None:
    """Put in force what waits on a line whose services the network has confirmed, and complete its order.

    Agreements start on the operator's day of `at`. Safe to repeat: what is in force is left alone.
    """
    waiting = Agreement.objects.select_for_update().filter(line_id=line_id, status=AgreementStatus.PENDING)
    ready = {service.service_id for service in network.line(line_id).services if service.actual_state == "active"}
    start_date = local_date(at)
    orders: set[int] = set()
    for row in waiting.order_by("pk"):
        if row.service_id not in ready:
            continue
        AgreementVersion.objects.filter(agreement=row).update(from_date=start_date)
        row.start_date = start_date
        row.save(update_fields=["start_date"])
        move(row, table=AGREEMENT_MOVES, to=AgreementStatus.ACTIVE)
        if row.order_id is not None:
            orders.add(row.order_id)
        parties.activate_customer(customer_id=row.customer_id, at=at)
        announce(
            AgreementStarted(
                at=at,
                customer_id=row.customer_id,
                account_id=row.account_id or 0,
                agreement_id=row.pk,
                line_id=line_id,
                start_date=start_date,
            )
        )
    for order_id in sorted(orders):
        _complete_order(order_id=order_id, at=at)


@demands_transaction
def fall_out(*, line_id: int, why: str) -> None:
    """Mark the orders that wait for a line as needing a person, with the reason. Safe to repeat."""
    waiting = Order.objects.select_for_update().filter(
        status=OrderStatus.IN_PROGRESS,
        pk__in=Agreement.objects.filter(line_id=line_id, status=AgreementStatus.PENDING).values("order_id"),
    )
    for row in waiting.order_by("pk"):
        row.problem = why[:300]
        row.save(update_fields=["problem"])
        move(row, table=ORDER_MOVES, to=OrderStatus.FALLOUT)


@demands_transaction
def cancel_order(*, order_id: int, reason: str, at: datetime) -> None:
    """Cancel an order that is not completed, and give back in the network what it had asked for. Safe to repeat.

    What is in force already on its lines ends today.

    :raises UnknownOrder: if there is none.
    :raises OrderIsDone: if it is completed.
    """
    row = Order.objects.select_for_update().filter(pk=order_id).first()
    if row is None:
        raise UnknownOrder(order=order_id)
    if row.status == OrderStatus.CANCELLED:
        return
    if row.status == OrderStatus.COMPLETED:
        raise OrderIsDone(order=row.number)
    lines: set[int] = set()
    for agreement in Agreement.objects.select_for_update().filter(order=row).order_by("pk"):
        if agreement.line_id is not None:
            lines.add(agreement.line_id)
        if agreement.status == AgreementStatus.PENDING:
            move(agreement, table=AGREEMENT_MOVES, to=AgreementStatus.CANCELLED)
        elif agreement.status == AgreementStatus.ACTIVE:
            end_agreement(agreement_id=agreement.pk, end_date=local_date(at), at=at, reason="cancelled")
    for line_id in sorted(lines):
        provisioning.cease(line_id=line_id, at=at)
    row.problem = ""
    row.save(update_fields=["problem"])
    move(row, table=ORDER_MOVES, to=OrderStatus.CANCELLED)
    announce(
        OrderCancelled(at=at, customer_id=row.customer_id, order_id=row.pk, order_number=row.number, reason=reason)
    )


@demands_transaction
def change_offer(*, agreement_id: int, offer_version_id: int, from_date: date, at: datetime) -> None:
    """Hold an agreement in another offer version from a day on, and tell the network its profile.

    The day is today or a past one since which the customer was promised the change. Safe to repeat: a change that
    stands already changes nothing.

    :raises UnknownAgreement: if there is none.
    :raises AgreementNotInForce: if it is not active.
    :raises ChangeInThePast: if the day lies before the present stretch began.
    :raises ChangeAhead: if the day has not come yet.
    :raises OfferNotOnSale, OfferForOthers, CreditClassForbids: if the customer cannot have the offer.
    :raises ChangeUnfit, PlanUnfit: if it cannot take the place of the present one.
    """
    row = _locked(agreement_id)
    if row.status != AgreementStatus.ACTIVE:
        raise AgreementNotInForce(agreement=row.number)
    present = AgreementVersion.objects.filter(agreement=row).order_by("-from_date").first()
    if present is None or present.from_date is None:
        raise AgreementNotInForce(agreement=row.number)
    if present.offer_version_id == offer_version_id:
        return
    if from_date < present.from_date:
        raise ChangeInThePast(field="from_date", start_date=present.from_date.isoformat())
    if from_date > local_date(at):
        raise ChangeAhead(field="from_date", from_date=from_date.isoformat())
    offer = catalog.offer_version(offer_version_id)
    _check_change(row, present=present, offer=offer, on_date=local_date(at))
    if from_date == present.from_date:
        # No day was lived in the present version: it is replaced, since a stretch without days tells nothing.
        present.offer_version_id = offer_version_id
        present.save(update_fields=["offer_version"])
    else:
        present.to_date = from_date
        present.save(update_fields=["to_date"])
        AgreementVersion.objects.create(agreement=row, offer_version_id=offer_version_id, from_date=from_date)
    if offer.network_profile and row.line_id is not None:
        provisioning.modify_profile(line_id=row.line_id, profile=offer.network_profile, at=at, kind=offer.service_kind)
    announce(
        AgreementChanged(
            at=at,
            customer_id=row.customer_id,
            account_id=row.account_id or 0,
            agreement_id=row.pk,
            line_id=row.line_id or 0,
            from_date=from_date,
        )
    )


@demands_transaction
def end_agreement(*, agreement_id: int, end_date: date, at: datetime, reason: str) -> None:
    """End an agreement; `end_date` is the first day that is not charged. Safe to repeat.

    Does not cease the service: who ends the agreement asks provisioning too.

    :raises UnknownAgreement: if there is none.
    :raises AgreementNotInForce: if it never came into force.
    """
    row = _locked(agreement_id)
    if row.status == AgreementStatus.ENDED:
        return
    if row.status != AgreementStatus.ACTIVE or row.start_date is None:
        raise AgreementNotInForce(agreement=row.number)
    row.end_date = max(end_date, row.start_date)
    row.end_reason = reason
    row.save(update_fields=["end_date", "end_reason"])
    move(row, table=AGREEMENT_MOVES, to=AgreementStatus.ENDED)
    versions = AgreementVersion.objects.filter(agreement=row)
    versions.filter(from_date__gt=row.end_date).delete()
    for stretch in versions.filter(to_date__isnull=True) | versions.filter(to_date__gt=row.end_date):
        stretch.to_date = row.end_date
        stretch.save(update_fields=["to_date"])
    announce(
        AgreementEnded(
            at=at,
            customer_id=row.customer_id,
            account_id=row.account_id or 0,
            agreement_id=row.pk,
            line_id=row.line_id or 0,
            end_date=row.end_date,
            reason=reason,
        )
    )


def _place(
    *,
    customer_id: int,
    account_id: int | None,
    items: Sequence[ItemSpec],
    at: datetime,
    by: str,
    key: str,
    application_id: int | None,
) -> dict[str, Any]:
    parties.lock_customer(customer_id=customer_id)
    customer = people.customer(customer_id)
    if customer.status == "ended":
        raise CustomerIsEnded(customer=customer.name)
    for block in people.blocks(customer_id, kind=NEW_ORDERS):
        raise CustomerBlocked(customer=customer.name, reason=block.reason)
    offers = {item.offer_version_id: catalog.offer_version(item.offer_version_id) for item in items}
    facts = {number: _facts(offer, on_date=local_date(at)) for number, offer in offers.items()}
    check_items(items=items, offers=facts, credit_class=_credit_class(customer), customer_kind=customer.kind)
    payer = _payer(customer_id=customer_id, account_id=account_id, facts=list(facts.values()))
    order = Order.objects.create(
        number=next_code(series="order", prefix="O", width=8),
        key=key,
        customer_id=customer_id,
        application_id=application_id,
        placed_at=at,
        placed_by=by,
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
    for line_id in lines:
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


def _check_change(row: Agreement, *, present: AgreementVersion, offer: OfferVersionView, on_date: date) -> None:
    customer = people.customer(row.customer_id)
    facts = _facts(offer, on_date=on_date)
    check_offer(offer=facts, credit_class=_credit_class(customer), customer_kind=customer.kind)
    addons = Agreement.objects.filter(parent=row, status__in=[AgreementStatus.PENDING, AgreementStatus.ACTIVE])
    check_change(
        present=_facts(catalog.offer_version(present.offer_version_id), on_date=on_date),
        offer=facts,
        plan=None if row.parent_id is None else _held(row.parent_id, on_date=on_date),
        addons=[_held(addon_id, on_date=on_date) for addon_id in addons.order_by("pk").values_list("pk", flat=True)],
    )


def _held(agreement_id: int, *, on_date: date) -> OfferFacts:
    return _facts(catalog.offer_version(agreement_view(agreement_id).offer_version_id), on_date=on_date)


def _credit_class(customer: CustomerView) -> str:
    """Return the class of a node, which is its company's where the node has none of its own."""
    if customer.credit_class or customer.root_id == customer.customer_id:
        return customer.credit_class
    return people.customer(customer.root_id).credit_class


def _payer(*, customer_id: int, account_id: int | None, facts: Sequence[OfferFacts]) -> int | None:
    if all(fact.payment == "prepaid" for fact in facts):
        return None
    if account_id is not None:
        return account_id
    return people.paying_account(customer_id).account_id


def _facts(offer: OfferVersionView, *, on_date: date) -> OfferFacts:
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


def _complete_order(*, order_id: int, at: datetime) -> None:
    row = Order.objects.select_for_update().get(pk=order_id)
    if row.status not in (OrderStatus.IN_PROGRESS, OrderStatus.FALLOUT):
        return
    if Agreement.objects.filter(order=row, status=AgreementStatus.PENDING).exists():
        return
    row.completed_at, row.problem = at, ""
    row.save(update_fields=["completed_at", "problem"])
    move(row, table=ORDER_MOVES, to=OrderStatus.COMPLETED)
    announce(OrderCompleted(at=at, customer_id=row.customer_id, order_id=row.pk, order_number=row.number))


def _locked(agreement_id: int) -> Agreement:
    row = Agreement.objects.select_for_update().filter(pk=agreement_id).first()
    if row is None:
        raise UnknownAgreement(agreement=agreement_id)
    return row

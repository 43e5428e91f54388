"""Makers of number ranges, lines and what the network confirms of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tests.factories.parties import person_customer, person_with_account
from utenza.provisioning import operations, queries
from utenza.provisioning.dispatch import carry_out_due
from utenza.provisioning.operations import LineRef, ServiceSpec


def number_range(*, at: datetime, kind: str = "voice", first: str = "390650010000", count: int = 20) -> None:
    """Take `count` numbers into stock."""
    operations.add_number_range(kind=kind, first=first, last=str(int(first) + count - 1), at=at)


def planned_line(
    *,
    at: datetime,
    customer_id: int | None = None,
    services: Sequence[ServiceSpec] = (ServiceSpec(kind="internet", profile="fibre-100-20"),),
    market: str = "fixed",
    payment: str = "postpaid",
) -> LineRef:
    """Plan a fibre line, served by technicians unless the specs name another element."""
    if customer_id is None:
        customer_id = person_customer(at=at).customer_id
    return operations.create_line(customer_id=customer_id, market=market, payment=payment, services=services, at=at)


def active_line(
    *,
    at: datetime,
    customer_id: int | None = None,
    services: Sequence[ServiceSpec] = (ServiceSpec(kind="internet", profile="fibre-100-20"),),
    market: str = "fixed",
    payment: str = "postpaid",
) -> LineRef:
    """Plan a line and have technicians activate it."""
    ref = planned_line(at=at, customer_id=customer_id, services=services, market=market, payment=payment)
    operations.activate(line_id=ref.line_id, at=at)
    technicians_confirm(at=at)
    return ref


def technicians_confirm(*, at: datetime) -> int:
    """Send what is due and confirm every open work order; return how many were confirmed."""
    while carry_out_due(at=at):
        pass
    orders = queries.open_work_orders()
    for order in orders:
        operations.confirm_work_order(work_order_id=order.work_order_id, by="tecla", at=at)
    return len(orders)


def prepaid_line(*, at: datetime) -> LineRef:
    """Plan a prepaid line of a person who has a billing account, as every customer taken by an application has."""
    return planned_line(at=at, customer_id=person_with_account(at=at)[0].customer_id, payment="prepaid")

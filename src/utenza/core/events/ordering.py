"""What ordering announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(Event):
    """An order was placed."""

    name: ClassVar[str] = "ordering.order_placed"
    customer_id: int
    order_id: int
    order_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositConfirmed(Event):
    """The deposit that an order waited for is held in full; the network is asked now."""

    name: ClassVar[str] = "ordering.deposit_confirmed"
    customer_id: int
    account_id: int
    order_id: int
    order_number: str
    deposit_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted(Event):
    """Every item of an order is done."""

    name: ClassVar[str] = "ordering.order_completed"
    customer_id: int
    order_id: int
    order_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Event):
    """An order was cancelled and nothing stays allocated."""

    name: ClassVar[str] = "ordering.order_cancelled"
    customer_id: int
    order_id: int
    order_number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementStarted(Event):
    """An agreement is in force from `start_date`."""

    name: ClassVar[str] = "ordering.agreement_started"
    customer_id: int
    account_id: int
    agreement_id: int
    line_id: int
    start_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementChanged(Event):
    """An agreement has another offer version from `from_date`."""

    name: ClassVar[str] = "ordering.agreement_changed"
    customer_id: int
    account_id: int
    agreement_id: int
    line_id: int
    from_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEnded(Event):
    """An agreement is over; `end_date` is the first day that is not charged."""

    name: ClassVar[str] = "ordering.agreement_ended"
    customer_id: int
    account_id: int
    agreement_id: int
    line_id: int
    end_date: date
    reason: str

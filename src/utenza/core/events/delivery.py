"""What delivery announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDelivered(Event):
    """A bill was sent and there is proof of it."""

    name: ClassVar[str] = "delivery.bill_delivered"
    customer_id: int
    account_id: int
    bill_id: int
    bill_number: str
    channel: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillUndeliverable(Event):
    """A bill could not be sent; a person must look."""

    name: ClassVar[str] = "delivery.bill_undeliverable"
    customer_id: int
    account_id: int
    bill_id: int
    bill_number: str
    channel: str
    why: str

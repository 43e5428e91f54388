"""What care announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(Event):
    """A customer does not accept a sum of a bill."""

    name: ClassVar[str] = "care.dispute_opened"
    customer_id: int
    dispute_id: int
    dispute_number: str
    bill_id: int
    bill_number: str
    amount_micro: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeUpheld(Event):
    """A dispute ended for the customer, who is credited."""

    name: ClassVar[str] = "care.dispute_upheld"
    customer_id: int
    dispute_id: int
    dispute_number: str
    bill_id: int
    amount_micro: int
    currency: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRejected(Event):
    """A dispute ended against the customer: the sum is owed as billed."""

    name: ClassVar[str] = "care.dispute_rejected"
    customer_id: int
    dispute_id: int
    dispute_number: str
    bill_id: int
    amount_micro: int
    currency: str
    answer: str

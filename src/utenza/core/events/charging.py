"""What charging announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRecharged(Event):
    """Money was added to a prepaid line."""

    name: ClassVar[str] = "charging.balance_recharged"
    customer_id: int
    line_id: int
    amount_micro: int
    currency: str
    balance_micro: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceExhausted(Event):
    """A prepaid line has no money left for its next charge."""

    name: ClassVar[str] = "charging.balance_exhausted"
    customer_id: int
    line_id: int
    balance_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RechargeTakenBack(Event):
    """The payer's bank took the money of a recharge back; the balance may be below zero."""

    name: ClassVar[str] = "charging.recharge_taken_back"
    customer_id: int
    line_id: int
    amount_micro: int
    currency: str
    balance_micro: int

"""What billing announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BillIssued(Event):
    """A bill has its number, is posted to the ledger and is owed."""

    name: ClassVar[str] = "billing.bill_issued"
    customer_id: int
    account_id: int
    bill_id: int
    bill_number: str
    kind: str
    total_micro: int
    currency: str
    issue_date: date
    due_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BillHoldPlaced(Event):
    """A sum of a bill is looked into: nobody is chased for it."""

    name: ClassVar[str] = "billing.bill_hold_placed"
    customer_id: int
    account_id: int
    bill_id: int
    bill_number: str
    amount_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillHoldLifted(Event):
    """A sum of a bill is chased again, or was credited."""

    name: ClassVar[str] = "billing.bill_hold_lifted"
    customer_id: int
    account_id: int
    bill_id: int
    bill_number: str
    amount_micro: int
    currency: str

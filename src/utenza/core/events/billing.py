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

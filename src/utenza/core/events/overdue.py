"""What overdue announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSent(Event):
    """A reminder letter went out."""

    name: ClassVar[str] = "overdue.reminder_sent"
    customer_id: int
    account_id: int
    case_id: int
    step: str
    overdue_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesWithdrawn(Event):
    """Services of a debtor were asked to be withdrawn."""

    name: ClassVar[str] = "overdue.services_withdrawn"
    customer_id: int
    account_id: int
    case_id: int
    step: str
    overdue_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtCleared(Event):
    """Nothing overdue is left; the debt's reason was lifted everywhere."""

    name: ClassVar[str] = "overdue.debt_cleared"
    customer_id: int
    account_id: int
    case_id: int

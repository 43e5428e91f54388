"""What termination announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationRequested(Event):
    """A customer, or the operator, gave notice."""

    name: ClassVar[str] = "termination.requested"
    customer_id: int
    termination_id: int
    effective_date: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationCompleted(Event):
    """Services are ceased and the final bill is issued."""

    name: ClassVar[str] = "termination.completed"
    customer_id: int
    termination_id: int
    reason: str

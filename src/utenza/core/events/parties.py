"""What parties announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAdmitted(Event):
    """A prospect has become a customer."""

    name: ClassVar[str] = "parties.customer_admitted"
    customer_id: int
    customer_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Event):
    """Facts about a customer were changed."""

    name: ClassVar[str] = "parties.customer_changed"
    customer_id: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEnded(Event):
    """A customer has no agreement left and was ended."""

    name: ClassVar[str] = "parties.customer_ended"
    customer_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPlaced(Event):
    """A block with a reason now stands on a customer."""

    name: ClassVar[str] = "parties.block_placed"
    customer_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLifted(Event):
    """The block with this reason stands no more."""

    name: ClassVar[str] = "parties.block_lifted"
    customer_id: int
    reason: str

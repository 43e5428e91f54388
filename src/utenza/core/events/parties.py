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


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchAdded(Event):
    """A node was added below a company; `customer_id` is the new node, `root_id` the company."""

    name: ClassVar[str] = "parties.branch_added"
    customer_id: int
    root_id: int
    customer_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(Event):
    """A billing account was opened for a customer."""

    name: ClassVar[str] = "parties.account_opened"
    customer_id: int
    account_id: int
    account_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed(Event):
    """A billing account will be billed no more."""

    name: ClassVar[str] = "parties.account_closed"
    customer_id: int
    account_id: int
    account_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditClassAssigned(Event):
    """A customer has another credit class."""

    name: ClassVar[str] = "parties.credit_class_assigned"
    customer_id: int
    credit_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A customer agreed to one purpose."""

    name: ClassVar[str] = "parties.consent_given"
    customer_id: int
    purpose: str
    text_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    """A customer took an agreement to one purpose back."""

    name: ClassVar[str] = "parties.consent_withdrawn"
    customer_id: int
    purpose: str

"""What payments announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Event):
    """Money came in."""

    name: ClassVar[str] = "payments.payment_received"
    customer_id: int
    account_id: int
    payment_id: int
    payment_number: str
    amount_micro: int
    currency: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAllocated(Event):
    """Money was set against open bills of an account; `unallocated_micro` stays as credit."""

    name: ClassVar[str] = "payments.payment_allocated"
    customer_id: int
    account_id: int
    payment_id: int
    payment_number: str
    allocated_micro: int
    unallocated_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAllocated(Event):
    """The credit of a negative bill was set against open bills; `unallocated_micro` stays as credit."""

    name: ClassVar[str] = "payments.credit_allocated"
    customer_id: int
    account_id: int
    bill_id: int
    bill_number: str
    allocated_micro: int
    unallocated_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned(Event):
    """The payer's bank took a payment back; what it paid is owed again."""

    name: ClassVar[str] = "payments.payment_returned"
    customer_id: int
    account_id: int
    payment_id: int
    payment_number: str
    amount_micro: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositTaken(Event):
    """Money for an order's deposit is held; `missing_micro` is what the order still waits for."""

    name: ClassVar[str] = "payments.deposit_taken"
    customer_id: int
    account_id: int
    order_id: int
    order_number: str
    deposit_micro: int
    missing_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositReleased(Event):
    """The deposit of a cancelled order is held no longer: it is the account's credit."""

    name: ClassVar[str] = "payments.deposit_released"
    customer_id: int
    account_id: int
    order_id: int
    order_number: str
    deposit_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOwed(Event):
    """Credit of an account is to be paid back."""

    name: ClassVar[str] = "payments.refund_owed"
    customer_id: int
    account_id: int
    refund_id: int
    refund_number: str
    amount_micro: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaid(Event):
    """A refund was paid out."""

    name: ClassVar[str] = "payments.refund_paid"
    customer_id: int
    account_id: int
    refund_id: int
    refund_number: str
    amount_micro: int
    currency: str

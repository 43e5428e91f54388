"""The kinds of entries on a customer's time line."""

from __future__ import annotations

from enum import StrEnum


class EntryKind(StrEnum):
    NOTE = "note"
    CALL = "call"
    EMAIL = "email"
    APPLICATION = "application"
    ORDER = "order"
    SERVICE = "service"
    RECHARGE = "recharge"
    BILL = "bill"
    PAYMENT = "payment"
    REMINDER = "reminder"
    TERMINATION = "termination"
    CUSTOMER = "customer"


class CallDirection(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class DisputeStatus(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


# Upheld for the customer, with a credit note, or rejected; a new doubt is a new dispute.
DISPUTE_MOVES: dict[str, frozenset[str]] = {
    DisputeStatus.OPEN: frozenset({DisputeStatus.UPHELD, DisputeStatus.REJECTED}),
    DisputeStatus.UPHELD: frozenset(),
    DisputeStatus.REJECTED: frozenset(),
}

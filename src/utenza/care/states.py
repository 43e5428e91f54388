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

"""The life of a payment."""

from __future__ import annotations

from enum import StrEnum


class PaymentStatus(StrEnum):
    RECEIVED = "received"
    RETURNED = "returned"


class PaymentMethod(StrEnum):
    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"
    CARD = "card"
    CASH = "cash"


class RefundStatus(StrEnum):
    OWED = "owed"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class RefundReason(StrEnum):
    ASKED = "asked"
    ORDER_CANCELLED = "order_cancelled"
    ACCOUNT_ENDED = "account_ended"


REFUND_MOVES: dict[str, frozenset[str]] = {
    RefundStatus.OWED: frozenset({RefundStatus.PAID, RefundStatus.WITHDRAWN}),
    RefundStatus.PAID: frozenset(),
    RefundStatus.WITHDRAWN: frozenset(),
}

# A direct debit or a card payment may be taken back by the payer's bank; nothing follows a return.
PAYMENT_MOVES: dict[str, frozenset[str]] = {
    PaymentStatus.RECEIVED: frozenset({PaymentStatus.RETURNED}),
    PaymentStatus.RETURNED: frozenset(),
}

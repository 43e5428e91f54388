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


# A direct debit or a card payment may be taken back by the payer's bank; nothing follows a return.
PAYMENT_MOVES: dict[str, frozenset[str]] = {
    PaymentStatus.RECEIVED: frozenset({PaymentStatus.RETURNED}),
    PaymentStatus.RETURNED: frozenset(),
}

"""How a sum is set against bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still open on one bill; `open_micro` is positive."""

    bill_id: int
    due_date: date
    open_micro: int


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a sum that goes to one bill."""

    bill_id: int
    amount_micro: int


def share_out(*, amount_micro: int, owed: Sequence[Owed], first: int | None = None) -> tuple[list[Share], int]:
    """Set `amount_micro` against bills, the oldest due first, and return the shares and what is left over.

    `first` names the bill the payer pointed at: it is served before the others (Italian Civil Code art. 1193: the
    debtor may declare which debt is being paid; without a declaration the oldest goes first).
    """
    shares: list[Share] = []
    left = amount_micro
    for bill in sorted(owed, key=lambda bill: (bill.bill_id != first, bill.due_date, bill.bill_id)):
        if left == 0:
            break
        part = min(left, bill.open_micro)
        if part > 0:
            shares.append(Share(bill.bill_id, part))
            left -= part
    return shares, left

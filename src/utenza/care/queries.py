"""Public reads of care."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from utenza.care.models import Dispute
from utenza.care.sentences import SENTENCES
from utenza.care.states import DisputeStatus

# Written out, since every page of a customer reads it.
_TIMELINE = """
    SELECT id, kind, at, fact, data, text, about_kind, about_key, by FROM care_timeline_entry
     WHERE {conditions} ORDER BY at DESC, id DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry; either `text` was typed in, or `sentence` (English, to be translated) is filled from `data`."""

    entry_id: int
    kind: str
    at: datetime
    sentence: str
    data: dict[str, Any]
    text: str
    about_kind: str
    about_key: str
    by: str


def timeline(
    *, customer_id: int, kinds: Sequence[str] = (), before: int | None = None, limit: int = 50
) -> list[EntryView]:
    """Return a customer's entries, the newest first; `before` is the id of the last entry already shown."""
    conditions: list[str] = ["customer_id = %s"]
    values: list[Any] = [customer_id]
    if kinds:
        conditions.append("kind = ANY(%s)")
        values.append(list(kinds))
    if before is not None:
        conditions.append("(at, id) < (SELECT at, id FROM care_timeline_entry WHERE id = %s AND customer_id = %s)")
        values += [before, customer_id]
    with connection.cursor() as cursor:
        cursor.execute(_TIMELINE.format(conditions=" AND ".join(conditions)), [*values, limit])
        return [
            EntryView(entry_id, kind, at, SENTENCES.get(fact, ""), json.loads(data), *others)
            for entry_id, kind, at, fact, data, *others in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A sum of a bill line, tax included, that the customer does not accept, or did not."""

    dispute_id: int
    number: str
    customer_id: int
    bill_id: int
    bill_number: str
    bill_line_id: int
    line_text: str
    amount_micro: int
    currency: str
    reason: str
    status: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    answer: str
    credit_note_id: int | None


def dispute(dispute_id: int) -> DisputeView | None:
    """Return one dispute, or None if there is none with this id."""
    row = _disputes().filter(pk=dispute_id).first()
    return _dispute(row) if row else None


def disputes_of_bill(bill_id: int) -> list[DisputeView]:
    """Return the disputes about a bill, the newest first."""
    return [_dispute(row) for row in _disputes().filter(bill_id=bill_id)]


def disputes_of_customer(customer_id: int) -> list[DisputeView]:
    """Return the disputes about the bills of a customer's node, the newest first."""
    return [_dispute(row) for row in _disputes().filter(customer_id=customer_id)]


def open_disputes(*, limit: int = 50) -> list[DisputeView]:
    """Return the disputes that wait for an answer, the oldest first."""
    rows = _disputes().filter(status=DisputeStatus.OPEN).order_by("opened_at", "pk")
    return [_dispute(row) for row in rows[:limit]]


def _disputes() -> QuerySet[Dispute]:
    return Dispute.objects.select_related("bill", "bill_line").order_by("-opened_at", "-pk")


def _dispute(row: Dispute) -> DisputeView:
    return DisputeView(
        dispute_id=row.pk,
        number=row.number,
        customer_id=row.customer_id,
        bill_id=row.bill_id,
        bill_number=row.bill.number or "",
        bill_line_id=row.bill_line_id,
        line_text=row.bill_line.text,
        amount_micro=row.amount_micro,
        currency=row.currency,
        reason=row.reason,
        status=row.status,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        answer=row.answer,
        credit_note_id=row.credit_note_id,
    )

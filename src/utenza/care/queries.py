"""Public reads of care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from utenza.care.models import TimelineEntry
from utenza.care.sentences import SENTENCES


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
    rows = TimelineEntry.objects.filter(customer_id=customer_id).order_by("-at", "-id")
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if before is not None:
        last = TimelineEntry.objects.filter(pk=before, customer_id=customer_id).values("at", "id").first()
        if last is not None:
            rows = rows.filter(at__lte=last["at"]).exclude(at=last["at"], id__gte=last["id"])
    return [
        EntryView(
            entry_id=row.pk,
            kind=row.kind,
            at=row.at,
            sentence=SENTENCES.get(row.fact, ""),
            data=row.data,
            text=row.text,
            about_kind=row.about_kind,
            about_key=row.about_key,
            by=row.by,
        )
        for row in rows[:limit]
    ]

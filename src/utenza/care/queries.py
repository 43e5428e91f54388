"""Public reads of care."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from utenza.care.sentences import SENTENCES

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

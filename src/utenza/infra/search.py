"""Finding by typing: each word that is typed must begin a word of what is found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from utenza.infra.models.search import SearchEntry
from utenza.infra.names import normalise
from utenza.infra.transactions import demands_transaction

_WORD = re.compile(r"[0-9a-z]+")
LIMIT_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """What can be found: `words` are texts, split and folded here."""

    kind: str
    key: str
    customer_id: int
    title: str
    subtitle: str = ""
    words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SearchHit:
    kind: str
    key: str
    customer_id: int
    title: str
    subtitle: str


def fold(text: str) -> list[str]:
    """Return the words of `text`, without accents and case."""
    return _WORD.findall(normalise(text))


@demands_transaction
def index_entry(*, kind: str, key: str, customer_id: int, title: str, subtitle: str, words: Sequence[str]) -> None:
    """Make a thing findable, or change how it is found. Safe to repeat."""
    index_entries([SearchRow(kind=kind, key=key, customer_id=customer_id, title=title, subtitle=subtitle, words=words)])


@demands_transaction
def index_entries(rows: Iterable[SearchRow]) -> int:
    """Make many things findable at once; return how many. Safe to repeat."""
    entries = [
        SearchEntry(
            kind=row.kind,
            key=row.key,
            customer_id=row.customer_id,
            title=row.title,
            subtitle=row.subtitle,
            words=_words(row.words),
            rank=0 if row.kind == "customer" else 1,
        )
        for row in rows
    ]
    SearchEntry.objects.bulk_create(
        entries,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["customer_id", "title", "subtitle", "words", "rank"],
    )
    return len(entries)


@demands_transaction
def remove_entry(kind: str, key: str) -> None:
    """Make a thing unfindable; nothing happens if it is."""
    SearchEntry.objects.filter(kind=kind, key=key).delete()


def _words(texts: Sequence[str]) -> list[str]:
    """Return the words to find by: each word, and each text as one word, so that 'F-2026-17' is found typed whole."""
    found: dict[str, None] = {}
    for text in texts:
        parts = fold(text)
        found.update(dict.fromkeys(parts))
        if len(parts) > 1:
            found["".join(parts)] = None
    return list(found)


def search(*, text: str, limit: int = 20) -> list[SearchHit]:
    """Return what has, for each word of `text`, a word that begins with it; customers first, exact words first."""
    wanted = fold(text)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        conditions = " AND ".join("EXISTS (SELECT 1 FROM unnest(words) w WHERE starts_with(w, %s))" for _word in wanted)
        cursor.execute(
            f"SELECT kind, key, customer_id, title, subtitle FROM infra_search_entry WHERE {conditions} "  # noqa: S608
            "ORDER BY rank, (words @> %s::text[]) DESC, title, id LIMIT %s",
            [*wanted, wanted, min(limit, LIMIT_MAX)],
        )
        return [SearchHit(*row) for row in cursor.fetchall()]

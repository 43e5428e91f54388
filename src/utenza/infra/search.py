"""Finding by typing: each word that is typed must begin a word of what is found.

A GIN index over the words finds the entries that have all the longer words that were typed; short ones ('f', 'de'),
which begin half of all words, are looked for in those entries alone. Customers have an index of their own, so that a
million bills do not slow down the search for a name; and a broad search ('f 2026') is cut off at `CANDIDATES_MAX`
before it is sorted, since nobody reads further. The figures stand in docs/decisions/0006-search.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from utenza.infra.models.search import SearchEntry
from utenza.infra.names import normalise
from utenza.infra.transactions import demands_transaction

_WORD = re.compile(r"[^\W_]+")
LIMIT_MAX = 200
CANDIDATES_MAX = 300
WORDS_MAX = 8
SHORT_BELOW = 3


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
            words=words_of(row.words),
            rank=rank_of(row.kind),
        )
        for row in {(row.kind, row.key): row for row in rows}.values()
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


def rank_of(kind: str) -> int:
    """Return in which index a kind of thing lies: customers have their own."""
    return 0 if kind == "customer" else 1


def words_of(texts: Sequence[str]) -> list[str]:
    """Return the words to find by: each word, each text as one word, and a telephone number without its country."""
    found: dict[str, None] = {}
    for text in texts:
        parts = fold(text)
        found.update(dict.fromkeys(parts))
        joined = "".join(parts)
        if len(parts) > 1:
            found[joined] = None
        if text.strip().startswith("+") and joined.isdigit():
            # A country code has one to three digits (ITU-T E.164); people type the number with or without it.
            found.update(dict.fromkeys(joined[digits:] for digits in (1, 2, 3) if len(joined) > digits + 5))
    return list(found)


# One way to find entries of one rank: by the longer words in the index, by the short ones in what that gave.
_WAY = """
    (SELECT id FROM infra_search_entry WHERE rank = {rank} AND array_to_tsvector(words) @@ %s::tsquery
       AND NOT EXISTS (SELECT 1 FROM unnest(%s::text[]) AS w (typed)
                       WHERE NOT EXISTS (SELECT 1 FROM unnest(words) AS h (held) WHERE {fits})) LIMIT %s)
"""
_BEGINS, _EQUALS = "starts_with(held, typed)", "held = typed"
_SHOW = """
    SELECT e.kind, e.key, e.customer_id, e.title, e.subtitle FROM infra_search_entry e WHERE e.id IN ({found})
    ORDER BY (e.words @> %s::text[]) DESC, e.rank, e.title, e.id LIMIT %s
"""


def search(*, text: str, limit: int = 20) -> list[SearchHit]:
    """Return what has, for each word of `text`, a word that begins with it; exact words first, then customers.

    A text typed with other gaps than it was stored with ('+39 320 12' for '+3932012') is found as one word, too.
    """
    wanted = fold(text)[:WORDS_MAX]
    if not wanted:
        return []
    ways: list[str] = []
    values: list[Any] = []
    for rank in (0, 1):
        tries = [(wanted, "'{}'", _EQUALS), (wanted, "'{}':*", _BEGINS)]
        if len(wanted) > 1:
            tries.append((["".join(wanted)], "'{}':*", _BEGINS))
        for words, term, fits in tries:
            longer = [word for word in words if len(word) >= SHORT_BELOW] or [max(words, key=len)]
            ways.append(_WAY.format(rank=rank, fits=fits))
            shorter = [word for word in words if word not in longer]
            values += [" & ".join(term.format(word) for word in longer), shorter, CANDIDATES_MAX]
    with connection.cursor() as cursor:
        cursor.execute(_SHOW.format(found=" UNION ".join(ways)), [*values, wanted, min(limit, LIMIT_MAX)])
        return [SearchHit(*row) for row in cursor.fetchall()]

"""Posting to the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from utenza.core.errors import N_, Refusal
from utenza.infra.transactions import demands_transaction
from utenza.ledger.rules import Heading, Posting, fingerprint, gather

__all__ = ["Draft", "Posting", "PostingConflict", "post", "post_many"]


class PostingConflict(Refusal):
    code = "posting_conflict"
    text = N_("'%(key)s' is in the books already with other postings: mend it with a transaction of its own key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A transaction to be posted. `key` is the caller's, unique for ever; `source` names what caused it."""

    key: str
    at: datetime
    description: str
    postings: Sequence[Posting]
    source_kind: str = ""
    source_key: str = ""


@demands_transaction
def post(
    *,
    key: str,
    at: datetime,
    description: str,
    postings: Sequence[Posting],
    source_kind: str = "",
    source_key: str = "",
) -> int:
    """Write one transaction into the books and return its id. Safe to repeat with the same key and postings.

    :param at: when the money moved; balances go by it.
    :raises UnbalancedPostings: if debits and credits differ in some currency.
    :raises PostingConflict: if `key` was posted with other postings or another `at`.
    :raises UnknownAccountCode, UnknownOwner, NoPostings: if a posting cannot be read.
    """
    draft = Draft(
        key=key, at=at, description=description, postings=postings, source_kind=source_kind, source_key=source_key
    )
    return post_many(drafts=[draft])[0]


@demands_transaction
def post_many(*, drafts: Sequence[Draft]) -> list[int]:
    """Write many transactions at once and return their ids, in order. Four statements, however many there are.

    Safe to repeat, also where some of them were posted before.

    :raises: what `post` raises; then none is written.
    """
    moved = [gather(key=draft.key, postings=draft.postings) for draft in drafts]
    prints = [fingerprint(sums, draft.at) for sums, draft in zip(moved, drafts, strict=True)]
    created = _insert_transactions(drafts, prints)
    stored = _stored([draft.key for draft in drafts])
    for draft, own in zip(drafts, prints, strict=True):
        if stored[draft.key][1] != own:
            raise PostingConflict(field="key", key=draft.key)
    fresh = {
        draft.key: (draft, sums) for draft, sums in zip(drafts, moved, strict=True) if stored[draft.key][0] in created
    }
    if fresh:
        accounts = _accounts({account for _draft, sums in fresh.values() for account in sums})
        _insert_entries(
            [
                (stored[key][0], accounts[account], draft.at, micro)
                for key, (draft, sums) in fresh.items()
                for account, micro in sums.items()
            ]
        )
    return [stored[draft.key][0] for draft in drafts]


def _insert_transactions(drafts: Sequence[Draft], prints: Sequence[str]) -> set[int]:
    """Insert those whose key is new and return their ids; a key that another is just posting is waited for."""
    rows = sorted(
        (d.key, d.at, d.description, d.source_kind, d.source_key, own) for d, own in zip(drafts, prints, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_transaction (key, at, description, source_kind, source_key, fingerprint)
            SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
            ON CONFLICT ON CONSTRAINT ledger_transaction_key_unique DO NOTHING RETURNING id
            """,
            [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 6,
        )
        return {int(row[0]) for row in cursor.fetchall()}


def _stored(keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, id, fingerprint FROM ledger_transaction WHERE key = ANY(%s)", [list(keys)])
        return {key: (int(number), own) for key, number, own in cursor.fetchall()}


def _accounts(wanted: set[Heading]) -> dict[Heading, int]:
    """Return the ids of the accounts, opening those that the books do not have yet."""
    known = _known_accounts(wanted)
    missing = sorted(wanted - known.keys(), key=lambda a: (a.code, a.owner_kind, a.owner_id, a.currency))
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO ledger_account (code, owner_kind, owner_id, currency)
                SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[])
                ON CONFLICT ON CONSTRAINT ledger_account_heading_unique DO NOTHING
                """,
                _columns(missing),
            )
        known |= _known_accounts(set(missing))
    return known


def _known_accounts(wanted: set[Heading]) -> dict[Heading, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.code, a.owner_kind, a.owner_id, a.currency, a.id
            FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) AS w (code, owner_kind, owner_id, currency)
            JOIN ledger_account a USING (code, owner_kind, owner_id, currency)
            """,
            _columns(list(wanted)),
        )
        return {Heading(*row[:4]): int(row[4]) for row in cursor.fetchall()}


def _columns(accounts: Sequence[Heading]) -> list[list[object]]:
    return [
        [a.code for a in accounts],
        [a.owner_kind for a in accounts],
        [a.owner_id for a in accounts],
        [a.currency for a in accounts],
    ]


def _insert_entries(rows: Sequence[tuple[int, int, datetime, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_entry (transaction_id, account_id, at, amount_micro)
            SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[])
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )

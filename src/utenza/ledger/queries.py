"""Balances, the trial balance and what lies behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from utenza.core.money import Money
from utenza.infra import operator
from utenza.ledger.models import JournalTransaction
from utenza.ledger.rules import OPERATOR, code_order, split_owner


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """The turnover of one account code in one currency over all owners: debits and credits are both positive."""

    account_code: str
    currency: str
    debit_micro: int
    credit_micro: int

    @property
    def balance_micro(self) -> int:
        return self.debit_micro - self.credit_micro


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry of an owner's account, with the balance after it."""

    transaction_id: int
    key: str
    at: datetime
    description: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class EntryView:
    account_code: str
    owner: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TransactionView:
    id: int
    key: str
    at: datetime
    recorded_at: datetime
    description: str
    source_kind: str
    source_key: str
    entries: tuple[EntryView, ...]


def balance(
    *, account_code: str, owner: str = OPERATOR, at: datetime | None = None, currency: str | None = None
) -> Money:
    """Return what an account holds, entries of the very instant `at` included; debit is positive.

    :param at: None for everything that was ever posted.
    :param currency: by default the operator's.
    """
    unit = currency or operator.profile().currency
    kind, number = split_owner(owner)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(e.amount_micro), 0)::bigint FROM ledger_entry e
            JOIN ledger_account a ON a.id = e.account_id
            WHERE a.code = %s AND a.owner_kind = %s AND a.owner_id = %s AND a.currency = %s
              AND (%s::timestamptz IS NULL OR e.at <= %s::timestamptz)
            """,
            [account_code, kind, number, unit, at, at],
        )
        return Money(int(cursor.fetchone()[0]), unit)


def balances(
    *, account_code: str, owners: Sequence[str], at: datetime | None = None, currency: str | None = None
) -> dict[str, Money]:
    """Return the balance of `account_code` for each of `owners`, by one query; zero where nothing was posted."""
    unit = currency or operator.profile().currency
    pairs = [split_owner(owner) for owner in owners]
    found = {owner: Money.zero(unit) for owner in owners}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.owner_kind, a.owner_id, sum(e.amount_micro)::bigint
            FROM unnest(%s::text[], %s::bigint[]) AS w (owner_kind, owner_id)
            JOIN ledger_account a USING (owner_kind, owner_id)
            JOIN ledger_entry e ON e.account_id = a.id
            WHERE a.code = %s AND a.currency = %s AND (%s::timestamptz IS NULL OR e.at <= %s::timestamptz)
            GROUP BY 1, 2
            """,
            [[kind for kind, _id in pairs], [number for _kind, number in pairs], account_code, unit, at, at],
        )
        for kind, number, micro in cursor.fetchall():
            found[OPERATOR if kind == OPERATOR else f"{kind}:{number}"] = Money(int(micro), unit)
    return found


def trial_balance(*, at: datetime | None = None) -> list[TrialBalanceRow]:
    """Return each account code's debits and credits until `at`, included; the debits equal the credits in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.code, a.currency,
                   coalesce(sum(s.debit), 0)::bigint, coalesce(sum(s.credit), 0)::bigint
            FROM ledger_account a JOIN (
                SELECT account_id, sum(amount_micro) FILTER (WHERE amount_micro > 0) AS debit,
                       -sum(amount_micro) FILTER (WHERE amount_micro < 0) AS credit
                FROM ledger_entry WHERE %s::timestamptz IS NULL OR at <= %s::timestamptz GROUP BY account_id
            ) s ON s.account_id = a.id
            GROUP BY a.code, a.currency
            """,
            [at, at],
        )
        rows = [TrialBalanceRow(*row) for row in cursor.fetchall()]
    return sorted(rows, key=lambda row: (row.currency, code_order(row.account_code)))


def statement(
    *, account_code: str, owner: str, currency: str | None = None, until: datetime | None = None, limit: int = 500
) -> list[StatementLine]:
    """Return the last `limit` entries of one account in order of time, each with the balance after it."""
    unit = currency or operator.profile().currency
    kind, number = split_owner(owner)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.id, t.key, t.at, t.description, e.amount_micro,
                   sum(e.amount_micro) OVER (ORDER BY e.at, e.id)::bigint
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
            JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE a.code = %s AND a.owner_kind = %s AND a.owner_id = %s AND a.currency = %s
              AND (%s::timestamptz IS NULL OR e.at <= %s::timestamptz)
            ORDER BY e.at DESC, e.id DESC LIMIT %s
            """,
            [account_code, kind, number, unit, until, until, limit],
        )
        rows = cursor.fetchall()
    return [
        StatementLine(number, key, at, text, Money(micro, unit), Money(after, unit))
        for number, key, at, text, micro, after in reversed(rows)
    ]


def transaction_by_key(key: str) -> TransactionView | None:
    """Return the transaction posted under `key`, with its entries, or None."""
    row = JournalTransaction.objects.filter(key=key).first()
    if row is None:
        return None
    entries = tuple(
        EntryView(
            entry.account.code,
            OPERATOR
            if entry.account.owner_kind == OPERATOR
            else f"{entry.account.owner_kind}:{entry.account.owner_id}",
            Money(entry.amount_micro, entry.account.currency),
        )
        for entry in row.entries.select_related("account").order_by("id")
    )
    return TransactionView(
        id=row.pk,
        key=row.key,
        at=row.at,
        recorded_at=row.recorded_at,
        description=row.description,
        source_kind=row.source_kind,
        source_key=row.source_key,
        entries=entries,
    )

"""The journal: accounts, transactions and entries. The database's own rules stand in the second migration."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast, Now

from utenza.ledger.rules import CODE_PATTERN

# PostgreSQL's own number of the open transaction: 64 bits, never used again.
_CURRENT_TRANSACTION = Cast(
    Cast(models.Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
)


class Account(models.Model):
    """A heading of the books: what (`code`), whose (`owner_kind`, `owner_id`), in which currency."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40)
    owner_kind = models.CharField(max_length=10)
    owner_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "owner_kind", "owner_id", "currency"], name="ledger_account_heading_unique"
            ),
            models.CheckConstraint(condition=models.Q(code__regex=CODE_PATTERN), name="ledger_account_code_known"),
            models.CheckConstraint(
                condition=models.Q(owner_kind="operator", owner_id=0)
                | models.Q(owner_kind__in=["account", "line"], owner_id__gt=0),
                name="ledger_account_owner_known",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_account_currency_code"
            ),
        ]
        indexes = [models.Index(fields=["owner_kind", "owner_id"], name="ledger_account_owner_index")]


class JournalTransaction(models.Model):
    """One movement of money, posted once under `key`. `fingerprint` is the hash of its postings.

    `written_in` is the database transaction that wrote it: entries can join it in that one only.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=200)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    description = models.TextField()
    source_kind = models.CharField(max_length=40, default="", blank=True)
    source_key = models.CharField(max_length=80, default="", blank=True)
    fingerprint = models.CharField(max_length=64)
    written_in = models.BigIntegerField(db_default=_CURRENT_TRANSACTION)

    class Meta:
        db_table = "ledger_transaction"
        verbose_name = "transaction"
        constraints = [models.UniqueConstraint(fields=["key"], name="ledger_transaction_key_unique")]
        indexes = [models.Index(fields=["at", "id"], name="ledger_transaction_at_index")]


class Entry(models.Model):
    """One side of a transaction: a debit when positive, a credit when negative. `at` is the transaction's."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(JournalTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries", db_index=False)
    at = models.DateTimeField()
    amount_micro = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount_micro=0), name="ledger_entry_amount_not_zero"),
        ]
        indexes = [
            models.Index(fields=["account", "at"], include=["amount_micro"], name="ledger_entry_balance_index"),
        ]

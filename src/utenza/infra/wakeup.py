"""Waking the worker: a word sent after the commit, which it hears at once."""

from __future__ import annotations

from django.db import connection
from django.db import transaction as django_transaction

CHANNEL = "utenza_work"


def wake() -> None:
    """Tell the worker, once the open transaction is committed, that there is something to do."""
    if not any(entry[1] is _notify for entry in connection.run_on_commit):
        django_transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")

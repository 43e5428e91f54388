"""Waking the worker: a word sent after the commit, which it hears at once.

The word is sent after the transaction and not in it, and at most every `SILENCE_S` by one process, since PostgreSQL
commits transactions that notify one after another. The worker looks again a moment after each word, so that what a
silence swallowed is found. The figures stand in docs/decisions/0005-outbox-wake-up.md.
"""

from __future__ import annotations

import time

from django.db import connection
from django.db import transaction as django_transaction

CHANNEL = "utenza_work"
SILENCE_S = 0.05
LOOK_AGAIN_S = 2 * SILENCE_S

_last_word = [float("-inf")]


def wake() -> None:
    """Tell the worker, once the open transaction is committed, that there is something to do."""
    if not any(entry[1] is _notify for entry in connection.run_on_commit):
        django_transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    now_s = time.monotonic()
    if now_s - _last_word[0] < SILENCE_S:
        return
    _last_word[0] = now_s
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")

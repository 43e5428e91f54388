"""A worker for the tests to kill: it hears one event, drains one table, has a task and a timed job."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime

import django

django.setup()

from django.db import connection  # noqa: E402 - the settings come first

from tests.infra.ringing import Rang  # noqa: E402
from utenza.infra import outbox, tasks, timed, worker  # noqa: E402
from utenza.infra.transactions import transaction  # noqa: E402
from utenza.infra.work import register_drain  # noqa: E402


def on_rang(event: Rang) -> None:
    """Note the event, and answer it with another until the third."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_heard (word) VALUES (%s)", [event.word])
    if len(event.word) < 3:
        outbox.announce(Rang(at=event.at, customer_id=event.customer_id, word=event.word + event.word[0]))


def drain(*, at: datetime) -> int:
    """Take one piece of work off the table and note it."""
    with transaction(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM test_work WHERE id = (SELECT id FROM test_work ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            " RETURNING word"
        )
        row = cursor.fetchone()
        if row is None:
            return 0
        cursor.execute("INSERT INTO test_heard (word) VALUES (%s)", [row[0]])
        outbox.announce(Rang(at=at, customer_id=2, word=f"{row[0]}!"))
    return 1


def note(word: str) -> None:
    """Note a word, unless this process is to be killed in the middle of its work."""
    if os.environ.get("KILL_AT") == word:
        os.kill(os.getpid(), signal.SIGKILL)
    with transaction(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_heard (word) VALUES (%s)", [word])


def every_minute(*, at: datetime) -> None:
    note("minute")


tasks.app.task(name="test.note")(note)

if __name__ == "__main__":
    outbox.hears(Rang)(on_rang)
    timed.timed(every="minutes", minutes=1)(every_minute)
    register_drain("work", drain)
    if sys.argv[1:] == ["once"]:
        from utenza.infra.work import drain_all

        drain_all(at=datetime(2026, 3, 2, tzinfo=UTC))
    else:
        worker.run(stop=None)

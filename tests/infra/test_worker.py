"""The worker, as a process: it wakes, it ends when told, it outlives the database, and being killed harms nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import CommittedDatabase
from tests.infra.ringing import Rang
from utenza.infra import clock, outbox, tasks, timed
from utenza.infra.models.timed import TimedRun
from utenza.infra.transactions import transaction

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL = ["a", "aa", "aaa", "w0", "w0!", "w1", "w1!"]


@pytest.fixture
def table(committed_db: CommittedDatabase, home: Path) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_heard (id bigserial PRIMARY KEY, word text)")
        cursor.execute("CREATE TABLE test_work (id bigserial PRIMARY KEY, word text)")
    # This process announces to the handler that the child has, whose module is the main one there.
    outbox._hearers[Rang.name] = ["__main__.on_rang"]
    yield
    outbox._hearers.pop(Rang.name)


def start(*words: str, **more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}:{os.environ.get('PYTHONPATH', '')}", **more}
    environment.setdefault("DJANGO_SETTINGS_MODULE", "utenza.settings")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.infra.stage_of_tests", *words],
        env=environment,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def heard() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM test_heard ORDER BY word")
        return [row[0] for row in cursor.fetchall()]


def until(condition: Callable[[], bool], *, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain; heard so far: {heard()}"
        time.sleep(0.05)


def ask() -> None:
    with transaction(), connection.cursor() as cursor:
        outbox.announce(Rang(at=AT, customer_id=1, word="a"))
        cursor.execute("INSERT INTO test_work (word) VALUES ('w0'), ('w1')")


def listening() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN utenza_work' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def test_the_worker_wakes_at_once_and_ends_when_told(table: None) -> None:
    worker = start()
    try:
        until(listening)
        began = time.monotonic()
        ask()
        until(lambda: heard() == ALL)
        assert time.monotonic() - began < 10
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=40) == 0
    finally:
        worker.kill()
        assert worker.stderr is not None
        log = worker.stderr.read()
    assert "worker_stopped" in log
    assert "Traceback" not in log


def test_the_worker_outlives_the_loss_of_the_database(table: None) -> None:
    worker = start()
    try:
        until(listening)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        until(lambda: not listening())
        until(listening)
        ask()
        until(lambda: heard() == ALL)
        assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(timeout=40)
        assert worker.stderr is not None
        log = worker.stderr.read()
    assert log.count("database_away") in {1, 2}
    assert "Traceback" not in log


def test_a_timed_job_whose_worker_was_killed_runs_at_the_next_start(table: None) -> None:
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction():
        for name in [*timed.timed_jobs(), "__main__.every_minute"]:
            due = long_ago if name == "__main__.every_minute" else clock.now()
            TimedRun.objects.create(name=name, last_due_at=due)
    first = start(KILL_AT="minute")
    first.communicate(timeout=60)
    assert first.returncode == -signal.SIGKILL
    assert heard() == []
    second = start()
    try:
        until(lambda: "minute" in heard())
    finally:
        second.terminate()
        second.communicate(timeout=60)


def test_a_task_whose_worker_was_killed_is_given_back_and_runs(table: None) -> None:
    with transaction():
        tasks.defer("test.note", arguments={"word": "task"}, lock="one at a time")
        tasks.defer("test.note", arguments={"word": "next"}, lock="one at a time")
    first = start(KILL_AT="task")
    first.communicate(timeout=60)
    assert first.returncode == -signal.SIGKILL
    assert tasks.give_back(silent_s=60) == 0, "its worker may be alive"
    assert tasks.give_back(silent_s=0) == 1
    assert tasks.give_back(silent_s=0) == 0
    second = start()
    try:
        until(lambda: heard() == ["next", "task"])
    finally:
        second.terminate()
        second.communicate(timeout=60)


def test_killed_at_any_commit_boundary_it_is_finished_by_the_next_once(table: None) -> None:
    """Kill the worker just before and just after its first commit, its second, and so on, until one needs no more."""
    ask()
    kills = 0
    for point in ("before-commit", "after-commit"):
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE test_heard, test_work, infra_outbox_event, infra_outbox_delivery CASCADE")
        ask()
        for n in range(1, 4):
            child = start("once", UTENZA_CRASH_TEST="1", UTENZA_CRASH_AT=f"{point}:{n}")
            child.communicate(timeout=60)
            kills += child.returncode == -signal.SIGKILL
        child = start("once")
        child.communicate(timeout=60)
        assert child.returncode == 0
        assert heard() == ALL
        assert outbox.backlog().waiting == 0
    assert kills == 6

"""The worker: one process that delivers events, drains bulk work, runs queued tasks and timed jobs.

Three loops share the process. The main one listens for the word that `wakeup` sends and does what the outbox and the
drains hold; it also looks by itself every `LOOK_EVERY_S`, so a word that is lost costs seconds and nothing more. One
looks at the clock every minute, for timed jobs and for tasks that a killed worker left. One is procrastinate's, for
tasks. All outlive the loss of the database. Several workers may run at once: every piece of work is claimed by a lock.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import psycopg
from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

from utenza.infra import audit, clock, discovery, outbox, timed, wakeup, work
from utenza.infra import tasks as queue
from utenza.infra.logs import get_logger

LOOK_EVERY_S = 2.0
CLOCK_EVERY_S = 60.0
STOP_LOOK_S = 0.25
PAUSE_MAX_S = 15.0
DATABASE_ERRORS = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    ConnectorException,
)
_log = get_logger(__name__)


def run(*, stop: threading.Event | None = None) -> None:
    """Work until `stop` is set or the process is told to end (SIGTERM, SIGINT); what is under way is finished first."""
    halt = stop if stop is not None else threading.Event()
    discovery.load_jobs()
    with _ending_on_signals(halt):
        loops = [
            threading.Thread(target=_run_tasks, args=(halt,), name="tasks", daemon=True),
            threading.Thread(target=_run_clock, args=(halt,), name="clock", daemon=True),
        ]
        for loop in loops:
            loop.start()
        _log.info("worker_started", drains=sorted(work.drains()))
        with audit.acting(None, "system", "worker"):
            _outlive_the_database(halt, _listen_and_work)
        for loop in loops:
            loop.join(timeout=30)
        connection.close()
        _log.info("worker_stopped")


class _Drains:
    """The drains, each with the pause it takes after a failure, so that one that fails does not stop the others."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._paused_until: dict[str, float] = {}

    def run_once(self, halt: threading.Event) -> int:
        """Deliver the outbox and let each drain do a chunk; return how much was done."""
        done = 0
        while not halt.is_set() and outbox.deliver_one(at=clock.now()):
            done += 1
        for name, drain in work.drains().items():
            if halt.is_set() or time.monotonic() < self._paused_until.get(name, 0.0):
                continue
            try:
                done += drain(at=clock.now())
                self._failures.pop(name, None)
            except DATABASE_ERRORS:
                raise
            except Exception:
                failures = self._failures[name] = self._failures.get(name, 0) + 1
                self._paused_until[name] = time.monotonic() + min(2.0**failures, 300.0)
                _log.exception("drain_failed", drain=name, failures=failures)
        return done


def _listen_and_work(halt: threading.Event) -> None:
    drains = _Drains()
    with _ears() as ears:
        heard = False
        while not halt.is_set():
            worked = False
            while not halt.is_set() and drains.run_once(halt):
                worked = True
            # A word may have been swallowed by the silence after the last one, so work or a word means: look again.
            heard = _wait(ears, halt, wakeup.LOOK_AGAIN_S if worked or heard else LOOK_EVERY_S)


def _wait(ears: psycopg.Connection, halt: threading.Event, seconds: float) -> bool:
    """Wait for word of work, or for `seconds`, or until the worker is to end; return whether there was word."""
    until = time.monotonic() + seconds
    while not halt.is_set() and (left := until - time.monotonic()) > 0:
        if list(ears.notifies(timeout=min(left, STOP_LOOK_S), stop_after=1)):
            return True
    return False


@contextmanager
def _ears() -> Iterator[psycopg.Connection]:
    """Open a connection of its own that listens, since a Django connection hears only between transactions."""
    params = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    with psycopg.connect(**params, autocommit=True) as ears:
        ears.execute(f"LISTEN {wakeup.CHANNEL}".encode())
        yield ears


def _outlive_the_database(halt: threading.Event, loop: Callable[[threading.Event], None]) -> None:
    """Run `loop` again after each loss of the database, with growing pauses and one line in the log for each loss."""
    pause_s = 0.5
    while not halt.is_set():
        started = time.monotonic()
        try:
            loop(halt)
            return
        except DATABASE_ERRORS as error:
            if time.monotonic() - started > PAUSE_MAX_S:
                pause_s = 0.5
            reason = str(error).strip().splitlines()
            _log.warning("database_away", reason=reason[0] if reason else "", retry_in_s=pause_s)
            connection.close()
            halt.wait(pause_s)
            pause_s = min(pause_s * 2, PAUSE_MAX_S)


def _run_clock(halt: threading.Event) -> None:
    """Look at the clock now and at each full minute, in a connection of this thread's own."""
    _outlive_the_database(halt, _follow_the_clock)
    connection.close()


def _follow_the_clock(halt: threading.Event) -> None:
    while not halt.is_set():
        try:
            timed.run_due(at=clock.now())
            if given_back := queue.give_back():
                _log.warning("tasks_given_back", count=given_back)
        except DATABASE_ERRORS:
            raise
        except Exception:
            _log.exception(
                "clock_failed"
            )  # a job's own failure is noted beside it; this is ours, and passes or is seen
        halt.wait(CLOCK_EVERY_S - clock.now().timestamp() % CLOCK_EVERY_S)


def _run_tasks(halt: threading.Event) -> None:
    """Run procrastinate's worker, and start it again when it ends before the process is to end."""
    pause_s = 0.5
    while not halt.is_set():
        started = time.monotonic()
        try:
            asyncio.run(_tasks_until(halt))
        except Exception as error:
            reason = str(error).strip().splitlines()
            _log.warning("task_worker_ended", reason=reason[0] if reason else type(error).__name__, retry_in_s=pause_s)
        connection.close()
        if time.monotonic() - started > PAUSE_MAX_S:
            pause_s = 0.5
        halt.wait(pause_s)
        pause_s = min(pause_s * 2, PAUSE_MAX_S)


async def _tasks_until(halt: threading.Event) -> None:
    own = queue.app.with_connector(queue.app.connector.get_worker_connector())  # type: ignore[attr-defined]  # Django's
    async with own.open_async():
        running = asyncio.create_task(
            own.run_worker_async(
                install_signal_handlers=False,
                concurrency=1,
                shutdown_graceful_timeout=20.0,
                delete_jobs="successful",
            )
        )
        while not halt.is_set() and not running.done():
            await asyncio.sleep(STOP_LOOK_S)
        running.cancel()
        try:
            await running
        except asyncio.CancelledError:
            return


@contextmanager
def _ending_on_signals(halt: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        halt.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

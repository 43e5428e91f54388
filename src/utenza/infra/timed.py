"""Timed jobs: what falls due by the clock runs once for each due instant, also after a pause of the worker.

A job never seen before starts to count from the instant at which it is first looked at. After a pause, a daily job
makes up for each day that it missed, in order; a job by the minute runs for the last instant alone, unless it asks
for more (`catch_up`). A job that fails is tried again after a growing pause, its later instants wait for it, and other
jobs go on. While it runs, a job holds a lock of its database session, which ends with the session: two workers never
run one job at once. A worker killed between a job's own commit and the note that it ran runs that instant once more,
so each job must stand being run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.utils import InterfaceError, OperationalError

from utenza.core.errors import N_, Refusal
from utenza.infra import audit, discovery, operator, wakeup
from utenza.infra.logs import get_logger
from utenza.infra.models.timed import TimedRun
from utenza.infra.transactions import demands_transaction, transaction

Job = Callable[..., None]
_log = get_logger(__name__)
_jobs: dict[str, TimedJob] = {}


@dataclass(frozen=True, slots=True)
class TimedJob:
    """A job and when it is due: each day at `clock_time` in `tz`, or every `minutes` counted from the epoch."""

    name: str
    run: Job
    every: Literal["day", "minutes"]
    clock_time: time
    minutes: int
    tz: str
    catch_up: bool

    def zone(self) -> ZoneInfo:
        return operator.time_zone() if self.tz == "operator" else ZoneInfo(self.tz)

    def due_after(self, last: datetime) -> datetime:
        """Return the first due instant later than `last`, in UTC."""
        if self.every == "minutes":
            step_s = self.minutes * 60
            return datetime.fromtimestamp((int(last.timestamp()) // step_s + 1) * step_s, UTC)
        zone = self.zone()
        day = last.astimezone(zone).date()
        while True:
            due = datetime.combine(day, self.clock_time, tzinfo=zone).astimezone(UTC)
            if due > last:
                return due
            day += timedelta(days=1)

    def next_due(self, last: datetime, at: datetime) -> datetime | None:
        """Return the instant to run for next, of those after `last` and not after `at`; None if there is none."""
        due = self.due_after(last)
        if due > at:
            return None
        if self.catch_up:
            return due
        if self.every == "minutes":
            step_s = self.minutes * 60
            return datetime.fromtimestamp(int(at.timestamp()) // step_s * step_s, UTC)
        while (following := self.due_after(due)) <= at:
            due = following
        return due


@dataclass(frozen=True, slots=True)
class TimedReport:
    """How many runs were done and which jobs failed."""

    done: int
    failed: tuple[str, ...] = ()


class JobNotWaiting(Refusal):
    code = "job_not_waiting"
    text = N_("Job '%(job)s' does not wait for another try: load the list again.")


@dataclass(frozen=True, slots=True)
class FailingJob:
    """A job that failed and waits for its next try; it is done for every instant up to `done_until`."""

    name: str
    done_until: datetime
    attempts: int
    next_attempt_at: datetime | None
    error: str


def failing_jobs() -> list[FailingJob]:
    """Return the jobs that failed and wait for their next try, by name."""
    return [
        FailingJob(row.name, row.last_due_at, row.attempts, row.next_attempt_at, row.error)
        for row in TimedRun.objects.filter(attempts__gt=0).order_by("name")
    ]


@demands_transaction
def try_now(*, name: str, at: datetime) -> None:
    """Have a failing job tried again at once instead of after its pause.

    :raises JobNotWaiting: if it does not fail.
    """
    if not TimedRun.objects.filter(name=name, attempts__gt=0).update(next_attempt_at=at):
        raise JobNotWaiting(job=name)
    wakeup.wake()


def timed(
    *,
    every: Literal["day", "minutes"],
    at: str = "00:00",
    minutes: int = 1,
    tz: str = "operator",
    catch_up: bool | None = None,
) -> Callable[[Job], Job]:
    """Have the decorated `def job(*, at: datetime) -> None` run when it is due, with the due instant as `at`.

    :param every: "day" (at the time of day `at`, HH:MM, in the time zone `tz`) or "minutes" (each `minutes`).
    :param tz: an IANA name, or "operator".
    :param catch_up: whether each missed instant is made up for; by default so for days and not for minutes.
    """

    def register(job: Job) -> Job:
        name = f"{job.__module__}.{job.__qualname__}"
        _jobs[name] = TimedJob(
            name=name,
            run=job,
            every=every,
            clock_time=time.fromisoformat(at),
            minutes=minutes,
            tz=tz,
            catch_up=(every == "day") if catch_up is None else catch_up,
        )
        return job

    return register


def timed_jobs() -> dict[str, TimedJob]:
    """Return every timed job by its name."""
    discovery.load_jobs()
    return dict(_jobs)


def start_counting(*, at: datetime) -> None:
    """Have every job that was never looked at count from `at`, without running any."""
    known = set(TimedRun.objects.values_list("name", flat=True))
    new = [TimedRun(name=name, last_due_at=at) for name in timed_jobs() if name not in known]
    if new:
        with transaction():
            TimedRun.objects.bulk_create(new, ignore_conflicts=True)


def run_due(*, at: datetime, only: str | None = None) -> TimedReport:
    """Run everything that fell due until `at` and was not run yet, in order of the due instants.

    Jobs due at the same instant run in the order of their names. Safe to call from several workers at once.

    :param only: the name of the one job to look at, for tests and for the command line.
    """
    jobs = {name: job for name, job in timed_jobs().items() if only in (None, name)}
    start_counting(at=at)
    done = 0
    failed: list[str] = []
    # Read once: what another worker does meanwhile is seen under each job's lock, and what we do is kept here.
    last = {
        row.name: row.last_due_at
        for row in TimedRun.objects.filter(name__in=jobs)
        if row.next_attempt_at is None or row.next_attempt_at <= at
    }
    while True:
        waiting = [(jobs[name].next_due(last_due_at, at), name) for name, last_due_at in last.items()]
        due = min(((due_at, name) for due_at, name in waiting if due_at is not None), default=None)
        if due is None:
            return TimedReport(done=done, failed=tuple(failed))
        name = due[1]
        outcome = _run_one(jobs[name], at)
        if isinstance(outcome, datetime):
            last[name] = outcome
            done += 1
            continue
        del last[name]
        if outcome == "failed":
            failed.append(name)


def _run_one(job: TimedJob, at: datetime) -> datetime | Literal["failed", "busy"]:
    """Run `job` for its next due instant and return that instant, or why it did not run."""
    with _session_lock(job.name) as locked:
        if not locked:
            return "busy"
        # Read again under the lock: another worker may have run it since it was chosen.
        row = TimedRun.objects.get(name=job.name)
        due = job.next_due(row.last_due_at, at)
        if due is None:
            return "busy"
        try:
            with audit.acting(None, "system", job.name):
                job.run(at=due)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            _log.error("timed_job_failed", job=job.name, due_at=due.isoformat(), exc_info=True)
            _note_failure(row, error, at)
            return "failed"
        with transaction():
            TimedRun.objects.filter(pk=row.pk).update(last_due_at=due, attempts=0, next_attempt_at=None, error="")
        return due


def _note_failure(row: TimedRun, error: Exception, at: datetime) -> None:
    attempts = row.attempts + 1
    pause = min(timedelta(minutes=2 ** min(attempts - 1, 6)), timedelta(hours=1))
    with transaction():
        TimedRun.objects.filter(pk=row.pk).update(
            attempts=attempts, next_attempt_at=at + pause, error=f"{type(error).__name__}: {error}"[:2000]
        )


@contextmanager
def _session_lock(name: str) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"timed:{name}"])
        locked = bool(cursor.fetchone()[0])
    try:
        yield locked
    finally:
        if locked and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"timed:{name}"])

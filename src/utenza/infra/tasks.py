"""The task queue (procrastinate): what stages want done later or apart, and the minute tick of timed jobs.

A deferred task joins the open transaction: it exists when that commits, and never if it does not. Bulk work does not
go here but through a drain (`utenza.infra.work`), which claims chunks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from utenza.infra import clock, timed
from utenza.infra.transactions import demands_transaction, savepoint

__all__ = ["QUEUE", "app", "defer", "run_queued", "tick"]

QUEUE = "default"
CLOCK_QUEUE = "clock"


class TaskFailed(RuntimeError):  # noqa: N818 - says what happened, as a refusal does
    """A queued task raised, and nobody is there to try it again."""


# One tick waits at most, however long the last one takes: the next one catches up for all that were left out.
@app.periodic(cron="* * * * *")
@app.task(name="utenza.tick", queue=CLOCK_QUEUE, lock="utenza.tick", queueing_lock="utenza.tick")
def tick(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it; timed jobs go by the clock
    """Run the timed jobs that fell due."""
    timed.run_due(at=clock.now())


@demands_transaction
def defer(
    task_name: str,
    *,
    scheduled_at: datetime | None = None,
    lock: str | None = None,
    unique: str | None = None,
    arguments: dict[str, Any] | None = None,
) -> int | None:
    """Queue a task in the open transaction, and return the job's id.

    :param lock: tasks with the same lock run one after another.
    :param unique: at most one task with this word waits; where one does, nothing is queued and None is returned.
    """
    deferrer = app.configure_task(
        task_name, allow_unknown=False, queue=QUEUE, lock=lock, queueing_lock=unique, schedule_at=scheduled_at
    )
    try:
        # The queue refuses a second one by a unique index, and that error must not end the whole transaction.
        with savepoint():
            return deferrer.defer(**(arguments or {}))
    except AlreadyEnqueued:
        return None


def run_queued() -> int:
    """Run the tasks that are queued now, here and one by one, and return how many; the clock's tick is left alone.

    :raises TaskFailed: if one fails.
    """
    if not _waiting():
        return 0
    count = 0
    worker_id = int(async_to_sync(app.job_manager.register_worker)())
    try:
        while (job := async_to_sync(app.job_manager.fetch_job)([QUEUE], worker_id)) is not None:
            task = app.tasks.get(job.task_name)
            try:
                if task is None:
                    raise LookupError(f"there is no task {job.task_name}")
                task(**job.task_kwargs)
            except Exception as error:
                async_to_sync(app.job_manager.finish_job)(job, Status.FAILED, delete_job=False)
                raise TaskFailed(job.task_name) from error
            async_to_sync(app.job_manager.finish_job)(job, Status.SUCCEEDED, delete_job=False)
            count += 1
    finally:
        async_to_sync(app.job_manager.unregister_worker)(worker_id)
    return count


def _waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %s"
            " AND (scheduled_at IS NULL OR scheduled_at <= now()))",
            [QUEUE],
        )
        return bool(cursor.fetchone()[0])

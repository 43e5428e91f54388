"""The task queue (procrastinate): what stages want done later or apart.

A deferred task joins the open transaction: it exists when that commits, and never if it does not. Bulk work does not
go here but through a drain (`utenza.infra.work`), which claims chunks. A task may run twice: that of a worker which
was killed is given back to the queue. What the clock calls for is not a task (`utenza.infra.timed`), since one that
was killed would hold back all that come after it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from utenza.infra.transactions import demands_transaction, savepoint

__all__ = ["QUEUE", "app", "defer", "give_back", "run_queued"]

QUEUE = "default"
# A worker says that it lives every ten seconds.
SILENT_S = 45.0


class TaskFailed(RuntimeError):  # noqa: N818 - says what happened, as a refusal does
    """A queued task raised, and nobody is there to try it again."""


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
    """Run the tasks that are queued now, here and one by one, and return how many.

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
                task(**_arguments(job.task_kwargs))
            except Exception as error:
                async_to_sync(app.job_manager.finish_job)(job, Status.FAILED, delete_job=False)
                raise TaskFailed(job.task_name) from error
            async_to_sync(app.job_manager.finish_job)(job, Status.SUCCEEDED, delete_job=False)
            count += 1
    finally:
        async_to_sync(app.job_manager.unregister_worker)(worker_id)
    return count


def give_back(*, silent_s: float = SILENT_S) -> int:
    """Queue again the tasks of workers that were killed, and return how many. Safe to repeat, by several at once.

    :param silent_s: seconds without a sign of life after which a worker counts as dead.
    """
    return int(async_to_sync(_give_back)(silent_s))


async def _give_back(silent_s: float) -> int:
    count = 0
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s):
        await app.job_manager.retry_job(job)
        count += 1
    return count


def _arguments(kept: Any) -> dict[str, Any]:
    """Return a task's arguments, which Django's connection reads as text and procrastinate's own as values."""
    arguments: dict[str, Any] = json.loads(kept) if isinstance(kept, str) else kept
    return arguments


def _waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %s"
            " AND (scheduled_at IS NULL OR scheduled_at <= now()))",
            [QUEUE],
        )
        return bool(cursor.fetchone()[0])

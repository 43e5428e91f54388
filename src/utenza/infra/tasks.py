"""The task queue, for what stages want done later or apart; a deferred task joins the open transaction."""

from __future__ import annotations


def run_queued() -> int:
    """Run the tasks that are queued now, and return how many."""
    return 0

"""How much waits in each stage, for the rail and the first page."""

from __future__ import annotations

from utenza.application import queries as application_queries
from utenza.billing import queries as billing_queries
from utenza.ordering import queries as ordering_queries
from utenza.overdue import queries as overdue_queries
from utenza.provisioning import queries as provisioning_queries


def applications() -> int:
    """Count the applications that a person must look at."""
    return application_queries.counts().get("review", 0)


def orders() -> int:
    """Count the orders that need a person."""
    return ordering_queries.order_counts().get("fallout", 0)


def bill_runs() -> int:
    """Count the bill runs that wait for the next step."""
    return sum(
        1 for run in billing_queries.runs(limit=12) if run.status in ("planned", "calculated", "checked", "approved")
    )


def overdue() -> int:
    """Count the open overdue cases."""
    return overdue_queries.open_case_count()


def work_orders() -> int:
    """Count the work orders that a technician must confirm."""
    return len(provisioning_queries.open_work_orders())


def commands() -> int:
    """Count the network commands that need a person."""
    return len(provisioning_queries.parked_commands())

"""How much waits in each stage, for the rail and the first page."""

from __future__ import annotations


def applications() -> int:
    """Count the applications that a person must look at."""
    return 0


def orders() -> int:
    """Count the orders that are stuck."""
    return 0


def bill_runs() -> int:
    """Count the bill runs that wait for the next step."""
    return 0


def overdue() -> int:
    """Count the open overdue cases."""
    return 0


def work_orders() -> int:
    """Count the work orders that a technician must confirm."""
    return 0


def commands() -> int:
    """Count the network commands that need a person."""
    return 0

"""What waits in each stage, for the rail and the first page."""

from __future__ import annotations

from utenza.application.queries import to_review as applications
from utenza.application.queries_fraud import to_review as fraud_reviews
from utenza.billing.queries import unfinished_runs as bill_runs
from utenza.infra.outbox import deliveries_parked as background
from utenza.ordering.queries import stuck_orders as orders
from utenza.overdue.queries import open_cases as overdue
from utenza.provisioning.queries import commands_waiting as commands
from utenza.provisioning.queries import work_orders_waiting as work_orders
from utenza.usage.queries import records_held as quarantine

__all__ = [
    "applications", "background", "bill_runs", "commands", "fraud_reviews", "orders", "overdue", "quarantine",
    "work_orders",
]  # fmt: skip

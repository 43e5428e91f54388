"""What overdue does by the clock, and what it hears."""

from __future__ import annotations

from datetime import datetime

from utenza.billing import queries as bills
from utenza.core.events.billing import BillHoldLifted, BillHoldPlaced, BillIssued
from utenza.core.events.payments import CreditAllocated, PaymentAllocated, PaymentReturned
from utenza.infra.logs import get_logger
from utenza.infra.operator import local_date
from utenza.infra.outbox import hears
from utenza.infra.timed import timed
from utenza.infra.transactions import transaction
from utenza.overdue import operations, queries

log = get_logger(__name__)


@timed(every="day", at="07:00")
def climb_the_ladder(*, at: datetime) -> None:
    """Take the step that is due against each account in debt, one transaction for each account."""
    late = {bill.account_id for bill in bills.overdue_bills(local_date(at))}
    known = {case.account_id for case in queries.cases(limit=1_000_000)}
    for account_id in sorted(late | known):
        with transaction():
            step = operations.climb(account_id=account_id, at=at)
        if step:
            log.info("dunning step taken", account_id=account_id, step=step)


@hears(PaymentAllocated, CreditAllocated, PaymentReturned, BillHoldPlaced, BillHoldLifted)
def settle_case(
    event: PaymentAllocated | CreditAllocated | PaymentReturned | BillHoldPlaced | BillHoldLifted,
) -> None:
    """Give services back as soon as nothing overdue is left that may be chased; a return is written in the standing."""
    operations.settle(account_id=event.account_id, at=event.at)


@hears(BillIssued)
def settle_by_credit_note(event: BillIssued) -> None:
    """Give services back when a credit note has taken away what was overdue."""
    if event.kind == "credit_note":
        operations.settle(account_id=event.account_id, at=event.at)

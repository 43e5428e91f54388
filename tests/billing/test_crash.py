"""A bill run that dies or is shared: each account is billed once, and the numbers have no gap."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connections

from tests.factories import billing as make
from tests.factories.parties import account_of, person_customer
from utenza.billing import jobs, operations, queries
from utenza.infra import users
from utenza.infra.transactions import transaction
from utenza.ledger import queries as ledger

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
CYCLE = date(2026, 2, 1)
AT = datetime(2026, 2, 1, 9, tzinfo=UTC)


def subscribers(count: int) -> list[int]:
    accounts = []
    with transaction():
        offer = make.fibre(at=JANUARY)
        for _ in range(count):
            customer = person_customer(at=JANUARY)
            account = account_of(customer, at=JANUARY)
            make.agreement(
                customer_id=customer.customer_id,
                account_id=account.account_id,
                offer_version_id=offer,
                start=date(2026, 1, 15),
                at=JANUARY,
            )
            accounts.append(account.account_id)
    return accounts


def approver() -> int:
    with transaction():
        return users.create_user(username="finance", password="una-lunga-chiave-7", roles=["finance"])


def demand_each_once(accounts: list[int]) -> None:
    numbers = []
    for account in accounts:
        [bill] = queries.bills_of_account(account)
        numbers.append(bill.number)
        assert ledger.balance(account_code="receivable", owner=f"account:{account}").micro == bill.total_micro
    assert sorted(numbers) == [f"F-2026-{n:06d}" for n in range(1, len(accounts) + 1)]


class _Death(BaseException):
    """Stands for a process that is gone: nothing catches it."""


def test_a_run_that_dies_in_the_middle_of_issuing_goes_on_without_a_gap_or_a_double(committed_db: Any) -> None:
    accounts, by = subscribers(5), approver()
    with transaction():
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT)
    operations.calculate(run_id=run_id, at=AT)
    with transaction():
        operations.approve(run_id=run_id, at=AT, by=by)
        operations.start_issuing(run_id=run_id, at=AT)
    with transaction():
        operations.issue_chunk(run_id=run_id, at=AT, limit=2)

    def die() -> None:
        with transaction():
            operations.issue_chunk(run_id=run_id, at=AT, limit=2)
            raise _Death

    with pytest.raises(_Death):
        die()
    assert queries.run(run_id).issued == 2
    seen: list[operations.Progress] = []
    operations.issue(run_id=run_id, at=AT, progress=seen.append)
    assert (seen[-1].done, seen[-1].total, queries.run(run_id).status) == (5, 5, "issued")
    demand_each_once(accounts)


def test_workers_that_share_a_run_bill_each_account_once(committed_db: Any) -> None:
    accounts, by = subscribers(12), approver()
    with transaction():
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT)
        operations.start_calculation(run_id=run_id, at=AT)
    together(run_id, operations.calculate_chunk)
    with transaction():
        operations.approve(run_id=run_id, at=AT, by=by)
        operations.start_issuing(run_id=run_id, at=AT)
    together(run_id, operations.issue_chunk)
    assert queries.run(run_id).status == "issued"
    demand_each_once(accounts)


def together(run_id: int, chunk: Any) -> None:
    """Have three workers take chunks of two until each finds nothing; then look once more, as a worker does."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while True:
                with transaction():
                    if not chunk(run_id=run_id, at=AT, limit=2):
                        return
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    with transaction():
        chunk(run_id=run_id, at=AT)
    assert failures == []


def test_the_worker_plans_and_calculates_the_run_of_the_day_and_leaves_the_rest_to_people(committed_db: Any) -> None:
    accounts, by = subscribers(2), approver()
    jobs.plan_the_run_of_the_day(at=AT)
    while jobs.drain_runs(at=AT):
        pass
    run = queries.latest_run(CYCLE)
    assert run is not None
    assert (run.status, run.calculated, run.issued) == ("calculated", 2, 0)
    jobs.plan_the_run_of_the_day(at=AT)
    with transaction():
        operations.approve(run_id=run.run_id, at=AT, by=by)
        operations.start_issuing(run_id=run.run_id, at=AT)
    while jobs.drain_runs(at=AT):
        pass
    demand_each_once(accounts)


def test_a_day_without_accounts_has_no_run(committed_db: Any) -> None:
    jobs.plan_the_run_of_the_day(at=AT)
    assert queries.runs() == []

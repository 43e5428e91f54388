"""What the clock starts: terminations and dunning, each in transactions of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.factories import billing as make
from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import queries as bills
from utenza.infra.transactions import transaction
from utenza.ordering import queries as agreements
from utenza.overdue import jobs as dunning
from utenza.overdue import queries as overdue
from utenza.provisioning import operations as network
from utenza.provisioning import queries as orders
from utenza.provisioning.dispatch import carry_out_due
from utenza.termination import jobs, operations, queries

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture
def customer(committed_db: object, home: Path) -> tuple[int, int]:
    with transaction():
        person, account = person_with_account(at=JANUARY)
        agreement_id = make.agreement(
            customer_id=person.customer_id,
            account_id=account.account_id,
            offer_version_id=make.fibre(at=JANUARY),
            start=JANUARY.date(),
            at=JANUARY,
        )
        line_id = agreements.agreement(agreement_id).line_id
        assert line_id is not None
        network.activate(line_id=line_id, at=JANUARY)
    confirm(at=JANUARY)
    return person.customer_id, account.account_id


def confirm(*, at: datetime) -> None:
    """Have technicians do what is due, each command in a transaction of its own as the worker does it."""
    while carry_out_due(at=at):
        pass
    with transaction():
        for order in orders.open_work_orders():
            network.confirm_work_order(work_order_id=order.work_order_id, by="tecla", at=at)


def test_a_termination_begins_on_its_day_and_is_completed_by_a_later_run(customer: tuple[int, int]) -> None:
    with transaction():
        operations.request_termination(
            customer_id=customer[0],
            line_id=None,
            reason="price",
            effective_date=date(2026, 1, 20),
            by="rosa",
            at=JANUARY,
        )
    jobs.begin_due_terminations(at=datetime(2026, 1, 18, 23, 30, tzinfo=UTC))
    assert [row.status for row in queries.terminations_of(customer[0])] == ["requested"]
    jobs.begin_due_terminations(at=datetime(2026, 1, 19, 23, 30, tzinfo=UTC))
    assert [row.status for row in queries.terminations_of(customer[0])] == ["ceasing"]
    confirm(at=datetime(2026, 1, 20, 9, tzinfo=UTC))
    for _ in range(2):
        jobs.begin_due_terminations(at=datetime(2026, 1, 20, 23, 30, tzinfo=UTC))
    assert [row.status for row in queries.terminations_of(customer[0])] == ["completed"]
    assert len(bills.bills_of_account(customer[1])) == 1


def test_the_daily_run_takes_the_due_step_of_every_account_in_debt(customer: tuple[int, int]) -> None:
    with transaction():
        bill_id = issued_bill(customer_id=customer[0], account_id=customer[1], euro=60, at=JANUARY)
    due = datetime.combine(bills.bill(bill_id).due_date, JANUARY.timetz())
    for days in (4, 5, 5, 15):
        dunning.climb_the_ladder(at=due + timedelta(days=days))
    [case] = overdue.cases()
    assert [(step.code, step.days_overdue) for step in case.steps] == [("reminder_1", 5), ("reminder_2", 15)]

"""The base and its churn, counted at midnights of the operator."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.factories.parties import company_with_branches, person_customer
from tests.factories.provisioning import active_line, planned_line, technicians_confirm
from utenza.core.period import DayPeriod
from utenza.parties import operations as parties
from utenza.provisioning import operations as provisioning
from utenza.retention import queries

pytestmark = pytest.mark.django_db

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 10, 9, tzinfo=UTC)
MONTH = DayPeriod(date(2026, 2, 1), date(2026, 3, 1))


def test_the_base_counts_customers_and_the_lines_in_service_apart() -> None:
    customer = person_customer(at=JANUARY)
    for _ in range(2):
        active_line(at=JANUARY, customer_id=customer.customer_id)
    planned_line(at=JANUARY, customer_id=customer.customer_id)
    base = queries.customer_base(date(2026, 1, 15))
    assert (base.customers, base.line_total) == (1, 2)
    assert [(count.market, count.payment, count.lines, count.customers) for count in base.lines] == [
        ("fixed", "postpaid", 2, 1)
    ]
    assert queries.customer_base(date(2026, 1, 14)).line_total == 0


def test_a_company_counts_once_with_its_branches() -> None:
    company_with_branches(at=JANUARY)
    assert queries.customer_base(date(2026, 1, 15)).customers == 1


def test_a_suspended_line_is_still_in_the_base() -> None:
    line = active_line(at=JANUARY)
    provisioning.suspend(line_id=line.line_id, reason="debt", at=JANUARY)
    technicians_confirm(at=JANUARY)
    assert queries.customer_base(date(2026, 1, 15)).line_total == 1


def test_a_day_ends_at_the_operators_midnight() -> None:
    active_line(at=datetime(2026, 1, 15, 23, 30, tzinfo=UTC))  # half past midnight in Rome
    assert queries.customer_base(date(2026, 1, 15)).line_total == 0
    assert queries.customer_base(date(2026, 1, 16)).line_total == 1


def test_churn_counts_what_came_and_went_against_the_base_before() -> None:
    leaving = person_customer(at=JANUARY)
    gone = active_line(at=JANUARY, customer_id=leaving.customer_id)
    for _ in range(2):
        active_line(at=JANUARY)
    active_line(at=FEBRUARY)
    provisioning.cease(line_id=gone.line_id, at=FEBRUARY)
    technicians_confirm(at=FEBRUARY)
    parties.end_customer(customer_id=leaving.customer_id, at=FEBRUARY, reason="moving")
    churn = queries.churn(MONTH)
    assert (churn.customers_added, churn.customers_ended, churn.customer_rate_bp) == (1, 1, 3333)
    assert [count.lines for count in churn.lines_added] == [1]
    assert [count.lines for count in churn.lines_ended] == [1]
    assert churn.line_rate_bp == 3333


def test_nothing_has_no_rate() -> None:
    assert queries.churn(MONTH).line_rate_bp is None

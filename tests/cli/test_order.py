"""`utenza order`: what was ordered and what became of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Run
from tests.factories.catalog import fibre_offer
from tests.factories.parties import person_with_account

from utenza.infra.transactions import transaction
from utenza.ordering import operations
from utenza.ordering.rules import ItemSpec

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture
def number(committed_db: object) -> str:
    with transaction():
        customer, _account = person_with_account(at=JANUARY)
        return operations.place_order(
            customer_id=customer.customer_id,
            items=[ItemSpec(fibre_offer().offer_version_id)],
            at=JANUARY,
            idempotency_key="web-1",
        ).number


def test_an_order_is_shown_by_its_number_and_listed(number: str, utenza: Run) -> None:
    shown = utenza("order", "show", number.lower())
    assert shown.returncode == 0, shown.stderr
    assert f"Order {number}: in_progress, placed 2026-01-15 09:00 UTC" in shown.stdout
    [row] = json.loads(utenza("order", "list", "--status", "in_progress", "--json").stdout)
    assert (row["number"], row["agreements"][0]["offer_code"]) == (number, "fibra-100")
    assert json.loads(utenza("order", "list", "--status", "fallout", "--json").stdout) == []


def test_an_unknown_number_is_one_sentence(committed_db: object, utenza: Run) -> None:
    ran = utenza("order", "show", "O99999999")
    assert ran.returncode == 2
    assert "There is no order O99999999" in ran.stderr

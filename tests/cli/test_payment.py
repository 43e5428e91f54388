"""`utenza payment`: taken once, listed, taken back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Run
from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account

from utenza.infra.transactions import transaction

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture
def account(committed_db: object) -> str:
    """An account that owes 30 euro; return its number."""
    with transaction():
        customer, account = person_with_account(at=JANUARY)
        issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=30, at=JANUARY)
    return account.number


def test_a_payment_is_taken_once_listed_and_taken_back(account: str, utenza: Run) -> None:
    words = ("payment", "take", account, "40.50", "--key", "bank/7", "--received", "2026-02-01")
    for _ in range(2):
        ran = utenza(*words)
        assert ran.returncode == 0, ran.stderr
        assert "30.00 EUR set against bills, 10.50 EUR stays as credit" in ran.stdout
    [row] = json.loads(utenza("payment", "list", "--account", account, "--json").stdout)
    assert (row["amount_micro"], row["allocated_micro"]) == (40_500_000, 30_000_000)
    ran = utenza("payment", "return", str(row["payment_id"]), "--reason", "no cover")
    assert ran.returncode == 0, ran.stderr
    assert "returned" in utenza("payment", "list").stdout


@pytest.mark.parametrize(("amount", "says"), [("ten", "'ten' is not an amount"), ("1.005", "more decimals")])
def test_an_amount_that_cannot_be_taken_is_one_sentence(account: str, utenza: Run, amount: str, says: str) -> None:
    ran = utenza("payment", "take", account, amount, "--key", "bank/8")
    assert ran.returncode == 2
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr

"""`utenza ledger`: the trial balance, for a person and for a program."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Run

from utenza.core.money import Money
from utenza.infra.transactions import transaction
from utenza.ledger.operations import Posting, post


@pytest.fixture
def books(committed_db: object) -> None:
    for day, amount in ((1, "100.00"), (2, "22.50")):
        euro = Money.of(amount, "EUR")
        with transaction():
            post(
                key=f"payment:{day}",
                at=datetime(2026, 3, day, 12, tzinfo=UTC),
                description="Payment",
                postings=[
                    Posting(account_code="cash.bank", amount=euro),
                    Posting(account_code="receivable", owner="account:1", amount=-euro),
                ],
            )


def test_the_trial_balance_adds_up_to_the_same_on_both_sides(books: None, utenza: Run) -> None:
    ran = utenza("ledger", "trial-balance", "--json")
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["totals"] == [{"currency": "EUR", "debit_micro": 122_500_000, "credit_micro": 122_500_000}]
    assert [row["account_code"] for row in answer["rows"]] == ["receivable", "cash.bank"]


def test_the_trial_balance_of_a_day_counts_that_day_whole(books: None, utenza: Run) -> None:
    ran = utenza("ledger", "trial-balance", "--at", "2026-03-01")
    assert ran.returncode == 0, ran.stderr
    assert "100.00 EUR" in ran.stdout
    assert "122.50" not in ran.stdout


def test_an_instant_that_cannot_be_read_is_one_sentence(books: None, utenza: Run) -> None:
    ran = utenza("ledger", "trial-balance", "--at", "yesterday")
    assert ran.returncode == 2
    assert "'yesterday' is no day and no instant" in ran.stderr

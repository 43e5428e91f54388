"""The commands of billing, as an operator types them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.billing.test_crash import CYCLE, approver, subscribers
from utenza.billing import queries
from utenza.cli.main import cli
from utenza.infra import clock, users
from utenza.infra.transactions import transaction

STORIES = Path(__file__).parent.parent / "bills" / "stories"


def utenza(*words: str) -> Any:
    return CliRunner().invoke(cli, list(words))


def test_a_story_is_told_without_a_database() -> None:
    told = utenza("bill", "story", str(STORIES / "leap_day.yaml"))
    assert (told.exit_code, told.output) == (0, (STORIES / "leap_day.txt").read_text(encoding="utf-8"))


def test_a_story_that_lacks_something_says_what(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text("account: {bill_day: 1}\n", encoding="utf-8")
    told = utenza("bill", "story", str(path))
    assert told.exit_code == 2
    assert "'agreements' is missing" in told.output


@pytest.fixture
def frozen() -> Any:
    clock.set_clock(datetime(2026, 2, 1, 9, tzinfo=UTC))
    yield
    clock.set_clock(None)


@pytest.mark.usefixtures("frozen")
def test_a_run_is_taken_from_its_plan_to_its_bills(committed_db: Any) -> None:
    [account] = subscribers(1)
    approver()
    with transaction():
        users.create_user(username="bianca", password="una-lunga-chiave-7", roles=["billing"])
    day = ["--cycle", CYCLE.isoformat()]
    for step, by in (("plan", "bianca"), ("calculate", "bianca")):
        assert utenza("bill-run", step, *day, "--by", by).exit_code == 0
    refused = utenza("bill-run", "approve", *day, "--by", "bianca")
    assert (refused.exit_code, "ask a colleague" in refused.output) == (2, True)
    assert utenza("bill-run", "approve", *day, "--by", "finance").exit_code == 0
    issued = json.loads(utenza("bill-run", "issue", *day, "--json").output)
    assert (issued["run"]["status"], issued["run"]["issued"]) == ("issued", 1)

    [bill] = queries.bills_of_account(account)
    shown = json.loads(utenza("bill", "show", bill.number, "--json").output)
    assert (shown["number"], shown["total_micro"], len(shown["lines"])) == ("F-2026-000001", 46_300_000, 2)
    assert "Total 46.30 EUR, open 46.30 EUR" in utenza("bill", "show", bill.number).output
    assert "29,90\xa0€ × 17 / 31 = 16,40\xa0€" in utenza("bill", "explain", bill.number).output
    assert "2026-02-01" in utenza("bill-run", "status").output


def test_a_day_without_a_run_says_how_to_plan_one(committed_db: Any) -> None:
    told = utenza("bill-run", "calculate", "--cycle", date(2026, 5, 1).isoformat())
    assert told.exit_code == 2
    assert "bill-run plan --cycle 2026-05-01" in told.output


def test_a_bill_that_is_not_there_is_told_in_a_sentence(committed_db: Any) -> None:
    told = utenza("bill", "show", "F-2026-000009")
    assert (told.exit_code, told.output.strip()) == (2, "There is no bill F-2026-000009: check the number.")

"""`utenza recharge`, as a person at a till types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from tests.factories.provisioning import prepaid_line
from utenza.cli.recharge import recharge
from utenza.core.errors import Refusal
from utenza.infra.transactions import transaction

AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
def number(committed_db: object, home: object) -> str:
    with transaction():
        return prepaid_line(at=AT).number


def test_a_recharge_says_what_the_line_has_now(number: str) -> None:
    ran = CliRunner().invoke(recharge, [number, "10.00"])
    assert (ran.exit_code, ran.output) == (0, f"{number} was recharged with 10.00 EUR; it has 10.00 EUR now.\n")


def test_a_script_that_repeats_its_key_recharges_once(number: str) -> None:
    words = [number, "10.00", "--key", "night-1", "--json"]
    CliRunner().invoke(recharge, words)
    answer = json.loads(CliRunner().invoke(recharge, words).output)
    assert answer["balance"]["micro"] == 10_000_000


def test_a_sum_that_is_none_is_refused(number: str) -> None:
    ran = CliRunner().invoke(recharge, [number, "ten"])
    assert isinstance(ran.exception, Refusal)

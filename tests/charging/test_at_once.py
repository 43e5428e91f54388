"""Two tills recharge one line at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections

from tests.factories.provisioning import planned_line
from utenza.charging import operations, queries
from utenza.core.money import Money
from utenza.infra.transactions import transaction

AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.mark.usefixtures("committed_db", "home")
def test_no_recharge_is_lost_and_none_is_booked_twice() -> None:
    with transaction():
        line_id = planned_line(at=AT, payment="prepaid").line_id

    def recharge(turn: int) -> None:
        try:
            with transaction():
                operations.recharge(
                    line_id=line_id,
                    amount=Money.of("10", "EUR"),
                    channel="cash",
                    reference="",
                    idempotency_key=f"till-{turn % 4}",
                    at=AT,
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as tills:
        list(tills.map(recharge, range(8)))
    held = queries.balance(line_id)
    assert held is not None
    assert held.balance == Money.of("40", "EUR")
    assert [entry.balance_after.micro for entry in queries.entries(line_id)] == [
        40_000_000,
        30_000_000,
        20_000_000,
        10_000_000,
    ]
    assert all(row.agrees for row in queries.reconciliation())

"""What a bill was made from can be read for as long as the bill may be disputed, however often it is rated anew."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.factories.usage import call, metered_line
from utenza.billing import jobs, operations
from utenza.billing.models import Bill
from utenza.core.period import DayPeriod
from utenza.infra.work import drain_all
from utenza.rating import operations as rating_operations
from utenza.rating import queries as rating
from utenza.usage import operations as usage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

FEBRUARY = DayPeriod(date(2026, 2, 1), date(2026, 3, 1))
AT = datetime(2026, 3, 1, 6, tzinfo=UTC)


def test_the_version_a_bill_was_made_from_outlives_those_that_came_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_operations, "UNPINNED_HOURS", 0)
    line = metered_line()

    def use(identity: str) -> int:
        made = call(identity, line, datetime(2026, 2, 10, 10, tzinfo=UTC), 660)
        usage.push_batch(source="switch", identity=identity, records=[made], at=AT)
        drain_all(at=AT)
        version = rating.usage_totals([line.line_id], FEBRUARY).version
        assert version is not None
        return version

    use("1")
    run_id = operations.plan_run(cycle_date=date(2026, 3, 1), at=AT)
    operations.calculate(run_id=run_id, at=AT)
    (bill,) = Bill.objects.all()
    pinned = bill.usage_pin["version"]
    unpinned = use("2")
    use("3")
    jobs.forget_usage_that_no_bill_pins(at=AT)
    read = rating.usage_totals([line.line_id], FEBRUARY, pinned)
    assert sum(row.events for row in read.rows) == 1
    with pytest.raises(FileNotFoundError):
        rating.usage_totals([line.line_id], FEBRUARY, unpinned)

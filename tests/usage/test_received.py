"""What came is kept as it came, once, encrypted, and until it may be forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from tests.factories.provisioning import active_line
from tests.factories.usage import call
from utenza.infra import encryption
from utenza.infra import usage_store as store
from utenza.infra.operator import change_setting
from utenza.infra.transactions import transaction
from utenza.provisioning import queries as provisioning
from utenza.usage import jobs, operations, queries
from utenza.usage.landing import RECEIVED_CONTEXT
from utenza.usage.records import event_id_of
from utenza.usage.tables import RECEIVED_BY, RECEIVED_SCHEMA

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=UTC)


@pytest.fixture
def line() -> provisioning.LineView:
    return provisioning.line(active_line(at=AT).line_id)


def _land() -> None:
    while operations.write_raw(at=LATER):
        pass


def _rows() -> list[dict[str, Any]]:
    table = store.open_table("received", RECEIVED_SCHEMA, partition_by=RECEIVED_BY)
    return store.read(table).collect().sort("batch_id", pl.col("event_id").fill_null(0)).to_dicts()


def test_an_event_leads_back_to_the_records_that_came(line: provisioning.LineView) -> None:
    record = call("1", line, AT, 30)
    operations.push_batch(source="radius:a", identity="b1", records=[record], at=LATER)
    operations.push_batch(source="radius:a", identity="b2", records=[record, call("2", line, AT, 7)], at=LATER)
    _land()
    first, second = queries.received(event_id=event_id_of("radius:a", "1"))
    assert (first.batch, second.batch, first.source) == ("b1", "b2", "radius:a")
    assert first.record is not None
    assert (first.record["record_id"], first.record["quantity"], first.record["b_number"]) == (
        "1",
        "30",
        "390612345678",
    )
    (raw,) = [
        row
        for row in queries.raw_usage(month="2026-02", bucket=line.bucket).events.to_dicts()
        if row["event_id"] == event_id_of("radius:a", "1")
    ]
    assert raw["received_at"] == first.received_at == LATER
    assert queries.received(event_id=1) == []


def test_identifiers_are_unreadable_but_with_the_keys(line: provisioning.LineView) -> None:
    stranger = replace(call("2", line, AT, 30), identifier="nobody@example.it")
    operations.push_batch(source="switch", identity="b1", records=[call("1", line, AT, 30), stranger], at=LATER)
    _land()
    held, guided = _rows()
    assert (held["line_id"], held["reason"], guided["reason"]) == (None, "unknown_subscriber", "")
    assert all("example" not in row["record"] and "3906" not in row["record"] for row in (held, guided))
    assert "nobody@example.it" in encryption.decrypt(held["record"], context=RECEIVED_CONTEXT)
    operations.destroy_identifiers(line_id=line.line_id, at=LATER)
    (view,) = queries.received(event_id=event_id_of("switch", "1"))
    assert view.record is None


def test_a_worker_that_dies_between_the_tables_leaves_every_record_once_in_each(
    line: provisioning.LineView, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Death(BaseException):
        """Stands for a process that is gone: nothing catches it."""

    append = store.append_once

    def dying(*args: Any, app_id: str, **words: Any) -> int:
        if app_id == "utenza.raw" and not died:
            died.append(app_id)
            raise Death
        return append(*args, app_id=app_id, **words)

    died: list[str] = []
    operations.push_batch(source="switch", identity="b1", records=[call("1", line, AT, 30)], at=LATER)
    monkeypatch.setattr(store, "append_once", dying)
    with pytest.raises(Death):
        operations.write_raw(at=LATER)
    operations.push_batch(source="switch", identity="b2", records=[call("2", line, AT, 30)], at=LATER)
    _land()
    assert len(_rows()) == 2
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events.height == 2


def test_months_that_may_be_forgotten_are_gone_for_good(line: provisioning.LineView) -> None:
    operations.push_batch(source="switch", identity="b1", records=[call("1", line, AT, 30)], at=AT)
    _land()
    operations.push_batch(source="switch", identity="b2", records=[call("2", line, AT, 30)], at=LATER)
    _land()
    with transaction():
        change_setting(key="usage.received_months", value=0, at=LATER)
    jobs.tidy(at=LATER)
    assert [row["received_month"] for row in _rows()] == ["2026-03"]
    files = [path for path in store.folder("received").rglob("*.parquet") if "2026-02" in str(path)]
    assert files == []
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events.height == 2

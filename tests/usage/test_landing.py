"""Records become usage once each, or are held back with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.factories.provisioning import active_line
from tests.factories.usage import ORDERED, call, metered_line
from utenza.infra import usage_store as store
from utenza.infra.work import drain_all
from utenza.provisioning import queries as provisioning
from utenza.usage import operations, queries
from utenza.usage.collectors import file
from utenza.usage.landing import unpack
from utenza.usage.models import Batch
from utenza.usage.tables import RAW_SCHEMA

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=UTC)


def _line() -> provisioning.LineView:
    return provisioning.line(active_line(at=AT).line_id)


def _land(*, at: datetime = LATER) -> None:
    while operations.write_raw(at=at):
        pass


def test_a_batch_pushed_twice_is_landed_once() -> None:
    line = _line()
    records = [call("1", line, AT, 30), call("2", line, AT, 40)]
    first = operations.push_batch(source="charging", identity="b1", records=records, at=LATER)
    _land()
    again = operations.push_batch(source="charging", identity="b1", records=records, at=LATER)
    _land()
    assert (first.new, again.new) == (True, False)
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events["quantity"].to_list() == [30, 40]


def test_the_same_identity_with_other_content_is_refused() -> None:
    line = _line()
    operations.push_batch(source="charging", identity="b1", records=[call("1", line, AT, 30)], at=LATER)
    with pytest.raises(operations.SameContent):
        operations.push_batch(source="charging", identity="b1", records=[call("1", line, AT, 31)], at=LATER)


def test_an_event_that_comes_in_two_batches_counts_once_and_is_accounted_for() -> None:
    line = _line()
    operations.push_batch(source="charging", identity="b1", records=[call("1", line, AT, 30)], at=LATER)
    _land()
    both = [call("1", line, AT, 30), call("2", line, AT, 40)]
    operations.push_batch(source="charging", identity="b2", records=both, at=LATER)
    _land()
    account = queries.sources()[0]
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events.height == 2
    assert (account.records, account.landed, account.duplicates, account.quarantined) == (3, 2, 1, 0)


def test_a_raw_commit_that_was_written_is_not_written_again() -> None:
    line = _line()
    operations.push_batch(source="charging", identity="b1", records=[call("1", line, AT, 30)], at=LATER)
    operations._assign(LATER)
    table = store.open_table("raw", RAW_SCHEMA)
    batch = Batch.objects.get()
    assert batch.content is not None
    events = unpack(batch.content).with_columns(batch_id=pl.lit(batch.pk, dtype=pl.Int64))
    store.append_once(table, events, app_id=operations.RAW_APP, number=1)  # and then the process died
    _land()
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events.height == 1
    assert queries.sources()[0].landed == 1


def test_usage_of_an_unknown_name_is_held_and_sent_again_corrected() -> None:
    line = _line()
    stranger = replace(call("1", line, AT, 30), identifier="nobody@example.it")
    operations.push_batch(source="switch", identity="b1", records=[stranger], at=LATER)
    held = queries.quarantined()
    assert [one.reason for one in held] == ["unknown_subscriber"]
    ref = operations.resend(
        quarantined_id=held[0].quarantined_id, corrections={"identifier": line.identifiers[0]}, at=LATER
    )
    _land()
    assert ref.events == 1
    assert queries.quarantined() == []
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events["quantity"].to_list() == [30]
    with pytest.raises(operations.NothingHeld):
        operations.resend(quarantined_id=held[0].quarantined_id, corrections={}, at=LATER)


def test_small_files_are_united_and_nothing_else_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FILES_A_PARTITION", 3)
    line = _line()
    for number in range(3):
        operations.push_batch(source="s", identity=f"{number}", records=[call(f"{number}", line, AT, 30)], at=LATER)
        _land()
    before = queries.raw_usage(month="2026-02", bucket=line.bucket)
    assert operations.compact_raw() == 3
    assert operations.compact_raw() == 0
    table = store.open_table("raw", RAW_SCHEMA)
    assert len(table.file_uris()) == 1
    assert table.transaction_version(operations.RAW_APP) == 3
    assert queries.raw_usage(month="2026-02", bucket=line.bucket).events.equals(before.events)
    old = queries.raw_usage(month="2026-02", bucket=line.bucket, version=before.version)
    assert old.events.equals(before.events)
    operations.push_batch(source="s", identity="b", records=[call("0", line, AT, 30), call("9", line, AT, 5)], at=LATER)
    _land()
    assert queries.sources()[0].duplicates == 1


def test_a_correction_of_no_field_is_refused_and_changes_nothing() -> None:
    line = _line()
    stranger = replace(call("1", line, AT, 30), identifier="nobody@example.it")
    operations.push_batch(source="switch", identity="b1", records=[stranger], at=LATER)
    held = queries.quarantined()[0].quarantined_id
    with pytest.raises(operations.NoSuchField, match="identifer"):
        operations.resend(quarantined_id=held, corrections={"identifer": line.identifiers[0]}, at=LATER)
    assert len(queries.quarantined()) == 1


def test_a_line_sent_again_is_read_in_the_time_zone_of_its_source(tmp_path: Path) -> None:
    line = _line()
    settings = {"folder": str(tmp_path), "time_zone": "America/New_York"}
    operations.set_source(code="far", kind="file", settings=settings)
    (tmp_path / "a.csv").write_text(
        f"record_id,kind,started_at,quantity,identifier\n1,voice,2026-02-02T10:00,many,{line.identifiers[0]}\n",
        encoding="utf-8",
    )
    file.collect(source="far", settings=settings, at=LATER)
    held = queries.quarantined()[0].quarantined_id
    operations.resend(quarantined_id=held, corrections={"quantity": "30"}, at=LATER)
    _land()
    events = queries.raw_usage(month="2026-02", bucket=line.bucket).events
    assert events["started_at"].to_list() == [datetime(2026, 2, 2, 15, tzinfo=UTC)]


def test_usage_before_the_line_held_the_name_is_not_its_own() -> None:
    line = _line()
    early = call("1", line, datetime(2025, 12, 1, tzinfo=UTC), 30)
    assert operations.push_batch(source="switch", identity="b1", records=[early], at=LATER).quarantined == 1


def test_identifiers_are_encrypted_and_unreadable_once_the_key_is_destroyed() -> None:
    line = _line()
    operations.push_batch(source="switch", identity="b1", records=[call("1", line, AT, 30)], at=LATER)
    _land()
    row = queries.raw_usage(month="2026-02", bucket=line.bucket).events.to_dicts()[0]
    assert (row["destination"], row["hidden_digits"]) == ("3", 11), "no tariff asks for more"
    assert "390612345678" not in row["b_number"]
    assert queries.unsealed(line_id=line.line_id, sealed=[row["b_number"]]) == ["390612345678"]
    operations.destroy_identifiers(line_id=line.line_id, at=LATER)
    assert queries.unsealed(line_id=line.line_id, sealed=[row["b_number"]]) == [""]


def test_a_short_number_is_kept_whole_and_a_long_one_as_far_as_a_tariff_asks() -> None:
    line = metered_line()
    numbers = ("+390612345678", "00390612345678", "4912345678", "112", "39899100", "5")
    records = [call(str(n), line, ORDERED, 30, number=number) for n, number in enumerate(numbers)]
    operations.push_batch(source="switch", identity="b1", records=records, at=LATER)
    _land()
    events = queries.raw_usage(month="2026-02", bucket=line.bucket).events
    assert sorted(events["destination"].to_list()) == ["112", "390", "390", "398", "491", "5"]
    assert queries.dialled(line.line_id, events["b_number"][0])


def test_the_month_is_the_operators() -> None:
    line = _line()
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # half past midnight on 1 March in Rome
    operations.push_batch(source="switch", identity="b1", records=[call("1", line, late, 30)], at=LATER)
    _land()
    assert queries.raw_partitions("2026-03") == [line.bucket]
    assert queries.raw_partitions("2026-02") == []


def test_a_folder_of_files_is_collected_once(tmp_path: Path) -> None:
    line = _line()
    settings = {
        "folder": str(tmp_path / "in"),
        "delimiter": ";",
        "columns": {"record_id": "ID", "identifier": "WHO", "b_number": "TO", "started_at": "AT", "quantity": "SEC"},
        "values": {"kind": "voice"},
    }
    operations.set_source(code="switch", kind="file", settings=settings)
    folder = tmp_path / "in"
    folder.mkdir()
    good = (
        f"ID;WHO;TO;AT;SEC\n1;{line.identifiers[0]};3906;2026-02-02 10:00:00;30\n2;{line.identifiers[0]};3906;soon;30\n"
    )
    (folder / "a.csv").write_text(good, encoding="utf-8")
    (folder / "b.csv").write_text("x;y\n1;2\n", encoding="utf-8")
    (folder / "c.csv").write_text(good, encoding="utf-8")
    assert file.collect(source="switch", settings=settings, at=LATER) == 1
    (folder / "a.csv").write_text(good, encoding="utf-8")
    assert file.collect(source="switch", settings=settings, at=LATER) == 0
    drain_all(at=LATER)
    account = queries.sources()[0]
    assert sorted(path.name for path in (folder / "bad").glob("*.csv")) == ["b.csv", "c.csv"]
    assert (account.records, account.landed, account.held_open) == (2, 1, 1)
    assert queries.quarantined()[0].reason == "bad_time"
    event = queries.raw_usage(month="2026-02", bucket=line.bucket).events.to_dicts()[0]
    assert event["started_at"] == datetime(2026, 2, 2, 9, tzinfo=UTC)

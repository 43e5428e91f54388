"""Whatever lies in a folder of files, the good ones are received and the others are put away with the reason."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.factories.provisioning import active_line
from utenza.infra.health import examine
from utenza.provisioning import queries as provisioning
from utenza.usage import jobs, operations, queries
from utenza.usage.collectors import file
from utenza.usage.collectors.completeness import is_complete
from utenza.usage.file_settings import SourceSettingsWrong, read_settings

ROME = ZoneInfo("Europe/Rome")
AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=UTC)
HEADINGS = "record_id,kind,started_at,quantity,identifier"
db = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def name() -> str:
    return provisioning.line(active_line(at=AT).line_id).identifiers[0]


def _source(path: Path, **more: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"folder": str(path), **more}
    operations.set_source(code="switch", kind="file", settings=settings)
    return settings


def _line(name: str, number: int, at: str = "2026-02-02T10:00:00", quantity: str = "30") -> str:
    return f"{number},voice,{at},{quantity},{name}"


def _write(path: Path, *lines: str) -> None:
    path.write_text("\n".join((HEADINGS, *lines)) + "\n", encoding="utf-8")


def _collect(settings: dict[str, Any]) -> int:
    return file.collect(source="switch", settings=settings, at=LATER)


def _reason(folder: Path, name: str) -> str:
    return (folder / "bad" / f"{name}.reason").read_text(encoding="utf-8")


class TestOneBadFile:
    pytestmark = db

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b"\n \n", "empty"),
            (f"{HEADINGS}\n1,voice,2026-02-02T10:00:00,30,\0\n".encode(), "NUL"),
            (b"\xff\xfe\x00\x01", "utf-8"),
            (f'{HEADINGS}\n1,"{"x" * 140_000}",2026-02-02T10:00:00,30,a\n'.encode(), "field larger"),
            (("x" * 140_000).encode(), "field larger"),
            (f'{HEADINGS}\n1,voice,"2026-02-02T10:00:00,30,a\n'.encode(), "unexpected end"),
            (b"record_id,kind\n1,voice\n", "lacks the columns identifier, quantity, started_at"),
            (f"{HEADINGS},kind\n1,voice,2026-02-02T10:00:00,30,a,data\n".encode(), "kind twice"),
        ],
    )
    def test_it_goes_to_bad_with_its_reason_and_the_rest_goes_on(
        self, folder: Path, name: str, content: bytes, reason: str
    ) -> None:
        (folder / "a.csv").write_bytes(content)
        _write(folder / "b.csv", _line(name, 1))
        settings = _source(folder)
        assert _collect(settings) == 1
        assert reason in _reason(folder, "a.csv")
        assert [path.name for path in (folder / "done").iterdir()] == ["b.csv"]

    def test_one_that_may_not_be_read(self, folder: Path, name: str) -> None:
        (folder / "a.csv").symlink_to("/proc/self/mem")  # gives an error to root, too
        _write(folder / "b.csv", _line(name, 1))
        assert _collect(_source(folder)) == 1
        assert "Input/output error" in _reason(folder, "a.csv")

    def test_one_that_is_too_large(self, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(file, "FILE_OCTETS_MAX", 200)
        _write(folder / "a.csv", *(_line(name, number) for number in range(20)))
        _write(folder / "b.csv", _line(name, 1))
        assert _collect(_source(folder)) == 1
        assert "larger than 200" in _reason(folder, "a.csv")

    def test_one_whose_name_is_no_text_or_too_long(self, folder: Path, name: str) -> None:
        Path(os.fsdecode(os.fsencode(folder) + b"/a\xff.csv")).write_bytes(HEADINGS.encode())
        (folder / f"{'x' * 240}.csv").write_bytes(HEADINGS.encode())
        _write(folder / "b.csv", _line(name, 1))
        assert _collect(_source(folder)) == 1
        assert [path.name for path in (folder / "done").iterdir()] == ["b.csv"]
        assert len(list((folder / "bad").glob("*.reason"))) == 2

    def test_one_that_nobody_foresaw(self, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def read_or_fail(values: Any, *, zone: ZoneInfo) -> Any:
            if values["record_id"] == "odd":
                raise ArithmeticError("beyond words")
            return read(values, zone=zone)

        read = file.read_record
        monkeypatch.setattr(file, "read_record", read_or_fail)
        (folder / "a.csv").write_text(f"{HEADINGS}\nodd,voice,2026-02-02T10:00:00,30,x\n", encoding="utf-8")
        _write(folder / "b.csv", _line(name, 1))
        assert _collect(_source(folder)) == 1
        assert "ArithmeticError: beyond words" in _reason(folder, "a.csv")

    def test_a_directory_is_left_alone(self, folder: Path, name: str) -> None:
        (folder / "x.csv").mkdir()
        _write(folder / "b.csv", _line(name, 1))
        assert _collect(_source(folder, pattern="*")) == 1
        assert (folder / "x.csv").is_dir()


class TestOneBadLine:
    pytestmark = db

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("1,voice,0001-01-01T00:30:00,30,x", "bad_time"),
            ("1,voice,9999-12-31T23:59:59-11:00,30,x", "bad_time"),
            ("1,voice,1999-12-31T10:00:00+00:00,30,x", "bad_time"),
            ("1,voice,2027-01-01T00:00:00,30,x", "bad_time"),
            ("1,voice,2026-02-02T10:00:00,1_000,x", "bad_quantity"),
            (f"1,voice,2026-02-02T10:00:00,{'9' * 5_000},x", "bad_quantity"),
            ("1,voice,2026-02-02T10:00:00,-1,x", "bad_quantity"),
            ("1,voice,2026-02-02T10:00:00,30", "bad_line"),
            ("1,voice,2026-02-02T10:00:00,30,x,y", "bad_line"),
            ("1,fax,2026-02-02T10:00:00,30,x", "bad_kind"),
            (",voice,2026-02-02T10:00:00,30,x", "no_record_id"),
        ],
    )
    def test_it_is_held_with_its_reason_and_the_others_are_received(
        self, folder: Path, name: str, line: str, reason: str
    ) -> None:
        _write(folder / "a.csv", line, _line(name, 2), f"{_line(name, 3)},,")
        assert _collect(_source(folder)) == 1
        assert [held.reason for held in queries.quarantined()] == [reason]
        account = queries.sources()[0]
        assert (account.records, account.waiting, account.quarantined) == (3, 2, 1)


class TestWholeFiles:
    pytestmark = db

    def test_one_that_is_open_for_writing_is_left_for_the_next_time(self, folder: Path, name: str) -> None:
        settings = _source(folder)
        with (folder / "a.csv").open("w", encoding="utf-8") as writer:
            writer.write(f"{HEADINGS}\n{_line(name, 1)}\n")
            writer.flush()
            assert _collect(settings) == 0
            writer.write(f"{_line(name, 2)}\n")
        assert _collect(settings) == 1
        assert queries.sources()[0].records == 2

    def test_where_the_kernel_cannot_tell_a_file_has_to_stand_still(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("utenza.usage.collectors.completeness._is_open_for_writing", lambda _path: None)
        path = folder / "a.csv"
        _write(path)
        assert not is_complete(path, settle_s=60)
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 61))
        assert is_complete(path, settle_s=60)
        assert [found.name for found in folder.iterdir()] == ["a.csv"]

    @pytest.mark.parametrize("unfinished", ["a.csv.part", ".a.csv", "a.csv.tmp"])
    def test_names_of_unfinished_files_are_never_taken(self, folder: Path, unfinished: str) -> None:
        _write(folder / unfinished)
        assert _collect(_source(folder, pattern="*")) == 0
        assert (folder / unfinished).exists()

    def test_two_collectors_at_once_receive_a_file_once_and_neither_fails(
        self, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _write(folder / "a.csv", _line(name, 1))
        settings, put_away = _source(folder), file._put_away

        def overtaken(path: Path, place: str, **words: Any) -> None:
            monkeypatch.setattr(file, "_put_away", put_away)
            assert _collect(settings) == 0, "the other finds it known, and puts it away"
            put_away(path, place, **words)

        monkeypatch.setattr(file, "_put_away", overtaken)
        assert _collect(settings) == 1
        assert [path.name for path in (folder / "done").iterdir()] == ["a.csv"]
        assert queries.sources()[0].records == 1

    def test_files_without_a_record_may_be_alike(self, folder: Path) -> None:
        for number in range(3):
            _write(folder / f"{number}.csv")
        assert _collect(_source(folder)) == 3
        assert not (folder / "bad").exists()

    def test_columns_beyond_those_needed_are_read_by_their_names(self, folder: Path, name: str) -> None:
        (folder / "a.csv").write_text(
            f"{HEADINGS},b_number,colour\n{_line(name, 1)},390612345678,red\n", encoding="utf-8"
        )
        assert _collect(_source(folder)) == 1
        while operations.write_raw(at=LATER):
            pass
        line_id = provisioning.assignments(values=[name])[0].line_id
        bucket = provisioning.line(line_id).bucket
        assert queries.raw_usage(month="2026-02", bucket=bucket).events["b_number"][0]


class TestTheSource:
    pytestmark = db

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({"encoding": "klingon"}, "encoding"),
            ({"encoding": "base64"}, "encoding"),
            ({"time_zone": "Europe/Atlantis"}, "time_zone"),
            ({"time_zone": "/etc/passwd"}, "time_zone"),
            ({"delimiter": ";;"}, "delimiter"),
            ({"columns": {"record_id": "ID"}}, "columns"),
            ({"columns": {"colour": "ID"}}, "columns"),
            ({"columns": ["record_id"]}, "columns"),
            ({"values": {"price": "1"}}, "values"),
            ({"pattern": "../*"}, "pattern"),
            ({"folder": ""}, "folder"),
            ({"settle_s": "soon"}, "settle_s"),
            ({"foldr": "x"}, "foldr"),
        ],
    )
    def test_a_wrong_setting_is_named_when_it_is_set(self, folder: Path, settings: dict[str, Any], named: str) -> None:
        with pytest.raises(SourceSettingsWrong, match=named):
            _source(folder, **settings)

    def test_one_that_fails_says_so_until_it_is_mended_and_the_others_go_on(self, folder: Path, name: str) -> None:
        absent = folder.parent / "absent"
        _write(folder / "a.csv", _line(name, 1))
        operations.set_source(code="a-absent", kind="file", settings={"folder": str(absent)})
        operations.set_source(code="z-there", kind="file", settings={"folder": str(folder)})
        assert list(jobs.collect_all(at=LATER)) == ["a-absent"]
        failing, there = queries.sources()
        assert "cannot be read: No such file or directory" in failing.failure
        assert (failing.failing_since, failing.last_collected_at) == (LATER, None)
        assert (there.failure, there.records, there.last_collected_at) == ("", 1, LATER)
        assert [one.name for one in examine(at=LATER) if one.name.startswith("usage a-absent")]
        absent.mkdir()
        assert jobs.collect_all(at=LATER) == {}
        assert queries.sources()[0].failing_since is None

    def test_a_folder_in_which_nothing_can_be_moved_is_told_and_its_files_count_once(
        self, folder: Path, name: str
    ) -> None:
        _write(folder / "a.csv", _line(name, 1))
        _write(folder / "b.csv", _line(name, 2))
        (folder / "done").write_text("in the way", encoding="utf-8")
        settings = _source(folder)
        for _ in range(2):
            with pytest.raises(file.FolderNotOurs):
                _collect(settings)
        assert queries.sources()[0].records == 2


SETTINGS = read_settings({"folder": "/nowhere"}, zone=ROME)
MAPPED = read_settings(
    {
        "folder": "/nowhere",
        "delimiter": ";",
        "encoding": "latin-1",
        "columns": {"record_id": "ID", "identifier": "WHO", "started_at": "AT", "quantity": "N"},
        "values": {"kind": "data"},
    },
    zone=ROME,
)
CELLS = st.one_of(st.binary(max_size=30), st.sampled_from([b'"', b"2026-03-29T02:30", b"9999-12-31T23:59-23:59", b"9"]))
ROWS = st.lists(st.lists(CELLS, max_size=6).map(b";".join), max_size=5).map(b"\n".join)


class TestParsing:
    @given(content=st.binary(max_size=400))
    @example(content=b"\xef\xbb\xbf")
    @example(content=b"record_id,kind,started_at,quantity,identifier\n1,data,0001-01-01,1,x\n")
    def test_any_octets_are_parsed_or_refused(self, content: bytes) -> None:
        _parse(content, SETTINGS)
        _parse(content, MAPPED)

    @given(rows=ROWS)
    def test_any_lines_below_good_headings_are_read_or_held(self, rows: bytes) -> None:
        _parse(b"ID;WHO;AT;N\n" + rows, MAPPED)
        _parse(HEADINGS.encode() + b"\n" + rows.replace(b";", b","), SETTINGS)


def _parse(content: bytes, settings: Any) -> None:
    try:
        records, held = file.parse(content, settings, name="x.csv")
    except file.FileUnreadable:
        return
    for record in records:
        assert record.started_at.year >= 2000
        assert record.quantity >= 0
    assert all(isinstance(values, dict) for values, _ in held)

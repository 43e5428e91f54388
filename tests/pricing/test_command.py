"""`utenza price`: files in, a JSON line for each event, totals last."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from utenza.cli.price import FileUnreadable, UsageFileWrong, price
from utenza.pricing import TariffRefused, compile_tariff, read_tariff

HEADINGS = "id,subscription,kind,started_at,quantity,destination,zone,reverses\n"
CALL = "1,anna,voice,2026-03-02T18:29:00+01:00,61,+3906,,\n"
DOCUMENTED = re.search(
    r"```yaml\n(.*?)```", Path(__file__).parents[2].joinpath("docs/tariffs.md").read_text(encoding="utf-8"), re.DOTALL
)


def run(folder: Path, usage: str, *words: str) -> list[dict[str, Any]]:
    """Price with the tariff of the documentation, and return the lines."""
    assert DOCUMENTED is not None
    (folder / "tariff.yaml").write_text(DOCUMENTED[1], encoding="utf-8")
    (folder / "usage").write_text(usage, encoding="utf-8")
    paths = ["--tariff", str(folder / "tariff.yaml"), "--usage", str(folder / "usage")]
    result = CliRunner().invoke(price, [*paths, *words], catch_exceptions=False, standalone_mode=False)
    return [json.loads(line) for line in result.output.splitlines()]


def test_the_documented_tariff_compiles() -> None:
    assert DOCUMENTED is not None
    assert compile_tariff(read_tariff(DOCUMENTED[1])).allowance_names == ("minutes", "octets")


def test_each_event_has_its_line_and_the_totals_come_last(tmp_path: Path) -> None:
    *lines, last = run(tmp_path, HEADINGS + CALL + "2,anna,sms,2026-03-02T18:29:00+01:00,2,,,\n")
    assert [line["amount"] for line in lines] == ["0.000000", "0.180000"]
    assert lines[0]["allowance_used"] == 61
    assert last["totals"]["amount_micro"] == 180_000
    assert last["totals"]["by_status"] == {"priced": 2}


def test_json_lines_are_read_too_and_explained(tmp_path: Path) -> None:
    event = {"kind": "voice", "started_at": "2026-03-02T10:00:00Z", "quantity": 6001, "destination": "3906"}
    line, _last = run(tmp_path, json.dumps(event) + "\n", "--explain")
    # 6,000 s of the allowance, one increment of 30 s at 0.10 a minute, the fee
    assert line["amount_micro"] == 150_000 + 50_000
    assert line["explanation"]["prefix"] == "39"
    assert line["explanation"]["allowance_after"] == {"minutes": 0}
    assert line["explanation"]["segments"][-1]["unit_micro"] == "5000/3"


def test_allowances_renew_on_the_bill_day_and_a_reversal_gives_back_to_its_own_period(tmp_path: Path) -> None:
    later = "2,anna,voice,2026-04-02T10:00:00+02:00,0,,,1\n"
    last = run(tmp_path, HEADINGS + CALL + later, "--bill-day", "15")[-1]
    periods = {a["period_start"]: a["used"]["minutes"] for a in last["totals"]["allowances"]}
    assert periods["2026-02-15"] == 0
    assert last["totals"]["amount_micro"] == 0


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        (HEADINGS + "1,a,fax,2026-03-02T10:00:00Z,1,,,\n", "kind is one of"),
        (HEADINGS + "1,a,sms,2026-03-02T10:00:00,1,,,\n", "offset"),
        (HEADINGS + "1,a,sms,2026-03-02T10:00:00Z,1.5,,,\n", "quantity is a whole number"),
        (HEADINGS + CALL + CALL, "occurs twice"),
        (HEADINGS + "1,a\n", "as many fields"),
        ('{"kind": "sms",\n', "not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, usage: str, reason: str) -> None:
    with pytest.raises(UsageFileWrong, match=reason):
        run(tmp_path, usage)


def test_files_that_are_no_text_or_no_tariff_are_refused(tmp_path: Path) -> None:
    run(tmp_path, HEADINGS)
    (tmp_path / "bad").write_bytes(b"\xff\xfe\x00")
    for flag, kind in (("--usage", FileUnreadable), ("--tariff", FileUnreadable)):
        words = {
            "--tariff": str(tmp_path / "tariff.yaml"),
            "--usage": str(tmp_path / "usage"),
            flag: str(tmp_path / "bad"),
        }
        with pytest.raises(kind):
            CliRunner().invoke(
                price, [w for pair in words.items() for w in pair], catch_exceptions=False, standalone_mode=False
            )
    with pytest.raises(TariffRefused):
        CliRunner().invoke(
            price,
            ["--tariff", str(tmp_path / "usage"), "--usage", str(tmp_path / "usage")],
            catch_exceptions=False,
            standalone_mode=False,
        )

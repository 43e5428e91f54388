"""`utenza catalog`: a catalogue file is taken, and what is sold is listed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

import utenza.demo

CATALOGUE = Path(utenza.demo.__file__).with_name("catalogue.yaml")


def test_a_catalogue_is_imported_once_and_listed(committed_db: object, utenza: Run) -> None:
    first = utenza("catalog", "import", str(CATALOGUE))
    assert first.returncode == 0, first.stderr
    assert "version launched  fibra-100/1" in first.stdout
    again = utenza("catalog", "import", str(CATALOGUE), "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["versions_launched"] == []
    listed = utenza("catalog", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    offers = {row["code"]: row for row in json.loads(listed.stdout)}
    assert offers["fibra-100"]["prices"][0]["amount_micro"] == 24_900_000
    assert offers["voce"]["requires"] == ["fibra-100", "fibra-1000"]


def test_every_fault_of_a_file_is_told(committed_db: object, utenza: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("format: 1\ncurrency: euro\ncolour: blue\n")
    ran = utenza("catalog", "import", str(wrong))
    assert ran.returncode == 2
    assert "The catalogue is refused at currency" in ran.stderr
    assert "colour: this is not known here" in ran.stderr


def test_a_day_without_offers_lists_none(committed_db: object, utenza: Run) -> None:
    ran = utenza("catalog", "list", "--on", "2020-01-01", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == []

"""`utenza usage` and `utenza rate`: from a folder of files to a rated month."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.factories.provisioning import planned_line
from tests.usage.test_landing import AT
from utenza.cli.rating import rate
from utenza.cli.usage import usage
from utenza.infra.transactions import transaction
from utenza.provisioning import queries as provisioning
from utenza.usage.records import event_id_of

pytestmark = pytest.mark.usefixtures("committed_db", "home")


def _run(command: Any, *words: str) -> str:
    result = CliRunner().invoke(command, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_file_is_collected_shown_mended_and_rated(tmp_path: Path) -> None:
    with transaction():
        customer_line = planned_line(at=AT)
    (name,) = provisioning.line(customer_line.line_id).identifiers
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(
        "record_id,kind,started_at,quantity,identifier_kind,identifier\n"
        f"1,data,2026-02-02T10:00,1000,username,{name}\n"
        f"2,data,2026-02-02T11:00,many,username,{name}\n",
        encoding="utf-8",
    )
    described = tmp_path / "source.yaml"
    described.write_text(f"folder: {folder}\n", encoding="utf-8")
    _run(usage, "source", "gateway", str(described))
    assert "1 batches landed" in _run(usage, "collect")
    status = json.loads(_run(usage, "status", "--json"))
    assert (status[0]["landed"], status[0]["held_open"]) == (1, 1)
    held = json.loads(_run(usage, "quarantine", "--json"))
    assert held[0]["reason"] == "bad_quantity"
    said = _run(usage, "quarantine", "resend", str(held[0]["quarantined_id"]), "--set", "quantity=2000")
    assert "It will be rated." in said
    assert "1 batches landed" in _run(usage, "collect")
    assert "1 partitions, 2 events, 2 without a price" in _run(rate, "--month", "2026-02")
    audit = json.loads(_run(usage, "audit", "--json"))
    assert [(row["read"], row["non_billable"], row["difference"]) for row in audit] == [(2, 2, 0)]
    assert "gateway" in _run(usage, "audit")
    line = provisioning.line(customer_line.line_id)
    event_id = event_id_of("gateway", "1")
    explained = json.loads(_run(usage, "explain", line.number, "2026-02", str(event_id)))
    assert (explained["event"]["status"], explained["explanation"]) == ("no_tariff", None)
    assert [(row["batch"], row["record"]["quantity"]) for row in explained["received"]] == [("a.csv", "1000")]

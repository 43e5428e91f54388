"""`utenza keys`: a new key, with which every value is written anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from tests.cli.conftest import Run
from tests.factories.application import filled_application

from utenza.application import queries
from utenza.infra.transactions import transaction


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT form FROM application_application")
        return str(cursor.fetchone()[0])


def test_a_new_key_writes_every_value_anew_and_loses_none(committed_db: object, home: Path, utenza: Run) -> None:
    with transaction():
        ref = filled_application(at=datetime(2026, 1, 15, 9, tzinfo=UTC))
    before = queries.application(ref.application_id).form
    assert stored().startswith("v1:")
    ran = utenza("keys", "rotate")
    assert ran.returncode == 0, ran.stderr
    assert "Key 2 writes from now on." in ran.stdout
    assert stored().startswith("v2:")
    assert set(json.loads((home / "keys.json").read_text())["keys"]) == {"1", "2"}
    assert queries.application(ref.application_id).form == before
    assert "0 values were written anew" in utenza("keys", "rotate", "--resume").stdout

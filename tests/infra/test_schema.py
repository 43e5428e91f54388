"""The tables kept ready: an empty database that is loaded from them is what all migrations make."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection, connections

from tests.conftest import CommittedDatabase
from tests.harness import server as harness
from utenza.infra import schema
from utenza.infra.postgres import binaries


@pytest.fixture
def empty_db(committed_db: CommittedDatabase, database_server: harness.Server) -> Iterator[str]:
    """Point the test at a database without a table; its name."""
    name = f"utenza_test_{uuid.uuid4().hex[:12]}"
    migrated = connections["default"].settings_dict["NAME"]
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = database_server.clone(name, of="template1")["NAME"]
    try:
        yield name
    finally:
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = migrated
        database_server.drop(name)


def _tables(name: str) -> list[str]:
    """Return all that pg_dump says of the tables, functions and triggers of a database, line by line."""
    address: dict[str, Any] = connections["default"].settings_dict
    command = [
        *(str(binaries.of_the_wheel().program("pg_dump")), "--schema-only", "--no-owner", "--no-privileges"),
        *("-h", address["HOST"], "-p", str(address["PORT"]), "-U", address["USER"], name),
    ]
    environment = {**os.environ, "PGPASSWORD": address["PASSWORD"]}
    made = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    lines = [line for line in made.stdout.splitlines() if line.strip() and not line.startswith(("\\", "--"))]
    # PostgreSQL writes the casts of a list otherwise once it has read them back; they mean the same.
    return sorted(re.sub(r"::character varying|::text(\[\])?|[()]", "", line) for line in lines)


def test_an_empty_database_becomes_what_all_migrations_make(committed_db: CommittedDatabase, empty_db: str) -> None:
    loaded = schema.load()
    assert loaded, "a migration was changed since its tables were kept: run 'make schema'"
    call_command("migrate", verbosity=0, interactive=False)
    assert _tables(empty_db) == _tables(committed_db.name)
    permissions = set(Permission.objects.values_list("content_type__app_label", "codename"))
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = committed_db.name
    assert permissions == set(Permission.objects.values_list("content_type__app_label", "codename"))


def test_nothing_is_loaded_over_tables(committed_db: CommittedDatabase) -> None:
    assert not schema.load()


@pytest.mark.usefixtures("empty_db")
def test_a_dump_of_migrations_that_were_changed_since_is_passed_over(tmp_path: Path) -> None:
    text = gzip.decompress(schema.KEPT.read_bytes()).decode()
    name, digest = next(iter(schema.digests().items()))
    assert f'"{name}": "{digest}"' in text
    stale = tmp_path / "tables.sql.gz"
    stale.write_bytes(gzip.compress(text.replace(f'"{name}": "{digest}"', f'"{name}": "changed"', 1).encode()))
    assert not schema.load(stale)
    with connection.cursor() as cursor:
        assert connection.introspection.table_names(cursor) == []

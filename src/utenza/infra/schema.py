"""The tables of an empty database, kept ready: a hundred migrations take ten seconds of processor, loading a dump one.

`make schema` migrates a passing database and keeps its dump in `tables.sql.gz`, with the name and the hash of every
migration that made it. An empty database is loaded from it, and what came later is migrated on top as anywhere else;
where a migration of the dump was changed since, the dump is passed over. Nothing is ever loaded over tables.
"""

from __future__ import annotations

import gzip
import hashlib
import inspect
import json
from pathlib import Path

from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

KEPT = Path(__file__).with_name("tables.sql.gz")
_MARK = "-- made by: "


def digests() -> dict[str, str]:
    """Return the hash of every migration there is, by `app.name`."""
    found = {}
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        text = Path(inspect.getfile(type(migration))).read_bytes()
        found[f"{app}.{name}"] = hashlib.sha256(text).hexdigest()[:16]
    return dict(sorted(found.items()))


def load(path: Path = KEPT) -> bool:
    """Make the tables of an empty database from the dump, in one transaction; return whether that was done."""
    if not path.exists() or _has_tables():
        return False
    mark, _, statements = gzip.decompress(path.read_bytes()).decode().partition("\n")
    now = digests()
    if any(now.get(name) != digest for name, digest in json.loads(mark.removeprefix(_MARK)).items()):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements)
    # The dump's own settings, such as an empty search path, end with its session.
    connection.close()
    return True


def keep(dump: str, *, path: Path = KEPT) -> None:
    """Keep a dump by pg_dump (plain, `--inserts`) of a database that all migrations of today have made."""
    # Commands of psql (\restrict) are for psql alone.
    lines = [line for line in dump.splitlines() if not line.startswith("\\")]
    text = "\n".join([_MARK + json.dumps(digests()), *lines, ""])
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _has_tables() -> bool:
    with connection.cursor() as cursor:
        return bool(connection.introspection.table_names(cursor))

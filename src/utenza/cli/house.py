"""What a command does before its one domain call: find the home, see that the database runs, wake Django."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from utenza.core.errors import N_, Refusal
from utenza.infra import configuration
from utenza.infra.configuration import Configuration
from utenza.infra.postgres import connection
from utenza.infra.postgres.cluster import Cluster

OLDEST_POSTGRESQL = 17


class NotInitialised(Refusal):
    """A command needs the database and there is none yet."""

    code = "not-initialised"
    text = N_("There is no database in %(home)s yet. Run 'utenza init' first, or name a server in UTENZA_DATABASE_URL.")


def ready() -> Configuration:
    """Start our own database if it is ours and stands still, wake Django, and return the configuration.

    :raises NotInitialised: when neither a database of ours nor a given one exists.
    """
    found = configuration.load()
    if found.own_database:
        if connection.read(found.home) is None:
            raise NotInitialised(home=found.home)
        Cluster(found.home).start()
    wake_django()
    return found


class DatabaseTooOld(Refusal):
    """The given server lacks what the tables need."""

    code = "database-too-old"
    text = N_("The database is PostgreSQL %(found)s, and %(oldest)d or newer is needed: upgrade it, or name another.")


def demand_version() -> None:
    """Refuse a server that is too old.

    :raises DatabaseTooOld:
    """
    from django.db import connection as database

    with database.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
        number, version = cursor.fetchone()
    if number // 10_000 < OLDEST_POSTGRESQL:
        raise DatabaseTooOld(found=version, oldest=OLDEST_POSTGRESQL)


def wake_django() -> None:
    """Set up Django and the logs; the database must be reachable at the stored address from here on."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "utenza.settings")
    import django

    from utenza.infra import logs

    django.setup()
    logs.configure(json=True if configuration.load().log_format == "json" else None)


def print_json(data: Any) -> None:
    """Print `data` as JSON: dataclasses as objects, days and instants in ISO 8601, decimals as text."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=_as_json))


def print_table(*, columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Print rows under headings, as wide as the terminal allows."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console().print(table)


def _as_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Decimal | Fraction | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")

"""What waits for somebody: each stage says which rows of its own do, and several stages are counted in one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that wait, not counted yet. Only `count` looks into it."""

    rows: QuerySet[Any]


def count(waiting: Mapping[str, Waiting]) -> dict[str, int]:
    """Return how many rows wait under each name, in one database query."""
    if not waiting:
        return {}
    parts: list[str] = []
    values: list[Any] = []
    for one in waiting.values():
        text, given = one.rows.order_by().values("pk").query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({text}) AS rows)")  # noqa: S608 - the text is Django's own
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return dict(zip(waiting, cursor.fetchone(), strict=True))

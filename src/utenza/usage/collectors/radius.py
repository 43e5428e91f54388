"""Accounting sessions of FreeRADIUS: what each has used since it was last looked at.

An interim update and the stop carry the sums of the whole session; the usage of one observation is the difference to
the one before, timed by the update that told us. An observation is known by the session and the octets that it
reached, so the same one is never counted twice; a stop that comes late is one more observation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection
from psycopg import sql

from utenza.infra.transactions import transaction
from utenza.provisioning import queries as provisioning
from utenza.usage import operations
from utenza.usage.models import SessionPosition, Source
from utenza.usage.records import UsageRecord
from utenza.usage.states import SourceKind

# Rows committed late, or kept back by a device or a server that was cut off, lie within this of what was seen last.
OVERLAP = timedelta(days=3)
ROWS_A_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as accounting holds it now."""

    key: str
    username: str
    observed_at: datetime
    octets: int
    seconds: int
    closed: bool


def collect(access: provisioning.ElementAccess, *, at: datetime) -> int:
    """Collect what one FreeRADIUS recorded since it was read last. Safe to repeat; opens its transactions."""
    code = f"radius:{access.code}"
    with transaction():
        source, _ = Source.objects.get_or_create(code=code, defaults={"kind": SourceKind.RADIUS})
        newest = SessionPosition.objects.filter(source=source).order_by("-observed_at").first()
    count = 0
    since = newest.observed_at - OVERLAP if newest else datetime(2000, 1, 1, tzinfo=UTC)
    after = ""
    while True:
        sessions = _changed(access, since, after)
        if not sessions:
            return count
        with transaction():
            count += _observe(source.pk, code, sessions, at)
        since, after = sessions[-1].observed_at, sessions[-1].key


def _changed(access: provisioning.ElementAccess, since: datetime, after: str) -> list[Session]:
    schema = str(access.settings.get("schema", "radius"))
    query = sql.SQL(
        """
        SELECT acctuniqueid, coalesce(username, ''), seen, coalesce(acctinputoctets, 0) + coalesce(acctoutputoctets, 0),
            coalesce(acctsessiontime, 0), acctstoptime IS NOT NULL
        FROM (SELECT *, greatest(acctstarttime, acctupdatetime, acctstoptime) AS seen FROM {}.radacct) a
        WHERE seen IS NOT NULL AND (seen, acctuniqueid) > (%s, %s) ORDER BY seen, acctuniqueid LIMIT %s
        """
    ).format(sql.Identifier(schema))
    parameters: tuple[datetime, str, int] = (since, after, ROWS_A_CHUNK)
    if access.dsn:
        with psycopg.connect(access.dsn, connect_timeout=10) as link:
            rows = link.execute(query, parameters).fetchall()
    else:
        with connection.cursor() as cursor:
            cursor.execute(query.as_string(None), parameters)
            rows = cursor.fetchall()
    return [
        Session(
            key=str(key), username=str(name), observed_at=seen, octets=int(octets), seconds=int(seconds), closed=closed
        )
        for key, name, seen, octets, seconds, closed in rows
    ]


def _observe(source_id: int, code: str, sessions: Sequence[Session], at: datetime) -> int:
    Source.objects.select_for_update().get(pk=source_id)
    known = {
        row.session: row
        for row in SessionPosition.objects.filter(source_id=source_id, session__in=[one.key for one in sessions])
    }
    records = []
    fresh, moved = [], []
    for one in sessions:
        position = known.get(one.key)
        before = position.octets if position else 0
        if one.octets > before:
            records.append(
                UsageRecord(
                    record_id=f"{one.key}:{one.octets}",
                    kind="data",
                    started_at=one.observed_at,
                    quantity=one.octets - before,
                    identifier_kind="username",
                    identifier=one.username,
                )
            )
        if position is None:
            position = SessionPosition(source_id=source_id, session=one.key, observed_at=one.observed_at)
            fresh.append(position)
        else:
            moved.append(position)
        position.octets = max(one.octets, before)
        position.seconds = max(one.seconds, position.seconds)
        position.observed_at = max(one.observed_at, position.observed_at)
        position.closed = one.closed
    SessionPosition.objects.bulk_create(fresh)
    SessionPosition.objects.bulk_update(moved, ["octets", "seconds", "observed_at", "closed"])
    Source.objects.filter(pk=source_id).update(last_collected_at=at)
    if records:
        digest = hashlib.sha256("\n".join(record.record_id for record in records).encode()).hexdigest()
        operations.receive_batch(source=code, identity=digest[:40], checksum=digest, records=records, held=(), at=at)
    return len(records)

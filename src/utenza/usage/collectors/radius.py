"""Accounting sessions of FreeRADIUS: what each has used since it was last looked at.

An interim update and the stop carry the sums of the whole session; what two looks differ in is one piece of usage. It
began at the look before (or with the session), which decides its month and tariff, and belongs to the line that held
the user name when the session began. A piece is known by its session and the octets that were reached, so the same one
is never counted twice.

Which sessions changed is told by `radacct.changed_by`, the transaction that wrote each row last: whatever a row's
times say, and however late its packet came, a change is seen at the next look. A row of a transaction that was still
open is read again, which is harmless. A session without a stop stays open, with what its updates told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from utenza.core.errors import N_, Refusal
from utenza.infra.transactions import transaction
from utenza.provisioning import queries as provisioning
from utenza.usage import operations
from utenza.usage.models import SessionPosition, Source
from utenza.usage.records import QUANTITY_MAX, UsageRecord
from utenza.usage.rules import COUNTER_MAX, Difference, Reading, difference
from utenza.usage.states import SourceKind

ROWS_A_CHUNK = 5_000
Ask = Callable[[sql.Composed, Sequence[Any]], list[tuple[Any, ...]]]


class AccountingUnknown(Refusal):
    code = "usage_accounting_unknown"
    text = N_(
        "The table radacct of '%(element)s' is not as this version makes it: run 'utenza network radius-setup' again."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as accounting holds it now, written last by the transaction `changed_by`."""

    row_id: int
    changed_by: int
    key: str
    username: str
    reading: Reading
    closed: bool


def source_code(access: provisioning.ElementAccess) -> str:
    """Return by which code an element is known as a source of usage."""
    return f"radius:{access.code}"


def collect(access: provisioning.ElementAccess, *, at: datetime) -> int:
    """Collect what one FreeRADIUS recorded since it was read last. Safe to repeat; opens its transactions.

    :raises AccountingUnknown: if its table lacks what we read.
    """
    code = source_code(access)
    with transaction():
        source, _ = Source.objects.get_or_create(code=code, defaults={"kind": SourceKind.RADIUS})
    schema = str(access.settings.get("schema", "radius"))
    try:
        with _asking(access) as ask:
            return _collect(ask, schema=schema, source=source, at=at)
    except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable) as error:
        raise AccountingUnknown(element=access.code) from error


def _collect(ask: Ask, *, schema: str, source: Source, at: datetime) -> int:
    # Read before the rows: every transaction below the horizon is over, so that its rows are among those we read.
    place, horizon = _horizon(ask)
    known_place, _, known = source.position.rpartition("/")
    since = int(known) if known_place == place else 0
    after, count = (since, 0), 0
    while sessions := _changed(ask, schema=schema, after=after, all_rows=since == 0):
        with transaction():
            count += _observe(source.pk, source.code, sessions, at)
        after = sessions[-1].changed_by, sessions[-1].row_id
    with transaction():
        Source.objects.filter(pk=source.pk).update(position=f"{place}/{horizon}")
    return count


@contextmanager
def _asking(access: provisioning.ElementAccess) -> Iterator[Ask]:
    """Give a way to ask the element's database, or ours where its tables lie there."""
    if access.dsn:
        with psycopg.connect(access.dsn, connect_timeout=10, autocommit=True) as link:
            yield lambda query, parameters: link.execute(query, parameters).fetchall()
    else:
        connection.ensure_connection()
        own: psycopg.Connection[Any] = connection.connection
        yield lambda query, parameters: own.execute(query, parameters).fetchall()


def _horizon(ask: Ask) -> tuple[str, int]:
    """Return which database this is, and the oldest of its transactions that is not over.

    Numbers of transactions mean nothing in another cluster, such as one restored from a copy: then all is read again.
    """
    query = sql.SQL(
        """
        SELECT system_identifier || '/' || oid, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        FROM pg_control_system(), pg_database WHERE datname = current_database()
        """
    )
    ((place, horizon),) = ask(sql.Composed([query]), ())
    return str(place), int(horizon)


def _changed(ask: Ask, *, schema: str, after: tuple[int, int], all_rows: bool) -> list[Session]:
    """Return the next sessions by (transaction, row).

    Rows that bear a transaction yet to come were restored from another cluster and are read once, with all others.
    """
    query = sql.SQL(
        """
        SELECT radacctid, changed_by::text::bigint, acctuniqueid, coalesce(username, ''),
            coalesce(acctstarttime, seen - make_interval(secs => coalesce(acctsessiontime, 0))), seen,
            coalesce(acctinputoctets, 0), coalesce(acctoutputoctets, 0), coalesce(acctsessiontime, 0),
            acctstoptime IS NOT NULL
        FROM (SELECT *, greatest(acctstarttime, acctupdatetime, acctstoptime) AS seen FROM {}.radacct) a
        WHERE seen IS NOT NULL AND (changed_by, radacctid) > (%s::text::xid8, %s)
            AND (%s OR changed_by < pg_snapshot_xmax(pg_current_snapshot())
                OR changed_by = pg_current_xact_id_if_assigned())
        ORDER BY changed_by, radacctid LIMIT %s
        """
    ).format(sql.Identifier(schema))
    rows = ask(query, (str(after[0]), after[1], all_rows, ROWS_A_CHUNK))
    return [
        Session(
            row_id=row_id,
            changed_by=changed_by,
            key=str(key),
            username=str(name),
            reading=Reading(
                started_at=started.astimezone(UTC),
                observed_at=seen.astimezone(UTC),
                octets_in=_counter(received),
                octets_out=_counter(sent),
                seconds=int(seconds),
            ),
            closed=closed,
        )
        for row_id, changed_by, key, name, started, seen, received, sent, seconds, closed in rows
    ]


def _counter(octets: Any) -> int:
    return min(max(int(octets), 0), COUNTER_MAX)


def _observe(source_id: int, code: str, sessions: Sequence[Session], at: datetime) -> int:
    Source.objects.select_for_update().get(pk=source_id)
    known = {
        row.session: row
        for row in SessionPosition.objects.filter(source_id=source_id, session__in=[one.key for one in sessions])
    }
    records: list[UsageRecord] = []
    fresh: list[SessionPosition] = []
    moved: list[SessionPosition] = []
    for one in sessions:
        position = known.get(one.key)
        found = difference(_reading(position) if position else None, one.reading)
        if found is None:
            continue
        if position is None:
            position = SessionPosition(source_id=source_id, session=one.key)
        reached = position.octets + found.octets
        if found.octets > 0:
            records.append(_record(one, found, reached))
        if found.octets > QUANTITY_MAX["data"]:
            # It will be quarantined, and is no ground to count from.
            continue
        (moved if position.pk else fresh).append(position)
        position.octets, position.closed = reached, one.closed
        position.octets_in, position.octets_out = one.reading.octets_in, one.reading.octets_out
        position.seconds = one.reading.seconds
        position.started_at, position.observed_at = one.reading.started_at, one.reading.observed_at
    SessionPosition.objects.bulk_create(fresh)
    SessionPosition.objects.bulk_update(
        moved, ["octets", "octets_in", "octets_out", "seconds", "started_at", "observed_at", "closed"]
    )
    if records:
        digest = hashlib.sha256("\n".join(record.record_id for record in records).encode()).hexdigest()
        operations.receive_batch(source=code, identity=digest[:40], checksum=digest, records=records, held=(), at=at)
    return len(records)


def _reading(position: SessionPosition) -> Reading:
    return Reading(
        started_at=position.started_at,
        observed_at=position.observed_at,
        octets_in=position.octets_in,
        octets_out=position.octets_out,
        seconds=position.seconds,
    )


def _record(session: Session, found: Difference, reached: int) -> UsageRecord:
    return UsageRecord(
        record_id=f"{session.key}:{reached}",
        kind="data",
        started_at=found.since,
        guided_at=session.reading.started_at,
        quantity=found.octets,
        identifier_kind="username",
        identifier=session.username,
    )

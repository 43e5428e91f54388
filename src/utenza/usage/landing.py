"""From records to events of the raw table: guided to their lines, encrypted, waiting with their batch."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from utenza.catalog import queries as catalog
from utenza.infra.encryption import encrypt
from utenza.infra.operator import local_date, time_zone
from utenza.ordering import queries as ordering
from utenza.provisioning import queries as provisioning
from utenza.usage.keys import keys_for_writing, seal
from utenza.usage.records import EARLIEST, QUANTITY_MAX, UsageRecord, dialled_digits, event_id_of, priced_digits
from utenza.usage.states import Reason
from utenza.usage.tables import RAW_SCHEMA

Held = tuple[dict[str, Any], Reason]
# For what the system's own key encrypts in the received table.
RECEIVED_CONTEXT = "usage_received.record"
# A clock of the network may run ahead of ours a little; more is no time of usage.
CLOCK_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Place:
    """The line that an event belongs to, until when it held the identifier if that has ended."""

    line_id: int
    service_id: int | None
    bucket: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Landing:
    """What records become, without their batch: events of the raw table, records as received, records held back."""

    events: list[dict[str, Any]]
    received: list[dict[str, Any]]
    held: list[Held]


def landing_of(records: Sequence[UsageRecord], held: Sequence[Held], *, source: str, at: datetime) -> Landing:
    """Guide records to their lines and encrypt them; `held` could not be read and stay held."""
    placed, unguided = _placed(records, at=at)
    kept = [*held, *unguided]
    within = _within_agreements(placed)
    keys = keys_for_writing({place.line_id for _, place in placed})
    prefixes = catalog.tariff_prefixes() if any(record.b_number for record, _ in placed) else frozenset[str]()
    received = [
        _received(as_texts(record), place.line_id, event_id_of(source, record.record_id), "", keys, source, at)
        for record, place in placed
    ]
    received += [_received(values, None, None, reason, keys, source, at) for values, reason in kept]
    return Landing(
        events=[_row(record, place, keys[place.line_id], prefixes, source, at) for record, place in within],
        received=received,
        held=kept,
    )


def _placed(records: Sequence[UsageRecord], *, at: datetime) -> tuple[list[tuple[UsageRecord, Place]], list[Held]]:
    held: list[Held] = []
    placed: list[tuple[UsageRecord, Place]] = []
    holders = _holders(records)
    buckets = _buckets(records)
    for record in records:
        if not EARLIEST <= record.started_at <= at + CLOCK_AHEAD:
            held.append((as_texts(record), Reason.BAD_TIME))
            continue
        if not 0 <= record.quantity <= QUANTITY_MAX[record.kind]:
            held.append((as_texts(record), Reason.BAD_QUANTITY))
            continue
        place = buckets.get(record.line_id) if record.line_id is not None else _holder(holders, record)
        if place is None:
            held.append((as_texts(record), Reason.UNKNOWN_SUBSCRIBER))
            continue
        placed.append((record, place))
    return placed, held


def as_texts(record: UsageRecord) -> dict[str, Any]:
    """Return a record as JSON-ready values."""
    return {
        **asdict(record),
        "started_at": record.started_at.isoformat(),
        "guided_at": record.guided_at.isoformat() if record.guided_at else None,
        "quantity": str(record.quantity),
    }


def pack(rows: Sequence[dict[str, Any]], schema: Mapping[str, Any] = RAW_SCHEMA) -> bytes:
    """Return rows of a table as one compressed block."""
    buffer = io.BytesIO()
    pl.DataFrame(list(rows), schema=schema).write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def unpack(content: bytes | memoryview) -> pl.DataFrame:
    """Return what `pack` packed."""
    return pl.read_ipc(io.BytesIO(bytes(content)))


def _holders(records: Sequence[UsageRecord]) -> dict[tuple[str, str], list[provisioning.AssignmentView]]:
    values = {record.identifier for record in records if record.line_id is None and record.identifier}
    found: dict[tuple[str, str], list[provisioning.AssignmentView]] = defaultdict(list)
    if values:
        for row in provisioning.assignments(values=values):
            found[row.kind, row.value].append(row)
    return found


def _buckets(records: Sequence[UsageRecord]) -> dict[int, Place]:
    ids = {record.line_id for record in records if record.line_id is not None}
    return {line.line_id: Place(line.line_id, None, line.bucket) for line in provisioning.lines(ids)} if ids else {}


def _holder(holders: dict[tuple[str, str], list[provisioning.AssignmentView]], record: UsageRecord) -> Place | None:
    instant = record.guided_at or record.started_at
    for one in holders.get((record.identifier_kind, record.identifier), ()):
        if one.valid_from <= instant and (one.valid_to is None or instant < one.valid_to):
            return Place(one.line_id, one.service_id, one.bucket, one.valid_to)
    return None


def _within_agreements(placed: list[tuple[UsageRecord, Place]]) -> list[tuple[UsageRecord, Place]]:
    """Have what a session used after its line was given up count at the latest within the line's agreement.

    An access device lets a session go a little after it is told to, and stamps its stop then.
    """
    parts = {place.line_id for record, place in placed if record.guided_at is not None}
    ends = _ends_of_agreements(parts) if parts else {}
    found = []
    for record, place in placed:
        limits = [end for end in (place.until, ends.get(place.line_id)) if end is not None]
        if record.guided_at is not None and limits and record.started_at >= min(limits):
            latest = max(min(limits) - timedelta(microseconds=1), record.guided_at)
            found.append((replace(record, started_at=latest), place))
        else:
            found.append((record, place))
    return found


def _ends_of_agreements(line_ids: set[int]) -> dict[int, datetime]:
    """Return when the tariffs of each line end, of those whose end is known."""
    days: dict[int, list[date | None]] = defaultdict(list)
    for stay in ordering.tariff_timeline(sorted(line_ids)):
        days[stay.line_id].append(stay.to_date)
    last = {line_id: max(d for d in own if d is not None) for line_id, own in days.items() if None not in own}
    return {line_id: datetime.combine(day, time(), tzinfo=time_zone()) for line_id, day in last.items()}


def _received(  # noqa: PLR0917 - called here alone
    values: Mapping[str, Any],
    line_id: int | None,
    event_id: int | None,
    reason: str,
    keys: Mapping[int, bytes | None],
    source: str,
    at: datetime,
) -> dict[str, Any]:
    text = json.dumps({name: value for name, value in values.items() if value not in (None, "")})
    return {
        "source": source,
        "received_month": f"{at:%Y-%m}",
        "batch_id": None,
        "event_id": event_id,
        "line_id": line_id,
        "received_at": at,
        "reason": reason,
        "record": encrypt(text, context=RECEIVED_CONTEXT) if line_id is None else seal(text, keys[line_id]),
    }


def _row(  # noqa: PLR0917 - called once
    record: UsageRecord, place: Place, key: bytes | None, prefixes: frozenset[str], source: str, at: datetime
) -> dict[str, Any]:
    digits = dialled_digits(record.b_number)
    kept = priced_digits(digits, prefixes)
    day = local_date(record.started_at)
    return {
        "month": f"{day:%Y-%m}",
        "bucket": place.bucket,
        "line_id": place.line_id,
        "started_at": record.started_at,
        "event_id": event_id_of(source, record.record_id),
        "day": day,
        "kind": record.kind,
        "quantity": record.quantity,
        "destination": kept,
        "hidden_digits": len(digits) - len(kept),
        "zone_hint": record.zone_hint,
        "reverses": event_id_of(source, record.reverses) if record.reverses else 0,
        "a_identifier": seal(record.identifier, key),
        "b_number": seal(record.b_number, key),
        "service_id": place.service_id,
        "source": source,
        "batch_id": None,
        "received_at": at,
        "charged_micro": record.charged_micro,
        "charged_zone": record.charged_zone,
        "charged_tariff_version_id": record.charged_tariff_version_id,
        "charged_currency": record.charged_currency,
    }

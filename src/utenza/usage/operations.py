"""What is done with usage: sources are set, batches received, raw commits written, held records sent again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection

from utenza.core.errors import N_, Refusal
from utenza.core.events.usage import UsageLanded
from utenza.infra import usage_store as store
from utenza.infra.operator import time_zone
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction, transaction
from utenza.infra.work import wake
from utenza.usage import keys
from utenza.usage.file_settings import SourceSettingsWrong, read_settings
from utenza.usage.landing import Held, as_texts, landing_of, pack, unpack
from utenza.usage.models import Batch, Quarantined, RawCommit, Source
from utenza.usage.records import FIELDS, RecordDeclined, UsageRecord, read_record
from utenza.usage.states import BATCH_MOVES, QUARANTINE_MOVES, BatchStatus, QuarantineStatus, SourceKind
from utenza.usage.tables import RAW_SCHEMA, RECEIVED_BY, RECEIVED_SCHEMA, RECEIVED_SORTED_BY

__all__ = [
    "BatchRef",
    "NoSuchField",
    "SameContent",
    "SourceUnknown",
    "UsageRecord",
    "compact_raw",
    "destroy_identifiers",
    "forget_received",
    "note_collected",
    "note_failure",
    "push_batch",
    "receive_batch",
    "resend",
    "set_source",
    "write_raw",
]

RAW_APP, RECEIVED_APP = "utenza.raw", "utenza.received"
BATCHES_A_COMMIT = 500
_RAW_LOCK = 0x55534147


class SourceUnknown(Refusal):
    code = "usage_source_unknown"
    text = N_("There is no source of usage '%(source)s': set it first.")


class SameContent(Refusal):
    code = "usage_same_content"
    text = N_(
        "'%(identity)s' differs from what was received as '%(received)s' in name or in content alone: look at both."
    )


class NothingHeld(Refusal):
    code = "usage_nothing_held"
    text = N_("No record %(record)s is quarantined: it may have been sent again already.")


class NoSuchField(Refusal):
    code = "usage_no_such_field"
    text = N_("A record of usage has no field '%(name)s'; its fields are %(known)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRef:
    """What became of a batch; `new` is false when it had been received before."""

    batch_id: int
    new: bool
    events: int
    quarantined: int


@demands_transaction
def set_source(*, code: str, kind: str, settings: Mapping[str, Any], enabled: bool = True) -> int:
    """Set a source of usage and return its id. Safe to repeat.

    :raises SourceSettingsWrong: if the settings of a folder of files are wrong.
    """
    if kind == SourceKind.FILE:
        read_settings(settings, zone=time_zone())
    source, _ = Source.objects.update_or_create(
        code=code, defaults={"kind": SourceKind(kind), "settings": dict(settings), "enabled": enabled}
    )
    return source.pk


@demands_transaction
def note_collected(*, source: str, at: datetime) -> None:
    """Write down that a source was collected without a failure."""
    Source.objects.filter(code=source).update(last_collected_at=at, failure="", failing_since=None)


@demands_transaction
def note_failure(*, source: str, kind: str, why: str, at: datetime) -> bool:
    """Write down why a source could not be collected; return whether that is news."""
    row, _ = Source.objects.select_for_update().get_or_create(code=source, defaults={"kind": SourceKind(kind)})
    before, row.failure = row.failure, why[:500]
    row.failing_since = row.failing_since or at
    row.save(update_fields=["failure", "failing_since"])
    return before != row.failure


@demands_transaction
def push_batch(*, source: str, identity: str, records: Sequence[UsageRecord], at: datetime) -> BatchRef:
    """Receive what another stage measured itself, such as charged sessions; safe to repeat with the same identity.

    The batch is received with the caller's transaction, so that a charge and its usage come into being together.

    :raises SameContent: if the identity was received with another content.
    """
    Source.objects.get_or_create(code=source, defaults={"kind": SourceKind.PUSH})
    text = json.dumps([as_texts(record) for record in records], sort_keys=True)
    checksum = hashlib.sha256(f"{identity}\n{text}".encode()).hexdigest()
    return receive_batch(source=source, identity=identity, checksum=checksum, records=records, held=(), at=at)


@demands_transaction
def receive_batch(
    *,
    source: str,
    identity: str,
    checksum: str,
    records: Sequence[UsageRecord],
    held: Sequence[Held],
    at: datetime,
) -> BatchRef:
    """Receive a batch once: guide its records to lines, quarantine the others. Safe to repeat.

    :raises SourceUnknown:
    :raises SameContent: if only one of identity and checksum was received before.
    """
    owner = Source.objects.select_for_update().filter(code=source).first()
    if owner is None:
        raise SourceUnknown(source=source)
    for known in Batch.objects.filter(source=owner, identity=identity) | Batch.objects.filter(
        source=owner, checksum=checksum
    ):
        if (known.identity, known.checksum) != (identity, checksum):
            raise SameContent(identity=identity, received=known.identity)
        return BatchRef(batch_id=known.pk, new=False, events=known.events, quarantined=known.quarantined)
    landing = landing_of(records, held, source=source, at=at)
    rows, kept = landing.events, landing.held
    batch = Batch.objects.create(
        source=owner,
        identity=identity,
        checksum=checksum,
        received_at=at,
        records=len(records) + len(held),
        events=len(rows),
        quarantined=len(kept),
        content=pack(rows),
        received=pack(landing.received, RECEIVED_SCHEMA),
    )
    Quarantined.objects.bulk_create(
        [Quarantined(batch=batch, record=json.dumps(record), reason=reason, held_at=at) for record, reason in kept]
    )
    wake()
    return BatchRef(batch_id=batch.pk, new=True, events=len(rows), quarantined=len(kept))


@demands_transaction
def resend(*, quarantined_id: int, corrections: Mapping[str, str], at: datetime) -> BatchRef:
    """Send a quarantined record again with some of its fields corrected; what still fails is quarantined anew.

    :raises NothingHeld: if it is not quarantined.
    :raises NoSuchField: if a correction names no field of a record.
    """
    row = Quarantined.objects.select_for_update(of=("self",)).select_related("batch__source").filter(pk=quarantined_id)
    item = row.first()
    if item is None or item.status != QuarantineStatus.OPEN:
        raise NothingHeld(record=quarantined_id)
    for name in corrections:
        if name not in FIELDS:
            raise NoSuchField(field=name, name=name, known=", ".join(FIELDS))
    values: dict[str, Any] = {**json.loads(item.record), **corrections}
    records: list[UsageRecord] = []
    held: list[Held] = []
    try:
        read = read_record({name: str(values.get(name) or "") for name in FIELDS}, zone=_zone_of(item.batch.source))
        records.append(_with_charge(read, values))
    except RecordDeclined as declined:
        held.append((values, declined.reason))
    source = item.batch.source.code
    identity = f"resend:{item.pk}"
    ref = receive_batch(
        source=source,
        identity=identity,
        checksum=hashlib.sha256(identity.encode()).hexdigest(),
        records=records,
        held=held,
        at=at,
    )
    move(item, table=QUARANTINE_MOVES, to=QuarantineStatus.RESENT)
    Quarantined.objects.filter(pk=item.pk).update(resent_at=at)
    return ref


def forget_received(*, before_month: str) -> None:
    """Delete the records as received before a month (YYYY-MM), for good. Events and prices stay. Safe to repeat.

    Opens its transaction, in which nobody writes the usage store.
    """
    with transaction():
        _lock()
        table = store.open_table("received", RECEIVED_SCHEMA, partition_by=RECEIVED_BY)
        table.delete(f"received_month < '{before_month}'")
        # Nobody pins a version of this table: what is deleted has to be gone.
        store.forget_versions(table, keep=(), hours=0)


def compact_raw() -> int:
    """Unite the many small files that the raw table grows by, and return how many. Opens its transaction."""
    with transaction():
        _lock()
        return store.compact(store.open_table("raw", RAW_SCHEMA))


@demands_transaction
def destroy_identifiers(*, line_id: int, at: datetime) -> None:
    """Make the numbers and names in a line's usage unreadable for ever; sums and prices stay. Safe to repeat."""
    keys.destroy(line_id, at=at)


def write_raw(*, at: datetime) -> int:
    """Append received batches to the received and the raw table, many in one commit of each, and return how many.

    Opens its transactions. The set of batches gets its number in a transaction before the write, so that after a crash
    the same set is found under the same number, and each table says whether it holds that number already.
    """
    with transaction():
        _lock()
        if not RawCommit.objects.filter(written_at=None).exists() and not _assign(at):
            return 0
    with transaction():
        _lock()
        commit = RawCommit.objects.filter(written_at=None).order_by("number").first()
        if commit is None:
            return 0
        return _write(commit, at)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 1)", [_RAW_LOCK])


def _assign(at: datetime) -> int:
    waiting = Batch.objects.filter(commit=None, status=BatchStatus.RECEIVED).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:BATCHES_A_COMMIT])
    if not ids:
        return 0
    last = RawCommit.objects.order_by("-number").values_list("number", flat=True).first() or 0
    commit = RawCommit.objects.create(number=last + 1, assigned_at=at)
    return Batch.objects.filter(pk__in=ids).update(commit=commit)


def _write(commit: RawCommit, at: datetime) -> int:
    batches = list(Batch.objects.filter(commit=commit).select_related("source").order_by("pk"))
    _write_received(commit, batches)
    events = _united([(batch.pk, batch.content) for batch in batches], RAW_SCHEMA)
    table = store.open_table("raw", RAW_SCHEMA)
    fresh = _without_known(events, table, batches)
    commit.raw_version = store.append_once(table, fresh, app_id=RAW_APP, number=commit.number)
    commit.written_at = at
    commit.save(update_fields=["raw_version", "written_at"])
    for batch in batches:
        own = fresh.filter(pl.col("batch_id") == batch.pk)
        batch.duplicates = batch.events - own.height
        batch.content = batch.received = None
        batch.save(update_fields=["duplicates", "content", "received"])
        move(batch, table=BATCH_MOVES, to=BatchStatus.LANDED)
        places = own.select("month", "bucket").unique().sort("month", "bucket").rows()
        announce(
            UsageLanded(
                at=at,
                source=batch.source.code,
                batch=batch.identity,
                partitions=" ".join(f"{month}/{bucket}" for month, bucket in places),
                event_count=own.height,
                quarantined_count=batch.quarantined,
            )
        )
    return len(batches)


def _write_received(commit: RawCommit, batches: Sequence[Batch]) -> None:
    records = _united([(batch.pk, batch.received) for batch in batches], RECEIVED_SCHEMA)
    table = store.open_table("received", RECEIVED_SCHEMA, partition_by=RECEIVED_BY)
    store.append_once(table, records, app_id=RECEIVED_APP, number=commit.number, sort_by=RECEIVED_SORTED_BY)


def _united(blocks: Sequence[tuple[int, bytes | memoryview | None]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows of batches' blocks together, each with its batch."""
    frames = [
        unpack(block).with_columns(pl.lit(batch_id, dtype=pl.Int64).alias("batch_id"))
        for batch_id, block in blocks
        if block is not None
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _without_known(events: pl.DataFrame, table: Any, batches: Sequence[Batch]) -> pl.DataFrame:
    """Return the events that the raw table does not hold from another batch, each once."""
    if events.is_empty():
        return events
    known = (
        store.read(table)
        .filter(pl.col("month").is_in(events["month"].unique().to_list()))
        .filter(pl.col("bucket").is_in(events["bucket"].unique().to_list()))
        # A batch of this very commit is there only when the write succeeded and what followed it did not.
        .filter(~pl.col("batch_id").is_in([batch.pk for batch in batches]))
        .select("event_id")
        .collect()
    )
    return events.unique("event_id", keep="first", maintain_order=True).join(known, on="event_id", how="anti")


def _zone_of(source: Source) -> ZoneInfo:
    """Return the time zone of the times without an offset that a source sends."""
    if source.kind != SourceKind.FILE:
        return time_zone()
    try:
        return read_settings(source.settings, zone=time_zone()).zone
    except SourceSettingsWrong:
        return time_zone()


def _with_charge(record: UsageRecord, values: Mapping[str, Any]) -> UsageRecord:
    return replace(
        record,
        line_id=values.get("line_id"),
        charged_micro=values.get("charged_micro"),
        charged_zone=values.get("charged_zone") or "",
        charged_tariff_version_id=values.get("charged_tariff_version_id"),
        charged_currency=values.get("charged_currency") or "",
    )

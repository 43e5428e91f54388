"""Public reads of usage."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db.models import Count, QuerySet, Sum

from utenza.core.errors import N_, Refusal
from utenza.infra import usage_store as store
from utenza.infra.waiting import Waiting
from utenza.usage.keys import keys_for_reading, unseal
from utenza.usage.models import Batch, Quarantined, Source
from utenza.usage.records import dialled_digits
from utenza.usage.states import BatchStatus, QuarantineStatus
from utenza.usage.tables import RAW_SCHEMA, RECEIVED_BY, RECEIVED_SCHEMA

__all__ = [
    "QuarantinedView",
    "RawUsage",
    "ReceivedView",
    "SourceView",
    "UnknownRecord",
    "dialled",
    "quarantine_counts",
    "quarantined",
    "quarantined_record",
    "raw_counts",
    "raw_event_counts",
    "raw_partitions",
    "raw_usage",
    "raw_usage_of_buckets",
    "received",
    "records_held",
    "sources",
    "unsealed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source with its account: every record is landed, waiting, a duplicate or quarantined."""

    code: str
    kind: str
    enabled: bool
    last_collected_at: datetime | None
    failure: str
    failing_since: datetime | None
    batches: int
    records: int
    landed: int
    waiting: int
    duplicates: int
    quarantined: int
    held_open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedView:
    quarantined_id: int
    source: str
    batch: str
    reason: str
    held_at: datetime
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedView:
    """A record as a source sent it, in normal form; `record` is None where its line's key was destroyed."""

    source: str
    batch: str
    received_at: datetime
    line_id: int
    record: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RawUsage:
    """The raw events of a partition as they stood at a version of the raw table."""

    events: pl.DataFrame
    version: int


def sources() -> list[SourceView]:
    """Return every source with its account, by code."""
    held = dict(
        Quarantined.objects.filter(status=QuarantineStatus.OPEN)
        .values_list("batch__source_id")
        .annotate(held=Count("pk"))
    )
    found = []
    for source in Source.objects.order_by("code"):
        own = Batch.objects.filter(source=source)
        sums = own.aggregate(
            batches=Count("pk"), records=Sum("records"), events=Sum("events"), d=Sum("duplicates"), q=Sum("quarantined")
        )
        waiting = own.filter(status=BatchStatus.RECEIVED).aggregate(events=Sum("events"))["events"] or 0
        found.append(
            SourceView(
                code=source.code,
                kind=source.kind,
                enabled=source.enabled,
                last_collected_at=source.last_collected_at,
                failure=source.failure,
                failing_since=source.failing_since,
                batches=sums["batches"],
                records=sums["records"] or 0,
                landed=(sums["events"] or 0) - (sums["d"] or 0) - waiting,
                waiting=waiting,
                duplicates=sums["d"] or 0,
                quarantined=sums["q"] or 0,
                held_open=held.get(source.pk, 0),
            )
        )
    return found


class UnknownRecord(Refusal):
    code = "usage_record_unknown"
    text = N_("No record %(record)s is quarantined: it may have been sent again already.")


def quarantined(*, reason: str | None = None, limit: int = 200, offset: int = 0) -> list[QuarantinedView]:
    """Return the records that are held back, for one reason or for any, the oldest first."""
    rows = _held()
    if reason is not None:
        rows = rows.filter(reason=reason)
    return [_held_view(row) for row in rows[offset : offset + limit]]


def quarantined_record(quarantined_id: int) -> QuarantinedView:
    """Return one record that is held back.

    :raises UnknownRecord: if it is not, or not any more.
    """
    row = _held().filter(pk=quarantined_id).first()
    if row is None:
        raise UnknownRecord(record=quarantined_id)
    return _held_view(row)


def quarantine_counts() -> dict[str, int]:
    """Return how many records are held back, by reason."""
    rows = Quarantined.objects.filter(status=QuarantineStatus.OPEN)
    return dict(rows.values_list("reason").annotate(held=Count("pk")))


def records_held() -> Waiting:
    """Return the records that are held back, to be counted."""
    return Waiting(Quarantined.objects.filter(status=QuarantineStatus.OPEN))


def _held() -> QuerySet[Quarantined]:
    return Quarantined.objects.filter(status=QuarantineStatus.OPEN).select_related("batch__source").order_by("pk")


def _held_view(row: Quarantined) -> QuarantinedView:
    return QuarantinedView(
        quarantined_id=row.pk,
        source=row.batch.source.code,
        batch=row.batch.identity,
        reason=row.reason,
        held_at=row.held_at,
        record=json.loads(row.record),
    )


def raw_usage(*, month: str, bucket: int, version: int | None = None) -> RawUsage:
    """Return what the raw table holds of a month and bucket, now or at a version, by line, start and event."""
    return raw_usage_of_buckets(month=month, buckets=[bucket], version=version)


def raw_usage_of_buckets(*, month: str, buckets: Collection[int], version: int | None = None) -> RawUsage:
    """Return what the raw table holds of some buckets of a month, now or at a version, by line, start and event."""
    table = store.open_table("raw", RAW_SCHEMA)
    if version is not None:
        table.load_as_version(version)
    events = store.read(table, month=month, buckets=buckets).collect().sort("line_id", "started_at", "event_id")
    return RawUsage(events, int(table.version()))


def raw_event_counts(month: str) -> dict[int, int]:
    """Return how many raw events of a month each bucket holds now."""
    return store.row_counts(store.open_table("raw", RAW_SCHEMA), month=month)


def raw_counts() -> pl.DataFrame:
    """Return how many events the raw table holds by `source`, `month`, `bucket` and the `version` that brought them."""
    table = store.open_table("raw", RAW_SCHEMA)
    keys = ["source", "month", "bucket", "batch_id"]
    counted = store.read(table).group_by(keys).agg(pl.len().cast(pl.Int64).alias("events")).collect()
    versions = Batch.objects.filter(commit__raw_version__isnull=False).values_list("pk", "commit__raw_version")
    brought = pl.DataFrame(list(versions), schema={"batch_id": pl.Int64, "version": pl.Int64}, orient="row")
    return counted.join(brought, on="batch_id", how="left")


def raw_partitions(month: str) -> list[int]:
    """Return the buckets that hold usage of a month."""
    table = store.open_table("raw", RAW_SCHEMA)
    return sorted(store.read(table, month=month).select("bucket").unique().collect()["bucket"].to_list())


def received(*, event_id: int) -> list[ReceivedView]:
    """Return the records as they came of which an event of the raw table is, the one that it was made of first.

    More than one came where a duplicate did. The shell demands leave: they bear numbers and names in the clear.
    """
    table = store.open_table("received", RECEIVED_SCHEMA, partition_by=RECEIVED_BY)
    rows = store.read(table).filter(pl.col("event_id") == event_id).collect().sort("batch_id").to_dicts()
    batches = Batch.objects.in_bulk([row["batch_id"] for row in rows])
    keys = keys_for_reading({row["line_id"] for row in rows})
    return [
        ReceivedView(
            source=row["source"],
            batch=batches[row["batch_id"]].identity,
            received_at=row["received_at"],
            line_id=row["line_id"],
            record=json.loads(unseal(row["record"], keys.get(row["line_id"])) or "null"),
        )
        for row in rows
    ]


def dialled(line_id: int, sealed: str) -> str:
    """Return the digits that a line dialled, with the country code; empty where its key was destroyed. For pricing."""
    return dialled_digits(unsealed(line_id=line_id, sealed=[sealed])[0])


def unsealed(*, line_id: int, sealed: list[str]) -> list[str]:
    """Return encrypted numbers of a line in the clear, empty where its key was destroyed; the shell demands leave."""
    key = keys_for_reading([line_id]).get(line_id)
    return [unseal(one, key) for one in sealed]

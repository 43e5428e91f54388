"""Public reads of rated usage."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import polars as pl
from django.db.models import F, Max, Sum

from utenza.catalog import queries as catalog
from utenza.core.period import DayPeriod
from utenza.infra import usage_store as store
from utenza.ordering import queries as ordering
from utenza.pricing import Explanation, Kind
from utenza.pricing.columns import KIND_NAMES
from utenza.pricing.compiled import UNLIMITED
from utenza.provisioning import queries as provisioning
from utenza.rating.counters import opening_of
from utenza.rating.engine import CHARGED, PRICED, explain_event
from utenza.rating.models import Allowance, Partition, UsageTotal
from utenza.rating.tables import RATED_SCHEMA
from utenza.usage import queries as usage

__all__ = [
    "AllowanceView",
    "PartitionView",
    "RatedEvent",
    "SourceAudit",
    "UsageTotalRow",
    "UsageTotals",
    "allowances_of_line",
    "explanation",
    "month_account",
    "rated_event",
    "usage_audit",
    "usage_of_line",
    "usage_totals",
    "waiting",
]

UNITS = {"voice": "second", "data": "octet", "sms": "message"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotalRow:
    """What a line used under one agreement and tariff; `amount_micro` is the exact sum, rounded by the bill alone."""

    line_id: int
    agreement_id: int | None
    kind: str
    zone: str
    events: int
    quantity: int
    unit: str
    amount_micro: int
    tax_included: bool
    tariff_version_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotals:
    """Totals as rated at `version` (None: nothing was ever rated), with a checksum of the rows."""

    rows: tuple[UsageTotalRow, ...]
    version: int | None
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedEvent:
    """One event with its price, exact to the micro-unit.

    `destination` is as much of the number as prices depend on, `hidden_digits` how many follow; `engine_version` the
    price function's, empty where the charge was made in real time. `sealed_number` is the whole number, encrypted:
    `usage.queries.unsealed` reads it for whom it is permitted.
    """

    event_id: int
    started_at: datetime
    kind: str
    quantity: int
    unit: str
    destination: str
    hidden_digits: int
    sealed_number: str
    zone: str
    window: str
    allowance_used: int
    amount_micro: int
    currency: str
    tax_included: bool
    status: str
    tariff_version_id: int | None
    engine_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceView:
    """`granted` is None where it is without limit."""

    name: str
    unit: str
    used: int
    granted: int | None
    period_start: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionView:
    month: str
    bucket: int
    waiting: bool
    raw_version: int | None
    rated_version: int | None
    rated_at: datetime | None
    events: int
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAudit:
    """What became of a source's records: `read` is the sum of the others, or `difference` of them are lost (or double).

    `rated` have a price, `zero_rated` cost nothing (an allowance covered them), `charged_live` carry their charge,
    `non_billable` have no tariff, no rate or no readable number, `pending` are not landed or not rated yet.
    """

    source: str
    read: int
    rated: int
    charged_live: int
    zero_rated: int
    non_billable: int
    duplicate: int
    pending: int
    quarantined: int
    difference: int


def usage_totals(line_ids: Collection[int], period: DayPeriod, version: int | None = None) -> UsageTotals:
    """Return what the lines used on the operator's days of a period, sorted by line, agreement, kind and zone.

    With a `version` it is what was rated then, whatever was rated since.
    """
    while True:
        current = _newest_version()
        if version is not None and version != current:
            rows = tuple(_rows_at(line_ids, period, version))
            return UsageTotals(rows=rows, version=version, checksum=_checksum(rows))
        rows = tuple(_current_rows(line_ids, period))
        # A rating that was committed between the two reads would be named by the version before it.
        if _newest_version() == current:
            return UsageTotals(rows=rows, version=current, checksum=_checksum(rows))


def _newest_version() -> int | None:
    found: int | None = Partition.objects.aggregate(version=Max("rated_version"))["version"]
    return found


def usage_of_line(
    line_id: int, period: DayPeriod, *, kind: str | None = None, limit: int = 500, offset: int = 0
) -> list[RatedEvent]:
    """Return a line's rated events on the operator's days of a period, of one kind or of all, the newest first."""
    line = provisioning.lines([line_id])
    if not line:
        return []
    rows = (
        store.read(store.open_table("rated", RATED_SCHEMA), buckets=[line[0].bucket])
        .filter(pl.col("month").is_between(pl.lit(f"{period.start:%Y-%m}"), pl.lit(f"{period.last_day:%Y-%m}")))
        .filter(pl.col("line_id") == line_id, pl.col("day") >= period.start, pl.col("day") < period.end)
    )
    if kind is not None:
        rows = rows.filter(pl.col("kind") == kind)
    frame = rows.collect().sort("started_at", "event_id", descending=True).slice(offset, limit)
    return [_event(row) for row in frame.to_dicts()]


def rated_event(*, line_id: int, month: str, event_id: int) -> RatedEvent | None:
    """Return one rated event of a line in a month, None if there is none.

    :raises UnknownLine: if there is no such line.
    """
    bucket = provisioning.line(line_id).bucket
    rows = store.read(store.open_table("rated", RATED_SCHEMA), month=month, buckets=[bucket])
    found = rows.filter(pl.col("line_id") == line_id, pl.col("event_id") == event_id).collect().to_dicts()
    return _event(found[0]) if found else None


def _event(row: Mapping[str, Any]) -> RatedEvent:
    return RatedEvent(
        event_id=row["event_id"],
        started_at=row["started_at"],
        kind=row["kind"],
        quantity=row["quantity"],
        unit=UNITS[row["kind"]],
        destination=row["destination"] or "",
        hidden_digits=row["hidden_digits"],
        sealed_number=row["b_number"] or "",
        zone=row["zone"],
        window=row["window"],
        allowance_used=row["allowance_used"],
        amount_micro=row["amount_micro"],
        currency=row["currency"],
        tax_included=row["tax_included"],
        status=row["status"],
        tariff_version_id=row["tariff_version_id"],
        engine_version=row["engine_version"],
    )


def explanation(*, line_id: int, event_id: int, month: str) -> Explanation | None:
    """Explain how an event of a month came to its price, by the very loop that priced it; None if none was priced.

    The raw events are those of the rating that stands, with the counters that the month before left.

    :raises UnknownLine: if there is no such line.
    """
    bucket = provisioning.line(line_id).bucket
    partition = Partition.objects.filter(month=month, bucket=bucket).first()
    if partition is None or partition.raw_version is None:
        return None
    raw = usage.raw_usage(month=month, bucket=bucket, version=partition.raw_version).events
    opening = opening_of({bucket: partition}, month, {line_id: partition})
    return explain_event(
        raw.filter(pl.col("line_id") == line_id),
        event_id=event_id,
        stays=ordering.tariff_timeline([line_id]),
        tariff_of=cache(catalog.tariff),
        opening=opening,
        number_of=usage.dialled,
    )


def allowances_of_line(line_id: int, *, on_date: date) -> list[AllowanceView]:
    """Return how much of each allowance a line had used in its billing periods that a day may lie in."""
    rows = Allowance.objects.filter(
        line_id=line_id, period_start__lte=on_date, partition__month__lte=f"{on_date:%Y-%m}"
    ).order_by("-period_start", "-partition__month", "name")
    newest = rows.first()
    if newest is None:
        return []
    return [
        AllowanceView(
            name=row.name,
            unit=_unit_of(row.tariff_version_id, row.name),
            used=row.used,
            granted=None if row.granted >= UNLIMITED else row.granted,
            period_start=row.period_start,
        )
        for row in rows.filter(partition_id=newest.partition_id, period_start=newest.period_start)
    ]


def usage_audit() -> list[SourceAudit]:
    """Return what became of every record that each source ever sent; `difference` is 0 unless some are lost.

    Each term is counted where it lies: what was read in PostgreSQL, what was rated in the rated table, and what waits
    in the raw table, as what its partition's rating has not seen.
    """
    rated = store.read(store.open_table("rated", RATED_SCHEMA)).select(
        "source", "status", (pl.col("amount_micro") == 0).alias("free")
    )
    became: dict[str, Counter[str]] = defaultdict(Counter)
    for source, status, free, events in rated.group_by("source", "status", "free").len().collect().rows():
        became[source][_fate(status, free=free)] += events
    seen = {row[:2]: row[2] for row in Partition.objects.values_list("month", "bucket", "raw_version")}
    for row in usage.raw_counts().to_dicts():
        version = seen.get((row["month"], row["bucket"]))
        if version is None or row["version"] is None or row["version"] > version:
            became[row["source"]]["pending"] += row["events"]
    return [_audit(source, became[source.code]) for source in usage.sources()]


def _fate(status: str, *, free: bool) -> str:
    if status == CHARGED:
        return "charged_live"
    if status != PRICED:
        return "non_billable"
    return "zero_rated" if free else "rated"


def _audit(source: usage.SourceView, became: Counter[str]) -> SourceAudit:
    # A record that was sent again is counted once: as what it became then.
    read = source.records - (source.quarantined - source.held_open)
    terms = {
        "rated": became["rated"],
        "charged_live": became["charged_live"],
        "zero_rated": became["zero_rated"],
        "non_billable": became["non_billable"],
        "duplicate": source.duplicates,
        "pending": source.waiting + became["pending"],
        "quarantined": source.held_open,
    }
    return SourceAudit(source=source.code, read=read, **terms, difference=read - sum(terms.values()))


def _unit_of(tariff_version_id: int, name: str) -> str:
    tariff = catalog.tariff(tariff_version_id)
    return UNITS[KIND_NAMES[Kind(int(tariff.allowance_kind[tariff.allowance_names.index(name)]))]]


def waiting(*, buckets: Collection[int] | None = None) -> int:
    """Return how many partitions wait to be rated, of some buckets or of all."""
    rows = Partition.objects.filter(wanted__gt=F("done"))
    return (rows if buckets is None else rows.filter(bucket__in=buckets)).count()


def month_account(month: str) -> list[PartitionView]:
    """Return the partitions of a month, by bucket, with what could not be priced."""
    return [
        PartitionView(
            month=row.month,
            bucket=row.bucket,
            waiting=row.wanted > row.done,
            raw_version=row.raw_version,
            rated_version=row.rated_version,
            rated_at=row.rated_at,
            events=row.events,
            unpriced=row.unpriced,
        )
        for row in Partition.objects.filter(month=month).order_by("bucket")
    ]


_KEYS = ("line_id", "agreement_id", "kind", "zone", "tariff_version_id", "tax_included")


def _rows_at(line_ids: Collection[int], period: DayPeriod, version: int) -> list[UsageTotalRow]:
    table = store.open_table("rated", RATED_SCHEMA)
    table.load_as_version(version)
    found = (
        store.read(table)
        .filter(pl.col("month").is_between(pl.lit(f"{period.start:%Y-%m}"), pl.lit(f"{period.last_day:%Y-%m}")))
        .filter(pl.col("line_id").is_in(sorted(line_ids)), pl.col("day") >= period.start, pl.col("day") < period.end)
        .filter(pl.col("status").is_in([PRICED, CHARGED]))
        .group_by(_KEYS)
        .agg(pl.len().cast(pl.Int64).alias("events"), pl.col("quantity").sum(), pl.col("amount_micro").sum())
        .sort(_KEYS, nulls_last=True)
        .collect()
    )
    return [UsageTotalRow(**row, unit=UNITS[row["kind"]]) for row in found.to_dicts()]


def _current_rows(line_ids: Collection[int], period: DayPeriod) -> list[UsageTotalRow]:
    found = (
        UsageTotal.objects.filter(line_id__in=line_ids, day__gte=period.start, day__lt=period.end)
        .values(*_KEYS)
        .annotate(n=Sum("events"), q=Sum("quantity"), a=Sum("amount_micro"))
        .order_by(*_KEYS)
    )
    return [
        UsageTotalRow(
            **{name: row[name] for name in _KEYS},
            events=int(row["n"]),
            quantity=int(row["q"]),
            unit=UNITS[row["kind"]],
            amount_micro=int(row["a"]),
        )
        for row in found
    ]


def _checksum(rows: tuple[UsageTotalRow, ...]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest() if rows else ""

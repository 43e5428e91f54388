"""What rating does: partitions are called for, and each is rated whole in place of what was there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache

import polars as pl
from django.db import connection
from django.db.models import F

from utenza.catalog import queries as catalog
from utenza.core.events.rating import UsageRated
from utenza.infra import usage_store as store
from utenza.infra.outbox import announce_all
from utenza.infra.transactions import demands_transaction, transaction
from utenza.infra.work import wake
from utenza.ordering import queries as ordering
from utenza.provisioning import queries as provisioning
from utenza.rating.counters import opening_of
from utenza.rating.engine import CHARGED, PRICED, Closing, Rated, rate_events
from utenza.rating.models import Allowance, Partition, UsageTotal
from utenza.rating.tables import RATED_SCHEMA
from utenza.usage import queries as usage

__all__ = ["call_for", "call_for_line", "call_for_month", "forget_versions", "rate_next"]

# One worker at a time writes the rated table, so that its versions and our commits have one order.
_RATED_LOCK = 0x52415445
UNPINNED_HOURS = 7 * 24
# As many events are rated by one commit as stay small in memory (some 100 MB).
EVENTS_TOGETHER = 100_000
_CALL = """
    INSERT INTO rating_partition AS known (month, bucket, wanted, done, events, unpriced)
    SELECT month, bucket, 1, 0, 0, 0 FROM unnest(%s::text[], %s::int[]) AS called (month, bucket)
    ORDER BY month, bucket
    ON CONFLICT ON CONSTRAINT rating_partition_month_bucket_once DO UPDATE SET wanted = known.wanted + 1
"""
TOTAL_KEYS = ["line_id", "day", "agreement_id", "tariff_version_id", "kind", "zone", "currency", "tax_included"]


@demands_transaction
def call_for(places: Collection[tuple[str, int]]) -> None:
    """Have partitions rated, each named by its month (YYYY-MM) and bucket, again if they were."""
    if not places:
        return
    months, buckets = zip(*sorted(set(places)), strict=True)
    with connection.cursor() as cursor:
        # In one statement and in one order, so that two who call for the same partitions wait and do not block.
        cursor.execute(_CALL, [list(months), list(buckets)])
    wake()


@demands_transaction
def call_for_line(*, line_id: int, from_date: date) -> None:
    """Have a line's usage rated again from a day on, where there is any, because its tariff changed."""
    for line in provisioning.lines([line_id]):
        Partition.objects.filter(bucket=line.bucket, month__gte=f"{from_date:%Y-%m}").update(wanted=F("wanted") + 1)
    wake()


@demands_transaction
def call_for_month(*, month: str) -> int:
    """Have every partition of a month rated again, and return how many there are."""
    known = set(Partition.objects.filter(month=month).values_list("bucket", flat=True))
    buckets = sorted(known | set(usage.raw_partitions(month)))
    call_for([(month, bucket) for bucket in buckets])
    return len(buckets)


def rate_next(*, at: datetime) -> int:
    """Rate the next partitions that wait, of the earliest month; return how many. Opens its transaction.

    Small partitions are rated together and put into the rated table by one commit: their cost is that of the commit.
    """
    with transaction():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 1)", [_RATED_LOCK])
        waiting = Partition.objects.select_for_update().filter(wanted__gt=F("done")).order_by("month", "bucket")
        first = waiting.first()
        if first is None:
            return 0
        partitions = _together(list(waiting.filter(month=first.month)))
        _rate(partitions, at)
        return len(partitions)


def forget_versions(*, keep: Collection[int]) -> int:
    """Delete what was rated and rated anew since, but for the versions to `keep`; return how many files went.

    What was replaced within the last week stays too: a bill that is being made may read it. Opens its transaction.
    """
    with transaction():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 1)", [_RATED_LOCK])
        return store.forget_versions(store.open_table("rated", RATED_SCHEMA), keep=keep, hours=UNPINNED_HOURS)


def _together(waiting: Sequence[Partition]) -> list[Partition]:
    """Return the first partitions that have no more than `EVENTS_TOGETHER` events in all, and at least one."""
    sizes = usage.raw_event_counts(waiting[0].month)
    chosen: list[Partition] = []
    events = 0
    for partition in waiting:
        events += sizes.get(partition.bucket, 0)
        if chosen and events > EVENTS_TOGETHER:
            break
        chosen.append(partition)
    return chosen


def _rate(partitions: Sequence[Partition], at: datetime) -> None:
    """Rate partitions of one month whole, each in place of what was rated of it before."""
    month, of_bucket = partitions[0].month, {partition.bucket: partition for partition in partitions}
    raw = usage.raw_usage_of_buckets(month=month, buckets=of_bucket.keys())
    rows = raw.events.select("line_id", "bucket").unique().rows()
    partition_of = {line_id: of_bucket[bucket] for line_id, bucket in rows}
    opening = opening_of(of_bucket, month, partition_of)
    rated = rate_events(
        raw.events,
        stays=ordering.tariff_timeline([line_id for line_id, _ in rows]),
        tariff_of=cache(catalog.tariff),
        opening=opening,
        number_of=usage.dialled,
        raw_version=raw.version,
    )
    table = store.open_table("rated", RATED_SCHEMA)
    version = store.replace_partitions(table, rated.events, month=month, buckets=of_bucket.keys())
    _replace_totals(of_bucket, rated)
    changed = _replace_allowances(partition_of, partitions, rated.closing)
    _call_for_following(month, [partition.bucket for partition in changed])
    status = pl.col("status").is_in([PRICED, CHARGED])
    counts = rated.events.group_by("bucket").agg(pl.len().alias("events"), (~status).sum().alias("unpriced"))
    count_of = {row["bucket"]: row for row in counts.to_dicts()}
    for bucket, partition in of_bucket.items():
        found = count_of.get(bucket, {"events": 0, "unpriced": 0})
        partition.done = partition.wanted
        partition.raw_version, partition.rated_version, partition.rated_at = raw.version, version, at
        partition.events, partition.unpriced = found["events"], found["unpriced"]
    names = ["done", "raw_version", "rated_version", "rated_at", "events", "unpriced"]
    Partition.objects.bulk_update(partitions, names)
    announce_all(
        UsageRated(at=at, month=month, bucket=partition.bucket, event_count=partition.events)
        for partition in partitions
    )


def _replace_totals(of_bucket: Mapping[int, Partition], rated: Rated) -> None:
    totals = (
        rated.events.filter(pl.col("status").is_in([PRICED, CHARGED]))
        .group_by("bucket", *TOTAL_KEYS)
        .agg(pl.len().alias("events"), pl.col("quantity").sum(), pl.col("amount_micro").sum())
        .sort("bucket", *TOTAL_KEYS, nulls_last=True)
    )
    UsageTotal.objects.filter(partition__in=of_bucket.values()).delete()
    UsageTotal.objects.bulk_create(
        [UsageTotal(partition=of_bucket[row.pop("bucket")], **row) for row in totals.to_dicts()], batch_size=2_000
    )


def _replace_allowances(
    partition_of: Mapping[int, Partition], partitions: Sequence[Partition], closing: list[Closing]
) -> list[Partition]:
    """Write the closing counters; return the partitions in which they differ from those written before."""
    rows = Allowance.objects.filter(partition__in=partitions)
    names = ("line_id", "tariff_version_id", "period_start", "name", "used")
    before: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    for partition_id, *values in rows.values_list("partition_id", *names):
        before[partition_id].add(tuple(values))
    after: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    for one in closing:
        values = (one.line_id, one.tariff_version_id, one.period_start, one.name, one.used)
        after[partition_of[one.line_id].pk].add(values)
    rows.delete()
    Allowance.objects.bulk_create(
        [
            Allowance(
                partition=partition_of[one.line_id],
                line_id=one.line_id,
                tariff_version_id=one.tariff_version_id,
                period_start=one.period_start,
                name=one.name,
                used=one.used,
                granted=one.granted,
            )
            for one in closing
        ],
        batch_size=2_000,
    )
    return [partition for partition in partitions if before[partition.pk] != after[partition.pk]]


def _call_for_following(month: str, buckets: Collection[int]) -> None:
    later = Partition.objects.filter(bucket__in=buckets, month__gt=month).order_by("bucket", "month").distinct("bucket")
    call_for(list(later.values_list("month", "bucket")))

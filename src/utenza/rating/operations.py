"""What rating does: partitions are called for, and each is rated whole in place of what was there."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from functools import cache

import polars as pl
from django.db import connection
from django.db.models import F

from utenza.catalog import queries as catalog
from utenza.core.events.rating import UsageRated
from utenza.infra import usage_store as store
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction, transaction
from utenza.infra.work import wake
from utenza.ordering import queries as ordering
from utenza.provisioning import queries as provisioning
from utenza.rating.engine import CHARGED, PRICED, Closing, CounterKey, Rated, rate_events
from utenza.rating.models import Allowance, Partition, UsageTotal
from utenza.rating.tables import RATED_SCHEMA
from utenza.usage import queries as usage

__all__ = ["call_for", "call_for_line", "call_for_month", "rate_next"]

# One partition at a time is put into the rated table, so that its versions and our commits have one order.
_RATED_LOCK = 0x52415445
TOTAL_KEYS = ["line_id", "day", "agreement_id", "tariff_version_id", "kind", "zone", "currency", "tax_included"]


@demands_transaction
def call_for(*, month: str, bucket: int) -> None:
    """Have a partition rated, again if it was."""
    Partition.objects.get_or_create(month=month, bucket=bucket)
    Partition.objects.filter(month=month, bucket=bucket).update(wanted=F("wanted") + 1)
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
    for bucket in buckets:
        call_for(month=month, bucket=bucket)
    return len(buckets)


def rate_next(*, at: datetime) -> int:
    """Rate one partition that waits, the earliest month first; return 0 if none waits. Opens its transaction."""
    with transaction():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 1)", [_RATED_LOCK])
        waiting = Partition.objects.select_for_update().filter(wanted__gt=F("done")).order_by("month", "bucket")
        partition = waiting.first()
        if partition is None:
            return 0
        _rate(partition, at)
        return 1


def _rate(partition: Partition, at: datetime) -> None:
    raw = usage.raw_usage(month=partition.month, bucket=partition.bucket)
    line_ids = raw.events["line_id"].unique().to_list()
    rated = rate_events(
        raw.events,
        stays=ordering.tariff_timeline(line_ids),
        tariff_of=cache(catalog.tariff),
        opening=_opening(partition),
        raw_version=raw.version,
    )
    table = store.open_table("rated", RATED_SCHEMA)
    version = store.replace_partition(table, rated.events, month=partition.month, bucket=partition.bucket)
    _replace_totals(partition, rated)
    if _replace_allowances(partition, rated.closing):
        _call_for_following(partition)
    partition.done = partition.wanted
    partition.raw_version, partition.rated_version, partition.rated_at = raw.version, version, at
    partition.events = rated.events.height
    partition.unpriced = rated.events.filter(~pl.col("status").is_in([PRICED, CHARGED])).height
    partition.save()
    announce(UsageRated(at=at, month=partition.month, bucket=partition.bucket, event_count=rated.events.height))


def _opening(partition: Partition) -> dict[CounterKey, dict[str, int]]:
    """Return the counters that the rated month before left in billing periods that may reach into this one."""
    earlier = Partition.objects.filter(bucket=partition.bucket, month__lt=partition.month).order_by("-month").first()
    rows = Allowance.objects.filter(partition=earlier) if earlier else Allowance.objects.none()
    found: dict[CounterKey, dict[str, int]] = defaultdict(dict)
    reach = date.fromisoformat(f"{_month(partition.month, -2)}-01")
    for row in rows.filter(period_start__gte=reach):
        found[row.line_id, row.tariff_version_id, row.period_start][row.name] = row.used
    return dict(found)


def _replace_totals(partition: Partition, rated: Rated) -> None:
    totals = (
        rated.events.filter(pl.col("status").is_in([PRICED, CHARGED]))
        .group_by(TOTAL_KEYS)
        .agg(pl.len().alias("events"), pl.col("quantity").sum(), pl.col("amount_micro").sum())
        .sort(TOTAL_KEYS, nulls_last=True)
    )
    UsageTotal.objects.filter(partition=partition).delete()
    UsageTotal.objects.bulk_create(
        [UsageTotal(partition=partition, **row) for row in totals.to_dicts()], batch_size=2_000
    )


def _replace_allowances(partition: Partition, closing: list[Closing]) -> bool:
    """Write the closing counters; return whether they differ from those written before."""
    rows = Allowance.objects.filter(partition=partition)
    names = ("line_id", "tariff_version_id", "period_start", "name", "used")
    before = set(rows.values_list(*names))
    after = {(one.line_id, one.tariff_version_id, one.period_start, one.name, one.used) for one in closing}
    rows.delete()
    Allowance.objects.bulk_create(
        [
            Allowance(
                partition=partition,
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
    return before != after


def _call_for_following(partition: Partition) -> None:
    later = Partition.objects.filter(bucket=partition.bucket, month__gt=partition.month).order_by("month").first()
    if later is not None:
        call_for(month=later.month, bucket=later.bucket)


def _month(month: str, by: int) -> str:
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{index // 12:04d}-{index % 12 + 1:02d}"

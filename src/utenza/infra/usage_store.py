"""The usage store: Delta tables under `<home>/usage`, partitioned by month and bucket."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from utenza.infra import configuration

PARTITION_BY = ["month", "bucket"]
# A month of versions, so that what a bill pinned can be read while it may be disputed.
_CONFIGURATION = {
    "delta.logRetentionDuration": "interval 400 days",
    "delta.deletedFileRetentionDuration": "interval 400 days",
}
INSTANT = pl.Datetime("us", "UTC")


def folder(name: str) -> Path:
    return configuration.load().home / "usage" / name


def open_table(name: str, schema: dict[str, Any]) -> DeltaTable:
    """Return the table `name`, made if it is not there."""
    place = folder(name)
    if not DeltaTable.is_deltatable(str(place)):
        place.mkdir(parents=True, exist_ok=True)
        write_deltalake(
            str(place),
            pl.DataFrame(schema=schema),
            partition_by=PARTITION_BY,
            mode="ignore",
            configuration=_CONFIGURATION,
        )
    return DeltaTable(str(place))


def append_once(table: DeltaTable, frame: pl.DataFrame, *, app_id: str, number: int) -> int:
    """Append `frame` unless the table says that `number` was written, and return the table's version then.

    The same handle reads and writes, so that another writer's commit between the two makes this one fail.
    """
    done = table.transaction_version(app_id)
    if (done is None or done < number) and not frame.is_empty():
        write_deltalake(
            table,
            frame.sort("line_id", "started_at", "event_id"),
            mode="append",
            commit_properties=CommitProperties(app_transactions=[Transaction(app_id, number)]),
        )
    return int(table.version())


def replace_partitions(table: DeltaTable, frame: pl.DataFrame, *, month: str, buckets: Collection[int]) -> int:
    """Put `frame` in place of everything that partitions of a month hold, in one commit; return the version then."""
    listed = ", ".join(str(int(bucket)) for bucket in sorted(buckets))
    write_deltalake(
        table,
        frame.sort("line_id", "started_at", "event_id"),
        mode="overwrite",
        predicate=f"month = '{month}' AND bucket IN ({listed})",
    )
    return int(table.version())


def row_counts(table: DeltaTable, *, month: str) -> dict[int, int]:
    """Return how many rows each bucket of a month holds, by the table's log alone."""
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    if files.is_empty():
        return {}
    counts = (
        files.filter(pl.col("partition.month") == month).group_by("partition.bucket").agg(pl.col("num_records").sum())
    )
    return {int(bucket): int(rows) for bucket, rows in counts.rows()}


def read(table: DeltaTable, *, month: str | None = None, buckets: Collection[int] | None = None) -> pl.LazyFrame:
    """Return a table's rows at the version of the handle."""
    frame = pl.scan_delta(table)
    if month is not None:
        frame = frame.filter(pl.col("month") == month)
    if buckets is not None:
        frame = frame.filter(pl.col("bucket").is_in(sorted(buckets)))
    return frame

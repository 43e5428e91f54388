"""The usage store: Delta tables under `<home>/usage`, partitioned by month and bucket unless they say otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from utenza.infra import configuration

PARTITION_BY = ["month", "bucket"]
SORT_BY = ["line_id", "started_at", "event_id"]
# More than a year of versions, so that what a bill pinned can be read while it may be disputed.
_CONFIGURATION = {
    "delta.logRetentionDuration": "interval 400 days",
    "delta.deletedFileRetentionDuration": "interval 400 days",
}
# A partition with fewer files is read as fast as it is.
FILES_A_PARTITION = 16
INSTANT = pl.Datetime("us", "UTC")


def folder(name: str) -> Path:
    return configuration.load().home / "usage" / name


def open_table(name: str, schema: dict[str, Any], *, partition_by: Sequence[str] = PARTITION_BY) -> DeltaTable:
    """Return the table `name`, made if it is not there."""
    place = folder(name)
    if not DeltaTable.is_deltatable(str(place)):
        place.mkdir(parents=True, exist_ok=True)
        write_deltalake(
            str(place),
            pl.DataFrame(schema=schema),
            partition_by=list(partition_by),
            mode="ignore",
            configuration=_CONFIGURATION,
        )
    return DeltaTable(str(place))


def append_once(
    table: DeltaTable, frame: pl.DataFrame, *, app_id: str, number: int, sort_by: Sequence[str] = SORT_BY
) -> int:
    """Append `frame` unless the table says that `number` was written, and return the table's version then.

    The same handle reads and writes, so that another writer's commit between the two makes this one fail.
    """
    done = table.transaction_version(app_id)
    if (done is None or done < number) and not frame.is_empty():
        write_deltalake(
            table,
            frame.sort(sort_by),
            mode="append",
            commit_properties=CommitProperties(app_transactions=[Transaction(app_id, number)]),
        )
    return int(table.version())


def replace_partitions(table: DeltaTable, frame: pl.DataFrame, *, month: str, buckets: Collection[int]) -> int:
    """Put `frame` in place of everything that partitions of a month hold, in one commit; return the version then."""
    listed = ", ".join(str(int(bucket)) for bucket in sorted(buckets))
    write_deltalake(
        table,
        frame.sort(SORT_BY),
        mode="overwrite",
        predicate=f"month = '{month}' AND bucket IN ({listed})",
    )
    return int(table.version())


def compact(table: DeltaTable) -> int:
    """Unite the small files of months that have many, in one commit, and return how many were united.

    What the table holds stays the same, and so does what it says of numbered appends; the former files stay until they
    are as old as the table keeps them, so that earlier versions can still be read.
    """
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    if files.is_empty():
        return 0
    counts = files.group_by("partition.month", "partition.bucket").len()
    months = counts.filter(pl.col("len") >= FILES_A_PARTITION)["partition.month"].unique().sort().to_list()
    if not months:
        return 0
    return int(table.optimize.compact(partition_filters=[("month", "in", months)])["numFilesRemoved"])


def forget_versions(table: DeltaTable, *, keep: Collection[int], hours: int) -> int:
    """Delete the files of versions that were replaced more than `hours` ago, and return how many.

    Those of the versions to `keep` stay, and those of the newest.
    """
    kept = [version for version in sorted(set(keep)) if version <= table.version()]
    gone = table.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False, keep_versions=kept)
    return len(gone)


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

"""With which counters a month opens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from utenza.rating.engine import CounterKey
from utenza.rating.models import Allowance, Partition


def opening_of(
    of_bucket: Mapping[int, Partition], month: str, partition_of: dict[int, Partition]
) -> dict[CounterKey, dict[str, int]]:
    """Return the counters that the rated month before left in billing periods that may reach into this one.

    Lines that have such counters and no usage this month are added to `partition_of`.
    """
    earlier = (
        Partition.objects.filter(bucket__in=of_bucket.keys(), month__lt=month)
        .order_by("bucket", "-month")
        .distinct("bucket")
    )
    reach = date.fromisoformat(f"{_month(month, -2)}-01")
    rows = Allowance.objects.filter(partition__in=list(earlier), period_start__gte=reach).select_related("partition")
    found: dict[CounterKey, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row.line_id, row.tariff_version_id, row.period_start][row.name] = row.used
        partition_of.setdefault(row.line_id, of_bucket[row.partition.bucket])
    return dict(found)


def _month(month: str, by: int) -> str:
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{index // 12:04d}-{index % 12 + 1:02d}"

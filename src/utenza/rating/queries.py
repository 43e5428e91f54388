"""Public reads of rated usage."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Max, Sum

from utenza.core.period import DayPeriod
from utenza.rating.models import Partition, UsageTotal

__all__ = ["UsageTotalRow", "UsageTotals", "usage_totals"]

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


def usage_totals(line_ids: Collection[int], period: DayPeriod, version: int | None = None) -> UsageTotals:
    """Return what the lines used on the operator's days of a period, sorted by line, agreement, kind and zone."""
    current = Partition.objects.aggregate(version=Max("rated_version"))["version"]
    rows = tuple(_current_rows(line_ids, period))
    return UsageTotals(rows=rows, version=current if version is None else version, checksum=_checksum(rows))


_KEYS = ("line_id", "agreement_id", "kind", "zone", "tariff_version_id", "tax_included")


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

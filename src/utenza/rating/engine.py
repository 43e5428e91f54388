"""Rating of one partition's events: a function of events, tariff time line, tariffs and opening counters. No writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from utenza.core.period import billing_period_containing
from utenza.ordering.queries import TariffStay
from utenza.pricing import CompiledTariff, Counters, EventColumns, Status, price_events
from utenza.pricing.columns import KIND_OF_NAME, ZONE_HINT_MAX, digits_column
from utenza.rating.tables import RATED_SCHEMA

NO_TARIFF = "no_tariff"
CHARGED = "charged"
PRICED = "priced"
KEPT = (
    "month", "bucket", "line_id", "started_at", "event_id", "day", "kind", "quantity", "destination", "b_number",
)  # fmt: skip
# Counters of a line under a tariff in the billing period that begins on a day.
CounterKey = tuple[int, int, date]
Used = Mapping[CounterKey, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a line had used of an allowance when the partition ended."""

    line_id: int
    tariff_version_id: int
    period_start: date
    name: str
    used: int
    granted: int


@dataclass(frozen=True, slots=True)
class Rated:
    events: pl.DataFrame
    closing: list[Closing]


def rate_events(
    events: pl.DataFrame,
    *,
    stays: Sequence[TariffStay],
    tariff_of: Callable[[int], CompiledTariff],
    opening: Used,
    raw_version: int,
) -> Rated:
    """Return the events with their prices in the order of the rated table, and the closing counters.

    Counters that no event touched are handed on, so that a month without usage loses nothing.
    """
    rows = events.to_dicts()
    of_line: dict[int, list[TariffStay]] = defaultdict(list)
    for stay in stays:
        of_line[stay.line_id].append(stay)
    groups: dict[int, list[tuple[dict[str, Any], CounterKey]]] = defaultdict(list)
    done: list[dict[str, Any]] = []
    for row in rows:
        chosen = _stay(row, of_line[row["line_id"]], tariff_of)
        base = _base(row, chosen, raw_version)
        if row["charged_micro"] is not None:
            done.append(_charged(row, base))
        elif chosen is None:
            done.append({**base, "status": NO_TARIFF})
        else:
            key = (row["line_id"], chosen.tariff_version_id, base["period_start"])
            groups[chosen.tariff_version_id].append(({**row, **base}, key))
    closing = {key: dict(names) for key, names in opening.items()}
    granted: dict[int, Mapping[str, int]] = {}
    for tariff_version_id, members in sorted(groups.items()):
        tariff = tariff_of(tariff_version_id)
        done.extend(_price(tariff, members, closing))
    for tariff_version_id in {key[1] for key in closing}:
        tariff = tariff_of(tariff_version_id)
        granted[tariff_version_id] = dict(zip(tariff.allowance_names, tariff.allowance_amount.tolist(), strict=True))
    frame = pl.DataFrame([{name: row[name] for name in RATED_SCHEMA} for row in done], schema=RATED_SCHEMA)
    return Rated(frame, _closings(closing, granted))


def _stay(
    row: Mapping[str, Any], stays: Sequence[TariffStay], tariff_of: Callable[[int], CompiledTariff]
) -> TariffStay | None:
    """Return the stay whose tariff prices the event: of several at once, the first agreement's that has its kind."""
    day = row["day"]
    current = [one for one in stays if one.from_date <= day and (one.to_date is None or day < one.to_date)]
    fitting = [one for one in current if tariff_of(one.tariff_version_id).rates(KIND_OF_NAME[row["kind"]])]
    return min(fitting or current, key=lambda one: one.agreement_id, default=None)


def _base(row: Mapping[str, Any], stay: TariffStay | None, raw_version: int) -> dict[str, Any]:
    period_start = None
    if stay is not None:
        period_start = billing_period_containing(
            day=row["day"], anchor_day=stay.bill_day, months=stay.cycle_months
        ).start
    return {
        **{name: row[name] for name in KEPT},
        "agreement_id": stay.agreement_id if stay else None,
        "tariff_version_id": stay.tariff_version_id if stay else None,
        "period_start": period_start,
        "zone": "",
        "charged_quantity": 0,
        "allowance_used": 0,
        "amount_micro": 0,
        "currency": stay.currency if stay else "",
        "tax_included": False,
        "raw_version": raw_version,
    }


def _charged(row: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **base,
        "tariff_version_id": row["charged_tariff_version_id"] or base["tariff_version_id"],
        "zone": row["charged_zone"] or "",
        "charged_quantity": row["quantity"],
        "amount_micro": row["charged_micro"],
        "currency": row["charged_currency"] or base["currency"],
        "tax_included": True,
        "status": CHARGED,
    }


def _price(
    tariff: CompiledTariff, members: Sequence[tuple[dict[str, Any], CounterKey]], counters: dict[CounterKey, Any]
) -> list[dict[str, Any]]:
    """Price the events of one tariff, and write what they used into `counters`."""
    keys = sorted({key for _, key in members})
    place = {key: index for index, key in enumerate(keys)}
    rows = [row for row, _ in members]
    opening = Counters.opening(tariff=tariff, rows=len(keys))
    for key, index in place.items():
        before = counters.get(key, {})
        opening.used[index] = [before.get(name, 0) for name in tariff.allowance_names]
    columns = EventColumns(
        event_id=np.array([row["event_id"] for row in rows], dtype=np.int64),
        row=np.array([place[key] for _, key in members], dtype=np.int64),
        kind=np.array([int(KIND_OF_NAME[row["kind"]]) for row in rows], dtype=np.int8),
        started_us=pl.Series([row["started_at"] for row in rows], dtype=pl.Datetime("us", "UTC"))
        .to_physical()
        .to_numpy(),
        quantity=np.array([row["quantity"] for row in rows], dtype=np.int64),
        destination=digits_column([row["destination"] or "" for row in rows]),
        zone_hint=np.array([(row["zone_hint"] or "").encode() for row in rows], dtype=f"S{ZONE_HINT_MAX}"),
        reverses=np.array([row["reverses"] or 0 for row in rows], dtype=np.int64),
    )
    priced, closing = price_events(tariff=tariff, events=columns, opening=opening)
    for key, index in place.items():
        counters[key] = dict(zip(tariff.allowance_names, closing.used[index].tolist(), strict=True))
    return [
        {
            **row,
            "zone": tariff.zone_names[priced.zone[n]] if priced.zone[n] else "",
            "charged_quantity": int(priced.charged_quantity[n]),
            "allowance_used": int(priced.allowance_used[n]),
            "amount_micro": int(priced.amount_micro[n]),
            "currency": tariff.currency,
            "tax_included": tariff.tax_included,
            "status": Status(int(priced.status[n])).name.lower(),
        }
        for n, row in enumerate(rows)
    ]


def _closings(
    counters: Mapping[CounterKey, Mapping[str, int]], granted: Mapping[int, Mapping[str, int]]
) -> list[Closing]:
    return [
        Closing(
            line_id=key[0],
            tariff_version_id=key[1],
            period_start=key[2],
            name=name,
            used=used,
            granted=granted[key[1]].get(name, 0),
        )
        for key, names in sorted(counters.items())
        for name, used in names.items()
    ]

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
from utenza.pricing import (
    ENGINE_VERSION,
    CompiledTariff,
    Counters,
    EventColumns,
    Explanation,
    Status,
    explain,
    is_decided,
    price_events,
)
from utenza.pricing.columns import KIND_OF_NAME, ZONE_HINT_MAX, digits_column
from utenza.rating.tables import RATED_SCHEMA

NO_TARIFF = "no_tariff"
CHARGED = "charged"
PRICED = "priced"
# The digits kept of the number do not decide its zone in this tariff, and the key that opens the number is destroyed.
NUMBER_ERASED = "number_erased"
KEPT = (
    "month", "bucket", "line_id", "started_at", "event_id", "day", "kind", "quantity", "destination", "hidden_digits",
    "b_number", "source",
)  # fmt: skip
# Counters of a line under a tariff in the billing period that begins on a day.
CounterKey = tuple[int, int, date]
Used = Mapping[CounterKey, Mapping[str, int]]
# The digits that a line dialled, from the line and the encrypted number; empty if its key is destroyed.
NumberOf = Callable[[int, str], str]
Member = tuple[dict[str, Any], CounterKey]


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
    number_of: NumberOf,
    raw_version: int,
) -> Rated:
    """Return the events with their prices in the order of the rated table, and the closing counters.

    Counters that no event touched are handed on, so that a month without usage loses nothing.
    """
    done, groups = _grouped(events, stays=stays, tariff_of=tariff_of, number_of=number_of, raw_version=raw_version)
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


def explain_event(
    events: pl.DataFrame,
    *,
    event_id: int,
    stays: Sequence[TariffStay],
    tariff_of: Callable[[int], CompiledTariff],
    opening: Used,
    number_of: NumberOf,
) -> Explanation | None:
    """Explain how an event came to its price, of the events of its line in the partition; None if none was priced."""
    _, groups = _grouped(events, stays=stays, tariff_of=tariff_of, number_of=number_of, raw_version=0)
    for tariff_version_id, members in groups.items():
        if any(row["event_id"] == event_id for row, _ in members):
            tariff = tariff_of(tariff_version_id)
            columns, counters, _ = _columns(tariff, members, opening)
            return explain(tariff=tariff, events=columns, opening=counters, event_id=event_id)
    return None


def _grouped(
    events: pl.DataFrame,
    *,
    stays: Sequence[TariffStay],
    tariff_of: Callable[[int], CompiledTariff],
    number_of: NumberOf,
    raw_version: int,
) -> tuple[list[dict[str, Any]], dict[int, list[Member]]]:
    """Return the rows that no tariff prices, done, and by tariff version those that wait for their price."""
    of_line: dict[int, list[TariffStay]] = defaultdict(list)
    for stay in stays:
        of_line[stay.line_id].append(stay)
    groups: dict[int, list[Member]] = defaultdict(list)
    done: list[dict[str, Any]] = []
    for row in events.to_dicts():
        chosen = _stay(row, of_line[row["line_id"]], tariff_of)
        base = _base(row, chosen, raw_version)
        if row["charged_micro"] is not None:
            done.append(_charged(row, base))
        elif chosen is None:
            done.append({**base, "status": NO_TARIFF})
        elif (digits := _digits(row, tariff_of(chosen.tariff_version_id), number_of)) is None:
            done.append({**base, "status": NUMBER_ERASED})
        else:
            key = (row["line_id"], chosen.tariff_version_id, base["period_start"])
            groups[chosen.tariff_version_id].append(({**row, **base, "digits": digits}, key))
    return done, groups


def _digits(row: Mapping[str, Any], tariff: CompiledTariff, number_of: NumberOf) -> str | None:
    """Return as many digits of the number as the tariff needs; None if they cannot be known any more.

    Those kept in the clear decide the zone in every tariff that there was when the usage came in. For one made later
    with longer prefixes the number itself is opened.
    """
    kept: str = row["destination"] or ""
    if not row["hidden_digits"] or row["zone_hint"] or is_decided(tariff, kept):
        return kept
    return number_of(row["line_id"], row["b_number"]) or None


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
        "window": "",
        "charged_quantity": 0,
        "allowance_used": 0,
        "amount_micro": 0,
        "currency": stay.currency if stay else "",
        "tax_included": False,
        "raw_version": raw_version,
        "engine_version": "",
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


def _price(tariff: CompiledTariff, members: Sequence[Member], counters: dict[CounterKey, Any]) -> list[dict[str, Any]]:
    """Price the events of one tariff, and write what they used into `counters`."""
    columns, opening, keys = _columns(tariff, members, counters)
    priced, closing = price_events(tariff=tariff, events=columns, opening=opening)
    for index, key in enumerate(keys):
        counters[key] = dict(zip(tariff.allowance_names, closing.used[index].tolist(), strict=True))
    return [
        {
            **row,
            "zone": tariff.zone_names[priced.zone[n]] if priced.zone[n] else "",
            "window": tariff.window_names[priced.window[n]],
            "charged_quantity": int(priced.charged_quantity[n]),
            "allowance_used": int(priced.allowance_used[n]),
            "amount_micro": int(priced.amount_micro[n]),
            "currency": tariff.currency,
            "tax_included": tariff.tax_included,
            "status": Status(int(priced.status[n])).name.lower(),
            "engine_version": ENGINE_VERSION,
        }
        for n, (row, _) in enumerate(members)
    ]


def _columns(
    tariff: CompiledTariff, members: Sequence[Member], counters: Used
) -> tuple[EventColumns, Counters, list[CounterKey]]:
    """Return the events of one tariff as the price function takes them, its counters, and what each row of them is."""
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
        destination=digits_column([row["digits"] for row in rows]),
        zone_hint=np.array([(row["zone_hint"] or "").encode() for row in rows], dtype=f"S{ZONE_HINT_MAX}"),
        reverses=np.array([row["reverses"] or 0 for row in rows], dtype=np.int64),
    )
    return columns, opening, keys


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

"""`utenza price`: what a usage file costs with a tariff file, outside any database."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from utenza.core.errors import N_, Refusal
from utenza.core.money import Money
from utenza.core.period import billing_period_containing
from utenza.pricing import (
    CompiledTariff,
    Counters,
    EventColumns,
    Explanation,
    Kind,
    PricedColumns,
    Status,
    UsageEvent,
    compile_tariff,
    explain_all,
    price_events,
    read_tariff,
)

KINDS = {kind.name.lower(): kind for kind in Kind}
KEYS = ("id", "subscription", "kind", "started_at", "quantity", "destination", "zone", "reverses")
INT64_MAX = 2**63 - 1


class UsageFileWrong(Refusal):
    """A line of the usage file that cannot be read."""

    code = "usage-file-wrong"
    text = N_("The usage file cannot be read at line %(line)s: %(reason)s. Mend that line and try again.")


class FileUnreadable(Refusal):
    """A file that is no text."""

    code = "file-unreadable"
    text = N_("%(path)s cannot be read as UTF-8 text: write it as YAML, CSV or JSON lines in UTF-8.")


@dataclass(frozen=True, slots=True)
class Usage:
    """The events of a file and, by row, the subscription and the first day of the billing period of its counters."""

    events: list[UsageEvent]
    rows: list[tuple[str, str]]


@click.command()
@click.option("--tariff", "tariff_path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--usage", "usage_path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--explain", "explained", is_flag=True, help="Say how each price came about.")
@click.option(
    "--bill-day", default=1, show_default=True, type=click.IntRange(1, 31), help="Day that renews allowances."
)
def price(*, tariff_path: Path, usage_path: Path, explained: bool, bill_day: int) -> None:
    """Price a usage file with a tariff file. Prints a JSON line for each event, and the totals last."""
    tariff = compile_tariff(read_tariff(_text(tariff_path)))
    usage = _usage(_text(usage_path), tariff, bill_day)
    events = EventColumns.of(usage.events)
    opening = Counters.opening(tariff=tariff, rows=len(usage.rows))
    priced, closing = price_events(tariff=tariff, events=events, opening=opening)
    explanations: dict[int, Explanation] = {}
    if explained:
        explanations = {e.event_id: e for e in explain_all(tariff=tariff, events=events, opening=opening)}
    for index, event in enumerate(usage.events):
        line = _line(tariff, usage, priced, index)
        if explained:
            line["explanation"] = _explanation(explanations[event.event_id])
        click.echo(json.dumps(line, ensure_ascii=False))
    click.echo(json.dumps({"totals": _totals(tariff, usage, priced, closing)}, ensure_ascii=False))


def _line(tariff: CompiledTariff, usage: Usage, priced: PricedColumns, index: int) -> dict[str, Any]:
    event, amount = usage.events[index], int(priced.amount_micro[index])
    return {
        "id": event.event_id,
        "subscription": usage.rows[event.row][0],
        "kind": event.kind.name.lower(),
        "started_at": event.started_at.isoformat(),
        "quantity": event.quantity,
        "charged_quantity": int(priced.charged_quantity[index]),
        "allowance_used": int(priced.allowance_used[index]),
        "zone": tariff.zone_names[int(priced.zone[index])],
        "window": tariff.window_names[int(priced.window[index])],
        "status": Status(int(priced.status[index])).name.lower(),
        "amount": str(Money(amount, tariff.currency).decimal),
        "amount_micro": amount,
        "currency": tariff.currency,
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as plain values; exact fractions as text such as 5000/3."""
    return {
        "prefix": explanation.prefix,
        "segments": [
            {key: str(value) if isinstance(value, Fraction) else value for key, value in asdict(segment).items()}
            for segment in explanation.segments
        ],
        "fee_micro": str(explanation.fee_micro),
        "allowance_before": explanation.allowance_before,
        "allowance_after": explanation.allowance_after,
        "exact_micro": f"{explanation.numerator}/{explanation.denominator}",
        "rounding": "half away from zero, to the micro-unit",
        "reverses": explanation.reverses or None,
    }


def _totals(tariff: CompiledTariff, usage: Usage, priced: PricedColumns, closing: Counters) -> dict[str, Any]:
    amounts = [int(micro) for micro in priced.amount_micro]
    kinds: dict[str, dict[str, int]] = {}
    for index, event in enumerate(usage.events):
        of_kind = kinds.setdefault(
            event.kind.name.lower(), {"events": 0, "charged_quantity": 0, "allowance_used": 0, "amount_micro": 0}
        )
        of_kind["events"] += 1
        of_kind["charged_quantity"] += int(priced.charged_quantity[index])
        of_kind["allowance_used"] += int(priced.allowance_used[index])
        of_kind["amount_micro"] += amounts[index]
    statuses = [Status(int(status)).name.lower() for status in priced.status]
    return {
        "tariff": tariff.code,
        "fingerprint": tariff.fingerprint,
        "events": len(amounts),
        "by_status": {name: statuses.count(name) for name in sorted(set(statuses))},
        "by_kind": kinds,
        "allowances": [
            {
                "subscription": subscription,
                "period_start": period,
                "used": dict(zip(tariff.allowance_names, closing.used[row].tolist(), strict=True)),
            }
            for row, (subscription, period) in enumerate(usage.rows)
            if tariff.allowance_count
        ],
        "amount": str(Money(sum(amounts), tariff.currency).decimal),
        "amount_micro": sum(amounts),
        "currency": tariff.currency,
        "prices": "gross" if tariff.tax_included else "net",
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(path=str(path)) from error


def _usage(text: str, tariff: CompiledTariff, bill_day: int) -> Usage:
    """Read the events, and give each its row: one for each subscription and billing period.

    A reversal belongs to the period of the event that it takes back.
    """
    zone = ZoneInfo(tariff.time_zone)
    rows: dict[tuple[str, str], int] = {}
    subscription_of_row: dict[int, str] = {}
    row_of_event: dict[int, int] = {}
    events: list[UsageEvent] = []
    for number, values in _records(text):
        event, subscription = _event(values, number)
        if event.event_id in row_of_event:
            raise UsageFileWrong(line=number, reason=f"id {event.event_id} occurs twice")
        period = billing_period_containing(day=event.started_at.astimezone(zone).date(), anchor_day=bill_day)
        row = rows.setdefault((subscription, period.start.isoformat()), len(rows))
        subscription_of_row[row] = subscription
        if event.reverses in row_of_event and subscription_of_row[row_of_event[event.reverses]] == subscription:
            row = row_of_event[event.reverses]
        row_of_event[event.event_id] = row
        events.append(replace(event, row=row))
    return Usage(events, list(rows))


def _records(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield each record with its line number, of JSON lines or of CSV with a line of headings."""
    if text.lstrip().startswith("{"):
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                try:
                    values = json.loads(line)
                except ValueError as error:
                    raise UsageFileWrong(line=number, reason="it is not JSON") from error
                if not isinstance(values, dict):
                    raise UsageFileWrong(line=number, reason="a JSON object is wanted")
                yield number, values
        return
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        for values in reader:
            if None in values or None in values.values():
                raise UsageFileWrong(line=reader.line_num, reason="it has not as many fields as the headings")
            yield reader.line_num, values
    except csv.Error as error:
        raise UsageFileWrong(line=reader.line_num, reason="it is not CSV") from error


def _event(values: Mapping[str, Any], number: int) -> tuple[UsageEvent, str]:
    """Return the event of a record and its subscription."""
    unknown = [key for key in values if key not in KEYS]
    if unknown:
        raise UsageFileWrong(line=number, reason=f"'{unknown[0]}' is not known; known are {', '.join(KEYS)}")
    kind = KINDS.get(str(values.get("kind")))
    if kind is None:
        raise UsageFileWrong(line=number, reason=f"kind is one of {', '.join(KINDS)}")
    event = UsageEvent(
        event_id=_whole(values, "id", number, default=number),
        kind=kind,
        started_at=_instant(values, number),
        quantity=_whole(values, "quantity", number),
        destination=str(values.get("destination") or ""),
        zone_hint=str(values.get("zone") or ""),
        reverses=_whole(values, "reverses", number, default=0),
    )
    return event, str(values.get("subscription") or "")


def _whole(values: Mapping[str, Any], key: str, number: int, default: int | None = None) -> int:
    value = values.get(key)
    if value in (None, "") and default is not None:
        return default
    try:
        whole = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    except ValueError:
        whole = None
    if whole is None or abs(whole) > INT64_MAX:
        raise UsageFileWrong(line=number, reason=f"{key} is a whole number")
    return whole


def _instant(values: Mapping[str, Any], number: int) -> datetime:
    try:
        at = datetime.fromisoformat(str(values.get("started_at")))
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None or not 2 <= at.year <= 9998:
        reason = "started_at is an instant with its offset from UTC, such as 2026-03-02T18:29:00+01:00"
        raise UsageFileWrong(line=number, reason=reason)
    return at.astimezone(UTC)

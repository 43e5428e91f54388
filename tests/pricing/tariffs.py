"""Tariffs that the tests price with."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from utenza.pricing import Counters, EventColumns, Kind, PricedColumns, UsageEvent, compile_tariff, price_events

ROME = ZoneInfo("Europe/Rome")

CONSUMER: dict[str, Any] = {
    "tariff": "consumer",
    "currency": "EUR",
    "prices": "gross",
    "time_zone": "Europe/Rome",
    "zones": {"italy": ["39"], "mobile": ["393"], "premium": ["39899"], "usa": ["1"]},
    "holidays": ["12-25", "2026-04-06"],
    "windows": {
        "day": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:30"}],
    },
    "voice": [
        {"zone": "any", "price_per_minute": "1.00", "next_increment": "60 s"},
        {"zone": "italy", "window": "day", "connection_fee": "0.15", "first_increment": "60 s",
         "next_increment": "30 s", "price_per_minute": "0.10"},
        {"zone": "italy", "window": "otherwise", "connection_fee": "0.05", "next_increment": "60 s",
         "price_per_minute": "0.04"},
        {"zone": "mobile", "connection_fee": "0.20", "next_increment": "1 s", "price_per_minute": "0.07"},
    ],
    "data": [{"block": "1 MB", "price_per_block": "0.01"}],
    "sms": [{"price_per_message": "0.09"}],
}  # fmt: skip


def document(**more: Any) -> dict[str, Any]:
    """Return the consumer tariff with `more` in it."""
    return {**copy.deepcopy(CONSUMER), **more}


def rome(text: str) -> datetime:
    """Return the instant that a clock in Rome shows as `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


def call(
    event_id: int = 1, *, seconds: int, to: str = "3906123456", at: str = "2026-03-02T10:00", **more: Any
) -> UsageEvent:
    """Return a call; by default to Rome, on a working Monday morning."""
    return UsageEvent(event_id=event_id, kind=Kind.VOICE, started_at=rome(at), quantity=seconds, destination=to, **more)


def data(event_id: int = 1, *, octets: int, at: str = "2026-03-02T10:00", **more: Any) -> UsageEvent:
    return UsageEvent(event_id=event_id, kind=Kind.DATA, started_at=rome(at), quantity=octets, **more)


def sms(event_id: int = 1, *, messages: int = 1, at: str = "2026-03-02T10:00", **more: Any) -> UsageEvent:
    return UsageEvent(event_id=event_id, kind=Kind.SMS, started_at=rome(at), quantity=messages, **more)


def priced(tariff: dict[str, Any], *events: UsageEvent, rows: int = 1) -> tuple[PricedColumns, Counters]:
    """Price events with a tariff document and full allowances."""
    compiled = compile_tariff(tariff)
    return price_events(
        tariff=compiled, events=EventColumns.of(events), opening=Counters.opening(tariff=compiled, rows=rows)
    )


def amounts(tariff: dict[str, Any], *events: UsageEvent) -> list[int]:
    """Return the prices of events in micro-units."""
    return [int(micro) for micro in priced(tariff, *events)[0].amount_micro]

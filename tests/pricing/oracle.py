"""The conventions of money written a second time, slowly: one increment at a time, in fractions.

It reads the tariff document itself and shares nothing with what it checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from utenza.pricing import UsageEvent

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
NAMES = ["voice", "data", "sms"]


@dataclass
class Outcome:
    amount_micro: int = 0
    charged: int = 0
    covered: dict[str, int] | None = None
    unrated: bool = False


def price_all(tariff: dict[str, Any], events: Sequence[UsageEvent]) -> tuple[dict[int, Outcome], dict[str, int]]:
    """Return the outcome of each event by its id, and what each allowance has left."""
    left = {a["name"]: int(a["amount"]) for a in tariff["allowances"]}
    outcomes: dict[int, Outcome] = {}
    for event in sorted(events, key=lambda e: (e.started_at, e.reverses != 0, e.event_id)):
        if event.reverses:
            was = outcomes[event.reverses]
            taken = was.covered or {}
            for name, units in taken.items():
                left[name] += units
            outcomes[event.event_id] = Outcome(
                -was.amount_micro, -was.charged, {n: -u for n, u in taken.items()}, was.unrated
            )
        else:
            outcomes[event.event_id] = _price(tariff, event, left)
    return outcomes, left


def _price(tariff: dict[str, Any], event: UsageEvent, left: dict[str, int]) -> Outcome:
    kind, zone = NAMES[event.kind], _zone(tariff, event.destination)
    before = dict(left)
    done, micro = 0, Fraction(0)
    while done < event.quantity:
        lasts = done if kind == "voice" else 0
        window = _window(tariff, event.started_at + timedelta(seconds=lasts))
        rate = _rate(tariff, kind, zone, window)
        usable = [
            a
            for a in sorted(tariff["allowances"], key=lambda a: a["priority"])
            if a["kind"] == kind
            and (not a["zones"] or zone in a["zones"])
            and (not a["windows"] or window in a["windows"])
            and left[a["name"]] > 0
        ]
        first, following = _steps(kind, rate)
        if usable and "next_increment" in usable[0]:
            following = usable[0]["next_increment"]
            first = usable[0].get("first_increment", following)
        step = first if done == 0 else following
        rest = step
        for allowance in usable:
            units = min(rest, left[allowance["name"]])
            left[allowance["name"]] -= units
            rest -= units
        if rest and rate is None:
            left.update(before)
            return Outcome(unrated=True)
        if rest and rate is not None:
            micro += rest * _unit_micro(kind, rate)
        done += step
    covered = {name: before[name] - left[name] for name in left}
    start = _rate(tariff, kind, zone, _window(tariff, event.started_at))
    wholly = sum(covered.values()) == done
    if done and start is not None and (not wholly or tariff["connection_fee_when_covered"]):
        micro += Fraction(start.get("connection_fee", "0")) * 1_000_000
    return Outcome(floor(micro + Fraction(1, 2)), done, covered)


def _zone(tariff: dict[str, Any], number: str) -> str:
    best, zone = 0, "any"
    for name, prefixes in tariff["zones"].items():
        for prefix in prefixes:
            if number.startswith(prefix) and len(prefix) > best:
                best, zone = len(prefix), name
    return zone


def _window(tariff: dict[str, Any], at: datetime) -> str:
    local = at.astimezone(ZoneInfo(tariff["time_zone"]))
    clock = local.strftime("%H:%M")
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if local.strftime("%m-%d") in tariff["holidays"]:
        # a holiday is a day of its own, on which nothing of the day before goes on
        today, yesterday = "holiday", "none"
    for name, spans in tariff["windows"].items():
        for span in spans:
            start, end = span["from"], span["to"]
            if start < end:
                if today in span["days"] and start <= clock < end:
                    return str(name)
            elif (today in span["days"] and clock >= start) or (yesterday in span["days"] and clock < end):
                return str(name)
    return "otherwise"


def _rate(tariff: dict[str, Any], kind: str, zone: str, window: str) -> dict[str, Any] | None:
    for z, w in ((zone, window), (zone, "any"), ("any", window), ("any", "any")):
        for rate in tariff[kind]:
            if (rate["zone"], rate["window"]) == (z, w):
                found: dict[str, Any] = rate
                return found
    return None


def _steps(kind: str, rate: dict[str, Any] | None) -> tuple[int, int]:
    if rate is None or kind == "sms":
        return 1, 1
    if kind == "data":
        return rate["block"], rate["block"]
    return rate.get("first_increment", rate["next_increment"]), rate["next_increment"]


def _unit_micro(kind: str, rate: dict[str, Any]) -> Fraction:
    if kind == "voice":
        return Fraction(rate["price_per_minute"]) * 1_000_000 / 60
    if kind == "data":
        return Fraction(rate["price_per_block"]) * 1_000_000 / int(rate["block"])
    return Fraction(rate["price_per_message"]) * 1_000_000

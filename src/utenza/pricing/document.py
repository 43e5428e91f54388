"""The tariff document: what may be written, read into plain records with every fault named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from utenza.pricing.columns import DESTINATION_DIGITS_MAX, KIND_OF_NAME, Kind
from utenza.pricing.compiled import UNLIMITED
from utenza.pricing.reading import Node, Problems, is_name, minute_of_day

ANY = "any"
OTHERWISE = "otherwise"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
_TOP = (
    "tariff", "title", "currency", "prices", "tax_category", "time_zone", "connection_fee_when_covered", "zones",
    "holidays", "windows", "voice", "data", "sms", "allowances",
)  # fmt: skip
_RATE_KEYS = {
    Kind.VOICE: ("zone", "window", "connection_fee", "first_increment", "next_increment", "price_per_minute"),
    Kind.DATA: ("zone", "window", "block", "price_per_block"),
    Kind.SMS: ("zone", "window", "price_per_message"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a day of the week (0 Monday to 6 Sunday, 7 a holiday), half-open."""

    day: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class WindowSpec:
    name: str
    path: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class RateSpec:
    """A price: `price` currency units for each `per` base units of quantity."""

    path: str
    kind: Kind
    zone: str
    window: str
    price: Decimal
    per: int
    fee: Decimal
    first: int
    next: int


@dataclass(frozen=True, slots=True)
class AllowanceSpec:
    path: str
    name: str
    kind: Kind
    amount: int
    priority: int
    zones: tuple[str, ...]
    windows: tuple[str, ...]
    first: int  # 0: the rate's own increments
    next: int


@dataclass(slots=True)
class TariffDocument:
    code: str
    currency: str
    tax_included: bool
    tax_category: str
    time_zone: str
    fee_when_covered: bool
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)
    windows: list[WindowSpec] = field(default_factory=list)
    rates: list[RateSpec] = field(default_factory=list)
    allowances: list[AllowanceSpec] = field(default_factory=list)
    holiday_dates: frozenset[date] = frozenset()
    holiday_days: frozenset[tuple[int, int]] = frozenset()


def parse_document(values: Mapping[str, Any], problems: Problems) -> TariffDocument:
    """Read a tariff document. Faults go to `problems`; what is returned is only good if there are none."""
    top = Node(values, "", problems)
    top.only(_TOP)
    document = TariffDocument(
        code=top.text("tariff"),
        currency=top.text("currency"),
        tax_included=top.choice("prices", ("net", "gross")) == "gross",
        tax_category=top.text("tax_category", "standard"),
        time_zone=top.text("time_zone", "Europe/Rome"),
        fee_when_covered=top.flag("connection_fee_when_covered"),
    )
    currency = document.currency
    if currency and (len(currency) != 3 or not currency.isascii() or not currency.isupper()):
        problems.add("currency", f"'{currency}' is not an ISO 4217 code such as EUR")
    if document.time_zone and document.time_zone not in available_timezones():
        problems.add("time_zone", f"'{document.time_zone}' is not a time zone such as Europe/Rome")
    document.zones = _zones(top)
    document.holiday_dates, document.holiday_days = _holidays(top)
    document.windows = list(_windows(top))
    document.rates = [_rate(node, kind, document) for name, kind in KIND_OF_NAME.items() for node in top.children(name)]
    document.allowances = _allowances(top, document)
    if not document.rates and not document.allowances and not problems.found:
        problems.add("voice", "a tariff has at least one rate: write voice, data or sms")
    return document


def zone_of(document: TariffDocument) -> ZoneInfo:
    return ZoneInfo(document.time_zone)


def _zones(top: Node) -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    node = Node(top.mapping("zones"), "zones", top.problems)
    for name in node.values:
        if not is_name(name) or name == ANY:
            top.problems.add(
                node.at(str(name)), "a zone's name is lower-case letters, digits and underscores, not 'any'"
            )
            continue
        prefixes = [prefix.removeprefix("+") for prefix in node.words(name)]
        for index, prefix in enumerate(prefixes):
            path = f"{node.at(name)}[{index}]"
            if not prefix.isascii() or not prefix.isdigit() or len(prefix) > DESTINATION_DIGITS_MAX:
                top.problems.add(path, f"'{prefix}' is not a prefix: digits with the country code, such as \"3906\"")
            elif prefix in owner:
                top.problems.add(path, f"prefix {prefix} is in zone {owner[prefix]} already")
            owner.setdefault(prefix, name)
        zones[name] = tuple(prefixes)
    return zones


def _holidays(top: Node) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    dates: set[date] = set()
    days: set[tuple[int, int]] = set()
    for index, word in enumerate(top.words("holidays")):
        try:
            # 2000 was a leap year, so that 02-29 may be a yearly holiday
            day = date.fromisoformat(word if len(word) == 10 else f"2000-{word}")
        except ValueError:
            top.problems.add(f"holidays[{index}]", f"'{word}' is neither a date (2026-04-06) nor a day (12-25)")
            continue
        if len(word) == 10:
            dates.add(day)
        else:
            days.add((day.month, day.day))
    return frozenset(dates), frozenset(days)


def _windows(top: Node) -> list[WindowSpec]:
    windows = []
    node = Node(top.mapping("windows"), "windows", top.problems)
    for name in node.values:
        if not is_name(name) or name in (ANY, OTHERWISE):
            top.problems.add(node.at(str(name)), "a window's name is lower-case letters, not 'any' or 'otherwise'")
            continue
        spans = tuple(span for child in node.children(name) for span in _spans(child))
        windows.append(WindowSpec(name, node.at(name), spans))
    return windows


def _spans(node: Node) -> list[Span]:
    """Read `{days: [mon, fri], from: "22:00", to: "06:00"}`; a span past midnight goes on into the next day."""
    node.only(("days", "from", "to"))
    days = []
    for index, word in enumerate(node.words("days")):
        if word in DAYS:
            days.append(DAYS.index(word))
        else:
            node.problems.add(f"{node.at('days')}[{index}]", f"'{word}' is not one of {', '.join(DAYS)}")
    start, end = (minute_of_day(node.text(key, default)) for key, default in (("from", "00:00"), ("to", "24:00")))
    if start is None or end is None or start == 1440 or end in (0, start):
        reason = 'write from and to as 24-hour clock times that differ, such as "08:00" to "18:30"'
        node.problems.add(node.path, reason)
        return []
    if not days and "days" not in node.values:
        node.problems.add(node.at("days"), "it is missing")
    if start < end:
        return [Span(day, start, end) for day in days]
    if any(day == 7 for day in days):
        node.problems.add(node.at("days"), "a holiday's span ends by 24:00: what follows a holiday is a day of its own")
    evening = [Span(day, start, 1440) for day in days]
    return evening + [Span((day + 1) % 7, 0, end) for day in days if day < 7]


def _rate(node: Node, kind: Kind, document: TariffDocument) -> RateSpec:
    node.only(_RATE_KEYS[kind])
    zone, window = node.text("zone", ANY), node.text("window", ANY)
    if zone != ANY and zone not in document.zones:
        node.problems.add(node.at("zone"), f"zone '{zone}' is not among the zones")
    if window not in (ANY, OTHERWISE) and window not in {spec.name for spec in document.windows}:
        node.problems.add(node.at("window"), f"window '{window}' is not among the windows")
    if kind is Kind.VOICE:
        step = node.quantity("next_increment", kind)
        first = node.quantity("first_increment", kind, default=step)
        price, per, fee = node.price("price_per_minute", required=True), 60, node.price("connection_fee")
    elif kind is Kind.DATA:
        step = first = per = node.quantity("block", kind)
        price, fee = node.price("price_per_block", required=True), Decimal(0)
    else:
        step = first = per = 1
        price, fee = node.price("price_per_message", required=True), Decimal(0)
    return RateSpec(node.path, kind, zone, window, price, per, fee, first, step)


def _allowances(top: Node, document: TariffDocument) -> list[AllowanceSpec]:
    allowances: list[AllowanceSpec] = []
    window_names = {spec.name for spec in document.windows} | {OTHERWISE}
    for node in top.children("allowances"):
        node.only(("name", "kind", "amount", "priority", "zones", "windows", "first_increment", "next_increment"))
        name = node.text("name")
        if name and not is_name(name):
            node.problems.add(node.at("name"), "a name is lower-case letters, digits and underscores")
        if name in {other.name for other in allowances}:
            node.problems.add(node.at("name"), f"'{name}' is named twice")
        kind = KIND_OF_NAME.get(node.choice("kind", tuple(KIND_OF_NAME)), Kind.VOICE)
        zones, windows = tuple(node.words("zones")), tuple(node.words("windows"))
        for zone in zones:
            if zone not in document.zones:
                node.problems.add(node.at("zones"), f"zone '{zone}' is not among the zones")
        for window in windows:
            if window not in window_names:
                node.problems.add(node.at("windows"), f"window '{window}' is not among the windows")
        step = node.quantity("next_increment", kind, default=0)
        first = node.quantity("first_increment", kind, default=step)
        if first and not step:
            node.problems.add(node.at("next_increment"), "an allowance with a first increment has a next one too")
        priority = node.values.get("priority", "100")
        if isinstance(priority, bool) or not str(priority).isdecimal():
            node.problems.add(node.at("priority"), "a whole number is wanted; the lowest is used first")
            priority = 0
        amount = node.quantity("amount", kind)
        allowances.append(AllowanceSpec(node.path, name, kind, amount, int(priority), zones, windows, first, step))
    return allowances


__all__ = [
    "ANY",
    "OTHERWISE",
    "UNLIMITED",
    "AllowanceSpec",
    "RateSpec",
    "TariffDocument",
    "WindowSpec",
    "parse_document",
]

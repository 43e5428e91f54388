"""From the readable tariff to tables, with the proof that no product of quantity and price leaves 64 bits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from utenza.pricing.columns import KIND_NAMES, QUANTITY_MAX, Int32, Int64, Kind
from utenza.pricing.compiled import UNLIMITED, Bools, CompiledTariff
from utenza.pricing.document import ANY, OTHERWISE, AllowanceSpec, RateSpec, TariffDocument, parse_document
from utenza.pricing.reading import Problems

MICRO = 1_000_000
# Sums stay below 2^62, so that doubling a remainder when rounding cannot leave 64 bits either.
NUMERATOR_MAX = 2**62 - 1


def compile_tariff(document: Mapping[str, Any]) -> CompiledTariff:
    """Check a tariff document whole and return it as tables.

    :raises TariffRefused: with the path and reason of each fault: unknown keys, prices that are not exact, gaps and
        overlaps of zones and windows, and integers that could leave 64 bits.
    """
    problems = Problems()
    parsed = parse_document(document, problems)
    problems.refuse()
    _bound_steps(parsed, problems)
    week = _week(parsed, problems)
    zone_names = (ANY, *parsed.zones)
    window_names = (OTHERWISE, *(spec.name for spec in parsed.windows))
    rates = _resolve(parsed, zone_names, window_names, week, problems)
    problems.refuse()
    has_rate: Bools = np.zeros((len(Kind), len(zone_names), len(window_names)), dtype=np.bool_)
    tables = _rate_tables(rates, parsed.allowances, has_rate, problems)
    problems.refuse()
    child, zone = _trie(parsed, zone_names)
    return CompiledTariff(
        code=parsed.code,
        currency=parsed.currency,
        tax_included=parsed.tax_included,
        tax_category=parsed.tax_category,
        time_zone=parsed.time_zone,
        fee_when_covered=parsed.fee_when_covered,
        fingerprint=fingerprint_of(document),
        zone_names=zone_names,
        window_names=window_names,
        trie_child=child,
        trie_zone=zone,
        week=week,
        cell_minutes=15 if _on_quarters(parsed) else 1,
        holiday_dates=parsed.holiday_dates,
        holiday_days=parsed.holiday_days,
        **tables,
        **_allowance_tables(parsed, zone_names, window_names),
    )


def fingerprint_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the document's canonical JSON: equal documents have equal prices."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _week(parsed: TariffDocument, problems: Problems) -> Int32:
    """Return the window of each minute of the seven days and of a holiday; 0 where no window was written."""
    week: Int32 = np.zeros((8, 1440), dtype=np.int32)
    for number, window in enumerate(parsed.windows, start=1):
        if not window.spans:
            problems.add(window.path, "a window has at least one span of days and hours")
        for span in window.spans:
            cells = week[span.day, span.start_minute : span.end_minute]
            taken = cells[cells > 0]
            if taken.size:
                other = parsed.windows[int(taken[0]) - 1].name
                problems.add(window.path, f"it overlaps window {other}: a minute belongs to one window")
            cells[:] = number
    return week


def _on_quarters(parsed: TariffDocument) -> bool:
    return all(s.start_minute % 15 == 0 and s.end_minute % 15 == 0 for w in parsed.windows for s in w.spans)


Resolved = dict[tuple[int, int, int], RateSpec]


def _resolve(
    parsed: TariffDocument,
    zone_names: tuple[str, ...],
    window_names: tuple[str, ...],
    week: Int32,
    problems: Problems,
) -> Resolved:
    """Return the rate of every (kind, zone, window): the most exact one written, zone before window."""
    written: dict[tuple[Kind, str, str], RateSpec] = {}
    for rate in parsed.rates:
        key = (rate.kind, rate.zone, rate.window)
        if key in written:
            problems.add(rate.path, f"zone {rate.zone}, window {rate.window} has a rate at {written[key].path} already")
        written.setdefault(key, rate)
    has_holidays = bool(parsed.holiday_dates or parsed.holiday_days)
    reachable = set(np.unique(week if has_holidays else week[:7]).tolist())
    resolved: Resolved = {}
    for kind in Kind:
        if not any(rate.kind is kind for rate in parsed.rates):
            continue
        for z, zone in enumerate(zone_names):
            found = {w: _find(written, kind, zone, name) for w, name in enumerate(window_names)}
            gaps = [window_names[w] for w, rate in found.items() if rate is None and w in reachable]
            if gaps and (len(gaps) < len(reachable) or (z > 0 and parsed.zones[zone])):
                problems.add(
                    KIND_NAMES[kind],
                    f"zone {zone} has no rate in window {', '.join(gaps)}: write one, or one for zone any",
                )
            resolved.update({(int(kind), z, w): rate for w, rate in found.items() if rate is not None})
    return resolved


def _find(written: Mapping[tuple[Kind, str, str], RateSpec], kind: Kind, zone: str, window: str) -> RateSpec | None:
    for z, w in ((zone, window), (zone, ANY), (ANY, window), (ANY, ANY)):
        if (kind, z, w) in written:
            return written[kind, z, w]
    return None


def _rate_tables(
    rates: Resolved, allowances: Sequence[AllowanceSpec], has_rate: Bools, problems: Problems
) -> dict[str, Any]:
    """Fill `has_rate` and return it with the other tables of its shape: (kind, zone, window)."""
    shape = has_rate.shape
    rate, fee = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    first, following = np.ones(shape, dtype=np.int64), np.ones(shape, dtype=np.int64)
    denominator: Int64 = np.ones(shape[:2], dtype=np.int64)
    by_zone: dict[tuple[int, int], dict[int, RateSpec]] = {}
    for (kind, zone, window), spec in rates.items():
        by_zone.setdefault((kind, zone), {})[window] = spec
    refused: set[str] = set()
    for (kind, zone), specs in by_zone.items():
        exact = {w: (Fraction(s.price) * MICRO / s.per, Fraction(s.fee) * MICRO) for w, s in specs.items()}
        common = lcm(*(f.denominator for pair in exact.values() for f in pair))
        for window, (unit, connection) in exact.items():
            spec = specs[window]
            if (
                _largest(specs, allowances, Kind(kind)) * unit * common + connection * common > NUMERATOR_MAX
                or common > 2**61
            ):
                if spec.path not in refused:
                    problems.add(spec.path, "quantity times price could leave 64 bits: use a rounder price or block")
                refused.add(spec.path)
                continue
            key = (kind, zone, window)
            has_rate[key] = True
            rate[key], fee[key] = int(unit * common), int(connection * common)
            first[key], following[key] = spec.first, spec.next
        if common <= 2**61:
            denominator[kind, zone] = common
    return {
        "has_rate": has_rate,
        "rate_numerator": rate,
        "fee_numerator": fee,
        "denominator": denominator,
        "increment_first": first,
        "increment_next": following,
    }


def _largest(specs: Mapping[int, RateSpec], allowances: Sequence[AllowanceSpec], kind: Kind) -> int:
    """Return the most that an event of this kind can be charged for: the largest event, one increment rounded up.

    An allowance's own increment counts too: when it runs out within one, the rest of that increment is priced.
    """
    steps = [step for s in specs.values() for step in (s.first, s.next)]
    steps += [step for a in allowances if a.kind is kind for step in (a.first, a.next)]
    return QUANTITY_MAX[kind] + max(steps)


def _bound_steps(parsed: TariffDocument, problems: Problems) -> None:
    """Refuse an increment that is longer than any event may be."""
    specs: list[RateSpec | AllowanceSpec] = [*parsed.rates, *parsed.allowances]
    for spec in specs:
        if max(spec.first, spec.next) > QUANTITY_MAX[spec.kind]:
            problems.add(
                spec.path, f"an increment is at most {QUANTITY_MAX[spec.kind]}, the largest event there can be"
            )


def _trie(parsed: TariffDocument, zone_names: tuple[str, ...]) -> tuple[Int32, Int32]:
    children: list[list[int]] = [[0] * 10]
    zone_at: list[int] = [-1]
    for z, name in enumerate(zone_names[1:], start=1):
        for prefix in parsed.zones[name]:
            node = 0
            for digit in prefix:
                following = children[node][int(digit)]
                if not following:
                    following = len(children)
                    children[node][int(digit)] = following
                    children.append([0] * 10)
                    zone_at.append(-1)
                node = following
            zone_at[node] = z
    return np.array(children, dtype=np.int32), np.array(zone_at, dtype=np.int32)


def _allowance_tables(
    parsed: TariffDocument, zone_names: tuple[str, ...], window_names: tuple[str, ...]
) -> dict[str, Any]:
    """Return the allowances in the order of use: priority, then the document's order (all expire with the period)."""
    ordered = sorted(parsed.allowances, key=lambda spec: spec.priority)
    count = len(ordered)
    zone: Bools = np.zeros((count, len(zone_names)), dtype=np.bool_)
    window: Bools = np.zeros((count, len(window_names)), dtype=np.bool_)
    for index, spec in enumerate(ordered):
        zone[index] = [not spec.zones or name in spec.zones for name in zone_names]
        window[index] = [not spec.windows or name in spec.windows for name in window_names]
    return {
        "allowance_names": tuple(spec.name for spec in ordered),
        "allowance_kind": np.array([int(spec.kind) for spec in ordered], dtype=np.int8),
        "allowance_amount": np.array([min(spec.amount, UNLIMITED) for spec in ordered], dtype=np.int64),
        "allowance_zone": zone,
        "allowance_window": window,
        "allowance_first": np.array([spec.first for spec in ordered], dtype=np.int64),
        "allowance_next": np.array([spec.next for spec in ordered], dtype=np.int64),
    }

"""The one price function: a batch, a live charge and a what-if all call it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from utenza.pricing import kernel
from utenza.pricing.columns import (
    DESTINATION_DIGITS_MAX,
    QUANTITY_MAX,
    Counters,
    EventColumns,
    Int8,
    Int32,
    Int64,
    Kind,
    PricedColumns,
)
from utenza.pricing.compiled import Bools, CompiledTariff
from utenza.pricing.refusals import EventsOutOfOrder
from utenza.pricing.timeline import DAY_US, STARTED_MAX_US, STARTED_MIN_US, edges_between

# Written beside each rated event: raise it when an equal tariff and equal events would get another price.
ENGINE_VERSION = "1"


def price_events(*, tariff: CompiledTariff, events: EventColumns, opening: Counters) -> tuple[PricedColumns, Counters]:
    """Price usage events and return their prices, in the order given, with the closing counters.

    Each row of the counters is priced in the order of (start, event id), however the events are ordered in the columns;
    an event that takes another back follows those of the same instant. The same input always gives the same output, and
    `opening` is left as it is.

    :raises EventsOutOfOrder: if an event id occurs twice, an event's row is not in the counters, or the counters were
        not made for this tariff.
    """
    prepared = prepare(tariff=tariff, events=events, opening=opening)
    trace = np.zeros((0, kernel.TRACE_COLUMNS), dtype=np.int64)
    kernel.price_in_order(
        prepared.order, prepared.tables, prepared.batch, prepared.used, prepared.granted, prepared.out, trace
    )
    return prepared.priced(), Counters(used=prepared.used, granted=prepared.granted)


class Prepared(NamedTuple):
    """All that the loop wants."""

    order: Int64
    tables: kernel.Tables
    batch: kernel.Batch
    out: kernel.Output
    used: Int64
    granted: Int64
    prefix_length: Int8

    def priced(self) -> PricedColumns:
        """Return the loop's output as columns."""
        out = self.out
        return PricedColumns(
            amount_micro=out.amount_micro,
            numerator=out.numerator,
            denominator=out.denominator,
            charged_quantity=out.charged_quantity,
            allowance_used=out.allowance_used,
            covered=out.covered,
            zone=out.zone,
            window=out.window,
            prefix_length=self.prefix_length,
            status=out.status,
        )


def prepare(*, tariff: CompiledTariff, events: EventColumns, opening: Counters) -> Prepared:
    """Check the columns, find zones, windows and reversed events, and lay out the arrays of the loop."""
    count = len(events)
    _check(tariff, events, opening)
    in_time = (events.started_us >= STARTED_MIN_US) & (events.started_us < STARTED_MAX_US)
    started = np.where(in_time, events.started_us, STARTED_MIN_US).astype(np.int64)
    edge_us, edge_window = _edges(tariff, started[in_time])
    is_reversal = events.reverses != 0
    order: Int64 = np.lexsort((events.event_id, is_reversal, events.started_us)).astype(np.int64)
    zone, prefix_length = _zones(tariff, events)
    kind_known = (events.kind >= 0) & (events.kind < len(Kind))
    kind = np.where(kind_known, events.kind, 0).astype(np.int8)
    largest = np.array([QUANTITY_MAX[k] for k in Kind], dtype=np.int64)
    valid: Bools = in_time & kind_known & (events.quantity >= 0) & (events.quantity <= largest[kind])
    return Prepared(
        order=order,
        tables=kernel.Tables(
            has_rate=tariff.has_rate,
            rate_numerator=tariff.rate_numerator,
            fee_numerator=tariff.fee_numerator,
            denominator=tariff.denominator,
            increment_first=tariff.increment_first,
            increment_next=tariff.increment_next,
            allowance_kind=tariff.allowance_kind,
            allowance_zone=tariff.allowance_zone,
            allowance_window=tariff.allowance_window,
            allowance_first=tariff.allowance_first,
            allowance_next=tariff.allowance_next,
            fee_when_covered=tariff.fee_when_covered,
            edge_us=edge_us,
            edge_window=edge_window,
        ),
        batch=kernel.Batch(
            row=events.row,
            kind=kind,
            started_us=started,
            quantity=events.quantity,
            zone=zone,
            edge=np.maximum(np.searchsorted(edge_us, started, side="right") - 1, 0).astype(np.int64),
            reversed_event=_reversed_events(events, is_reversal, order),
            valid=valid,
        ),
        out=kernel.Output(
            amount_micro=np.zeros(count, dtype=np.int64),
            numerator=np.zeros(count, dtype=np.int64),
            denominator=np.ones(count, dtype=np.int64),
            charged_quantity=np.zeros(count, dtype=np.int64),
            allowance_used=np.zeros(count, dtype=np.int64),
            covered=np.zeros((count, tariff.allowance_count), dtype=np.int64),
            window=np.zeros(count, dtype=np.int32),
            zone=np.zeros(count, dtype=np.int32),
            status=np.zeros(count, dtype=np.int8),
            taken_back=np.zeros(count, dtype=np.bool_),
        ),
        used=opening.used.astype(np.int64, copy=True),
        granted=opening.granted.astype(np.int64, copy=True),
        prefix_length=prefix_length,
    )


def _check(tariff: CompiledTariff, events: EventColumns, opening: Counters) -> None:
    if opening.used.shape != opening.granted.shape or opening.used.shape[1:] != (tariff.allowance_count,):
        raise EventsOutOfOrder(reason="the counters do not have a column for each allowance of the tariff")
    if len(events) and (events.row.min() < 0 or events.row.max() >= opening.used.shape[0]):
        raise EventsOutOfOrder(reason="an event's row is not among the counters")
    if len(np.unique(events.event_id)) != len(events):
        raise EventsOutOfOrder(reason="an event id occurs twice")


def _edges(tariff: CompiledTariff, started: Int64) -> tuple[Int64, Int32]:
    if not started.size:
        return edges_between(tariff, 0, 0)
    longest_days = QUANTITY_MAX[Kind.VOICE] // 86_400 + 1
    first, last = int(started.min()) // DAY_US, int(started.max()) // DAY_US
    return edges_between(tariff, first, last + longest_days)


def _zones(tariff: CompiledTariff, events: EventColumns) -> tuple[Int32, Int8]:
    """Return the zone of each event and how many digits decided it.

    A zone that the source names is believed before the number (the network visited, not the number called, makes a call
    from abroad dear); a name that the tariff does not have means any zone.
    """
    count = len(events)
    zone: Int32 = np.zeros(count, dtype=np.int32)
    length: Int8 = np.zeros(count, dtype=np.int8)
    numbers, number_of = np.unique(events.destination, return_inverse=True)
    found = [_longest_prefix(tariff, number) for number in numbers.tolist()]
    if found:
        zone = np.array([z for z, _ in found], dtype=np.int32)[number_of]
        length = np.array([n for _, n in found], dtype=np.int8)[number_of]
    hints, hint_of = np.unique(events.zone_hint, return_inverse=True)
    index = {name.encode(): z for z, name in enumerate(tariff.zone_names)}
    if count:
        hinted = np.array([index.get(hint, 0) for hint in hints.tolist()], dtype=np.int32)[hint_of]
        has_hint = events.zone_hint != b""
        zone, length = np.where(has_hint, hinted, zone), np.where(has_hint, 0, length)
    return zone.astype(np.int32), length.astype(np.int8)


def _longest_prefix(tariff: CompiledTariff, number: bytes) -> tuple[int, int]:
    node, zone, length = 0, 0, 0
    for position, digit in enumerate(number[:DESTINATION_DIGITS_MAX], start=1):
        if not 48 <= digit <= 57:
            break
        node = int(tariff.trie_child[node, digit - 48])
        if node == 0:
            break
        if tariff.trie_zone[node] >= 0:
            zone, length = int(tariff.trie_zone[node]), position
    return zone, length


def _reversed_events(events: EventColumns, is_reversal: Bools, order: Int64) -> Int64:
    """Return the index of the event that each takes back: -1 none, -2 not there, of another row, a reversal, later."""
    result: Int64 = np.full(len(events), -1, dtype=np.int64)
    takers = np.flatnonzero(is_reversal)
    if not takers.size:
        return result
    by_id = np.argsort(events.event_id, kind="stable")
    place = np.minimum(np.searchsorted(events.event_id[by_id], events.reverses[takers]), len(events) - 1)
    original = by_id[place]
    turn = np.empty(len(events), dtype=np.int64)
    turn[order] = np.arange(len(events))
    good = (
        (events.event_id[original] == events.reverses[takers])
        & (events.row[original] == events.row[takers])
        & ~is_reversal[original]
        & (turn[original] < turn[takers])
    )
    result[takers] = np.where(good, original, -2)
    return result

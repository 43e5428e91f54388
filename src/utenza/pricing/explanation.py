"""Why an event costs what it costs, traced by the very loop that prices it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from utenza.pricing import kernel
from utenza.pricing.columns import Counters, EventColumns, Int64, Kind, Status
from utenza.pricing.compiled import UNLIMITED, CompiledTariff
from utenza.pricing.price import Prepared, prepare
from utenza.pricing.refusals import EventsOutOfOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Increments of one step in one window that met the same allowance.

    `begins` base units since the event's start · `step` units of one increment · `count` increments ·
    `covered` units that each allowance took, by name · `priced` units that are paid for, at `unit_micro` each.
    """

    begins: int
    step: int
    count: int
    window: str
    covered: dict[str, int]
    priced: int
    unit_micro: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The way to one price. `amount_micro` is `numerator / denominator` rounded once, half away from zero.

    `fee_micro` is the connection fee in it, `allowance_before` and `allowance_after` what was left of each allowance of
    this kind (None: unlimited), `reverses` the event that this one takes back, or 0.
    """

    event_id: int
    kind: str
    quantity: int
    status: Status
    prefix: str
    zone: str
    window: str
    segments: tuple[Segment, ...]
    charged_quantity: int
    fee_micro: Fraction
    allowance_before: dict[str, int | None]
    allowance_after: dict[str, int | None]
    numerator: int
    denominator: int
    amount_micro: int
    reverses: int = 0


def explain(*, tariff: CompiledTariff, events: EventColumns, opening: Counters, event_id: int) -> Explanation:
    """Explain the price of one event. `events` holds it and those before it, which decide what is left of allowances.

    :raises EventsOutOfOrder: if the event is not among `events`, or as `price_events`.
    """
    for explanation in explain_all(tariff=tariff, events=events, opening=opening):
        if explanation.event_id == event_id:
            return explanation
    raise EventsOutOfOrder(reason="the event to explain is not among them")


def explain_all(*, tariff: CompiledTariff, events: EventColumns, opening: Counters) -> Iterator[Explanation]:
    """Explain every event, in the order in which they are priced."""
    prepared = prepare(tariff=tariff, events=events, opening=opening)
    # a segment ends with the first increment, a window, an allowance or the event
    longest = len(prepared.tables.edge_us) + tariff.allowance_count + 2
    for position in range(len(events)):
        turn = prepared.order[position : position + 1]
        row = int(events.row[turn[0]])
        trace = np.zeros((longest, kernel.TRACE_COLUMNS + tariff.allowance_count), dtype=np.int64)
        before = prepared.used[row].copy()
        written = kernel.price_in_order(
            turn, prepared.tables, prepared.batch, prepared.used, prepared.granted, prepared.out, trace
        )
        yield _explanation(
            tariff=tariff,
            events=events,
            prepared=prepared,
            event=int(turn[0]),
            before=before,
            trace=trace[:written],
        )


def _explanation(
    *, tariff: CompiledTariff, events: EventColumns, prepared: Prepared, event: int, before: Int64, trace: Int64
) -> Explanation:
    out, row, kind = prepared.out, int(events.row[event]), int(prepared.batch.kind[event])
    zone, status = int(out.zone[event]), Status(int(out.status[event]))
    reverses = int(events.reverses[event])
    unit = int(tariff.denominator[kind, zone])
    segments = tuple(_segment(tariff, kind, zone, unit, line.tolist()) for line in trace)
    numerator = int(out.numerator[event])
    priced = sum(s.priced * s.unit_micro for s in segments)
    exact = Fraction(numerator, int(out.denominator[event]))
    length = int(prepared.prefix_length[event])
    return Explanation(
        event_id=int(events.event_id[event]),
        kind=Kind(kind).name.lower(),
        quantity=int(events.quantity[event]),
        status=status,
        prefix=bytes(events.destination[event]).decode()[:length],
        zone=tariff.zone_names[zone],
        window=tariff.window_names[int(out.window[event])],
        segments=segments,
        charged_quantity=int(out.charged_quantity[event]),
        fee_micro=exact - priced if status is Status.PRICED and not reverses else Fraction(0),
        allowance_before=_left(tariff, kind, prepared.granted[row], before),
        allowance_after=_left(tariff, kind, prepared.granted[row], prepared.used[row]),
        numerator=numerator,
        denominator=int(out.denominator[event]),
        amount_micro=int(out.amount_micro[event]),
        reverses=reverses,
    )


def _segment(tariff: CompiledTariff, kind: int, zone: int, denominator: int, line: list[int]) -> Segment:
    window = line[kernel.TRACE_WINDOW]
    taken = line[kernel.TRACE_COLUMNS :]
    return Segment(
        begins=line[kernel.TRACE_BEGINS],
        step=line[kernel.TRACE_STEP],
        count=line[kernel.TRACE_COUNT],
        window=tariff.window_names[window],
        covered={name: units for name, units in zip(tariff.allowance_names, taken, strict=True) if units},
        priced=line[kernel.TRACE_PRICED],
        unit_micro=Fraction(int(tariff.rate_numerator[kind, zone, window]), denominator),
    )


def _left(tariff: CompiledTariff, kind: int, granted: Int64, used: Int64) -> dict[str, int | None]:
    return {
        name: None if int(granted[a]) >= UNLIMITED else int(granted[a]) - int(used[a])
        for a, name in enumerate(tariff.allowance_names)
        if int(tariff.allowance_kind[a]) == kind
    }

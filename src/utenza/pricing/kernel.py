"""The loop that prices: plain arrays and whole numbers only, so that it can be compiled as it stands.

Each event is cut into increments from its start. Increments that begin in the same window and meet the same allowance
are taken together as one segment, so that a download of a terabyte costs no more to price than a short call.
"""

from __future__ import annotations

from typing import NamedTuple

from utenza.pricing.columns import Int8, Int32, Int64
from utenza.pricing.compiled import Bools

PRICED, NO_RATE, REVERSAL_UNKNOWN, OUT_OF_BOUNDS = 0, 1, 2, 3
VOICE = 0
# Columns of the trace: a row for each segment, and behind these what each allowance took.
TRACE_BEGINS, TRACE_STEP, TRACE_COUNT, TRACE_WINDOW, TRACE_PRICED, TRACE_COLUMNS = 0, 1, 2, 3, 4, 5
_SECOND_US = 1_000_000


class Tables(NamedTuple):
    """The tariff, see CompiledTariff; `edge_us` has one entry more than `edge_window`."""

    has_rate: Bools
    rate_numerator: Int64
    fee_numerator: Int64
    denominator: Int64
    increment_first: Int64
    increment_next: Int64
    allowance_kind: Int8
    allowance_zone: Bools
    allowance_window: Bools
    allowance_first: Int64
    allowance_next: Int64
    fee_when_covered: bool
    edge_us: Int64
    edge_window: Int32


class Batch(NamedTuple):
    """The events. `edge` is the index of the edge before the start, `reversed_event` the index of the event that this
    one takes back, -1 for none and -2 if it is not there; `valid` whether the quantities keep the bounds."""

    row: Int64
    kind: Int8
    started_us: Int64
    quantity: Int64
    zone: Int32
    edge: Int64
    reversed_event: Int64
    valid: Bools


class Output(NamedTuple):
    """What the loop fills in; `taken_back` marks events that were reversed."""

    amount_micro: Int64
    numerator: Int64
    denominator: Int64
    charged_quantity: Int64
    allowance_used: Int64
    covered: Int64
    window: Int32
    zone: Int32
    status: Int8
    taken_back: Bools


def price_in_order(  # noqa: PLR0917 - a compiled loop takes its arguments by place
    order: Int64, tables: Tables, batch: Batch, used: Int64, granted: Int64, out: Output, trace: Int64
) -> int:
    """Price the events in `order`, writing to `out` and `used`; return the segments written to `trace`.

    `trace` may have no rows, and then nothing is written to it.
    """
    segments = 0
    for position in range(len(order)):
        event = int(order[position])
        out.zone[event] = batch.zone[event]
        out.denominator[event] = 1
        out.window[event] = tables.edge_window[batch.edge[event]]
        if int(batch.reversed_event[event]) != -1:
            _take_back(event, batch, used, out)
        elif not batch.valid[event]:
            out.status[event] = OUT_OF_BOUNDS
        elif int(batch.quantity[event]) > 0:
            segments = _price(event, tables, batch, used, granted, out, trace, segments)
    return segments


def _take_back(event: int, batch: Batch, used: Int64, out: Output) -> None:
    """Give exactly the negative of an earlier event of the same row, allowances too."""
    original = int(batch.reversed_event[event])
    if original < 0 or out.taken_back[original]:
        out.status[event] = REVERSAL_UNKNOWN
        return
    row = int(batch.row[event])
    out.taken_back[original] = True
    out.amount_micro[event] = -out.amount_micro[original]
    out.numerator[event] = -out.numerator[original]
    out.denominator[event] = out.denominator[original]
    out.charged_quantity[event] = -out.charged_quantity[original]
    out.allowance_used[event] = -out.allowance_used[original]
    for a in range(out.covered.shape[1]):
        out.covered[event, a] = -out.covered[original, a]
        used[row, a] -= out.covered[original, a]
    out.window[event] = out.window[original]
    out.zone[event] = out.zone[original]
    out.status[event] = out.status[original]


def _price(  # noqa: PLR0917 - a compiled loop takes its arguments by place
    event: int, tables: Tables, batch: Batch, used: Int64, granted: Int64, out: Output, trace: Int64, segments: int
) -> int:
    row, kind, zone = int(batch.row[event]), int(batch.kind[event]), int(batch.zone[event])
    quantity, started = int(batch.quantity[event]), int(batch.started_us[event])
    edge = int(batch.edge[event])
    first_window = window = int(tables.edge_window[edge])
    allowances = out.covered.shape[1]
    begins = 0  # base units charged so far: where the next increment begins
    numerator = covered = 0
    refused = False
    while begins < quantity and not refused:
        if kind == VOICE:
            # only a call lasts: data and messages are priced by the window in which they begin
            while started + begins * _SECOND_US >= int(tables.edge_us[edge + 1]):
                edge += 1
            window = int(tables.edge_window[edge])
        step, count = _segment(kind, zone, window, row, begins, tables, used, granted, allowances)
        count = min(count, (quantity - begins - 1) // step + 1)
        if kind == VOICE:
            until_edge = int(tables.edge_us[edge + 1]) - started - begins * _SECOND_US
            count = min(count, (until_edge - 1) // (step * _SECOND_US) + 1)
        rest = step * count
        traced = segments < trace.shape[0]
        for a in range(allowances):
            if rest > 0 and _serves(a, kind, zone, window, tables):
                taken = min(rest, max(int(granted[row, a]) - int(used[row, a]), 0))
                used[row, a] += taken
                out.covered[event, a] += taken
                covered += taken
                rest -= taken
                if traced:
                    trace[segments, TRACE_COLUMNS + a] = taken
        if traced:
            trace[segments, TRACE_BEGINS] = begins
            trace[segments, TRACE_STEP] = step
            trace[segments, TRACE_COUNT] = count
            trace[segments, TRACE_WINDOW] = window
            trace[segments, TRACE_PRICED] = rest
            segments += 1
        refused = rest > 0 and not tables.has_rate[kind, zone, window]
        numerator += int(tables.rate_numerator[kind, zone, window]) * rest
        begins += step * count
    if refused:
        for a in range(allowances):
            used[row, a] -= out.covered[event, a]
            out.covered[event, a] = 0
        out.status[event] = NO_RATE
        return segments
    if covered < begins or tables.fee_when_covered:
        numerator += int(tables.fee_numerator[kind, zone, first_window])
    denominator = int(tables.denominator[kind, zone])
    out.amount_micro[event] = _rounded(numerator, denominator)
    out.numerator[event] = numerator
    out.denominator[event] = denominator
    out.charged_quantity[event] = begins
    out.allowance_used[event] = covered
    return segments


def _segment(  # noqa: PLR0917 - a compiled loop takes its arguments by place
    kind: int,
    zone: int,
    window: int,
    row: int,
    begins: int,
    tables: Tables,
    used: Int64,
    granted: Int64,
    allowances: int,
) -> tuple[int, int]:
    """Return the step of the increments that come next, and how many may be taken together.

    The first allowance that has something left decides the step, if it has steps of its own; once it is used up,
    another may decide, so no more increments are taken together than begin while it lasts.
    """
    first, following = int(tables.increment_first[kind, zone, window]), int(tables.increment_next[kind, zone, window])
    left = 0
    for a in range(allowances):
        if left <= 0 and _serves(a, kind, zone, window, tables):
            left = int(granted[row, a]) - int(used[row, a])
            if left > 0 and int(tables.allowance_next[a]) > 0:
                first, following = int(tables.allowance_first[a]), int(tables.allowance_next[a])
    if begins == 0:
        return first, 1
    if left > 0:
        return following, (left - 1) // following + 1
    return following, 2**62


def _serves(allowance: int, kind: int, zone: int, window: int, tables: Tables) -> bool:
    return (
        int(tables.allowance_kind[allowance]) == kind
        and bool(tables.allowance_zone[allowance, zone])
        and bool(tables.allowance_window[allowance, window])
    )


def _rounded(numerator: int, denominator: int) -> int:
    """Round half away from zero; neither is negative, and both stay so far below 2^63 that doubling is safe."""
    quotient = numerator // denominator
    return quotient + (1 if 2 * (numerator - quotient * denominator) >= denominator else 0)

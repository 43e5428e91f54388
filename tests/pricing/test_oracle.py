"""Random tariffs and random events: the loop agrees with the conventions written in fractions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.pricing import oracle
from utenza.core.rounding import divide_half_away
from utenza.pricing import (
    CompiledTariff,
    Counters,
    EventColumns,
    Kind,
    Status,
    UsageEvent,
    compile_tariff,
    explain_all,
    price_events,
)

ZONES = {"italy": ["39"], "mobile": ["393", "3471"], "usa": ["1"]}
WINDOWS = {
    "day": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:30"}],
    "night": [{"days": ["fri", "sat", "sun"], "from": "22:00", "to": "06:00"}],
    "feast": [{"days": ["holiday"], "from": "00:00", "to": "12:05"}],
}
PRICES = st.integers(0, 2_000_000).map(lambda n: f"{n // 100_000}.{n % 100_000:05d}")
# A block of one octet may not cost more: the largest event must stay within 64 bits.
BLOCK_PRICES = st.integers(0, 20_000).map(lambda n: f"0.{n:05d}")
# Around a weekend, a change of clocks, a holiday and plain days, near the edges of the windows.
INSTANTS = st.builds(
    lambda day, minute, second: day + timedelta(minutes=minute, seconds=second),
    st.sampled_from(
        [datetime(2026, 3, d, tzinfo=UTC) for d in (2, 27, 28, 29, 30)] + [datetime(2026, 4, 6, tzinfo=UTC)]
    ),
    st.sampled_from([0, 59, 239, 299, 359, 419, 479, 600, 989, 1049, 1199, 1259, 1320, 1439]),
    st.sampled_from([0, 1, 30, 59]),
)


@st.composite
def tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a tariff that compiles; quantities are plain base units, so that the oracle need not read units."""
    windows = {name: WINDOWS[name] for name in draw(st.sets(st.sampled_from(sorted(WINDOWS))))}
    steps = st.sampled_from([1, 7, 30, 60, 90])
    voice = [
        {
            "zone": zone,
            "window": window,
            "price_per_minute": draw(PRICES),
            "connection_fee": draw(PRICES),
            "first_increment": draw(steps),
            "next_increment": draw(steps),
        }
        for zone in ("any", *ZONES)
        for window in ("any", "otherwise", *windows)
        if (zone, window) == ("any", "any") or draw(st.booleans())
    ]
    block = draw(st.sampled_from([1, 1000, 1024]))
    data = [{"zone": "any", "window": "any", "block": block, "price_per_block": draw(BLOCK_PRICES)}]
    sms = [{"zone": "any", "window": "any", "price_per_message": draw(PRICES)}]
    allowances = []
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["voice", "voice", "data", "sms"]))
        allowance: dict[str, Any] = {
            "name": f"a{number}",
            "kind": kind,
            "amount": draw(st.integers(1, 400)),
            "priority": draw(st.integers(1, 3)),
            "zones": sorted(draw(st.sets(st.sampled_from(sorted(ZONES)), max_size=2))) if kind == "voice" else [],
            "windows": sorted(draw(st.sets(st.sampled_from(["otherwise", *windows]), max_size=1))),
        }
        if kind == "voice" and draw(st.booleans()):
            allowance["next_increment"] = draw(steps)
            if draw(st.booleans()):
                allowance["first_increment"] = draw(steps)
        allowances.append(allowance)
    return {
        "tariff": "random",
        "currency": "EUR",
        "prices": "net",
        "time_zone": draw(st.sampled_from(["Europe/Rome", "Asia/Kathmandu", "America/New_York"])),
        "connection_fee_when_covered": draw(st.booleans()),
        "zones": ZONES,
        "holidays": ["04-06", "03-29"],
        "windows": windows,
        "voice": voice,
        "data": data if draw(st.booleans()) else [],
        "sms": sms if draw(st.booleans()) else [],
        "allowances": allowances,
    }


@st.composite
def usage(draw: st.DrawFn) -> list[UsageEvent]:
    events: list[UsageEvent] = []
    for event_id in draw(st.lists(st.integers(1, 2**62), min_size=1, max_size=12, unique=True)):
        kind = draw(st.sampled_from([Kind.VOICE, Kind.VOICE, Kind.DATA, Kind.SMS]))
        longest = {Kind.VOICE: 900, Kind.DATA: 5000, Kind.SMS: 5}[kind]
        events.append(
            UsageEvent(
                event_id=event_id,
                kind=kind,
                started_at=draw(INSTANTS),
                quantity=draw(st.integers(0, longest)),
                destination=draw(st.sampled_from(["", "3906", "393331", "34711", "1212", "44"])),
            )
        )
    originals = list(events)
    taken: set[int] = set()
    for offset in range(draw(st.integers(0, 2))):
        original = draw(st.sampled_from(originals))
        if original.event_id not in taken:
            taken.add(original.event_id)
            events.append(
                UsageEvent(
                    event_id=-1 - offset,
                    kind=original.kind,
                    started_at=original.started_at + timedelta(hours=draw(st.integers(0, 48))),
                    quantity=0,
                    reverses=original.event_id,
                )
            )
    return draw(st.permutations(events))


def columns(tariff: dict[str, Any], events: list[UsageEvent]) -> tuple[CompiledTariff, EventColumns, Counters]:
    compiled = compile_tariff(tariff)
    return compiled, EventColumns.of(events), Counters.opening(tariff=compiled)


MANY = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


@MANY
@given(tariffs(), usage())
def test_the_loop_agrees_with_the_conventions_in_fractions(tariff: dict[str, Any], events: list[UsageEvent]) -> None:
    compiled, given_columns, opening = columns(tariff, events)
    out, closing = price_events(tariff=compiled, events=given_columns, opening=opening)
    outcomes, left = oracle.price_all(tariff, events)
    for index, event in enumerate(events):
        expected = outcomes[event.event_id]
        assert (out.status[index] == Status.NO_RATE) == expected.unrated
        assert int(out.amount_micro[index]) == expected.amount_micro
        assert int(out.charged_quantity[index]) == expected.charged
        covered = dict(zip(compiled.allowance_names, out.covered[index].tolist(), strict=True))
        assert covered == (expected.covered or dict.fromkeys(covered, 0))
        assert int(out.allowance_used[index]) == sum(covered.values())
    closing_left = (closing.granted - closing.used)[0].tolist()
    assert dict(zip(compiled.allowance_names, closing_left, strict=True)) == left


@MANY
@given(tariffs(), usage())
def test_an_explanation_adds_up_to_the_price(tariff: dict[str, Any], events: list[UsageEvent]) -> None:
    compiled, given_columns, opening = columns(tariff, events)
    out, closing = price_events(tariff=compiled, events=given_columns, opening=opening)
    place = {event.event_id: index for index, event in enumerate(events)}
    last = None
    for last in explain_all(tariff=compiled, events=given_columns, opening=opening):
        index = place[last.event_id]
        assert last.amount_micro == int(out.amount_micro[index])
        assert last.amount_micro == divide_half_away(last.numerator, last.denominator)
        if last.status is Status.PRICED and not last.reverses:
            parts = sum((s.priced * s.unit_micro for s in last.segments), Fraction(0)) + last.fee_micro
            assert parts == Fraction(last.numerator, last.denominator)
            assert last.fee_micro >= 0
            assert sum(s.step * s.count for s in last.segments) == last.charged_quantity
            for segment in last.segments:
                assert sum(segment.covered.values()) + segment.priced == segment.step * segment.count
    assert last is not None
    names = zip(compiled.allowance_names, (closing.granted - closing.used)[0].tolist(), strict=True)
    assert last.allowance_after.items() <= dict(names).items()


@MANY
@given(tariffs(), usage())
def test_order_of_arrival_does_not_matter(tariff: dict[str, Any], events: list[UsageEvent]) -> None:
    compiled, given_columns, opening = columns(tariff, events)
    out, closing = price_events(tariff=compiled, events=given_columns, opening=opening)
    backward = EventColumns.of(events[::-1])
    again, closing_again = price_events(tariff=compiled, events=backward, opening=opening)
    assert np.array_equal(out.amount_micro, again.amount_micro[::-1])
    assert np.array_equal(closing.used, closing_again.used)

"""The conventions of money, one by one: what each kind of event costs, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pricing.tariffs import amounts, call, data, document, priced, sms
from utenza.pricing import Counters, EventColumns, EventsOutOfOrder, Status, UsageEvent, compile_tariff, price_events

MINUTES_100 = {"name": "minutes", "kind": "voice", "amount": "100 s"}


@pytest.mark.parametrize(
    ("event", "amount_micro"),
    [
        pytest.param(call(seconds=0), 0, id="a call of zero seconds pays nothing, not even the fee"),
        pytest.param(call(seconds=1), 250_000, id="a second pays the first increment and the fee"),
        pytest.param(call(seconds=60), 250_000, id="a full first increment is one increment"),
        pytest.param(call(seconds=61), 300_000, id="then the next increment is begun"),
        pytest.param(call(seconds=91), 350_000, id="and the next"),
        pytest.param(call(seconds=61, at="2026-03-02T20:00"), 130_000, id="evening: two minutes at 0.04, fee 0.05"),
        pytest.param(call(seconds=61, at="2026-03-01T10:00"), 130_000, id="Sunday is otherwise"),
        pytest.param(call(seconds=10, at="2026-03-02T07:59:59.999999"), 90_000, id="the microsecond before eight"),
        pytest.param(call(seconds=10, at="2026-03-02T08:00"), 250_000, id="a window begins with its first instant"),
        pytest.param(call(seconds=10, at="2026-03-02T18:30"), 90_000, id="and ends before its last"),
        pytest.param(call(seconds=10, to="393331234567"), 211_667, id="longest prefix wins; 70000/6 is rounded once"),
        pytest.param(call(seconds=10, to="+39 333 1234567"), 211_667, id="signs and spaces do not matter"),
        pytest.param(call(seconds=10, to="44123"), 1_000_000, id="no prefix: the rate of any zone"),
        pytest.param(call(seconds=10, to="1212"), 1_000_000, id="a zone without rates has those of any"),
        pytest.param(call(seconds=10, to=""), 1_000_000, id="no number: any zone"),
        pytest.param(call(seconds=10, zone_hint="usa"), 1_000_000, id="a zone that the source names is believed"),
        pytest.param(call(seconds=10, zone_hint="atlantis"), 1_000_000, id="a name unknown to the tariff means any"),
        pytest.param(data(octets=0), 0, id="no octets, no price"),
        pytest.param(data(octets=1), 10_000, id="a begun block is a block"),
        pytest.param(data(octets=1_000_001), 20_000, id="and another"),
        pytest.param(sms(messages=3), 270_000, id="messages are counted"),
    ],
)  # fmt: skip
def test_an_event_costs(event: UsageEvent, amount_micro: int) -> None:
    assert amounts(document(), event) == [amount_micro]


class TestWindows:
    def test_each_increment_is_priced_by_the_window_in_which_it_begins(self) -> None:
        # 18:29:00: the first minute in the day's window; from 18:30 on 60-second steps at 0.04; fee of the day
        assert amounts(document(), call(seconds=70, at="2026-03-02T18:29:00")) == [150_000 + 100_000 + 40_000]

    def test_an_increment_that_straddles_an_edge_is_not_cut(self) -> None:
        # 18:29:30: one 60 s increment of the day, although half of it lies after the edge
        assert amounts(document(), call(seconds=60, at="2026-03-02T18:29:30")) == [250_000]

    def test_the_first_increment_is_not_begun_anew_at_an_edge(self) -> None:
        # 07:59:00: 60 s at 0.04, then next increments of the day, 30 s each at 0.10 a minute
        assert amounts(document(), call(seconds=61, at="2026-03-02T07:59:00")) == [50_000 + 40_000 + 50_000]

    def test_a_holiday_has_the_windows_of_a_holiday_alone(self) -> None:
        assert amounts(document(), call(seconds=60, at="2026-04-06T10:00")) == [90_000]
        assert amounts(document(), call(seconds=60, at="2026-12-25T10:00")) == [90_000]

    def test_the_clock_is_the_tariffs_own_on_both_sides_of_summer_time(self) -> None:
        assert amounts(document(), call(seconds=60, at="2026-03-27T08:00")) == [250_000]
        assert amounts(document(), call(seconds=60, at="2026-03-30T08:00")) == [250_000]
        assert amounts(document(), call(seconds=60, at="2026-03-30T07:59")) == [90_000]

    def test_a_window_past_midnight_goes_on_into_the_next_day(self) -> None:
        night = {"night": [{"days": ["sun"], "from": "22:00", "to": "06:00"}]}
        tariff = document(windows=night, voice=[
            {"window": "night", "next_increment": "60 s", "price_per_minute": "0.01"},
            {"window": "otherwise", "next_increment": "60 s", "price_per_minute": "0.02"},
        ])  # fmt: skip
        times = ["2026-03-01T21:59", "2026-03-01T22:00", "2026-03-02T05:59", "2026-03-02T06:00"]
        calls = [call(n, seconds=60, at=at) for n, at in enumerate(times, start=1)]
        assert amounts(tariff, *calls) == [20_000, 10_000, 10_000, 20_000]


class TestAllowances:
    def test_they_are_consumed_in_charged_increments(self) -> None:
        out, closing = priced(document(allowances=[MINUTES_100]), call(seconds=1))
        assert (out.amount_micro.tolist(), closing.used.tolist()) == ([0], [[60]])

    def test_a_call_wholly_covered_pays_the_fee_only_if_the_tariff_says_so(self) -> None:
        assert amounts(document(allowances=[MINUTES_100]), call(seconds=60)) == [0]
        tariff = document(allowances=[MINUTES_100], connection_fee_when_covered=True)
        assert amounts(tariff, call(seconds=60)) == [150_000]

    def test_a_call_that_straddles_the_end_pays_for_the_rest(self) -> None:
        # 60 + 30 + 30 s charged, of which 100 covered: 20 s at 0.10 a minute, and the fee
        out, closing = priced(document(allowances=[MINUTES_100]), call(seconds=120))
        assert out.amount_micro.tolist() == [150_000 + 33_333]
        assert (out.charged_quantity.tolist(), out.allowance_used.tolist()) == ([120], [100])
        assert closing.used.tolist() == [[100]]

    def test_they_are_used_in_the_order_of_start_and_id_however_events_arrive(self) -> None:
        late = call(1, seconds=60, at="2026-03-02T11:00")
        early, twin = call(3, seconds=60), call(2, seconds=60)
        tariff = document(allowances=[{**MINUTES_100, "amount": "60 s"}])
        assert amounts(tariff, late, early, twin) == [250_000, 250_000, 0]

    def test_the_lowest_priority_number_is_used_first(self) -> None:
        tariff = document(allowances=[
            {**MINUTES_100, "name": "second", "priority": 2},
            {**MINUTES_100, "name": "first", "priority": 1},
        ])  # fmt: skip
        _out, closing = priced(tariff, call(seconds=150))
        assert closing.used.tolist() == [[100, 50]]
        assert compile_tariff(tariff).allowance_names == ("first", "second")

    def test_an_allowance_of_a_zone_or_window_covers_nothing_else(self) -> None:
        tariff = document(allowances=[{**MINUTES_100, "zones": ["mobile"], "windows": ["day"]}])
        calls = [
            call(1, seconds=60),
            call(2, seconds=60, to="39333"),
            call(3, seconds=40, to="39333", at="2026-03-02T20:00"),
        ]
        assert amounts(tariff, *calls) == [250_000, 0, 200_000 + 46_667]

    def test_its_own_increments_hold_while_it_lasts(self) -> None:
        tariff = document(allowances=[{**MINUTES_100, "amount": "90 s", "next_increment": "1 s"}])
        out, closing = priced(tariff, call(1, seconds=61), call(2, seconds=31))
        # the second call: 29 s left by the second, then a next increment of 30 s at 0.10 a minute
        assert out.charged_quantity.tolist() == [61, 29 + 30]
        assert out.amount_micro.tolist() == [0, 150_000 + 50_000]
        assert closing.used.tolist() == [[90]]

    def test_an_unlimited_one_never_ends(self) -> None:
        tariff = document(allowances=[{"name": "all", "kind": "data", "amount": "unlimited"}])
        assert amounts(tariff, *(data(n, octets=2**44) for n in range(1, 20))) == [0] * 19

    def test_rows_do_not_share(self) -> None:
        out, closing = priced(
            document(allowances=[MINUTES_100]), call(1, seconds=60, row=0), call(2, seconds=60, row=1), rows=2
        )
        assert (out.amount_micro.tolist(), closing.used.tolist()) == ([0, 0], [[60], [60]])


class TestReversals:
    def test_a_reversed_event_gives_exactly_the_negative_and_the_allowance_back(self) -> None:
        tariff = document(allowances=[MINUTES_100])
        first, back = call(5, seconds=120), call(2, seconds=0, reverses=5)
        out, closing = priced(tariff, first, back, call(6, seconds=60, at="2026-03-02T11:00"))
        assert out.amount_micro.tolist() == [183_333, -183_333, 0]
        assert (out.numerator[1], out.denominator[1]) == (-out.numerator[0], out.denominator[0])
        assert out.covered[1].tolist() == [-100]
        assert closing.used.tolist() == [[60]]

    @pytest.mark.parametrize(
        "events",
        [
            pytest.param([call(2, seconds=0, reverses=1)], id="not there"),
            pytest.param([call(1, seconds=60), call(2, seconds=0, reverses=1, row=1)], id="of another row"),
            pytest.param([call(1, seconds=60), call(2, seconds=0, reverses=1, at="2026-03-01T10:00")], id="later"),
            pytest.param(
                [call(1, seconds=60), call(2, seconds=0, reverses=1), call(3, seconds=0, reverses=1)], id="twice"
            ),
            pytest.param(
                [call(1, seconds=60), call(2, seconds=0, reverses=1), call(3, seconds=0, reverses=2)], id="a reversal"
            ),
            pytest.param([call(2, seconds=0, reverses=2)], id="itself"),
        ],
    )
    def test_what_cannot_be_taken_back_says_so_and_costs_nothing(self, events: list[UsageEvent]) -> None:
        out, _closing = priced(document(), *events, rows=2)
        assert out.status[-1] == Status.REVERSAL_UNKNOWN
        assert out.amount_micro[-1] == 0


class TestFaults:
    def test_no_rate_is_a_status_and_leaves_the_allowance_alone(self) -> None:
        tariff = document(voice=[], zones={}, windows={}, allowances=[MINUTES_100])
        out, closing = priced(tariff, call(1, seconds=150), call(2, seconds=60, at="2026-03-02T11:00"))
        assert out.status.tolist() == [Status.NO_RATE, Status.PRICED]
        assert (out.amount_micro.tolist(), closing.used.tolist()) == ([0, 0], [[60]])

    def test_quantities_and_clocks_beyond_reason_are_not_priced(self) -> None:
        events = [
            call(1, seconds=-1),
            call(2, seconds=32 * 86_400),
            data(3, octets=2**44 + 1),
            sms(4, at="1999-01-01T00:00"),
            sms(5, at="2300-01-01T00:00"),
        ]
        out, _closing = priced(document(), *events)
        assert out.status.tolist() == [Status.OUT_OF_BOUNDS] * 5
        assert not out.amount_micro.any()

    def test_malformed_columns_are_refused(self) -> None:
        with pytest.raises(EventsOutOfOrder, match="twice"):
            priced(document(), sms(1), sms(1))
        with pytest.raises(EventsOutOfOrder, match="row"):
            priced(document(), sms(1, row=1))
        other = compile_tariff(document(allowances=[MINUTES_100]))
        with pytest.raises(EventsOutOfOrder, match="counters"):
            price_events(
                tariff=other,
                events=EventColumns.of([sms(1)]),
                opening=Counters.opening(tariff=compile_tariff(document())),
            )

    def test_no_events_are_priced_as_no_events(self) -> None:
        out, closing = priced(document())
        assert (len(out), closing.used.shape) == (0, (1, 0))

    def test_the_opening_counters_are_left_alone(self) -> None:
        tariff = compile_tariff(document(allowances=[MINUTES_100]))
        opening = Counters.opening(tariff=tariff)
        price_events(tariff=tariff, events=EventColumns.of([call(seconds=60)]), opening=opening)
        assert np.array_equal(opening.used, [[0]])

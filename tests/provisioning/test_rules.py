"""What provisioning decides without a database."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.provisioning import rules, states
from utenza.provisioning.rules import Speed

TABLES = {
    "line": (states.LineStatus, states.LINE_MOVES),
    "desired": (states.ServiceState, states.DESIRED_MOVES),
    "command": (states.CommandStatus, states.COMMAND_MOVES),
    "work order": (states.WorkOrderStatus, states.WORK_ORDER_MOVES),
    "number": (states.NumberStatus, states.NUMBER_MOVES),
}


class TestTransitionTables:
    @pytest.mark.parametrize("name", TABLES)
    def test_every_state_says_what_may_follow_and_names_only_states(self, name: str) -> None:
        choices, table = TABLES[name]
        assert set(table) == set(choices)
        assert set().union(*table.values()) <= set(choices)

    @pytest.mark.parametrize("name", TABLES)
    def test_no_state_follows_itself(self, name: str) -> None:
        _choices, table = TABLES[name]
        assert [state for state, after in table.items() if state in after] == []

    def test_what_is_ceased_stays_ceased(self) -> None:
        assert not states.LINE_MOVES[states.LineStatus.CEASED]
        assert not states.DESIRED_MOVES[states.ServiceState.CEASED]

    def test_every_command_that_is_not_over_can_be_overtaken_or_is_in_flight(self) -> None:
        over = {states.CommandStatus.CONFIRMED, states.CommandStatus.SUPERSEDED}
        assert set(states.OVERTAKEN) | over | {states.CommandStatus.SENDING} == set(states.CommandStatus)
        for status in states.OVERTAKEN:
            assert states.CommandStatus.SUPERSEDED in states.COMMAND_MOVES[status]


class TestWhatBarsClose:
    @pytest.mark.parametrize(
        ("kind", "scopes", "wanted"),
        [
            ("internet", set(), "active"),
            ("internet", {"all"}, "suspended"),
            ("internet", {"data"}, "suspended"),
            ("internet", {"outgoing", "premium", "roaming"}, "active"),
            ("voice", {"data"}, "active"),
            ("voice", {"all", "premium"}, "suspended"),
            ("mobile", {"data"}, "active"),
            ("mobile", {"all"}, "suspended"),
        ],
    )
    def test_a_service_is_closed_by_the_scopes_that_cover_it(self, kind: str, scopes: set[str], wanted: str) -> None:
        assert rules.wanted_state(kind, scopes) == wanted

    def test_other_scopes_narrow_a_telephone_service_and_never_an_internet_one(self) -> None:
        assert rules.restrictions("mobile", {"roaming", "data", "all"}) == ("data", "roaming")
        assert rules.restrictions("internet", {"roaming", "data"}) == ()


class TestLineStatus:
    @pytest.mark.parametrize(
        ("current", "services", "status"),
        [
            ("planned", ["none"], "planned"),
            ("planned", ["active", "none"], "active"),
            ("active", ["suspended", "active"], "active"),
            ("active", ["suspended", "ceased"], "suspended"),
            ("suspended", ["active"], "active"),
            ("active", ["ceased", "none"], "active"),
            ("active", ["ceased", "ceased"], "ceased"),
            ("planned", ["ceased"], "ceased"),
        ],
    )
    def test_a_line_is_what_its_services_are(self, current: str, services: list[str], status: str) -> None:
        assert rules.line_status(current, services) == status

    @given(st.lists(st.sampled_from(["none", "active", "suspended", "ceased"]), min_size=1, max_size=4))
    def test_a_live_line_never_needs_a_move_that_the_table_forbids(self, services: list[str]) -> None:
        for current in ("planned", "active", "suspended"):
            status = rules.line_status(current, services)
            assert status == current or status in states.LINE_MOVES[current]


class TestCommandKind:
    @pytest.mark.parametrize(
        ("actual", "desired", "kind"),
        [
            ("none", "active", "activate"),
            ("active", "active", "modify"),
            ("suspended", "active", "resume"),
            ("active", "suspended", "suspend"),
            ("none", "suspended", "suspend"),
            ("suspended", "suspended", "modify"),
            ("none", "ceased", "cease"),
            ("suspended", "ceased", "cease"),
        ],
    )
    def test_a_command_is_named_by_the_step_it_makes(self, actual: str, desired: str, kind: str) -> None:
        assert rules.command_kind(actual=actual, desired=desired) == kind


class TestProfiles:
    @pytest.mark.parametrize(
        ("code", "speed"),
        [
            ("fibre-100-20", Speed(down_bps=100_000_000, up_bps=20_000_000)),
            ("business-fibre-1000-300", Speed(down_bps=1_000_000_000, up_bps=300_000_000)),
            ("fwa5g-30-3", Speed(down_bps=30_000_000, up_bps=3_000_000)),
            ("fibre", None),
            ("fibre-100", None),
            ("fibre-0-20", None),
            ("", None),
        ],
    )
    def test_the_name_of_a_profile_says_its_speed(self, code: str, speed: Speed | None) -> None:
        assert rules.speed_of_profile(code) == speed


class TestIdentifiers:
    @pytest.mark.parametrize("name", ["l0000001@utenza", "a", "anna.bianchi-2@fibra.example"])
    def test_a_user_name_of_small_letters_is_accepted(self, name: str) -> None:
        assert rules.identifier_is_well_formed("internet", name)

    @pytest.mark.parametrize("name", ["", "Anna@x", "a b", "a@b@c", "x'; drop table radcheck", "é", ".a", "a\n"])
    def test_a_user_name_that_the_network_would_rewrite_is_refused(self, name: str) -> None:
        assert not rules.identifier_is_well_formed("internet", name)

    @pytest.mark.parametrize(("number", "good"), [("390650010000", True), ("+39065001", False), ("123", False)])
    def test_a_number_is_digits_with_the_country_code(self, number: str, good: bool) -> None:
        assert rules.identifier_is_well_formed("voice", number) is good


class TestBackOff:
    def test_pauses_grow_and_are_bounded(self) -> None:
        for delay in (rules.retry_delay_s, rules.circuit_delay_s):
            pauses = [delay(n) for n in range(1, 40)]
            assert all(a <= b for a, b in itertools.pairwise(pauses))
            assert pauses[0] > 0
            assert pauses[-1] <= 3600

    def test_a_down_element_is_asked_again_at_least_every_five_minutes(self) -> None:
        assert rules.circuit_delay_s(1000) == 300

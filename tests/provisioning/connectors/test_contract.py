"""What every connector promises, held against each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.lab.freeradius import LAB, FreeradiusLab
from utenza.provisioning.connectors import registry
from utenza.provisioning.connectors.base import Connector, ElementConfiguration, NetworkCommand, Outcome, Result
from utenza.provisioning.rules import Speed

COMMAND = NetworkCommand(
    command_id=1,
    service_id=1,
    kind="internet",
    identifier="l0000001@utenza",
    secret="Kx7",
    state="active",
    profile="fibre-100-20",
    speed=Speed(down_bps=100_000_000, up_bps=20_000_000),
    attributes={"Framed-IP-Address": "100.64.9.9"},
)
ANSWERED = {Result.CONFIRMED, Result.WAITING}


@pytest.fixture(params=["manual", pytest.param("freeradius", marks=LAB)])
def connector(request: pytest.FixtureRequest) -> Connector:
    dsn = ""
    if request.param == "freeradius":
        lab: FreeradiusLab = request.getfixturevalue("radius_lab")
        dsn = lab.dsn
    return registry.connector_for(request.param, ElementConfiguration(code="under-test", dsn=dsn))


def in_state(state: str) -> NetworkCommand:
    return replace(COMMAND, state=state)


class TestEveryConnector:
    def test_is_known_by_its_kind(self, connector: Connector) -> None:
        assert connector.kind in registry.known_kinds()

    def test_is_healthy_when_its_element_is(self, connector: Connector) -> None:
        assert connector.health().healthy

    @pytest.mark.parametrize("state", ["active", "suspended", "ceased"])
    def test_gives_the_same_answer_to_the_same_command_again(self, connector: Connector, state: str) -> None:
        first, again = connector.apply(in_state(state)), connector.apply(in_state(state))
        assert first.result == again.result
        assert first.result in ANSWERED

    @pytest.mark.parametrize("before", ["active", "suspended", "ceased"])
    @pytest.mark.parametrize("after", ["active", "suspended", "ceased"])
    def test_reaches_a_state_whatever_was_before(self, connector: Connector, before: str, after: str) -> None:
        connector.apply(in_state(before))
        outcome = connector.apply(in_state(after))
        assert_holds(connector, outcome, after)

    def test_knows_nothing_of_a_stranger(self, connector: Connector) -> None:
        assert connector.read("nobody@nowhere") is None

    def test_never_tells_a_secret(self, connector: Connector) -> None:
        secret = "S3cretThatNobodyMayRead"
        outcome = connector.apply(replace(COMMAND, secret=secret))
        assert secret not in repr(replace(COMMAND, secret=secret))
        assert secret not in outcome.detail


def assert_holds(connector: Connector, outcome: Outcome, state: str) -> None:
    """A connector that confirms must show by reading back that it is so."""
    found = connector.read(COMMAND.identifier)
    if outcome.result == Result.WAITING or state == "ceased":
        assert found is None
    else:
        assert found is not None
        assert (found.state, found.profile, dict(found.attributes)) == (state, COMMAND.profile, COMMAND.attributes)


class TestTheRegistry:
    def test_refuses_a_kind_that_nobody_speaks(self) -> None:
        with pytest.raises(registry.UnknownConnector, match="freeradius, manual"):
            registry.connector_for("telepathy", ElementConfiguration(code="x"))

    def test_takes_an_operators_own_connector(self, monkeypatch: pytest.MonkeyPatch) -> None:
        maker = registry._MAKERS["manual"]
        monkeypatch.setattr(registry, "_MAKERS", dict(registry._MAKERS))
        registry.register("own", maker)
        assert "own" in registry.known_kinds()

"""The connector to FreeRADIUS: what the daemon's tables and the devices are told."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from tests.lab.freeradius import FreeradiusLab
from tests.lab.nas import utc
from tests.provisioning.connectors.test_contract import COMMAND, in_state
from utenza.provisioning.connectors.base import ElementConfiguration, ElementUnreachable, Result
from utenza.provisioning.connectors.freeradius import attributes, schema
from utenza.provisioning.connectors.freeradius.connector import FreeradiusConnector
from utenza.provisioning.rules import Speed

AT = utc("2026-01-10T08:00")
FAST = {"coa_timeout_s": 0.2, "coa_tries": 1}


class TestSpeedAttributes:
    @pytest.mark.parametrize(
        ("down", "up", "rate"),
        [
            (100_000_000, 20_000_000, "20M/100M"),
            (7_500_000, 512_000, "512k/7500k"),
            (10_000_000_000, 1_000_000_001, "1000000001/10000M"),
        ],
    )
    def test_the_router_is_told_what_it_receives_first(self, down: int, up: int, rate: str) -> None:
        told = attributes.speed_attributes(Speed(down_bps=down, up_bps=up))
        assert told["Mikrotik-Rate-Limit"] == rate

    def test_a_speed_beyond_32_bits_is_told_as_the_most_that_can_be_told(self) -> None:
        told = attributes.speed_attributes(Speed(down_bps=10_000_000_000, up_bps=1_000_000))
        assert told["WISPr-Bandwidth-Max-Down"] == "4294967295"
        assert told["WISPr-Bandwidth-Max-Up"] == "1000000"

    def test_what_the_operator_adds_to_a_profile_wins(self) -> None:
        told = attributes.group_attributes(speed=None, extra={"Acct-Interim-Interval": "60"}, interim_s=300)
        assert told == {"Acct-Interim-Interval": "60"}


class TestUnreachable:
    def test_a_database_that_does_not_answer_is_unreachable(self) -> None:
        dead = FreeradiusConnector(ElementConfiguration(code="r", dsn="postgresql://u:hush@127.0.0.1:1/x"))
        outcome = dead.apply(COMMAND)
        assert outcome.result == Result.UNREACHABLE
        assert "hush" not in outcome.detail
        assert not dead.health().healthy
        with pytest.raises(ElementUnreachable):
            dead.read("anna")

    def test_a_malformed_dsn_is_told_without_repeating_it(self) -> None:
        broken = FreeradiusConnector(ElementConfiguration(code="r", dsn="host=h passwort=hush"))
        assert broken.apply(COMMAND).result == Result.UNREACHABLE
        assert "hush" not in broken.apply(COMMAND).detail + broken.health().detail

    @pytest.mark.django_db
    def test_without_its_tables_it_says_what_creates_them(self) -> None:
        ours = FreeradiusConnector(ElementConfiguration(code="r", settings={"schema": "radius_not_set_up"}))
        outcome = ours.apply(COMMAND)
        assert outcome.result == Result.UNREACHABLE
        assert "radius-setup" in outcome.detail

    def test_a_state_that_is_none_is_refused(self) -> None:
        dead = FreeradiusConnector(ElementConfiguration(code="r", dsn="postgresql://u@127.0.0.1:1/x"))
        assert dead.apply(replace(COMMAND, state="none")).result == Result.REFUSED


@pytest.fixture
def connector(radius_lab: FreeradiusLab) -> FreeradiusConnector:
    return FreeradiusConnector(ElementConfiguration(code="radius", settings=FAST, dsn=radius_lab.dsn))


@pytest.mark.lab("freeradius")
@pytest.mark.xdist_group("freeradius")
class TestLogins:
    def test_the_daemon_lets_in_with_the_speed_and_the_address_of_the_line(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        assert not nas.login(COMMAND.identifier, COMMAND.secret)
        assert connector.apply(COMMAND).result == Result.CONFIRMED
        login = nas.login(COMMAND.identifier, COMMAND.secret)
        assert login.accepted
        assert login.attributes["Mikrotik-Rate-Limit"] == "20M/100M"
        assert login.attributes["WISPr-Bandwidth-Max-Down"] == 100_000_000
        assert login.attributes["Acct-Interim-Interval"] == 300
        assert login.attributes["Framed-IP-Address"] == "100.64.9.9"

    def test_a_wrong_password_learns_nothing(self, connector: FreeradiusConnector, radius_lab: FreeradiusLab) -> None:
        connector.apply(COMMAND)
        login = radius_lab.nas().login(COMMAND.identifier, "guess")
        assert not login.accepted
        assert set(login.attributes) <= {"Message-Authenticator"}

    def test_a_suspended_login_is_refused_and_told_why(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        connector.apply(in_state("suspended"))
        login = radius_lab.nas().login(COMMAND.identifier, COMMAND.secret)
        assert (login.accepted, login.message) == (False, "Line suspended")
        assert "Mikrotik-Rate-Limit" not in login.attributes
        assert "Framed-IP-Address" not in login.attributes

    def test_passwords_that_were_tried_are_not_kept(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        connector.apply(COMMAND)
        radius_lab.nas().login(COMMAND.identifier, COMMAND.secret)
        with psycopg.connect(radius_lab.dsn) as connection:
            rows = connection.execute("SELECT username, pass, reply FROM radius.radpostauth").fetchall()
        assert rows == [(COMMAND.identifier, "", "Access-Accept")]

    def test_a_password_with_quotes_and_percent_signs_is_only_a_password(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        secret = "a'b\"c%{User-Name}\\d;--"
        connector.apply(replace(COMMAND, secret=secret))
        nas = radius_lab.nas()
        assert nas.login(COMMAND.identifier, secret)
        assert not nas.login("x' OR '1'='1", secret)

    def test_a_profile_that_is_defined_anew_changes_for_its_next_login(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        connector.apply(COMMAND)
        connector.apply(replace(COMMAND, profile_attributes={"Session-Timeout": "3600"}))
        assert radius_lab.nas().login(COMMAND.identifier, COMMAND.secret).attributes["Session-Timeout"] == 3600


@pytest.mark.lab("freeradius")
@pytest.mark.xdist_group("freeradius")
class TestLiveSessions:
    def test_a_suspended_user_is_thrown_out(self, connector: FreeradiusConnector, radius_lab: FreeradiusLab) -> None:
        nas = radius_lab.nas()
        connector.apply(COMMAND)
        session = nas.start_session(COMMAND.identifier, at=AT)
        assert connector.apply(in_state("suspended")).result == Result.CONFIRMED
        nas.wait_until_ended(session)
        assert radius_lab.accounting()[0]["acctterminatecause"] == "Admin-Reset"

    def test_every_session_on_every_device_is_ended(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        devices = [radius_lab.nas(), radius_lab.nas()]
        sessions = [nas.start_session(COMMAND.identifier, at=AT) for nas in devices]
        stranger = devices[0].start_session("somebody@else", at=AT)
        assert connector.apply(in_state("ceased")).result == Result.CONFIRMED
        for nas, session in zip(devices, sessions, strict=True):
            nas.wait_until_ended(session)
        assert list(devices[0].sessions) == [stranger.session_id]

    def test_a_new_speed_reaches_a_live_session(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        session = nas.start_session(COMMAND.identifier, at=AT)
        faster = replace(COMMAND, profile="fibre-1000-300", speed=Speed(down_bps=10**9, up_bps=3 * 10**8))
        assert connector.apply(faster).result == Result.CONFIRMED
        assert session.attributes["Mikrotik-Rate-Limit"] == "300M/1000M"
        assert session.session_id in nas.sessions

    def test_a_device_that_cannot_change_a_session_ends_it_so_that_it_comes_back_faster(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        nas.can_change = False
        session = nas.start_session(COMMAND.identifier, at=AT)
        assert connector.apply(COMMAND).result == Result.CONFIRMED
        nas.wait_until_ended(session)
        assert [what for what, _session in nas.requests] == ["change", "disconnect"]

    def test_a_session_that_the_device_no_longer_holds_counts_as_gone(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        nas.start_session(COMMAND.identifier, at=AT)
        nas.sessions.clear()
        assert connector.apply(in_state("suspended")).result == Result.CONFIRMED

    def test_a_silent_device_leaves_the_login_closed_and_the_command_unfinished(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        connector.apply(COMMAND)
        session = nas.start_session(COMMAND.identifier, at=AT)
        nas.silent = True
        outcome = connector.apply(in_state("suspended"))
        assert outcome.result == Result.INCOMPLETE
        assert session.session_id in outcome.detail
        assert not nas.login(COMMAND.identifier, COMMAND.secret)
        nas.silent = False
        assert connector.apply(in_state("suspended")).result == Result.CONFIRMED

    def test_a_device_that_nobody_registered_is_named(
        self, connector: FreeradiusConnector, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        nas.start_session(COMMAND.identifier, at=AT)
        with psycopg.connect(radius_lab.dsn) as connection:
            connection.execute("DELETE FROM radius.nas")
        outcome = connector.apply(in_state("ceased"))
        assert (outcome.result, nas.address in outcome.detail) == (Result.INCOMPLETE, True)


@pytest.mark.lab("freeradius")
@pytest.mark.xdist_group("freeradius")
class TestTheSchema:
    def test_it_may_be_created_again(self, radius_lab: FreeradiusLab) -> None:
        with psycopg.connect(**radius_lab._admin("radius_lab")) as connection:
            schema.create_schema(connection)
            schema.grant_to_daemon(connection, role="radius_lab", password="radius_lab_password")
        assert radius_lab.accounting() == []

    def test_the_daemon_may_not_write_logins(self, radius_lab: FreeradiusLab) -> None:
        with (
            psycopg.connect(radius_lab.daemon_dsn) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("INSERT INTO radcheck (username, attribute, value) VALUES ('a', 'b', 'c')")

    def test_the_connector_may_not_write_accounting(self, radius_lab: FreeradiusLab) -> None:
        with psycopg.connect(radius_lab.dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM radius.radacct")

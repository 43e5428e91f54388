"""What the daemon writes down of sessions: times of the device, counters that never run backwards."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.lab.freeradius import LAB, FreeradiusLab
from tests.lab.nas import NoAnswerError, utc
from tests.lab.waiting import wait_for

pytestmark = LAB

AT = utc("2026-01-10T08:00")
GIGABYTE = 10**9


class TestAccounting:
    def test_a_session_is_one_row_with_the_times_of_the_device(self, radius_lab: FreeradiusLab) -> None:
        nas = radius_lab.nas()
        nas.use("anna", start=AT, minutes=60, octets_in=GIGABYTE, octets_out=9 * GIGABYTE)
        (row,) = radius_lab.accounting()
        assert row["acctstarttime"] == AT
        assert row["acctstoptime"] == row["acctupdatetime"] == AT + timedelta(minutes=60)
        assert row["acctsessiontime"] == 3600
        assert (row["acctinputoctets"], row["acctoutputoctets"]) == (GIGABYTE, 9 * GIGABYTE)
        assert (str(row["nasipaddress"]), row["username"]) == (nas.address, "anna")
        assert row["acctterminatecause"] == "User-Request"

    def test_an_interim_update_moves_time_and_counters(self, radius_lab: FreeradiusLab) -> None:
        nas = radius_lab.nas()
        session = nas.start_session("anna", at=AT)
        nas.interim(session, at=AT + timedelta(minutes=5), octets_in=10, octets_out=2**32 + 7)
        (row,) = radius_lab.accounting()
        assert row["acctupdatetime"] == AT + timedelta(minutes=5)
        assert row["acctoutputoctets"] == 2**32 + 7
        assert row["acctinterval"] == 300
        assert row["acctstoptime"] is None

    def test_repeated_and_late_packets_change_nothing(self, radius_lab: FreeradiusLab) -> None:
        nas = radius_lab.nas()
        session = nas.use("anna", start=AT, minutes=60, octets_in=100, octets_out=200)
        before = radius_lab.accounting()
        nas.repeat(session, "Stop", at=AT + timedelta(minutes=60))
        nas.repeat(session, "Start", at=AT)
        session.octets_in, session.octets_out = 50, 60
        nas.repeat(session, "Interim-Update", at=AT + timedelta(minutes=30))
        after = radius_lab.accounting()
        changing = {"acctinterval", "changed_by"}
        assert [{k: v for k, v in row.items() if k not in changing} for row in after] == [
            {k: v for k, v in row.items() if k not in changing} for row in before
        ]

    def test_a_stop_whose_start_was_lost_is_a_whole_session(self, radius_lab: FreeradiusLab) -> None:
        nas = radius_lab.nas()
        session = nas.start_session("anna", at=AT)
        with psycopg.connect(**radius_lab._admin("radius_lab")) as connection:
            connection.execute("TRUNCATE radius.radacct")
        nas.stop(session, at=AT + timedelta(minutes=10), octets_in=1, octets_out=2)
        (row,) = radius_lab.accounting()
        assert (row["acctstarttime"], row["acctstoptime"]) == (AT, AT + timedelta(minutes=10))

    def test_a_device_that_restarts_holds_none_of_its_sessions(self, radius_lab: FreeradiusLab) -> None:
        nas, other = radius_lab.nas(), radius_lab.nas()
        nas.start_session("anna", at=AT)
        other.start_session("bruno", at=AT)
        nas.restart(at=AT + timedelta(minutes=3))
        nas.restart(at=AT + timedelta(minutes=4))
        stopped = {row["username"]: row["acctstoptime"] for row in radius_lab.accounting()}
        assert stopped == {"anna": AT + timedelta(minutes=3), "bruno": None}

    def test_a_user_name_that_tries_to_be_a_query_is_only_a_name(self, radius_lab: FreeradiusLab) -> None:
        nas = radius_lab.nas()
        nas.start_session("x'); DROP TABLE radacct; --", at=AT)
        assert len(radius_lab.accounting()) == 1

    def test_while_the_database_is_away_accounting_is_unanswered_and_comes_back_by_itself(
        self, radius_lab: FreeradiusLab
    ) -> None:
        nas = radius_lab.nas()
        nas._client.timeout, nas._client.retries = 0.3, 1
        with radius_lab.database_away(), pytest.raises(NoAnswerError):
            nas.start_session("anna", at=AT)
        session = next(iter(nas.sessions.values()))

        def answered() -> bool:
            try:
                nas.repeat(session, "Start", at=AT)
            except NoAnswerError:
                return False
            return True

        wait_for(answered, what="accounting is answered again", seconds=15)
        assert len(radius_lab.accounting()) == 1

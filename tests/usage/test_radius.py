"""What accounting sessions used is counted once, however often they are looked at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from tests.factories.provisioning import active_line
from utenza.provisioning import queries as provisioning
from utenza.provisioning.queries import ElementAccess
from utenza.usage import operations, queries
from utenza.usage.collectors import radius

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 2, 3, 9, tzinfo=UTC)
ACCESS = ElementAccess(code="radius-1", kind="freeradius", settings={"schema": "radius"}, dsn="")


@pytest.fixture
def line() -> provisioning.LineView:
    found = provisioning.line(active_line(at=AT).line_id)
    with connection.cursor() as cursor:
        cursor.execute(provisioning.radius_schema_sql())
        cursor.execute("SET search_path TO public")
    return found


def _session(name: str, key: str, *, hour: int, octets: int, stopped: bool = False) -> None:
    seen = datetime(2026, 2, 2, hour, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO radius.radacct (acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime,
                acctupdatetime, acctstoptime, acctinputoctets, acctoutputoctets)
            VALUES (%s, %s, %s, '10.0.0.1', '2026-02-02 08:00+00', %s, %s, %s, 0)
            ON CONFLICT (acctuniqueid) DO UPDATE SET acctupdatetime = excluded.acctupdatetime,
                acctstoptime = excluded.acctstoptime, acctinputoctets = excluded.acctinputoctets
            """,
            [key, key, name, seen, seen if stopped else None, octets],
        )


def _quantities(line: provisioning.LineView) -> list[int]:
    while operations.write_raw(at=LATER):
        pass
    events = queries.raw_usage(month="2026-02", bucket=line.bucket).events
    return events["quantity"].to_list() if not events.is_empty() else []


def test_an_update_brings_the_difference_to_the_one_before(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", hour=9, octets=1_000)
    assert radius.collect(ACCESS, at=LATER) == 1
    assert radius.collect(ACCESS, at=LATER) == 0
    _session(name, "s1", hour=10, octets=5_000_000_000, stopped=True)
    assert radius.collect(ACCESS, at=LATER) == 1
    assert _quantities(line) == [1_000, 4_999_999_000]


def test_a_stop_that_comes_after_newer_sessions_is_still_counted(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", hour=9, octets=100)
    _session(name, "s2", hour=12, octets=200)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", hour=11, octets=150, stopped=True)
    assert radius.collect(ACCESS, at=LATER) == 1
    assert sorted(_quantities(line)) == [50, 100, 200]


def test_a_session_of_nobody_is_held(line: provisioning.LineView) -> None:
    _session("stranger@example.it", "s1", hour=9, octets=100)
    radius.collect(ACCESS, at=LATER)
    assert [one.reason for one in queries.quarantined()] == ["unknown_subscriber"]
    assert _quantities(line) == []

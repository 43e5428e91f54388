"""What accounting sessions used is counted once, however often and however late they are looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from tests.factories.provisioning import active_line, technicians_confirm
from tests.factories.usage import metered_line
from utenza.ordering import operations as ordering
from utenza.ordering import queries as agreements
from utenza.provisioning import operations as network
from utenza.provisioning import queries as provisioning
from utenza.provisioning.queries import ElementAccess
from utenza.usage import operations, queries
from utenza.usage.collectors import radius

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 13, 9, tzinfo=UTC)
START = datetime(2026, 2, 2, 8, tzinfo=UTC)
ACCESS = ElementAccess(code="radius-1", kind="freeradius", settings={"schema": "radius"}, dsn="")


@pytest.fixture(autouse=True)
def _accounting() -> None:
    with connection.cursor() as cursor:
        cursor.execute(provisioning.radius_schema_sql())
        cursor.execute("SET search_path TO public")


@pytest.fixture
def line() -> provisioning.LineView:
    return provisioning.line(active_line(at=AT).line_id)


def _session(
    name: str,
    key: str,
    *,
    seen: datetime,
    octets: int,
    out: int = 0,
    start: datetime = START,
    stopped: bool = False,
    seconds: int | None = None,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO radius.radacct (acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime,
                acctupdatetime, acctstoptime, acctinputoctets, acctoutputoctets, acctsessiontime)
            VALUES (%s, %s, %s, '10.0.0.1', %s, %s, %s, %s, %s, %s)
            ON CONFLICT (acctuniqueid) DO UPDATE SET acctupdatetime = excluded.acctupdatetime,
                acctstarttime = excluded.acctstarttime, acctstoptime = excluded.acctstoptime,
                acctinputoctets = excluded.acctinputoctets, acctoutputoctets = excluded.acctoutputoctets,
                acctsessiontime = excluded.acctsessiontime
            """,
            [
                key, key, name, start, seen, seen if stopped else None, octets, out,
                (seen - start).total_seconds() if seconds is None else seconds,
            ],
        )  # fmt: skip


def _hour(hour: int) -> datetime:
    return datetime(2026, 2, 2, hour, tzinfo=UTC)


def _events(line: provisioning.LineView, month: str = "2026-02") -> list[tuple[datetime, int]]:
    while operations.write_raw(at=LATER):
        pass
    events = queries.raw_usage(month=month, bucket=line.bucket).events
    return events.select("started_at", "quantity").rows() if not events.is_empty() else []


def _quantities(line: provisioning.LineView) -> list[int]:
    return [quantity for _, quantity in _events(line)]


def test_an_update_brings_the_difference_to_the_one_before(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(9), octets=1_000)
    assert radius.collect(ACCESS, at=LATER) == 1
    assert radius.collect(ACCESS, at=LATER) == 0
    _session(name, "s1", seen=_hour(10), octets=5_000_000_000, stopped=True)
    assert radius.collect(ACCESS, at=LATER) == 1
    assert _quantities(line) == [1_000, 4_999_999_000]


def test_what_was_used_began_at_the_look_before_and_counts_in_its_month(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    start, midnight = datetime(2026, 2, 28, 21, tzinfo=UTC), datetime(2026, 2, 28, 23, tzinfo=UTC)
    _session(name, "s1", start=start, seen=midnight - timedelta(minutes=5), octets=10)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", start=start, seen=midnight + timedelta(minutes=5), octets=30)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", start=start, seen=midnight + timedelta(minutes=15), octets=70, stopped=True)
    radius.collect(ACCESS, at=LATER)
    assert _events(line) == [(start, 10), (midnight - timedelta(minutes=5), 20)]
    assert _events(line, "2026-03") == [(midnight + timedelta(minutes=5), 40)]


def test_a_stop_that_comes_after_newer_sessions_is_still_counted(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(9), octets=100)
    _session(name, "s2", seen=_hour(12), octets=200)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(11), octets=150, stopped=True)
    assert radius.collect(ACCESS, at=LATER) == 1
    assert sorted(_quantities(line)) == [50, 100, 200]


def test_accounting_that_comes_weeks_late_is_seen(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "new", start=LATER - timedelta(hours=2), seen=LATER, octets=100)
    _session(name, "open", seen=_hour(9), octets=1)
    radius.collect(ACCESS, at=LATER)
    _session(name, "old", seen=_hour(10), octets=7, stopped=True)
    _session(name, "open", seen=_hour(10), octets=5, stopped=True)
    assert radius.collect(ACCESS, at=LATER) == 2
    assert sorted(_quantities(line)) == [1, 4, 7]


def test_a_stop_stamped_after_the_line_was_ceased_is_its_own(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    network.cease(line_id=line.line_id, at=_hour(10))
    technicians_confirm(at=_hour(10))
    _session(name, "s1", seen=_hour(11), octets=500, stopped=True)
    radius.collect(ACCESS, at=LATER)
    assert queries.quarantined() == []
    assert _events(line) == [(START, 500)]


def test_what_was_used_after_the_line_was_given_up_counts_within_it(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(11), octets=500)
    radius.collect(ACCESS, at=LATER)
    network.cease(line_id=line.line_id, at=_hour(10))
    technicians_confirm(at=_hour(10))
    _session(name, "s1", seen=_hour(12), octets=600, stopped=True)
    radius.collect(ACCESS, at=LATER)
    assert _events(line) == [(START, 500), (_hour(10) - timedelta(microseconds=1), 100)]


def test_a_stop_on_the_day_after_the_agreement_counts_on_its_last_day() -> None:
    line = metered_line()
    (agreement,) = agreements.agreements_of_line(line.line_id)
    start = datetime(2026, 2, 20, 20, tzinfo=UTC)
    midnight = datetime(2026, 2, 20, 23, tzinfo=UTC)  # in Rome
    _session(line.identifiers[0], "s1", start=start, seen=midnight + timedelta(minutes=10), octets=500)
    radius.collect(ACCESS, at=LATER)
    ordering.end_agreement(
        agreement_id=agreement.agreement_id, end_date=date(2026, 2, 21), at=midnight, reason="customer"
    )
    _session(line.identifiers[0], "s1", start=start, seen=midnight + timedelta(minutes=31), octets=600, stopped=True)
    radius.collect(ACCESS, at=LATER)
    assert _events(line) == [(start, 500), (midnight - timedelta(microseconds=1), 100)]


def test_a_session_belongs_to_who_held_the_name_when_it_began(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    network.cease(line_id=line.line_id, at=_hour(10))
    technicians_confirm(at=_hour(10))
    _session(name, "s1", start=_hour(11), seen=_hour(12), octets=5, stopped=True)
    radius.collect(ACCESS, at=LATER)
    assert [one.reason for one in queries.quarantined()] == ["unknown_subscriber"]
    assert queries.quarantined()[0].record["guided_at"] == "2026-02-02T11:00:00+00:00"


def test_a_counter_that_wraps_counts_anew_and_the_other_goes_on(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(9), octets=4_000_000_000, out=90_000_000_000)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(10), octets=5_000, out=90_000_000_700)
    radius.collect(ACCESS, at=LATER)
    assert _quantities(line) == [94_000_000_000, 5_700]


def test_a_late_update_that_overwrote_a_newer_one_counts_nothing(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(10), octets=900)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(9), octets=400)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(11), octets=400, seconds=3600)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(12), octets=1_000, stopped=True)
    radius.collect(ACCESS, at=LATER)
    assert _quantities(line) == [900, 100]


def test_an_identity_that_a_device_used_again_is_another_session(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(10), octets=900, stopped=True)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", start=_hour(12), seen=_hour(13), octets=1_000)
    radius.collect(ACCESS, at=LATER)
    assert _events(line) == [(START, 900), (_hour(12), 1_000)]


def test_a_counter_of_nonsense_is_held_and_spoils_nothing_that_follows(line: provisioning.LineView) -> None:
    name = line.identifiers[0]
    _session(name, "s1", seen=_hour(9), octets=100)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(10), octets=2**62)
    radius.collect(ACCESS, at=LATER)
    _session(name, "s1", seen=_hour(11), octets=150)
    radius.collect(ACCESS, at=LATER)
    assert _quantities(line) == [100, 50]
    assert [one.reason for one in queries.quarantined()] == ["bad_quantity"]


def test_a_session_of_nobody_is_held(line: provisioning.LineView) -> None:
    _session("stranger@example.it", "s1", seen=_hour(9), octets=100)
    radius.collect(ACCESS, at=LATER)
    assert [one.reason for one in queries.quarantined()] == ["unknown_subscriber"]
    assert _quantities(line) == []


def test_a_table_that_is_not_ours_is_told_with_the_way_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE radius.radacct DROP COLUMN changed_by")
    with pytest.raises(radius.AccountingUnknown, match="radius-setup"):
        radius.collect(ACCESS, at=LATER)

"""The collector beside a real FreeRADIUS, whose database is not ours."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.factories.provisioning import active_line
from tests.lab.freeradius import LAB, FreeradiusLab
from tests.lab.nas import utc
from utenza.provisioning import queries as provisioning
from utenza.provisioning.queries import ElementAccess
from utenza.usage import operations, queries
from utenza.usage.collectors import radius
from utenza.usage.models import Source

pytestmark = [*LAB, pytest.mark.django_db, pytest.mark.usefixtures("home")]

AT = utc("2026-02-01T09:00")
LATER = utc("2026-02-20T09:00")


def _access(lab: FreeradiusLab) -> ElementAccess:
    return ElementAccess(code="radius-1", kind="freeradius", settings={}, dsn=lab.dsn)


def _events(line: provisioning.LineView) -> list[tuple[str, int]]:
    while operations.write_raw(at=LATER):
        pass
    events = queries.raw_usage(month="2026-02", bucket=line.bucket).events
    return [(f"{at:%d %H:%M}", quantity) for at, quantity in events.select("started_at", "quantity").rows()]


class TestTheCollector:
    def test_it_counts_whole_sessions_with_gigawords_as_they_grow(self, radius_lab: FreeradiusLab) -> None:
        line = provisioning.line(active_line(at=AT).line_id)
        (name,) = line.identifiers
        nas = radius_lab.nas()
        session = nas.start_session(name, at=AT)
        assert radius.collect(_access(radius_lab), at=LATER) == 0
        nas.interim(session, at=AT + timedelta(minutes=5), octets_in=10, octets_out=2**32 + 7)
        assert radius.collect(_access(radius_lab), at=LATER) == 1
        nas.interim(session, at=AT + timedelta(minutes=10), octets_in=10, octets_out=3 * 2**32)
        nas.repeat(session, "Start", at=AT)
        nas.stop(session, at=AT + timedelta(minutes=15), octets_in=20, octets_out=3 * 2**32)
        nas.repeat(session, "Stop", at=AT + timedelta(minutes=15))
        assert radius.collect(_access(radius_lab), at=LATER) == 1
        assert radius.collect(_access(radius_lab), at=LATER) == 0
        assert _events(line) == [("01 09:00", 2**32 + 17), ("01 09:05", 2 * 2**32 + 3)]

    def test_a_packet_that_comes_weeks_late_is_counted(self, radius_lab: FreeradiusLab) -> None:
        line = provisioning.line(active_line(at=AT).line_id)
        (name,) = line.identifiers
        nas = radius_lab.nas()
        nas.use(name, start=LATER - timedelta(hours=2), minutes=60, octets_in=1, octets_out=2)
        radius.collect(_access(radius_lab), at=LATER)
        nas.use(name, start=AT + timedelta(hours=1), minutes=60, octets_in=3, octets_out=4, interims=0)
        assert radius.collect(_access(radius_lab), at=LATER) == 1
        assert _events(line) == [("01 10:00", 7), ("20 07:00", 3)]

    def test_a_session_written_by_a_transaction_that_ends_late_is_not_missed(self, radius_lab: FreeradiusLab) -> None:
        line = provisioning.line(active_line(at=AT).line_id)
        (name,) = line.identifiers
        nas = radius_lab.nas()
        with psycopg.connect(radius_lab.daemon_dsn) as slow:
            slow.execute(
                "INSERT INTO radacct (acctsessionid, acctuniqueid, username, nasipaddress, acctstarttime, "
                "acctinputoctets) VALUES ('slow', 'slow', %s, '10.0.0.1', %s, 5)",
                [name, AT],
            )
            nas.use(name, start=AT, minutes=10, octets_in=3, octets_out=4, interims=0)
            assert radius.collect(_access(radius_lab), at=LATER) == 1
        assert radius.collect(_access(radius_lab), at=LATER) == 1
        assert sorted(_events(line)) == [("01 09:00", 5), ("01 09:00", 7)]

    def test_tables_restored_into_another_cluster_are_read_again_and_count_once(
        self, radius_lab: FreeradiusLab
    ) -> None:
        line = provisioning.line(active_line(at=AT).line_id)
        (name,) = line.identifiers
        nas = radius_lab.nas()
        nas.use(name, start=AT, minutes=10, octets_in=3, octets_out=4, interims=0)
        radius.collect(_access(radius_lab), at=LATER)
        with psycopg.connect(**radius_lab._admin("radius_lab")) as restored:
            restored.execute("ALTER TABLE radius.radacct DISABLE TRIGGER radacct_note_change")
            restored.execute("UPDATE radius.radacct SET changed_by = '9000000000'")
            restored.execute("ALTER TABLE radius.radacct ENABLE TRIGGER radacct_note_change")
        nas.use(name, start=AT + timedelta(hours=1), minutes=10, octets_in=5, octets_out=0, interims=0)
        assert radius.collect(_access(radius_lab), at=LATER) == 1
        Source.objects.update(position="another cluster/1/8000000000")
        assert radius.collect(_access(radius_lab), at=LATER) == 0
        assert _events(line) == [("01 09:00", 7), ("01 10:00", 5)]

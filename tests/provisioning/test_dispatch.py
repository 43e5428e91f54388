"""The queue to the network: in order, at least once, held back only by what is down, and safe to kill."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import CommittedDatabase
from tests.factories.provisioning import active_line, planned_line, technicians_confirm
from tests.lab.freeradius import FreeradiusLab
from utenza.infra.models.outbox import OutboxEvent
from utenza.infra.transactions import transaction
from utenza.provisioning import operations, queries, rules
from utenza.provisioning.dispatch import carry_out_due
from utenza.provisioning.operations import LineRef, ServiceSpec

AT = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
FAST = {"coa_timeout_s": 0.2, "coa_tries": 1, "connect_timeout_s": 2}
UNREACHABLE = "postgresql://nobody@127.0.0.1:1/nowhere"
FIBRE = ServiceSpec(kind="internet", profile="fibre-100-20", connector="radius")


def minutes(count: float) -> datetime:
    return AT + timedelta(minutes=count)


def asked_to_activate(spec: ServiceSpec = FIBRE) -> LineRef:
    ref = planned_line(at=AT, services=[spec])
    operations.activate(line_id=ref.line_id, at=AT)
    return ref


def drain(at: datetime) -> int:
    total = 0
    while done := carry_out_due(at=at):
        total += done
    return total


@pytest.mark.django_db
class TestAnElementThatIsDown:
    def test_delays_its_own_commands_and_nobody_elses(self) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=UNREACHABLE)
        waiting = [asked_to_activate() for _ in range(3)]
        served = asked_to_activate(ServiceSpec(kind="internet", profile="fibre-100-20"))
        assert drain(AT) == 2  # one try of the element that is down, one of the technicians
        assert [order.line_id for order in queries.open_work_orders()] == [served.line_id]
        statuses = [queries.commands_of(ref.line_id)[0].status for ref in waiting]
        assert sorted(statuses) == ["failed", "queued", "queued"]

    def test_is_asked_again_with_growing_pauses_and_parks_nothing(self) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=UNREACHABLE)
        asked_to_activate()
        asked = sum(drain(AT + timedelta(seconds=second)) for second in range(0, 1200, 5))
        assert 6 <= asked <= 12
        radius = queries.elements()[-1]
        assert (radius.code, radius.waiting, radius.parked, radius.failures) == ("radius", 1, 0, asked)
        assert radius.last_error
        assert queries.parked_commands() == []

    def test_whose_switch_is_off_is_not_asked_at_all(self) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=UNREACHABLE)
        asked_to_activate()
        operations.change_element(code="radius", enabled=False, at=AT)
        assert drain(AT) == 0
        with pytest.raises(operations.ElementDisabled):
            planned_line(at=AT, services=[FIBRE])


@pytest.mark.django_db
class TestRouting:
    def test_new_services_go_where_the_operator_routes_them(self) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, dsn=UNREACHABLE)
        assert queries.line(planned_line(at=AT).line_id).services[0].element == "manual"
        operations.route_services(kind="internet", element="radius", at=AT)
        assert queries.line(planned_line(at=AT).line_id).services[0].element == "radius"

    def test_an_element_of_an_unknown_kind_is_refused(self) -> None:
        with pytest.raises(operations.UnknownConnector):
            operations.register_element(code="hlr", kind="telepathy", at=AT)


@pytest.mark.django_db
class TestSettings:
    def test_one_setting_is_changed_and_goes_back_to_its_default(self) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=UNREACHABLE)
        operations.configure_element(code="radius", name="coa_tries", value="5")
        assert queries.elements()[-1].settings == {**FAST, "coa_tries": "5"}
        operations.configure_element(code="radius", name="coa_tries", value="")
        assert "coa_tries" not in queries.elements()[-1].settings

    @pytest.mark.parametrize(("name", "value"), [("coa_trys", "5"), ("coa_tries", "many")])
    def test_a_setting_that_the_connector_cannot_take_is_refused(self, name: str, value: str) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, dsn=UNREACHABLE)
        with pytest.raises(operations.MalformedSetting):
            operations.configure_element(code="radius", name=name, value=value)

    def test_an_element_registered_again_keeps_its_settings(self) -> None:
        for settings in (FAST, None):
            operations.register_element(code="radius", kind="freeradius", at=AT, settings=settings, dsn=UNREACHABLE)
        assert queries.elements()[-1].settings == FAST


@pytest.mark.django_db
@pytest.mark.lab("freeradius")
@pytest.mark.xdist_group("freeradius")
class TestWithARealElement:
    def test_what_waited_while_the_database_was_away_is_carried_out_when_it_is_back(
        self, radius_lab: FreeradiusLab
    ) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=radius_lab.dsn)
        refs = [asked_to_activate() for _ in range(5)]
        with radius_lab.database_away():
            assert drain(AT) == 1
        assert drain(AT) == 0
        assert drain(minutes(1)) == 5
        assert {queries.line(ref.line_id).status for ref in refs} == {"active"}
        assert queries.elements()[-1].failures == 0

    def test_a_silent_device_is_tried_again_and_at_last_left_to_a_person(self, radius_lab: FreeradiusLab) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=radius_lab.dsn)
        ref = asked_to_activate()
        drain(AT)
        nas = radius_lab.nas()
        nas.start_session(ref.services[0].identifier, at=AT)
        nas.silent = True
        operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
        for n in range(rules.ATTEMPTS_BEFORE_PARKING):
            assert drain(AT + timedelta(hours=n)) == 1
        (parked,) = queries.parked_commands()
        assert nas.address in parked.last_error
        assert queries.line(ref.line_id).status == "active"  # a session still lives
        nas.silent = False
        operations.retry_command(command_id=parked.command_id, at=minutes(999))
        assert drain(minutes(999)) == 1
        assert queries.line(ref.line_id).status == "suspended"

    def test_a_later_word_is_not_held_up_by_a_command_that_fails(self, radius_lab: FreeradiusLab) -> None:
        operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=radius_lab.dsn)
        ref = asked_to_activate()
        drain(AT)
        nas = radius_lab.nas()
        nas.start_session(ref.services[0].identifier, at=AT)
        nas.silent = True
        operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
        drain(AT)
        operations.resume(line_id=ref.line_id, reason="debt", at=minutes(1))
        nas.silent = False
        drain(minutes(1))
        kinds = [(command.kind, command.status) for command in queries.commands_of(ref.line_id)]
        assert kinds == [("modify", "confirmed"), ("suspend", "superseded"), ("activate", "confirmed")]
        assert nas.login(ref.services[0].identifier, queries.credentials(ref.services[0].service_id).secret)


class TestManyWorkers:
    def test_a_service_whose_command_another_process_has_in_flight_is_left_alone(
        self, committed_db: CommittedDatabase
    ) -> None:
        import psycopg

        with transaction():
            ref = planned_line(at=AT)
            operations.activate(line_id=ref.line_id, at=AT)
        with psycopg.connect(committed_db.url) as other:
            other.execute("SELECT pg_advisory_lock(%s, %s)", [0x5E47, ref.services[0].service_id])
            assert carry_out_due(at=AT) == 0
        assert carry_out_due(at=AT) == 1

    def test_no_lock_is_left_behind(self, committed_db: CommittedDatabase) -> None:
        with transaction():
            ref = planned_line(at=AT)
            operations.activate(line_id=ref.line_id, at=AT)
        assert carry_out_due(at=AT) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [0x5E47])
            assert cursor.fetchone()[0] == 0


KILLED = """
    import os, sys
    from datetime import datetime, UTC
    import django
    django.setup()
    from utenza.provisioning.dispatch import carry_out_due
    while carry_out_due(at=datetime(2026, 1, 10, 9, 0, tzinfo=UTC)):
        pass
"""


def run_worker(*, crash_at: str = "") -> int:
    """Run the queue in a process of its own, killed at `crash_at` if given, and return its exit status."""
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}:{os.environ.get('PYTHONPATH', '')}"}
    environment.setdefault("DJANGO_SETTINGS_MODULE", "utenza.settings")
    if crash_at:
        environment |= {"UTENZA_CRASH_TEST": "1", "UTENZA_CRASH_AT": crash_at}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED)], env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


@pytest.mark.lab("freeradius")
@pytest.mark.xdist_group("freeradius")
class TestKilledAtAnyPoint:
    @pytest.mark.parametrize(
        "point",
        ["before-commit:1", "after-commit:1", "network-changed:1", "before-commit:2", "after-commit:2"],
    )
    def test_the_next_worker_finishes_once_what_a_killed_one_began(
        self, committed_db: CommittedDatabase, radius_lab: FreeradiusLab, point: str
    ) -> None:
        with transaction():
            operations.register_element(code="radius", kind="freeradius", at=AT, settings=FAST, dsn=radius_lab.dsn)
            ref = asked_to_activate()
        assert run_worker(crash_at=point) == -9
        drain(AT)
        line = queries.line(ref.line_id)
        assert (line.status, line.settled) == ("active", True)
        assert [command.status for command in queries.commands_of(ref.line_id)] == ["confirmed"]
        assert OutboxEvent.objects.filter(name="provisioning.service_activated").count() == 1
        secret = queries.credentials(ref.services[0].service_id).secret
        assert radius_lab.nas().login(ref.services[0].identifier, secret)


@pytest.mark.django_db
class TestWhatIsKept:
    def test_no_password_is_kept_in_a_command(self) -> None:
        ref = active_line(at=AT)
        secret = queries.credentials(ref.services[0].service_id).secret
        with connection.cursor() as cursor:
            cursor.execute("SELECT payload::text FROM provisioning_command")
            payloads = " ".join(row[0] for row in cursor.fetchall())
            cursor.execute("SELECT secret FROM provisioning_service")
            stored = " ".join(row[0] for row in cursor.fetchall())
        assert secret not in payloads
        assert secret not in stored
        assert technicians_confirm(at=AT) == 0

"""A line's life against a real FreeRADIUS, from the first refusal to the last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories.provisioning import planned_line
from tests.lab.freeradius import LAB, FreeradiusLab
from tests.lab.nas import utc
from utenza.infra.models.outbox import OutboxEvent
from utenza.provisioning import operations, queries
from utenza.provisioning.dispatch import carry_out_due
from utenza.provisioning.operations import ServiceSpec

pytestmark = [*LAB, pytest.mark.django_db]

DAY = utc("2026-01-10T09:00")


def news() -> list[str]:
    rows = OutboxEvent.objects.filter(name__startswith="provisioning.").order_by("id")
    return [name.removeprefix("provisioning.") for name in rows.values_list("name", flat=True)]


class TestTheLifeOfALine:
    def test_from_the_first_login_to_the_last(self, radius_lab: FreeradiusLab) -> None:
        operations.register_element(code="radius", kind="freeradius", at=DAY, dsn=radius_lab.dsn)
        operations.route_services(kind="internet", element="radius", at=DAY)
        nas = radius_lab.nas()
        ref = planned_line(at=DAY, services=[ServiceSpec(kind="internet", profile="fibre-100-20")])
        line_id, service = ref.line_id, ref.services[0]
        user, secret = service.identifier, queries.credentials(service.service_id).secret

        assert not nas.login(user, secret), "planned, and in already"

        operations.activate(line_id=line_id, at=DAY)
        assert not nas.login(user, secret), "nothing is sent before the commit"
        carry_out_due(at=DAY)
        login = nas.login(user, secret)
        assert login.accepted
        assert login.attributes["Mikrotik-Rate-Limit"] == "20M/100M"
        session = nas.start_session(user, at=DAY)

        operations.modify_profile(line_id=line_id, profile="fibre-1000-300", at=DAY + timedelta(days=1))
        carry_out_due(at=DAY + timedelta(days=1))
        assert session.attributes["Mikrotik-Rate-Limit"] == "300M/1000M"
        assert nas.login(user, secret).attributes["Mikrotik-Rate-Limit"] == "300M/1000M"

        nas.time = DAY + timedelta(days=40)
        operations.suspend(line_id=line_id, reason="debt", at=nas.time)
        operations.suspend(line_id=line_id, reason="lost", at=nas.time)
        carry_out_due(at=nas.time)
        assert nas.login(user, secret).message == "Line suspended"
        nas.wait_until_ended(session)
        assert radius_lab.accounting(user)[0]["acctstoptime"] == nas.time
        assert queries.line(line_id).bar_reasons == {"debt", "lost"}

        operations.resume(line_id=line_id, reason="debt", at=DAY + timedelta(days=41))
        carry_out_due(at=DAY + timedelta(days=41))
        assert not nas.login(user, secret), "paying lifts the debt's reason alone"

        operations.resume(line_id=line_id, reason="lost", at=DAY + timedelta(days=42))
        carry_out_due(at=DAY + timedelta(days=42))
        assert nas.login(user, secret)
        session = nas.start_session(user, at=DAY + timedelta(days=42))

        operations.cease(line_id=line_id, at=DAY + timedelta(days=60))
        carry_out_due(at=DAY + timedelta(days=60))
        nas.wait_until_ended(session)
        assert not nas.login(user, secret)
        assert queries.network_state(service.service_id) is None
        assert queries.line(line_id).status == "ceased"
        assert news() == ["service_activated", "service_suspended", "service_resumed", "service_ceased"]

    def test_the_network_can_be_asked_what_it_holds(self, radius_lab: FreeradiusLab) -> None:
        operations.register_element(code="radius", kind="freeradius", at=DAY, dsn=radius_lab.dsn)
        ref = planned_line(at=DAY, services=[ServiceSpec(kind="internet", profile="fibre-30-3", connector="radius")])
        operations.activate(line_id=ref.line_id, at=DAY)
        carry_out_due(at=DAY)
        radius_lab.nas().start_session(ref.services[0].identifier, at=DAY)
        state = queries.network_state(ref.services[0].service_id)
        assert state is not None
        assert (state.state, state.profile, state.live_sessions) == ("active", "fibre-30-3", 1)
        assert queries.element_health("radius").healthy

    def test_the_daemon_killed_and_started_again_serves_the_same_logins(self, radius_lab: FreeradiusLab) -> None:
        operations.register_element(code="radius", kind="freeradius", at=DAY, dsn=radius_lab.dsn)
        ref = planned_line(at=DAY, services=[ServiceSpec(kind="internet", profile="fibre-30-3", connector="radius")])
        operations.activate(line_id=ref.line_id, at=DAY)
        radius_lab.kill()
        assert carry_out_due(at=DAY) == 1, "the tables are written without the daemon"
        radius_lab.start()
        secret = queries.credentials(ref.services[0].service_id).secret
        assert radius_lab.nas().login(ref.services[0].identifier, secret)

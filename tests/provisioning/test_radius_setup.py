"""FreeRADIUS is set up in our own database, or in another, and may be set up again."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import CommittedDatabase
from tests.factories.provisioning import planned_line
from tests.harness import server as harness
from tests.lab.freeradius import DATABASE, FreeradiusLab
from utenza.infra.postgres import connection as stored_connection
from utenza.infra.transactions import transaction
from utenza.provisioning import operations, queries
from utenza.provisioning.dispatch import carry_out_due
from utenza.provisioning.operations import ServiceSpec

# Roles belong to the whole server, so one process of the run makes them.
pytestmark = pytest.mark.xdist_group("freeradius")

AT = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def superuser(committed_db: CommittedDatabase, database_server: harness.Server) -> str:
    stored = stored_connection.read(database_server.cluster.home)
    assert stored is not None
    return make_conninfo("", **stored.as_superuser(committed_db.name))


class TestInOurOwnDatabase:
    def test_logins_are_written_and_the_daemons_role_reads_them_and_nothing_else_of_ours(self, superuser: str) -> None:
        with transaction():
            access = operations.set_up_radius(at=AT, admin_dsn=superuser, new_password=True)
        with transaction():
            ref = planned_line(
                at=AT, services=[ServiceSpec(kind="internet", profile="fibre-100-20", connector="radius")]
            )
            operations.activate(line_id=ref.line_id, at=AT)
        assert carry_out_due(at=AT) == 1
        assert queries.line(ref.line_id).status == "active"
        daemon = make_conninfo(superuser, user=access.role, password=access.password or "")
        with psycopg.connect(daemon) as connection:
            assert connection.execute("SELECT username FROM radcheck").fetchall() == [(ref.services[0].identifier,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM public.parties_party")

    def test_a_second_setup_keeps_the_password_and_the_logins(self, superuser: str) -> None:
        with transaction():
            first = operations.set_up_radius(at=AT, admin_dsn=superuser, new_password=True)
        with transaction():
            second = operations.set_up_radius(at=AT, admin_dsn=superuser)
        assert second.password is None
        with psycopg.connect(make_conninfo(superuser, user=first.role, password=first.password or "")) as connection:
            assert connection.execute("SELECT count(*) FROM radcheck").fetchone() == (0,)

    def test_devices_are_registered_and_listed_without_their_secrets(self, superuser: str) -> None:
        with transaction():
            operations.set_up_radius(at=AT, admin_dsn=superuser)
            operations.register_device(element="radius", address="192.0.2.1", secret="hush", name="bras1")
        (device,) = queries.devices("radius")
        assert (device.address, device.name, device.coa_port) == ("192.0.2.1", "bras1", 3799)
        assert "hush" not in repr(device)

    def test_a_role_that_may_not_make_roles_is_told_what_to_do(self, committed_db: CommittedDatabase) -> None:
        with pytest.raises(operations.RadiusSetupFailed, match="--print-sql"), transaction():
            operations.set_up_radius(at=AT)


@pytest.mark.lab("freeradius")
@pytest.mark.xdist_group("freeradius")
class TestInAnotherDatabase:
    def test_the_element_gets_a_role_of_its_own_and_the_password_stays_encrypted(
        self, committed_db: CommittedDatabase, radius_lab: FreeradiusLab
    ) -> None:
        admin = make_conninfo("", **radius_lab._admin(DATABASE))
        with transaction():
            operations.set_up_radius(at=AT, admin_dsn=admin, elsewhere=True)
        assert queries.element_health("radius").healthy
        (element,) = queries.element_access(kind="freeradius")
        assert "utenza_radius_writer" in element.dsn
        assert element.dsn not in repr(element)


class TestTheSqlForAnAdministrator:
    def test_it_names_every_table(self) -> None:
        text = queries.radius_schema_sql()
        assert all(table in text for table in ("radcheck", "radacct", "radusergroup", "nas "))

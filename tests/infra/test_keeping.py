"""Files, encryption, history, permissions, users, logs and faults."""

from __future__ import annotations

import errno
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.db.utils import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from utenza.core.errors import Refusal
from utenza.infra import audit, encryption, faults, files, logs, operator, users
from utenza.infra.models.user import User
from utenza.infra.permissions import NotPermitted, Permission, Role, demand, may, permissions_of
from utenza.infra.transactions import transaction

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
class TestFiles:
    def test_come_back_as_they_were_stored(self, home: Path) -> None:
        stored = files.store(key="bills/2026/F-1.pdf", content=b"abc", mime="application/pdf")
        assert (stored.size_octets, files.read(stored.key)) == (3, b"abc")
        assert files.exists(stored.key)
        assert files.store(key="bills/2026/F-1.pdf", content=b"abc", mime="application/pdf") == stored
        assert list((home / "files" / "bills" / "2026").iterdir()) == [home / "files" / "bills" / "2026" / "F-1.pdf"]

    def test_never_change(self, home: Path) -> None:
        files.store(key="a", content=b"abc", mime="text/plain")
        with pytest.raises(files.FileTaken):
            files.store(key="a", content=b"abd", mime="text/plain")

    def test_that_were_damaged_or_lost_are_not_given_out(self, home: Path) -> None:
        files.store(key="a", content=b"abc", mime="text/plain")
        files.path_of("a").write_bytes(b"abX")
        with pytest.raises(files.FileDamaged):
            files.read("a")
        files.path_of("a").unlink()
        with pytest.raises(files.FileMissing):
            files.read("a")

    @pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../b", ".hidden", "a//b", "", "a\0"])
    def test_stay_in_their_folder(self, home: Path, key: str) -> None:
        with pytest.raises(ValueError):
            files.store(key=key, content=b"", mime="text/plain")

    def test_can_be_erased(self, home: Path) -> None:
        files.store(key="a", content=b"abc", mime="text/plain")
        files.erase(key="a")
        assert not files.exists("a")
        assert not files.path_of("a").exists()


class TestEncryption:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
    @given(text=st.text())
    def test_gives_back_what_it_was_given_and_never_twice_the_same(self, home: Path, text: str) -> None:
        stored = encryption.encrypt(text, context="t.c")
        assert encryption.decrypt(stored, context="t.c") == text
        assert encryption.encrypt(text, context="t.c") != stored
        assert stored.startswith("v1:")

    def test_is_bound_to_the_column(self, home: Path) -> None:
        stored = encryption.encrypt("IT60X0542811101000000123456", context="parties_account.iban")
        with pytest.raises(encryption.ValueTampered):
            encryption.decrypt(stored, context="parties_account.name")
        with pytest.raises(encryption.ValueTampered):
            encryption.decrypt(stored[:-4] + "AAA=", context="parties_account.iban")

    def test_keys_are_readable_by_their_owner_alone(self, home: Path) -> None:
        encryption.key_ring()
        assert stat.S_IMODE((home / "keys.json").stat().st_mode) == 0o600

    def test_a_new_key_writes_and_the_old_one_still_reads(self, home: Path) -> None:
        old = encryption.encrypt("x", context="t.c")
        index = encryption.blind_index("X ")
        assert encryption.add_key() == 2
        new = encryption.encrypt("x", context="t.c")
        assert (encryption.version_of(old), encryption.version_of(new)) == (1, 2)
        assert encryption.decrypt(old, context="t.c") == encryption.decrypt(new, context="t.c") == "x"
        assert encryption.blind_index("x") == index

    def test_says_which_key_is_missing(self, home: Path) -> None:
        stored = encryption.encrypt("x", context="t.c").replace("v1:", "v7:")
        with pytest.raises(encryption.KeysMissing, match="lacks key 7"):
            encryption.decrypt(stored, context="t.c")


class Secretive(models.Model):
    """A table of these tests alone."""

    word = encryption.EncryptedTextField(null=True)

    class Meta:
        app_label = "tests"  # no app of the house, whose models must all have migrations
        db_table = "test_secretive"
        managed = False


@pytest.fixture
def secretive(committed_db: object, home: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_secretive (id bigserial PRIMARY KEY, word text)")


class TestEncryptedField:
    def raw(self) -> list[str | None]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT word FROM test_secretive ORDER BY id")
            return [row[0] for row in cursor.fetchall()]

    def test_hides_the_value_from_the_database(self, secretive: None) -> None:
        Secretive.objects.create(word="segreto")
        Secretive.objects.create(word=None)
        [stored, nothing] = self.raw()
        assert stored is not None
        assert stored.startswith("v1:")
        assert nothing is None
        assert [row.word for row in Secretive.objects.order_by("id")] == ["segreto", None]

    def test_is_written_anew_when_the_key_changes(self, secretive: None) -> None:
        for n in range(5):
            Secretive.objects.create(word=f"word {n}")
        encryption.add_key()
        Secretive.objects.create(word="word 5")
        assert encryption._rotate_model(Secretive, ["word"], 2) == 5
        assert {encryption.version_of(str(value)) for value in self.raw()} == {2}
        assert encryption._rotate_model(Secretive, ["word"], 2) == 0
        assert [row.word for row in Secretive.objects.order_by("id")] == [f"word {n}" for n in range(6)]


class TestHistory:
    def test_knows_who_changed_what_and_why_whatever_code_ran(self, committed_db: object) -> None:
        with audit.acting(None, "setup"), transaction():
            number = users.create_user(username="anna", password="correct horse 7", roles=["csr"])
        with audit.acting(7, "carla", "new duties"), transaction():
            users.change_roles(user_id=number, roles=["csr", "sales"])
        with audit.acting(8, "dino", "clean-up"), transaction():
            User.objects.filter(pk=number).update(language="it")
        with audit.acting(9, "elsa", "by hand"), transaction(), connection.cursor() as cursor:
            cursor.execute("UPDATE infra_user SET email = 'a@b.it' WHERE id = %s", [number])
        changes = audit.history("infra.User", number)
        assert [(c.username, c.reason) for c in changes] == [
            ("setup", ""), ("carla", "new duties"), ("dino", "clean-up"), ("elsa", "by hand"),
        ]  # fmt: skip
        assert [c.user_id for c in changes] == [None, 7, 8, 9]
        assert changes[1].values["roles"] == ["csr", "sales"]
        assert changes[3].values["email"] == "a@b.it"
        assert "password" not in changes[0].values

    def test_of_a_model_that_keeps_none_is_refused(self, db: object) -> None:
        with pytest.raises(LookupError):
            audit.history("infra.Message", 1)

    def test_sql_on_its_own_connection_states_who_acts(self, committed_db: object) -> None:
        with transaction():
            operator.change_setting(key="x", value=1, at=AT)
        own = psycopg.connect(committed_db.url, autocommit=True)  # type: ignore[attr-defined] # the harness's description
        with own, own.transaction(), audit.acting(5, "fabio", "bulk"):
            audit.stamp(own)
            own.execute("UPDATE infra_setting SET value = '2'")
        assert [(c.user_id, c.reason) for c in audit.history("infra.Setting", "x")] == [(None, ""), (5, "bulk")]


class TestPermissions:
    def test_every_role_may_see_customers(self) -> None:
        assert all(Permission.CUSTOMER_VIEW in permissions_of([role]) for role in Role.values)

    def test_the_auditor_changes_nothing(self) -> None:
        assert all(name.endswith(".view") for name in permissions_of([Role.AUDITOR]))
        assert Permission.AUDIT_VIEW in permissions_of([Role.AUDITOR])

    def test_who_runs_the_system_neither_overrides_credit_nor_approves_bills(self) -> None:
        assert not permissions_of([Role.ADMINISTRATOR]) & {Permission.APPLICATION_OVERRIDE, Permission.BILLRUN_APPROVE}

    def test_every_permission_is_somebodys(self) -> None:
        assert permissions_of(Role.values) == set(Permission)

    def test_roles_add_up(self) -> None:
        both = permissions_of(["csr", "network"])
        assert both == permissions_of(["csr"]) | permissions_of(["network"])

    def test_who_is_not_active_or_not_logged_in_may_nothing(self) -> None:
        active = SimpleNamespace(is_active=True, roles=["csr"])
        assert may(active, "order.place")
        assert not may(SimpleNamespace(is_active=False, roles=["csr"]), "order.place")
        assert not may(AnonymousUser(), "order.place")
        assert not may(active, Permission.LEDGER_VIEW)
        demand(active, Permission.ORDER_PLACE)
        with pytest.raises(NotPermitted):
            demand(active, Permission.LEDGER_VIEW)


@pytest.mark.django_db
class TestUsers:
    def test_are_created_with_their_roles(self) -> None:
        number = users.create_user(username="anna", password="correct horse 7", roles=["sales", "csr"], language="it")
        assert users.user(number) == users.user_named("anna")
        assert users.user(number).roles == ("csr", "sales")
        assert User.objects.get(pk=number).check_password("correct horse 7")

    def test_need_a_free_name_a_good_password_and_known_roles(self) -> None:
        users.create_user(username="anna", password="correct horse 7", roles=["csr"])
        with pytest.raises(users.UsernameTaken):
            users.create_user(username="anna", password="correct horse 7", roles=["csr"])
        with pytest.raises(users.PasswordWeak):
            users.create_user(username="bea", password="short", roles=["csr"])
        with pytest.raises(users.UnknownRole):
            users.create_user(username="bea", password="correct horse 7", roles=["king"])
        with pytest.raises(users.UnknownUser):
            users.user_named("bea")

    def test_always_have_an_administrator_among_them(self) -> None:
        first = users.create_user(username="anna", password="correct horse 7", roles=["administrator"])
        with pytest.raises(users.LastAdministrator):
            users.change_roles(user_id=first, roles=["csr"])
        with pytest.raises(users.LastAdministrator):
            users.deactivate_user(user_id=first)
        users.create_user(username="bea", password="correct horse 7", roles=["administrator"])
        users.deactivate_user(user_id=first)
        assert not users.user(first).is_active


class TestLogs:
    def test_hide_secrets_and_personal_data_at_any_depth(self, capsys: pytest.CaptureFixture[str]) -> None:
        logs.configure(json=True)
        logs.get_logger("test").warning(
            "seen", iban="IT60", line_id=7, form={"email": "a@b.it", "step": 2}, rows=[{"token": "t"}]
        )
        line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
        assert line["event"] == "seen"
        assert (line["line_id"], line["form"]["step"]) == (7, 2)
        assert "IT60" not in str(line)
        assert "a@b.it" not in str(line)
        assert line["rows"] == [{"token": "•••"}]


class TestFaults:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (OSError(errno.ENOSPC, "no space"), "disk_full"),
            (psycopg.errors.DiskFull(), "disk_full"),
            (psycopg.OperationalError("connection refused"), "database_away"),
            (psycopg.errors.AdminShutdown(), "database_away"),
            (psycopg.errors.DeadlockDetected(), "try_again"),
            (OperationalError("gone"), "database_away"),
        ],
    )
    def test_of_the_ground_are_told_as_refusals_that_may_succeed_later(self, error: Exception, code: str) -> None:
        with pytest.raises(Refusal) as refusal, faults.told_as_refusals():
            raise error
        assert (refusal.value.code, refusal.value.retryable) == (code, True)

    @pytest.mark.parametrize("error", [ValueError("x"), psycopg.errors.UniqueViolation(), OSError(errno.ENOENT, "x")])
    def test_of_the_code_stay_what_they_are(self, error: Exception) -> None:
        with pytest.raises(type(error)), faults.told_as_refusals():
            raise error

    @pytest.mark.django_db
    def test_are_recognised_behind_djangos_own(self) -> None:
        with pytest.raises(faults.DatabaseAway), faults.told_as_refusals(), connection.cursor() as cursor:
            try:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            finally:
                connection.close()

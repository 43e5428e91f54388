"""What the environment says, and what stands in for what it does not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from utenza.infra import configuration
from utenza.infra.configuration import ConfigurationWrong, load
from utenza.infra.postgres import connection
from utenza.infra.postgres.connection import StoredConnection

STORED = StoredConnection(port=5555, password="p w", superuser_password="s")


class TestTheDatabase:
    def test_is_the_given_server_with_its_escaped_password_and_its_options(self, tmp_path: Path) -> None:
        url = "postgresql://anna:p%40ss%2Fword@db.example:6432/crm?sslmode=require"
        found = load({"UTENZA_HOME": str(tmp_path), "UTENZA_DATABASE_URL": url}).database()
        assert {key: found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
            "NAME": "crm",
            "USER": "anna",
            "PASSWORD": "p@ss/word",
            "HOST": "db.example",
            "PORT": "6432",
            "OPTIONS": {"sslmode": "require"},
        }

    def test_is_our_own_where_one_was_made(self, tmp_path: Path) -> None:
        connection.write(tmp_path, STORED)
        found = load({"UTENZA_HOME": str(tmp_path)}).database()
        assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("127.0.0.1", "5555", "p w")

    def test_is_nowhere_before_there_is_one_so_that_commands_without_it_start(self, tmp_path: Path) -> None:
        found = load({"UTENZA_HOME": str(tmp_path)})
        assert found.own_database
        assert found.database()["PORT"] == "1"

    def test_keeps_its_connections_and_tests_them_before_use(self, tmp_path: Path) -> None:
        found = load({"UTENZA_HOME": str(tmp_path)}).database()
        assert found["CONN_MAX_AGE"] is None
        assert found["CONN_HEALTH_CHECKS"] is True

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("mysql://host/name", "must begin with postgresql://"),
            ("postgresql://host", "names no database"),
            ("postgresql://host:port/name", "Port"),
        ],
    )
    def test_is_refused_where_its_address_is_wrong(self, tmp_path: Path, url: str, why: str) -> None:
        with pytest.raises(ConfigurationWrong, match=why):
            load({"UTENZA_HOME": str(tmp_path), "UTENZA_DATABASE_URL": url}).database()


class TestTheHome:
    def test_is_the_one_named(self) -> None:
        assert configuration.home_folder({"UTENZA_HOME": "/srv/crm"}) == Path("/srv/crm")

    def test_of_an_ordinary_user_is_in_the_data_folder(self) -> None:
        anna = {"HOME": "/home/anna"}
        assert configuration.home_folder(anna, uid=1000) == Path("/home/anna/.local/share/utenza")
        assert configuration.home_folder({**anna, "XDG_DATA_HOME": "/d"}, uid=1000) == Path("/d/utenza")

    def test_of_root_is_a_system_folder(self) -> None:
        assert configuration.home_folder({"HOME": "/root"}, uid=0) == Path("/var/lib/utenza")


class TestTheSecretKey:
    def test_is_the_stored_one(self, tmp_path: Path) -> None:
        (tmp_path / configuration.SECRET_KEY_FILE).write_text("stored\n")
        assert load({"UTENZA_HOME": str(tmp_path)}).secret_key == "stored"

    def test_of_the_environment_wins(self, tmp_path: Path) -> None:
        (tmp_path / configuration.SECRET_KEY_FILE).write_text("stored\n")
        assert load({"UTENZA_HOME": str(tmp_path), "UTENZA_SECRET_KEY": "given"}).secret_key == "given"

    def test_is_never_the_same_twice_before_one_was_made(self, tmp_path: Path) -> None:
        environment = {"UTENZA_HOME": str(tmp_path)}
        assert load(environment).secret_key != load(environment).secret_key


def test_words_are_split_and_trimmed(tmp_path: Path) -> None:
    found = load({"UTENZA_HOME": str(tmp_path), "UTENZA_ALLOWED_HOSTS": " a.example , b.example,"})
    assert found.allowed_hosts == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("name", "value"), [("UTENZA_DEBUG", "perhaps"), ("UTENZA_CLOCK", "wound"), ("UTENZA_LOG_FORMAT", "xml")]
)
def test_a_value_that_means_nothing_is_refused_with_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationWrong, match=f"{name}.*{value}"):
        load({"UTENZA_HOME": str(tmp_path), name: value})


def test_half_a_connection_file_is_no_connection(tmp_path: Path) -> None:
    connection.write(tmp_path, STORED)
    text = (tmp_path / connection.FILE_NAME).read_text()
    (tmp_path / connection.FILE_NAME).write_text(text[:20])
    assert connection.read(tmp_path) is None

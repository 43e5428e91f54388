"""Whatever is wrong with the surroundings, a command says it in one sentence, and its exit status is 2."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psycopg
from tests.cli.conftest import Run
from tests.conftest import CommittedDatabase

from utenza.cli.main import COMMANDS
from utenza.infra.postgres.cluster import free_port


def assert_one_sentence(ran: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ran.returncode == 2, ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    for word in words:
        assert word in ran.stderr
    assert ran.stdout == ""


def test_the_help_page_is_fast_and_lists_what_is_here(utenza: Run) -> None:
    began = time.monotonic()
    ran = utenza("--help")
    assert ran.returncode == 0
    assert time.monotonic() - began < 5
    assert {"up", "init", "serve", "worker", "doctor"} <= set(COMMANDS)
    for name in ("up", "init", "serve", "worker", "doctor"):
        assert f"  {name} " in ran.stdout


def test_without_a_database_a_command_says_how_to_make_one(utenza: Run, own_home: Path) -> None:
    ran = utenza("user", "list", UTENZA_HOME=str(own_home))
    assert_one_sentence(ran, "There is no database", "utenza init")
    assert not own_home.exists()


def test_a_database_address_of_another_kind_is_not_understood(utenza: Run) -> None:
    ran = utenza("user", "list", UTENZA_DATABASE_URL="mysql://localhost/utenza")
    assert_one_sentence(ran, "UTENZA_DATABASE_URL", "must begin with postgresql://")


def test_a_database_address_without_a_name_is_not_understood(utenza: Run) -> None:
    ran = utenza("user", "list", UTENZA_DATABASE_URL="postgresql://localhost")
    assert_one_sentence(ran, "UTENZA_DATABASE_URL", "names no database")


def test_a_server_that_nobody_runs_does_not_answer(utenza: Run) -> None:
    ran = utenza("user", "list", UTENZA_DATABASE_URL=f"postgresql://u:p@127.0.0.1:{free_port()}/utenza")
    assert_one_sentence(ran, "does not answer", "utenza doctor")


def test_a_wrong_password_is_told_without_repeating_it(utenza: Run, committed_db: CommittedDatabase) -> None:
    wrong = committed_db.url.replace(committed_db.url.split(":")[2].split("@")[0], "not-the-password")
    ran = utenza("user", "list", UTENZA_DATABASE_URL=wrong)
    assert_one_sentence(ran, "password authentication failed")
    assert "not-the-password" not in ran.stderr


def test_a_database_without_tables_wants_init(utenza: Run, committed_db: CommittedDatabase) -> None:
    with psycopg.connect(committed_db.url, autocommit=True) as database:
        database.execute("DROP TABLE infra_user CASCADE")
    ran = utenza("user", "list", UTENZA_DATABASE_URL=committed_db.url)
    assert_one_sentence(ran, "not up to date", "utenza init")


def test_a_setting_that_is_neither_yes_nor_no_is_named(utenza: Run) -> None:
    assert_one_sentence(utenza("doctor", UTENZA_DEBUG="perhaps"), "UTENZA_DEBUG", "perhaps")


def test_a_taken_port_is_told_before_anything_starts(utenza: Run, own_home: Path, taken_port: int) -> None:
    for command in ("serve", "up"):
        ran = utenza(command, "--port", str(taken_port), UTENZA_HOME=str(own_home))
        assert_one_sentence(ran, f"Port {taken_port}", "--port")
    assert not own_home.exists()


def test_a_home_that_cannot_be_made_is_told(utenza: Run, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert_one_sentence(utenza("init", UTENZA_HOME=str(tmp_path / "f" / "h")), "cannot be written", "UTENZA_HOME")


def test_a_given_server_is_not_ours_to_stop(utenza: Run, committed_db: CommittedDatabase) -> None:
    assert_one_sentence(utenza("database", "stop", UTENZA_DATABASE_URL=committed_db.url), "did not make")


def test_an_unknown_command_points_to_the_help(utenza: Run) -> None:
    ran = utenza("sevre")
    assert ran.returncode == 2
    assert "utenza --help" in ran.stderr

"""Whatever is wrong with the surroundings, a command says it in one sentence, and its exit status is 2."""

from __future__ import annotations

import resource
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.cli.conftest import Run
from tests.conftest import CommittedDatabase
from tests.harness.server import Server

from utenza.cli import doctor, house, sentences
from utenza.cli.main import COMMANDS
from utenza.infra import configuration, encryption, faults, files
from utenza.infra.postgres.cluster import free_port
from utenza.infra.transactions import transaction


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


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("UTENZA_DATABASE_URL", "postgresql://localhost:port/utenza", "Port could not be cast"),
        ("UTENZA_DATABASE_URL", "postgresql://[::1/utenza", "Invalid IPv6 URL"),
        ("UTENZA_SMTP_URL", "mail.example.it", "must begin with smtp://"),
        ("UTENZA_SMTP_URL", "smtp://", "names no host"),
        ("UTENZA_SMTP_URL", "smtp://mail:port", "Port could not be cast"),
        ("UTENZA_TRUSTED_ORIGINS", "crm.example.it", "must begin with https://"),
        ("UTENZA_SECURE_COOKIES", "maybe", "neither yes nor no"),
        ("UTENZA_CLOCK", "broken", "none of real, settable"),
        ("UTENZA_LOG_FORMAT", "xml", "none of console, json"),
    ],
)
def test_a_setting_that_is_not_understood_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(configuration.ConfigurationWrong, match=told) as refused:
        found = configuration.load({name: value})
        found.database()
    assert refused.value.data["name"] == name
    assert value not in str(refused.value) or "postgresql" not in value


def test_it_is_said_in_the_language_of_the_terminal(utenza: Run, own_home: Path) -> None:
    ran = utenza("user", "list", UTENZA_HOME=str(own_home), LC_ALL="it_IT.UTF-8")
    assert_one_sentence(ran, "Non c'è ancora una base di dati", "utenza init")
    ran = utenza("user", "list", UTENZA_DATABASE_URL="postgresql://u:p@127.0.0.1:1/utenza", LC_ALL="it_IT.UTF-8")
    assert_one_sentence(ran, "La base di dati non risponde")


def test_a_database_that_is_not_there_is_told(utenza: Run, committed_db: CommittedDatabase) -> None:
    ran = utenza("user", "list", UTENZA_DATABASE_URL=f"{committed_db.url}_elsewhere")
    assert_one_sentence(ran, "does not exist", "utenza doctor")


def test_a_database_that_is_too_old_is_told(committed_db: CommittedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "OLDEST_POSTGRESQL", 99)
    with pytest.raises(house.DatabaseTooOld, match="99 or newer is needed"):
        house.demand_version()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"current": 2, "keys": {"1": ""}, "index_key": ""}'])
def test_a_key_file_that_is_damaged_is_told_and_left_alone(home: Path, content: str) -> None:
    (home / "keys.json").write_text(content)
    with pytest.raises(encryption.KeysUnreadable, match="put back the one from your backup"):
        encryption.encrypt("secret", context="table.column")
    assert (home / "keys.json").read_text() == content
    (home / configuration.SECRET_KEY_FILE).write_text("x")
    for name in ("keys.json", configuration.SECRET_KEY_FILE):
        (home / name).chmod(0o600)
    assert doctor.keys(home).state == "bad"


def test_a_full_disk_leaves_nothing_half_done(committed_db: CommittedDatabase, home: Path) -> None:
    """The kernel refuses to let a file grow beyond a limit, which is how a full disk looks to who writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="large") as raised, transaction():
            files.store(key="bills/f1.pdf", content=b"x" * 20_000, mime="application/pdf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(faults.as_refusal(raised.value), faults.DiskFull)
    assert "disk is full" in str(sentences.refusal_of(raised.value))
    assert list((home / "files" / "bills").iterdir()) == []
    with transaction():
        files.store(key="bills/f1.pdf", content=b"x" * 20_000, mime="application/pdf")
    assert len(files.read("bills/f1.pdf")) == 20_000


def test_a_database_killed_under_a_command_is_told(
    utenza: Run, committed_db: CommittedDatabase, database_server: Server
) -> None:
    """The statement that is under way when its server process is killed changes nothing and is told."""
    with (
        psycopg.connect(committed_db.url) as holder,
        psycopg.connect(committed_db.url, autocommit=True) as watcher,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute("LOCK TABLE infra_user IN ACCESS EXCLUSIVE MODE")
        running = pool.submit(utenza, "user", "list")
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        deadline = time.monotonic() + 60
        while (row := watcher.execute(waiting).fetchone()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        watcher.execute("SELECT pg_terminate_backend(%s)", [row[0]])
        ran = running.result()
    assert_one_sentence(ran, "The database does not answer", "nothing was half done")


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

"""The supervisor of our own PostgreSQL: whatever is killed, the data is there and one server runs."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
import stat
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import psycopg
import pytest

from utenza.infra.postgres import connection, postmaster, tuning
from utenza.infra.postgres.cluster import Cluster, demand_room
from utenza.infra.postgres.connection import StoredConnection
from utenza.infra.postgres.refusals import (
    DatabaseTrouble,
    DataFolderForeign,
    DiskFull,
    FolderNotWritable,
    SocketPathTooLong,
    WrongDataVersion,
)

FORK = multiprocessing.get_context("fork")


def pid_of(cluster: Cluster) -> int:
    found = postmaster.read(cluster.data)
    assert found is not None
    assert found.alive
    return found.pid


def write_row(stored: StoredConnection, value: int) -> None:
    with psycopg.connect(stored.url(), autocommit=True) as database:
        database.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        database.execute("INSERT INTO kept VALUES (%s)", [value])


def rows(stored: StoredConnection) -> list[int]:
    with psycopg.connect(stored.url()) as database:
        return [value for (value,) in database.execute("SELECT value FROM kept ORDER BY value")]


def wait_until_dead(pid: int) -> None:
    deadline = time.monotonic() + 20
    while postmaster._is_postgres(pid):
        assert time.monotonic() < deadline, "the killed server is still there"
        time.sleep(0.01)


def test_a_new_home_gets_a_server_with_one_role_and_one_database_of_its_own(new_cluster: Cluster) -> None:
    stored = new_cluster.start()
    with psycopg.connect(stored.url()) as database:
        found = database.execute(
            "SELECT current_user, current_database(), current_setting('server_encoding'),"
            " (SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()),"
            " current_setting('data_checksums'), (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        ).fetchone()
    assert found == ("utenza", "utenza", "UTF8", "bC.UTF-8", "on", False)


def test_starting_twice_finds_the_same_server(cluster: Cluster) -> None:
    first = cluster.start()
    pid = pid_of(cluster)
    assert cluster.start() == first
    assert pid_of(cluster) == pid


def test_a_wrong_password_is_refused(cluster: Cluster) -> None:
    stored = cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stored.url().replace(stored.password, "guessed"))


def test_secrets_and_sockets_are_closed_to_others(cluster: Cluster) -> None:
    cluster.start()
    assert stat.S_IMODE((cluster.home / connection.FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(cluster.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
    assert not (cluster.folder / "password").exists()


def test_after_kill_9_of_the_server_committed_rows_are_there(cluster: Cluster) -> None:
    stored = cluster.start()
    write_row(stored, 1)
    killed = pid_of(cluster)
    os.kill(killed, signal.SIGKILL)
    # At once: the killed server may look alive for a moment, and must not be taken for a running one.
    again = cluster.start()
    assert pid_of(cluster) != killed
    assert rows(again) == [1]


def test_after_kill_9_of_the_server_with_a_query_under_way_no_second_one_starts_beside_it(cluster: Cluster) -> None:
    stored = cluster.start()
    write_row(stored, 1)
    with psycopg.connect(stored.url(), autocommit=True) as busy:
        backend = busy.info.backend_pid
        # Stopped, the backend cannot notice its parent's death, as one deep in a long computation would not.
        os.kill(backend, signal.SIGSTOP)
        os.kill(pid_of(cluster), signal.SIGKILL)
        found = postmaster.read(cluster.data)
        assert found is not None
        starting = FORK.Process(target=cluster.start)
        starting.start()
        time.sleep(0.5)
        assert starting.is_alive(), "it started while a process of the killed server still held the memory"
        os.kill(backend, signal.SIGKILL)
        starting.join(timeout=60)
        assert starting.exitcode == 0
    assert rows(cluster.start()) == [1]


def _start_and_die(home: Path) -> None:
    Cluster(home, extra_settings=tuning.FOR_TESTS).start()
    os.kill(os.getpid(), signal.SIGKILL)


def test_after_kill_9_of_our_process_the_running_server_is_found_again(new_cluster: Cluster) -> None:
    process = FORK.Process(target=_start_and_die, args=(new_cluster.home,))
    process.start()
    process.join(timeout=60)
    assert process.exitcode == -signal.SIGKILL
    pid = pid_of(new_cluster)
    stored = new_cluster.start()
    assert pid_of(new_cluster) == pid
    write_row(stored, 7)
    assert rows(stored) == [7]


def _start_when_told(home: Path, go: Event, answer: Path) -> None:
    go.wait()
    stored = Cluster(home, extra_settings=tuning.FOR_TESTS).start()
    answer.write_text(json.dumps([stored.port, stored.password]))


def test_two_starts_at_once_make_one_server_between_them(new_cluster: Cluster, tmp_path: Path) -> None:
    go = FORK.Event()
    answers = [tmp_path / "one", tmp_path / "two"]
    starts = [FORK.Process(target=_start_when_told, args=(new_cluster.home, go, answer)) for answer in answers]
    for start in starts:
        start.start()
    go.set()
    for start in starts:
        start.join(timeout=60)
        assert start.exitcode == 0
    assert answers[0].read_text() == answers[1].read_text()
    assert new_cluster.connection() is not None


def test_a_taken_port_is_left_to_its_owner_and_the_stored_connection_follows(cluster: Cluster) -> None:
    before = cluster.start()
    write_row(before, 3)
    cluster.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind((before.host, before.port))
        stranger.listen()
        after = cluster.start()
        assert after.port != before.port
        assert connection.read(cluster.home) == after
        assert rows(after) == [3]


def test_the_port_is_kept_from_one_start_to_the_next(cluster: Cluster) -> None:
    before = cluster.start()
    cluster.stop()
    assert cluster.connection() is None
    assert cluster.start().port == before.port


def test_a_pid_file_that_names_another_program_does_not_hold_the_start_up(cluster: Cluster) -> None:
    stored = cluster.start()
    write_row(stored, 5)
    lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    wait_until_dead(int(lines[0]))
    # The number of the dead server was given to another program since: here, to this very test.
    (cluster.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    assert rows(cluster.start()) == [5]


def test_a_start_that_died_before_the_database_was_made_is_completed(cluster: Cluster) -> None:
    stored = cluster.start()
    with psycopg.connect(**stored.as_superuser(), autocommit=True) as admin:
        admin.execute("DROP DATABASE utenza")
        admin.execute("DROP ROLE utenza")
    write_row(cluster.start(), 1)


def test_a_first_start_that_died_half_way_leaves_nothing_in_the_way(new_cluster: Cluster) -> None:
    draft = new_cluster.folder / "data.making"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    write_row(new_cluster.start(), 1)
    assert not draft.exists()


def test_data_of_another_version_is_refused(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(WrongDataVersion, match="was written by PostgreSQL 14, and this is PostgreSQL 18"):
        cluster.start()


def test_data_whose_passwords_are_lost_is_refused_and_left_alone(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.home / connection.FILE_NAME).unlink()
    with pytest.raises(DataFolderForeign, match="Restore that file"):
        cluster.start()
    assert (cluster.data / "PG_VERSION").exists()


def test_a_server_that_cannot_start_says_why_in_one_sentence(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 'on'\n")
    with pytest.raises(DatabaseTrouble, match="no_such_setting") as caught:
        cluster.start()
    assert "\n" not in str(caught.value)


def test_a_disk_without_room_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="Make room"):
        demand_room(tmp_path, needed_mb=10**9)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_made_is_refused(cluster_home: Path) -> None:
    cluster_home.touch()
    with pytest.raises(FolderNotWritable, match="Choose another one with UTENZA_HOME"):
        Cluster(cluster_home / "home").start()


def test_a_path_too_long_for_a_socket_is_refused(cluster_home: Path) -> None:
    long = Cluster(cluster_home / ("x" * 90), extra_settings=tuning.FOR_TESTS)
    with pytest.raises(SocketPathTooLong, match="too long for a socket"):
        long.start()
    assert not long.data.exists()

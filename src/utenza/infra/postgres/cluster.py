"""One PostgreSQL cluster in a folder: made once, started, found again after any crash, stopped."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from utenza.infra.postgres import binaries, connection, postmaster, tuning
from utenza.infra.postgres.connection import StoredConnection
from utenza.infra.postgres.refusals import (
    DatabaseTrouble,
    DataFolderForeign,
    DiskFull,
    FolderNotWritable,
    SocketPathTooLong,
    WrongDataVersion,
)
from utenza.infra.postgres.runner import Runner, choose_runner

START_TIMEOUT_S = 300
ROOM_TO_MAKE_MB = 500
ROOM_TO_START_MB = 200
LONGEST_SOCKET_PATH = 107
PORT_ATTEMPTS = 5
SETTINGS_FILE = "utenza.conf"


class Cluster:
    """The server in `<home>/postgres`. Every public method may be repeated, and may be called by several processes."""

    def __init__(self, home: Path, *, extra_settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self.sockets = self.folder / "sockets"
        self.log = self.folder / "server.log"
        self._extra_settings = dict(extra_settings or {})

    def start(self) -> StoredConnection:
        """Make the cluster if there is none, start it if it does not run, and return how to reach it.

        A server left behind by a process that was killed is found again, and never joined by a second one.

        :raises DatabaseTrouble: with one sentence that says why, and the way out.
        """
        self._demand_short_path()
        make_home(self.home)
        with self._locked():
            if not (self.data / "PG_VERSION").exists():
                demand_room(self.home, ROOM_TO_MAKE_MB)
                self._make()
            self._demand_version()
            stored = connection.read(self.home)
            if stored is None:
                raise DataFolderForeign(path=self.data, missing=self.home / connection.FILE_NAME)
            if (running := self._running(stored)) is not None:
                return running
            demand_room(self.home, ROOM_TO_START_MB)
            return self._start(stored)

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server if it runs; `mode` is pg_ctl's: smart, fast or immediate."""
        if not (self.data / "postmaster.pid").exists():
            return
        with self._locked():
            self._runner().run(
                [
                    self._programs().program("pg_ctl"),
                    "stop",
                    "-D",
                    self.data,
                    "-m",
                    mode,
                    "-w",
                    "-t",
                    str(START_TIMEOUT_S),
                ]
            )

    def connection(self) -> StoredConnection | None:
        """Return the connection of a server that answers now, or None."""
        stored = connection.read(self.home)
        return stored if stored is not None and self._answers(stored) else None

    # --- making -----------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        """Make the cluster beside its place and move it there complete, so that a crash leaves nothing half made."""
        stored = connection.read(self.home) or StoredConnection(
            port=free_port(), password=secrets.token_urlsafe(24), superuser_password=secrets.token_urlsafe(24)
        )
        connection.write(self.home, stored)
        runner = self._runner()
        _make_folder(self.folder, 0o700)
        runner.own(self.folder)
        runner.demand_reach(self.folder)
        draft = self.folder / "data.making"
        shutil.rmtree(draft, ignore_errors=True)
        password_file = self.folder / "password"
        password_file.write_text(stored.superuser_password, encoding="ascii")
        password_file.chmod(0o600)
        runner.own(password_file)
        try:
            made = runner.run(
                [
                    self._programs().program("initdb"),
                    *("-D", draft, "-U", connection.SUPERUSER, "--pwfile", password_file, "--auth=scram-sha-256"),
                    *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                    *("--data-checksums", "--no-instructions"),
                    *(["--no-sync"] if self._extra_settings.get("fsync") == "off" else []),
                ]
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._trouble(made.stderr or made.stdout)
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"\ninclude_if_exists = '{SETTINGS_FILE}'\n")
        draft.rename(self.data)

    def _demand_short_path(self) -> None:
        path = f"{self.sockets}/.s.PGSQL.65535"
        if len(path) > LONGEST_SOCKET_PATH:
            raise SocketPathTooLong(path=path, length=len(path))

    def _demand_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != binaries.MAJOR_VERSION:
            raise WrongDataVersion(path=self.data, found=found, expected=binaries.MAJOR_VERSION)

    def _furnish(self, stored: StoredConnection) -> None:
        """Make the application's role and database if they are missing; a start may have died before it made them."""
        with psycopg.connect(**stored.as_superuser(), autocommit=True, connect_timeout=10) as admin:
            role, database = sql.Identifier(stored.user), sql.Identifier(stored.database)
            if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [stored.user]).fetchone() is None:
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(stored.password)))
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [stored.database]).fetchone() is None:
                admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
                admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))

    # --- starting ---------------------------------------------------------------------------------------------------

    def _running(self, stored: StoredConnection) -> StoredConnection | None:
        """Return the connection of the server that already runs here, waiting while it starts or recovers.

        A postmaster that was just killed can look alive for a moment, and its children may live a little longer:
        only an answer counts as running, and only a folder that no process holds any more counts as free.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while (found := postmaster.read(self.data)) is not None:
            reached = stored if found.port is None else stored.on_port(found.port)
            if found.alive and self._answers(reached):
                if reached != stored:
                    connection.write(self.home, reached)
                self._furnish(reached)
                return reached
            if not found.alive and not found.memory_in_use:
                # A process that is dead but not yet reaped, or a stranger with the same number, would make the
                # server believe that another one runs; nobody holds its memory, so its file is of no use to anyone.
                (self.data / "postmaster.pid").unlink(missing_ok=True)
                return None
            if time.monotonic() > deadline:
                raise self._trouble(f"process {found.pid} holds the data and does not answer")
            time.sleep(0.05)
        return None

    def _start(self, stored: StoredConnection) -> StoredConnection:
        runner, programs = self._runner(), self._programs()
        runner.demand_reach(self.folder)
        _make_folder(self.sockets, 0o700)
        runner.own(self.sockets)
        for left_behind in self.sockets.iterdir():
            # Nobody holds the data, so these belong to a server that was killed; their number may be another's now.
            left_behind.unlink()
        for _ in range(PORT_ATTEMPTS):
            if not port_is_free(stored.port):
                stored = stored.on_port(free_port())
            self._write_settings(stored.port)
            # The file names the port before the server listens there, so that no reader is sent to a foreign one.
            connection.write(self.home, stored)
            log_from = self.log.stat().st_size if self.log.exists() else 0
            started = runner.run(
                [programs.program("pg_ctl"), "start", "-D", self.data, "-l", self.log, "-w", "-t", str(START_TIMEOUT_S)]
            )
            if started.returncode == 0 and self._answers(stored):
                self._furnish(stored)
                return stored
            said = self._log_since(log_from)
            if "Address already in use" not in said:
                raise self._trouble(said or started.stderr or started.stdout)
        raise self._trouble("no free port was found")

    def _write_settings(self, port: int) -> None:
        values = tuning.settings(home=self.home, port=port, sockets=self.sockets, extra=self._extra_settings)
        target, draft = self.data / SETTINGS_FILE, self.data / f"{SETTINGS_FILE}.draft"
        draft.write_text(tuning.as_file(values), encoding="utf-8")
        draft.chmod(0o600)
        self._runner().own(draft)
        draft.replace(target)

    def _answers(self, stored: StoredConnection) -> bool:
        """Say whether the server at that address is the one that keeps this data folder, and takes queries."""
        try:
            with psycopg.connect(**stored.as_superuser(), autocommit=True, connect_timeout=5) as admin:
                row = admin.execute("SELECT current_setting('data_directory')").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self.data

    # --- surroundings -----------------------------------------------------------------------------------------------

    def _runner(self) -> Runner:
        return choose_runner(self.data if self.data.exists() else self.folder)

    def _programs(self) -> binaries.Binaries:
        """Return the wheel's programs, or under root a copy that the server's user can reach."""
        if self._runner().uid is None:
            return binaries.of_the_wheel()
        return binaries.copied_to(self.folder / "program")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of this home, so that two starts at once make and start one server between them."""
        descriptor = os.open(self.home / ".database.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _log_since(self, offset: int) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(offset)
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def _trouble(self, said: str) -> DatabaseTrouble:
        """Turn what a program said into one sentence."""
        if "No space left on device" in said:
            return _disk_full(self.home, ROOM_TO_START_MB)
        raw = [line.strip() for line in said.splitlines() if line.strip()]
        marks = [place for place, line in enumerate(raw) if re.search("FATAL|PANIC|error:", line)]
        lines = [re.sub(r"^.*?(?:LOG|FATAL|PANIC|error): +", "", line) for line in raw]
        # What is fatal is often a summary ("the file contains errors"); the line before it names the cause.
        telling = lines[max(0, marks[-1] - 1) : marks[-1] + 1] if marks else lines[-1:]
        return DatabaseTrouble(why="; ".join(telling).rstrip(".") or "it said nothing", log=self.log)


def demand_room(folder: Path, needed_mb: int) -> None:
    """Refuse when the disk of `folder` has less than `needed_mb` MB free."""
    if shutil.disk_usage(folder).free < needed_mb * tuning.MEBIBYTE:
        raise _disk_full(folder, needed_mb)


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((connection.HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Say whether the server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((connection.HOST, port))
        except OSError:
            return False
        return True


def _disk_full(folder: Path, needed_mb: int) -> DiskFull:
    return DiskFull(path=folder, free_mb=shutil.disk_usage(folder).free // tuning.MEBIBYTE, needed_mb=needed_mb)


def make_home(home: Path) -> None:
    """Make the home folder and what is missing above it. Under root others may pass through it, but not list it."""
    try:
        for missing in reversed([path for path in home.parents if not path.exists()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)
        _make_folder(home, 0o711 if os.geteuid() == 0 else 0o700)
        with (home / f".writable.{os.getpid()}").open("wb"):
            pass
        (home / f".writable.{os.getpid()}").unlink()
    except OSError as error:
        raise FolderNotWritable(path=home, why=error.strerror or str(error)) from error


def _make_folder(folder: Path, mode: int) -> None:
    if not folder.exists():
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)

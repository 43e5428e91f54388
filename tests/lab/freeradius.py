"""One FreeRADIUS for a test run, on free ports, reading a database of its own on the run's PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from tests.lab import configuration
from tests.lab.nas import Nas
from tests.lab.waiting import wait_for
from utenza.provisioning.connectors.freeradius import schema

PROGRAM = "freeradius"
# A module whose tests drive the daemon says `pytestmark = LAB`: one process of the run then has them all.
LAB = [pytest.mark.lab(PROGRAM), pytest.mark.xdist_group("freeradius")]
SECRET = "a secret between devices"
ROLE, PASSWORD, DATABASE = "radius_lab", "radius_lab_password", "radius_lab"
TABLES = ("radcheck", "radreply", "radgroupcheck", "radgroupreply", "radusergroup", "radacct", "radpostauth", "nas")


class FreeradiusLab:
    """The daemon and its database. `dsn` is what the connector and the collector are given."""

    def __init__(self, *, folder: Path, admin: Callable[[str], dict[str, Any]], queries: Path | None = None) -> None:
        self.folder = folder
        self._admin = admin
        self._queries = queries
        self._process: subprocess.Popen[bytes] | None = None
        self._devices: list[Nas] = []
        self._addresses = count(1)
        self.auth_port = self.acct_port = 0
        access = admin("postgres")
        self.dsn = self._dsn(user=ROLE + "_writer")
        self.daemon_dsn = self._dsn(user=ROLE)
        self._server = {"host": access["host"], "port": access["port"]}

    def create_database(self) -> None:
        """Make the database anew, with a role for the daemon and another for the connector."""
        with psycopg.connect(**self._admin("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE}")
        with psycopg.connect(**self._admin(DATABASE)) as connection:
            schema.create_schema(connection)
            schema.grant_to_daemon(connection, role=ROLE, password=PASSWORD)
            schema.grant_to_connector(connection, role=f"{ROLE}_writer", password=PASSWORD)

    def start(self) -> None:
        """Start the daemon and wait until it says that it is ready; on other ports if these were taken meanwhile."""
        for attempt in range(3):
            self.auth_port, self.acct_port = _free_udp_port(), _free_udp_port()
            if self._launch() or attempt == 2:
                break
        assert self.running, self.log()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the daemon and wait for its end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the daemon as `kill -9` does."""
        self._end(signal.SIGKILL)

    def log(self) -> str:
        """Return what the daemon has said."""
        path = self.folder / "daemon.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def nas(self) -> Nas:
        """Switch on another access device and register it; it is switched off when the test ends."""
        device = Nas(
            address=f"127.0.0.{next(self._addresses) % 250 + 1}",
            server="127.0.0.1",
            auth_port=self.auth_port,
            acct_port=self.acct_port,
            secret=SECRET,
        )
        self._devices.append(device)
        with psycopg.connect(self.dsn) as connection:
            schema.register_nas(
                connection, address=device.address, secret=SECRET, name=device.address, coa_port=device.coa_port
            )
        return device

    def reset(self) -> None:
        """Switch every device off and forget every login and session."""
        for device in self._devices:
            device.close()
        self._devices.clear()
        with psycopg.connect(**self._admin(DATABASE)) as connection:
            names = sql.SQL(", ").join(sql.Identifier("radius", table) for table in TABLES)
            connection.execute(sql.SQL("TRUNCATE {}").format(names))
        if not self.running:
            self.start()

    def accounting(self, username: str | None = None) -> list[dict[str, Any]]:
        """Return the sessions in the books, the oldest first."""
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            rows = connection.execute("SELECT * FROM radius.radacct ORDER BY acctstarttime, radacctid").fetchall()
        return [row for row in rows if username in (None, row["username"])]

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Refuse every connection to the database of logins, and end those that stand, while inside."""
        with psycopg.connect(**self._admin("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [DATABASE])
            try:
                yield
            finally:
                connection.execute(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")

    def _dsn(self, *, user: str) -> str:
        access = self._admin(DATABASE)
        return make_conninfo(
            "", host=access["host"], port=access["port"], user=user, password=PASSWORD, dbname=DATABASE
        )

    def _launch(self) -> bool:
        user = _daemon_user()
        self.folder.mkdir(exist_ok=True)
        configuration.write(
            self.folder,
            queries=self._queries,
            secret=SECRET,
            role=ROLE,
            password=PASSWORD,
            database=DATABASE,
            auth_port=self.auth_port,
            acct_port=self.acct_port,
            **self._server,
        )
        for path in [self.folder, *self.folder.rglob("*")]:
            path.chmod(0o700 if path.is_dir() else 0o600)
            if user is not None:
                os.chown(path, user.pw_uid, user.pw_gid)
        with (self.folder / "daemon.log").open("wb") as log:
            self._process = subprocess.Popen(
                [_program(), "-d", str(self.folder), "-n", "radiusd", "-f", "-l", "stdout"],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                user=None if user is None else user.pw_uid,
                group=None if user is None else user.pw_gid,
                extra_groups=None if user is None else [],
                cwd="/",
            )
        wait_for(
            lambda: "Ready to process requests" in self.log() or not self.running,
            what="FreeRADIUS is ready",
            seconds=30,
        )
        return self.running

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if self.running:
                self._process.send_signal(how)
            self._process.wait(timeout=20)


def _program() -> str:
    found = shutil.which(PROGRAM, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    assert found is not None, "FreeRADIUS is not installed; 'make lab' installs it"
    return found


def _daemon_user() -> pwd.struct_passwd | None:
    """Return whom the daemon runs as: never root, else whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("freerad") or names["nobody"]


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The commands that make and run the house, against real databases."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Run, environment
from tests.conftest import CommittedDatabase

from utenza.infra.postgres import postmaster
from utenza.infra.postgres.cluster import Cluster, free_port

PASSWORD = "correct-horse-battery"


def test_init_makes_everything_once_and_changes_nothing_the_second_time(utenza: Run, own_home: Path) -> None:
    first = utenza("init", UTENZA_HOME=str(own_home))
    assert first.returncode == 0, first.stderr
    kept = {name: (own_home / name).read_bytes() for name in ("secret-key", "keys.json", "database.json")}
    assert utenza("init", "--quiet", UTENZA_HOME=str(own_home)).stdout == ""
    assert {name: (own_home / name).read_bytes() for name in kept} == kept
    assert [stat.S_IMODE((own_home / name).stat().st_mode) for name in kept] == [0o600] * 3
    examined = utenza("doctor", "--json", UTENZA_HOME=str(own_home))
    states = {finding["name"]: finding["state"] for finding in json.loads(examined.stdout)["findings"]}
    assert {states[name] for name in ("storage", "keys", "database", "clock", "tables")} == {"ok"}


def test_users_are_made_once_and_listed(utenza: Run, committed_db: CommittedDatabase, home: Path) -> None:
    words = ("user", "create", "anna", "--role", "csr", "--role", "billing", "--password-stdin")
    made = utenza(*words, stdin=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    again = utenza(*words, stdin=f"{PASSWORD}\n")
    assert again.returncode == 2
    assert "anna" in again.stderr
    listed = json.loads(utenza("user", "list", "--json").stdout)
    assert [(user["username"], sorted(user["roles"])) for user in listed] == [("anna", ["billing", "csr"])]


@pytest.mark.parametrize(
    ("role", "password", "told"),
    [("emperor", PASSWORD, "emperor"), ("csr", "short", "password"), ("csr", "", "No password was given")],
)
def test_a_user_that_cannot_be_made_is_refused(
    *, utenza: Run, committed_db: CommittedDatabase, home: Path, role: str, password: str, told: str
) -> None:
    made = utenza("user", "create", "anna", "--role", role, "--password-stdin", stdin=f"{password}\n")
    assert made.returncode == 2
    assert told in made.stderr
    assert json.loads(utenza("user", "list", "--json").stdout) == []


def test_the_doctor_says_what_is_bad_and_what_to_do(utenza: Run, own_home: Path) -> None:
    ran = utenza("doctor", UTENZA_HOME=str(own_home))
    assert ran.returncode == 1
    assert "There is none yet." in ran.stdout
    assert "→ Run 'utenza init'." in ran.stdout


def test_the_doctor_finds_a_database_that_went_away(utenza: Run, home: Path) -> None:
    ran = utenza("doctor", "--json", UTENZA_DATABASE_URL=f"postgresql://u:p@127.0.0.1:{free_port()}/utenza")
    assert ran.returncode == 1
    findings = {finding["name"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert findings["database"]["state"] == "bad"
    assert "tables" not in findings


def test_the_database_is_stopped_and_started_by_hand(utenza: Run, own_home: Path) -> None:
    Cluster(own_home).start()
    assert json.loads(utenza("database", "status", "--json", UTENZA_HOME=str(own_home)).stdout)["running"]
    assert utenza("database", "stop", UTENZA_HOME=str(own_home)).returncode == 0
    assert Cluster(own_home).connection() is None
    assert utenza("database", "start", UTENZA_HOME=str(own_home)).returncode == 0
    assert Cluster(own_home).connection() is not None


@pytest.mark.slow
def test_up_starts_everything_restarts_what_is_killed_and_stops_all_of_it(own_home: Path) -> None:
    port = free_port()
    log = own_home.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "utenza", "up", "--port", str(port)],
            env=environment(UTENZA_HOME=str(own_home)),
            stdout=output,
            stderr=output,
        )
    try:
        wait(lambda: answers(port), process, log)
        server, first = postmaster.read(Cluster(own_home).data), children(process.pid)
        assert server is not None
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        os.kill(server.pid, signal.SIGKILL)
        wait(lambda: Cluster(own_home).connection() is not None, process, log)
        wait(lambda: len(children(process.pid)) == 2 and children(process.pid) != first, process, log)
        wait(lambda: answers(port), process, log)
        last = children(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    assert process.returncode == 0
    assert Cluster(own_home).connection() is None
    assert [pid for pid in last if Path("/proc", str(pid)).exists()] == []
    assert not answers(port)


def wait(condition: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `condition` holds, failing with the log when it does not within two minutes."""
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def answers(port: int) -> bool:
    """Say whether a web server answers on `port`, whatever it answers."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def children(pid: int) -> list[int]:
    """Return the processes that `pid` started and that live."""
    found = Path("/proc", str(pid), "task", str(pid), "children").read_text().split()
    return sorted(int(child) for child in found)

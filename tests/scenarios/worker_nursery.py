"""A process that has everything imported and bears workers on demand, each to die at the commit that it is told.

A worker is a fork: it does the timed jobs and the drains once, at a frozen instant, on the database, home and mail
server that it is given. It dies by SIGKILL just before or just after its n-th commit *that wrote something*; looking
for work commits, too, and there is nothing to lose there. Run as a program, it reads its orders from standard input,
a JSON object a line, and answers each with one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a worker works: a database, a home and a mail server."""

    database: str
    home: str
    smtp_url: str


@dataclass(frozen=True, kw_only=True)
class End:
    """How a worker ended, and who made each commit that it came to, the last one perhaps in vain."""

    killed: bool
    commits: list[str]


class Nursery:
    """The process, seen from a test."""

    def __init__(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "DJANGO_SETTINGS_MODULE": "utenza.settings",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.worker_nursery"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def work(self, place: Place, *, at: datetime, die: str = "", nth: int = 1, timed: bool = True) -> End:
        """Have a worker do what waits at `at`; `die` is "before-commit", "after-commit" or nothing.

        With `timed` False it leaves the timed jobs alone.

        :raises AssertionError: if it fails rather than ends or dies.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({**asdict(place), "at": at.isoformat(), "die": die, "nth": nth, "timed": timed}) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline() or '{"code": "the nursery is gone"}')
        assert answer["code"] in (0, -signal.SIGKILL), answer
        return End(killed=answer["code"] != 0, commits=answer["commits"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


class _Fate:
    """Counts the commits that write, and kills at the one that was named."""

    def __init__(self, *, die: str, nth: int, report: int) -> None:
        self.die, self.nth, self.report = die, nth, report
        self.count = 0
        self.writing = False

    def point(self, name: str) -> None:
        from django.db import connection

        if name == "before-commit":
            with connection.cursor() as cursor:
                # A transaction that has changed or locked nothing has no number.
                cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
                self.writing = bool(cursor.fetchone()[0])
            if self.writing:
                self.count += 1
                os.write(self.report, _whose_transaction().encode() + b"\n")
        if name == self.die and self.writing and self.count == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


def _whose_transaction() -> str:
    """Return where in the house the transaction was opened that is about to be committed."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("utenza.") and name != "utenza.infra.transactions":
            return f"{name.removeprefix('utenza.')}.{frame.f_code.co_name}:{frame.f_lineno}"
    return "nobody"


def _work(order: dict[str, Any], report: int) -> None:
    from django.db import connections

    from utenza.infra import audit, clock, crash, timed, work

    os.environ.update(UTENZA_DATABASE_URL=order["database"], UTENZA_HOME=order["home"])
    os.environ["UTENZA_SMTP_URL"] = order["smtp_url"]
    from utenza.infra import configuration

    connections["default"].settings_dict.update(configuration.load().database())
    crash.point = _Fate(die=order["die"], nth=order["nth"], report=report).point
    at = datetime.fromisoformat(order["at"])
    clock.set_clock(at)
    with audit.acting(None, "system", "worker"):
        if order["timed"]:
            result = timed.run_due(at=at)
            assert not result.failed, result
        work.drain_all(at=at)


def _bear(order: dict[str, Any]) -> dict[str, Any]:
    """Fork a worker, wait for its end and tell of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            _work(order, writing)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        commits = pipe.read().splitlines()
    _pid, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "commits": commits}


def main() -> None:
    """Import everything that a worker needs, start no thread and open no connection, and take orders."""
    import django

    django.setup()
    from importlib import import_module

    from utenza.infra import discovery

    discovery.load_jobs()
    for name in ("utenza.infra.worker", "utenza.infra.documents.renderer", "babel.dates", "babel.numbers"):
        import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_bear(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

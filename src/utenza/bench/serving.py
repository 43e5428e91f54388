"""The web as people reach it: `utenza serve` on a port of its own, clients that keep their connection, and its cost."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from utenza.cli.processes import Child, utenza
from utenza.infra.postgres import postmaster
from utenza.infra.postgres.cluster import Cluster, free_port

START_TIMEOUT_S = 60.0
FORM = "application/x-www-form-urlencoded"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of pages took: milliseconds of each, in all, and those of every processor that worked on it."""

    each_ms: list[float]
    wall_ms: float
    processor_ms: float


class Browser:
    """One signed-in member of staff with one connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def sign_in(self, username: str, password: str) -> None:
        """Sign in by the form, as a person does."""
        _status, page = self._ask("GET", "/accounts/login/")
        token = TOKEN.search(page)
        if token is None:
            raise RuntimeError("the page of sign-in holds no form")
        fields = {"csrfmiddlewaretoken": token[1], "login": username, "password": password}
        status, _page = self._ask("POST", "/accounts/login/", urlencode(fields))
        if status != 302 or "sessionid" not in self._cookies:
            raise RuntimeError(f"the benchmark could not sign in: status {status}")

    def open(self, path: str, *, expected: int = 200) -> float:
        """Fetch a page to its last byte and return the milliseconds that took.

        :raises RuntimeError: if another status than `expected` came.
        """
        began_s = time.perf_counter()
        status, _page = self._ask("GET", path)
        took_ms = (time.perf_counter() - began_s) * 1000
        if status != expected:
            raise RuntimeError(f"{path} answered {status}")
        return took_ms

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = FORM
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, page


class Serving:
    """A running server. Its processes and the database's are looked up anew for each round."""

    def __init__(self, home: Path, port: int, group: int) -> None:
        self.port = port
        self._group = group
        held = postmaster.read(Cluster(home).data)
        self._postmaster = held.pid if held is not None else -1

    def rounds(self, browsers: Sequence[Browser], paths: Sequence[str], *, expected: int = 200) -> Round:
        """Fetch `paths`, shared among `browsers`, each of which asks for its next page when it has the last one."""
        shares = [paths[place :: len(browsers)] for place in range(len(browsers))]

        def browse(browser: Browser, share: Sequence[str]) -> list[float]:
            return [browser.open(path, expected=expected) for path in share]

        before_ms, began_s = self._processor_ms(), time.perf_counter()
        with ThreadPoolExecutor(len(browsers)) as pool:
            took = list(pool.map(browse, browsers, shares))
        wall_ms = (time.perf_counter() - began_s) * 1000
        return Round([one for share in took for one in share], wall_ms, self._processor_ms() - before_ms)

    def _processor_ms(self) -> float:
        """Return the processor time that the server and the database took since they started; 0 without /proc."""
        ticks = 0
        for folder in PROCESSES.glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            # Counted from the state, field 3 of proc(5): parent 4, group 5, user time 14, system time 15.
            if int(fields[2]) == self._group or int(fields[1]) == self._postmaster:
                ticks += int(fields[11]) + int(fields[12])
        return ticks * 1000 / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(home: Path) -> Iterator[Serving]:
    """Run `utenza serve` with its own settings and as many workers as it chooses, until the block ends."""
    port = free_port()
    child = Child(name="serve", command=utenza("serve", "--port", str(port)), quiet=True)
    child.start(time.monotonic())
    if child.process is None:
        raise RuntimeError("the server did not start")
    try:
        _wait_for(port, child)
        yield Serving(home, port, child.process.pid)
    finally:
        child.process.terminate()
        try:
            child.process.wait(timeout=20)
        finally:
            child.sweep()


def _wait_for(port: int, child: Child) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if child.process is None or child.process.poll() is not None:
            break
        try:
            Browser(port).open("/accounts/login/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not answer")

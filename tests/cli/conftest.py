"""Running `utenza` as a person does: another process, its two outputs, its exit status."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.harness.forks import Forks

from utenza.infra.postgres.cluster import Cluster

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def own_home() -> Iterator[Path]:
    """Return a home, not made yet, that a server's user can reach; its server is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="utenza-cli-", ignore_cleanup_errors=True) as parent:
        Path(parent).chmod(0o711)
        yield Path(parent, "home")
        Cluster(Path(parent, "home")).stop(mode="immediate")


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Return the process that forks for each command of this test process."""
    started = Forks(ROOT)
    yield started
    started.close()


@pytest.fixture
def utenza(forks: Forks) -> Run:
    """Return a function that runs `utenza WORDS` with more of an environment, and returns what came of it."""

    def run(*words: str, stdin: str = "", timeout_s: float = 120, **more: str) -> subprocess.CompletedProcess[str]:
        return forks.run(list(words), env=environment(**more), stdin=stdin, timeout_s=timeout_s)

    return run


def environment(**more: str) -> dict[str, str]:
    """Return our environment with `more`, in which the sources are found and no terminal is assumed."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "dumb", **more}


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Return a port that another program, this test, listens on."""
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        yield stranger.getsockname()[1]

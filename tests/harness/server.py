"""One PostgreSQL for a whole test run, with a migrated database that every test process clones."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from utenza.infra.postgres import binaries, connection, tuning
from utenza.infra.postgres.cluster import Cluster
from utenza.infra.postgres.connection import StoredConnection

FOLDER_VARIABLE = "UTENZA_TEST_FOLDER"
CACHE_VARIABLE = "UTENZA_TEST_CACHE"
PREFIX = "utenza-test-"
CACHED_CLUSTERS = 4


def prepare_run_folder() -> Path:
    """Make this run's folder, known to every process of the run, and sweep away those of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and folder.stat().st_uid == os.geteuid():
            remove(folder)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # the system user that runs the server under root passes through
    os.environ[FOLDER_VARIABLE] = str(folder)
    return folder


def prepare_environment() -> None:
    """Give the run a folder and an environment that never touch the developer's own data."""
    folder = prepare_run_folder()
    # The web's files are collected there by `utenza init`; tests serve them from the sources.
    (folder / "home" / "static").mkdir(parents=True)
    os.environ["UTENZA_HOME"] = str(folder / "home")
    os.environ["UTENZA_CLOCK"] = "settable"
    os.environ["DJANGO_SETTINGS_MODULE"] = "utenza.settings"
    for name in [name for name in os.environ if name.startswith("UTENZA_")]:
        if name not in {"UTENZA_HOME", "UTENZA_CLOCK", FOLDER_VARIABLE, CACHE_VARIABLE}:
            del os.environ[name]


def run_folder() -> Path:
    """Return the folder that the controlling process of this run prepared."""
    return Path(os.environ[FOLDER_VARIABLE])


def remove(folder: Path) -> None:
    """Stop the run's server, if it was ever started, and remove all its files."""
    if (folder / "server").exists():
        Cluster(folder / "server").stop(mode="immediate")
    shutil.rmtree(folder, ignore_errors=True)


class Server:
    """The run's server. The first process that needs it starts it and migrates; the others wait and find it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "server", extra_settings=tuning.FOR_TESTS)

    def ready(self, *, fingerprint: Callable[[], str], migrate: Callable[[dict[str, Any]], None]) -> StoredConnection:
        """Start the server with its migrated template, from the cache if the same migrations ran before."""
        with _locked(self.folder / "server.lock"):
            if (stored := connection.read(self.cluster.home)) is not None and (self.folder / "ready").exists():
                return stored
            cached = _cache_folder() / fingerprint() if os.environ.get(CACHE_VARIABLE, "yes") != "no" else None
            if cached is not None and cached.exists():
                _copy(cached, self.cluster.home)
                stored = self.cluster.start()
            else:
                stored = self.cluster.start()
                migrate(stored.as_django())
                if cached is not None:
                    self.cluster.stop()
                    _keep(self.cluster.home, cached)
                    stored = self.cluster.start()
            (self.folder / "ready").touch()
            return stored

    def clone(self, name: str, *, of: str = "") -> dict[str, Any]:
        """Make a database like the template, or like another one that nobody is connected to; return how to reach it.

        What is returned is Django's description of a database.
        """
        stored = self._stored()
        with self._admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(of or stored.database), sql.Identifier(stored.user)
                )
            )
        return {**stored.as_django(), "NAME": name}

    def drop(self, name: str) -> None:
        """Drop a clone, throwing out whoever is still connected to it."""
        with self._admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """Return the address of a clone as a value for UTENZA_DATABASE_URL."""
        return self._stored().url(name)

    def _stored(self) -> StoredConnection:
        stored = connection.read(self.cluster.home)
        assert stored is not None, "the run's server was never started"
        return stored

    def _admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(**self._stored().as_superuser(), autocommit=True)


def fingerprint_of(folders: list[Path], words: list[str]) -> str:
    """Return a short hash of all that decides what a migrated database looks like."""
    digest = hashlib.sha256(binaries.of_the_wheel().version.encode())
    for word in words:
        digest.update(word.encode() + b"\0")
    for folder in folders:
        for path in sorted([*folder.glob("migrations/*.py"), *folder.rglob("*.sql")]):
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"utenza-tests-of-{os.geteuid()}"
    folder.mkdir(mode=0o711, exist_ok=True)
    assert folder.stat().st_uid == os.geteuid(), f"{folder} belongs to somebody else"
    return folder


def _keep(home: Path, cached: Path) -> None:
    """Put a stopped, migrated cluster into the cache, and drop the ones used longest ago."""
    draft = cached.with_name(f".{cached.name}.{os.getpid()}")
    _copy(home, draft)
    try:
        draft.rename(cached)
    except OSError:  # another run was quicker
        shutil.rmtree(draft, ignore_errors=True)
    kept = sorted(_cache_folder().glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[CACHED_CLUSTERS:]:
        shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Copy with owners and permissions, which the server insists upon."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)
    os.utime(source)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

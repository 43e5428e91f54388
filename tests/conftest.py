"""What every test stands on: a real PostgreSQL, a home folder of its own, and the marks for what may be absent."""

from __future__ import annotations

import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from hypothesis import HealthCheck, settings

from tests.harness import server as harness

pytest_plugins = ("tests.lab.fixtures",)

settings.register_profile("utenza", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Fifty times the usual examples: within an hour on two processors, with the properties that ask the database.
settings.register_profile(
    "soak", parent=settings.get_profile("utenza"), max_examples=5_000, suppress_health_check=list(HealthCheck)
)
settings.load_profile("utenza")


# The settings find the home in the environment, so the run's own must stand there before Django reads them; a process
# of xdist has inherited it.
if "PYTEST_XDIST_WORKER" not in os.environ:
    harness.prepare_environment()
django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server and remove its folder, once, after every worker has ended."""
    if not hasattr(config, "workerinput") and harness.FOLDER_VARIABLE in os.environ:
        harness.remove(harness.run_folder())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a lab test whose programs are not installed; where the lab is promised (CI=true), fail it instead."""
    for mark in item.iter_markers("lab"):
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        missing = [program for program in mark.args if shutil.which(program, path=path) is None]
        if missing and os.environ.get("CI") == "true":
            pytest.fail(f"the lab lacks {', '.join(missing)}; 'make lab' installs it", pytrace=False)
        if missing:
            pytest.skip(f"needs {', '.join(missing)}; 'make lab' installs it")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how long each suite took, summed over the processes."""
    seconds: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                suite = "/".join(report.nodeid.split("::")[0].split("/")[:2])
                seconds[suite] += report.duration
                count[suite] += report.when == "call"
    if len(seconds) > 1:
        terminalreporter.section("time of each suite")
        for suite in sorted(seconds, key=seconds.__getitem__, reverse=True):
            terminalreporter.line(f"{seconds[suite]:8.1f} s  {count[suite]:5d} tests  {suite}")


@pytest.fixture(scope="session")
def database_server(django_db_blocker: Any) -> harness.Server:
    """Return the run's server, started and holding the migrated template."""
    server = harness.Server(harness.run_folder())

    def fingerprint() -> str:
        models = [
            f"{model._meta.label}{model._meta.permissions}" for model in apps.get_models(include_auto_created=True)
        ]
        return harness.fingerprint_of([Path(app.path) for app in apps.get_app_configs()], models)

    def migrate(description: dict[str, Any]) -> None:
        with django_db_blocker.unblock():
            _point_to(description)
            call_command("migrate", verbosity=0, interactive=False)
            connections.close_all()

    server.ready(fingerprint=fingerprint, migrate=migrate)
    return server


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep pytest-django from renaming databases: each process has a clone of its own already."""


@pytest.fixture(scope="session")
def django_db_setup(database_server: harness.Server, django_db_blocker: Any) -> Iterator[None]:
    """Point Django at this process's clone of the template."""
    name = f"utenza_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    _point_to(database_server.clone(name))
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@dataclass(frozen=True, kw_only=True)
class CommittedDatabase:
    """A database of one test's own, in which commits are real."""

    name: str
    url: str


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest,
    database_server: harness.Server,
    django_db_setup: None,
    django_db_blocker: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[CommittedDatabase]:
    """Give the test a fresh database with real commits, for threads and child processes too (UTENZA_DATABASE_URL)."""
    if request.node.get_closest_marker("django_db") is not None:
        pytest.fail("a test takes either django_db (rolled back) or committed_db (real commits), not both")
    name = f"utenza_test_{uuid.uuid4().hex[:12]}"
    before = {key: connections["default"].settings_dict[key] for key in _ADDRESS}
    with django_db_blocker.unblock():
        connections.close_all()
        _point_to(database_server.clone(name))
        monkeypatch.setenv("UTENZA_DATABASE_URL", database_server.url(name))
        try:
            yield CommittedDatabase(name=name, url=database_server.url(name))
        finally:
            connections.close_all()
            _point_to(before)
            database_server.drop(name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home folder of its own, as UTENZA_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("UTENZA_HOME", str(folder))
    return folder


_ADDRESS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")


def _point_to(description: dict[str, Any]) -> None:
    """Change where Django's default connection leads, in the one dictionary that all its threads share."""
    connections["default"].close()
    connections["default"].settings_dict.update({key: description[key] for key in _ADDRESS})

"""The fixtures of the lab, known to every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.nodeid import coerce_node_id

from tests.harness import server as harness
from tests.lab.freeradius import FreeradiusLab
from utenza.infra.postgres import connection


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the tests of one `xdist_group` run in one process, so that the run needs each daemon once.

    xdist 3.8 says so by a suffix of the test's id, which it writes where pytest 9.2 no longer reads it.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    for item in items:
        groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
        if groups and "@" not in item.nodeid.rpartition("]")[2].rpartition("::")[2]:
            item._id = coerce_node_id(f"{item.nodeid}@{'_'.join(groups)}")


@pytest.fixture(scope="session")
def freeradius_daemon(database_server: harness.Server) -> Iterator[FreeradiusLab]:
    """Return the run's FreeRADIUS; use `radius_lab`, which is cleaned between tests."""
    stored = connection.read(database_server.cluster.home)
    assert stored is not None

    def admin(database: str) -> dict[str, Any]:
        return stored.as_superuser(database)

    lab = FreeradiusLab(folder=harness.run_folder() / "freeradius", admin=admin)
    lab.create_database()
    lab.start()
    yield lab
    lab.reset()
    lab.stop()


@pytest.fixture
def radius_lab(freeradius_daemon: FreeradiusLab) -> Iterator[FreeradiusLab]:
    """Give the test a running FreeRADIUS without any login, device or session. Mark the module with `LAB`."""
    freeradius_daemon.reset()
    yield freeradius_daemon
    freeradius_daemon.reset()

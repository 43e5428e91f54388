"""The fixtures of the lab, known to every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import server as harness
from tests.lab.freeradius import FreeradiusLab
from utenza.infra.postgres import connection


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

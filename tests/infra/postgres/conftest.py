"""Clusters of their own for the supervisor's tests, in folders that the server's user can reach."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from utenza.infra.postgres import tuning
from utenza.infra.postgres.cluster import Cluster

# Data need not survive the machine, but commits must survive the server, as they do in the product.
SETTINGS = {**tuning.FOR_TESTS, "synchronous_commit": "on", "full_page_writes": "on"}


@pytest.fixture
def cluster_home() -> Iterator[Path]:
    """Return a home folder that does not exist yet, and leave neither server nor files behind."""
    parent = Path(tempfile.mkdtemp(prefix="utenza-cluster-"))
    parent.chmod(0o711)
    yield parent / "home"
    Cluster(parent / "home").stop(mode="immediate")
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def cluster(cluster_home: Path) -> Cluster:
    """Return a cluster that was not made yet."""
    return Cluster(cluster_home, extra_settings=SETTINGS)

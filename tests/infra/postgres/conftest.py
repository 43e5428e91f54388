"""Clusters of their own for the supervisor's tests, in folders that the server's user can reach."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from utenza.infra.postgres import tuning
from utenza.infra.postgres.cluster import Cluster

# Data need not survive the machine, but commits must survive the server, as they do in the product.
SETTINGS = {**tuning.FOR_TESTS, "synchronous_commit": "on", "full_page_writes": "on"}


@pytest.fixture(scope="session")
def made_home() -> Iterator[Path]:
    """Return the home of a cluster that was made and stopped, to be copied: making one takes a second."""
    with tempfile.TemporaryDirectory(prefix="utenza-made-") as parent:
        Path(parent).chmod(0o711)
        made = Cluster(Path(parent, "home"), extra_settings=SETTINGS)
        made.start()
        made.stop()
        yield made.home


@pytest.fixture
def cluster_home() -> Iterator[Path]:
    """Return a home folder that does not exist yet, and leave neither server nor files behind."""
    parent = Path(tempfile.mkdtemp(prefix="utenza-cluster-"))
    parent.chmod(0o711)
    yield parent / "home"
    Cluster(parent / "home").stop(mode="immediate")
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def cluster(cluster_home: Path, made_home: Path) -> Cluster:
    """Return a cluster that was made once and does not run."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(made_home), str(cluster_home)], check=True)
    return Cluster(cluster_home, extra_settings=SETTINGS)


@pytest.fixture
def new_cluster(cluster_home: Path) -> Cluster:
    """Return a cluster that was not made yet."""
    return Cluster(cluster_home, extra_settings=SETTINGS)

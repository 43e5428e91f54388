"""Under root the server runs as somebody else, and as an ordinary user it runs as ourselves."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import stat
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from utenza.infra.postgres import binaries, postmaster, tuning
from utenza.infra.postgres.cluster import Cluster
from utenza.infra.postgres.refusals import FolderNotWritable, FolderOutOfReach

FORK = multiprocessing.get_context("fork")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")


@as_root
def test_root_runs_the_server_as_an_unprivileged_user_from_a_copy_beside_the_data(cluster: Cluster) -> None:
    cluster.start()
    found = postmaster.read(cluster.data)
    assert found is not None
    process = Path("/proc", str(found.pid))
    assert process.stat().st_uid != 0
    assert (process / "exe").resolve().is_relative_to(cluster.folder / "program")
    assert cluster.data.stat().st_uid == process.stat().st_uid


@as_root
def test_a_home_that_the_server_cannot_reach_is_refused_and_no_permission_above_it_is_changed(
    cluster_home: Path,
) -> None:
    closed = cluster_home.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(FolderOutOfReach, match=f"cannot enter {closed}"):
        Cluster(closed / "home", extra_settings=tuning.FOR_TESTS).start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_a_copy_of_another_version_is_replaced(tmp_path: Path) -> None:
    first = binaries.copied_to(tmp_path / "program")
    (tmp_path / "program" / binaries.STAMP).write_text("0.0.1")
    first.program("postgres").unlink()
    assert binaries.copied_to(tmp_path / "program").program("postgres").exists()


def _as_user(uid: int, gid: int, site: Path, home: Path, answer: Path) -> None:
    """Become an ordinary user, whose only way to the wheel is `site`, and start a cluster."""
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        sys.path.insert(0, str(site))
        cluster = Cluster(home, extra_settings=tuning.FOR_TESTS)
        stored = cluster.start()
        assert cluster.start() == stored
        found = postmaster.read(cluster.data)
        assert found is not None
        answer.write_text(f"{Path('/proc', str(found.pid)).stat().st_uid} {stat.S_IMODE(home.stat().st_mode):o}")
        cluster.stop()
    except BaseException:
        answer.write_text(traceback.format_exc())
        raise


@pytest.fixture
def site() -> Iterator[Path]:
    """Return a folder with the wheel's programs that any user can read; our environment may be closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="utenza-site-"))
    folder.chmod(0o755)
    binaries.copied_to(folder / "copy")
    for entry in (folder / "copy").iterdir():
        entry.rename(folder / entry.name)
    package = folder / binaries.PACKAGE
    (package / "__init__.py").touch()
    information = folder / f"{binaries.PACKAGE}-{binaries.of_the_wheel().version}.dist-info"
    information.mkdir(mode=0o755)
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {binaries.DISTRIBUTION}\nVersion: {binaries.of_the_wheel().version}\n"
    )
    yield folder
    shutil.rmtree(folder)


@as_root
def test_an_ordinary_user_runs_the_server_as_himself_and_keeps_his_home_closed(site: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="utenza-user-") as own:
        os.chown(own, nobody.pw_uid, nobody.pw_gid)
        answer = Path(own, "answer")
        child = FORK.Process(
            target=_as_user, args=(nobody.pw_uid, nobody.pw_gid, site, Path(own, "share", "utenza"), answer)
        )
        child.start()
        child.join(timeout=60)
        assert answer.read_text() == f"{nobody.pw_uid} 700"
        assert child.exitcode == 0


def _refused_as_user(uid: int, home: Path, answer: Path) -> None:
    os.setuid(uid)
    try:
        Cluster(home).start()
    except FolderNotWritable as refusal:
        answer.write_text(str(refusal))


@as_root
def test_an_ordinary_user_is_told_of_a_home_that_is_not_his() -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="utenza-user-") as own:
        Path(own).chmod(0o755)
        answer = Path(own, "answer")
        answer.touch()
        answer.chmod(0o666)
        child = FORK.Process(target=_refused_as_user, args=(nobody.pw_uid, Path(own, "home"), answer))
        child.start()
        child.join(timeout=30)
        assert answer.read_text() == (
            f"The folder {own}/home cannot be written: Permission denied. Choose another one with UTENZA_HOME."
        )

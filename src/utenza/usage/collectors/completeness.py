"""Whether a file is complete, or somebody still writes it.

A file that its writer holds open is left for the next time: the kernel tells (a lease for reading is refused while
anybody has the file open for writing). Where it cannot tell, because the file is another user's or lies on a network
file system, a file has to have stood still for a while by the clock of the file system itself. The surest writer
writes under another name, which no pattern matches, and renames the file when it is done.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Names under which well-known programs write a file before they rename it.
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".swp")


@dataclass(frozen=True, slots=True)
class Stand:
    """What changes in a file when it is written to."""

    octets: int
    changed_ns: int


def stand_of(path: Path) -> Stand:
    """Return how a file stands.

    :raises OSError: if it cannot be looked at.
    """
    found = path.stat()
    return Stand(found.st_size, found.st_mtime_ns)


def is_complete(path: Path, *, settle_s: int) -> bool:
    """Return whether nobody is still writing a file; True for one that cannot be opened, which reading will tell."""
    if path.name.startswith(".") or path.name.endswith(UNFINISHED):
        return False
    written = _is_open_for_writing(path)
    if written is None:
        return _stood_still(path, settle_s)
    return not written


def _is_open_for_writing(path: Path) -> bool | None:
    """Ask the kernel; None where it cannot tell."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Who opens the file while the lease stands has us told by a signal: this one is ignored unless it is heeded.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except (OSError, AttributeError) as error:
        return True if getattr(error, "errno", None) == errno.EAGAIN else None
    finally:
        os.close(descriptor)
    return False


def _stood_still(path: Path, settle_s: int) -> bool:
    """Compare with a file made now in the same folder: its file system has a clock of its own."""
    try:
        descriptor, probe = tempfile.mkstemp(prefix=".now-", dir=path.parent)
    except OSError:
        return True
    try:
        now_ns = os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            Path(probe).unlink()
    return now_ns - path.stat().st_mtime_ns >= settle_s * 1_000_000_000

"""What postmaster.pid says of the server that holds a data folder, and whether that is still true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
SHARED_MEMORY_TABLE = PROCESSES / "sysvipc" / "shm"


@dataclass(frozen=True, kw_only=True)
class Postmaster:
    """A server that runs, or ran, on a data folder.

    `alive` is true only of a living process that is PostgreSQL itself: a dead one not yet reaped, and another program
    that was given the same number since, are not. `memory_in_use` says that some process of the server, perhaps a
    child that outlived its parent, still holds the server's memory: no second server may start before it is gone.
    """

    pid: int
    port: int | None
    alive: bool
    memory_in_use: bool


def read(data: Path) -> Postmaster | None:
    """Read the data folder's postmaster.pid: pid, folder, start, port, socket folder, address, memory key and id."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        pid = abs(int(lines[0]))
    except (OSError, ValueError, IndexError):
        return None
    memory = lines[6].split() if len(lines) > 6 else []
    return Postmaster(
        pid=pid,
        port=int(lines[3]) if len(lines) > 3 and lines[3].isdigit() and lines[3] != "0" else None,
        alive=_is_postgres(pid),
        memory_in_use=len(memory) == 2 and _is_attached(memory[1]),
    )


def _is_postgres(pid: int) -> bool:
    """Say whether the process lives and is a server; a dead one that nobody reaped has an empty command line."""
    try:
        command = (PROCESSES / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False
    return b"postgres" in command.split(b"\0")[0]


def _is_attached(memory_id: str) -> bool:
    """Look the segment up in the kernel's table: key, id, permissions, size, creator, last user, attached processes."""
    try:
        rows = SHARED_MEMORY_TABLE.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return False
    return any(row.split()[1] == memory_id and int(row.split()[6]) > 0 for row in rows)

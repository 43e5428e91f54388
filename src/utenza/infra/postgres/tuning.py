"""The server's settings, for a product's own server and for that of a test run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

MEBIBYTE = 1024 * 1024
SHARED_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - looked at for its size, never written

FOR_TESTS: Mapping[str, str] = {
    # A test run's data dies with it, so it never waits for the disk.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "min_wal_size": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
}


def settings(*, home: Path, port: int, sockets: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a server that serves one operator on one machine; `extra` wins."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEBIBYTE
    free_mb = shutil.disk_usage(home).free // MEBIBYTE
    return {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{min(2048, max(128, memory_mb // 8))}MB",
        "effective_cache_size": f"{max(256, memory_mb // 2)}MB",
        "maintenance_work_mem": f"{min(512, max(64, memory_mb // 32))}MB",
        # Fewer checkpoints write fewer full pages; a small disk must not be filled by the log alone.
        "max_wal_size": f"{min(4096, max(256, free_mb // 8))}MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_connections": "100",
        "dynamic_shared_memory_type": "posix" if _roomy_shared_memory() else "mmap",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "idle_in_transaction_session_timeout": "15min",
        **extra,
    }


def as_file(values: Mapping[str, str]) -> str:
    """Return the settings in the syntax of postgresql.conf."""
    lines = [f"{name} = '{_quoted(value)}'" for name, value in values.items()]
    return "\n".join(["# Written by Utenza at every start; changes made here are lost.", *lines, ""])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _roomy_shared_memory() -> bool:
    """Say whether parallel queries may share memory there; containers often grant 64 MB, which they exhaust."""
    try:
        return shutil.disk_usage(SHARED_MEMORY_FOLDER).total >= 256 * MEBIBYTE
    except OSError:
        return False

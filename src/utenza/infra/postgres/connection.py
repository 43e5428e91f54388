"""Where our own PostgreSQL listens and with which passwords: one file of the home folder, readable by its owner."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FILE_NAME = "database.json"
HOST = "127.0.0.1"
DATABASE = "utenza"
APPLICATION_ROLE = "utenza"
SUPERUSER = "postgres"


@dataclass(frozen=True, kw_only=True)
class StoredConnection:
    """The address and the secrets of one cluster. `port` may change from one start to the next; the rest is kept."""

    port: int
    password: str
    superuser_password: str
    host: str = HOST
    database: str = DATABASE
    user: str = APPLICATION_ROLE

    def as_django(self) -> dict[str, Any]:
        """Return the application's connection in Django's names."""
        return {
            "NAME": self.database,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": str(self.port),
            "OPTIONS": {},
        }

    def as_superuser(self, database: str = "postgres") -> dict[str, Any]:
        """Return the superuser's connection in psycopg's names."""
        return {
            "host": self.host,
            "port": self.port,
            "user": SUPERUSER,
            "password": self.superuser_password,
            "dbname": database,
        }

    def url(self, database: str | None = None) -> str:
        """Return the application's connection as a value for UTENZA_DATABASE_URL; it holds the password."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{database or self.database}"

    def on_port(self, port: int) -> StoredConnection:
        """Return the same connection on another port."""
        return replace(self, port=port)


def read(home: Path) -> StoredConnection | None:
    """Return the connection stored in `home`, or None when there is none that we may read."""
    try:
        return StoredConnection(**json.loads((home / FILE_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(home: Path, stored: StoredConnection) -> None:
    """Store the connection so that a reader sees the old file or the new one, never half of one."""
    target = home / FILE_NAME
    draft = home / f".{FILE_NAME}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(stored), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)

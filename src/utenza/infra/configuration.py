"""What the environment says about this installation, read once by each process; imports nothing of Django."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from utenza.core.errors import N_, Refusal
from utenza.infra.postgres import connection

SECRET_KEY_FILE = "secret-key"  # noqa: S105 - a file's name
WORDS_FOR_YES = frozenset({"1", "true", "yes", "on"})
WORDS_FOR_NO = frozenset({"", "0", "false", "no", "off"})


class ConfigurationWrong(Refusal):
    """A setting of the environment cannot be understood."""

    code = "configuration-wrong"
    text = N_("%(name)s is not understood: %(why)s. Correct it in the environment and start again.")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The settings of one installation.

    `home` is the folder of everything that Utenza writes: database, files, keys, usage. `database_url` is empty when
    Utenza runs its own PostgreSQL, whose address is then read from the file that its supervisor keeps in `home`.
    """

    home: Path
    database_url: str
    secret_key: str
    debug: bool
    allowed_hosts: list[str]
    trusted_origins: list[str]
    secure_cookies: bool
    smtp_url: str
    clock: Literal["real", "settable"]
    log_format: Literal["console", "json"]

    @property
    def own_database(self) -> bool:
        """Say whether Utenza runs the database itself."""
        return not self.database_url

    def database(self) -> dict[str, Any]:
        """Return Django's description of the database, with persistent connections that are tested before use.

        Before `utenza init` there is no database yet: an address that nothing listens on stands in its place, so that
        commands which need no database (extracting messages, type checks, making migrations) still start.
        """
        if self.database_url:
            address = _parse_database_url(self.database_url)
        else:
            stored = connection.read(self.home)
            address = stored.as_django() if stored is not None else _nowhere()
        return {
            "ENGINE": "django.db.backends.postgresql",
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "ATOMIC_REQUESTS": False,
            **address,
        }


def load(environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read the configuration from `environment` and from the secret key kept in the home folder.

    :raises ConfigurationWrong: when a value cannot be understood.
    """
    home = home_folder(environment)
    debug = _flag(environment, "UTENZA_DEBUG")
    return Configuration(
        home=home,
        database_url=environment.get("UTENZA_DATABASE_URL", ""),
        secret_key=environment.get("UTENZA_SECRET_KEY", "") or _stored_secret_key(home),
        debug=debug,
        allowed_hosts=_words(environment, "UTENZA_ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"],
        trusted_origins=_origins(environment, "UTENZA_TRUSTED_ORIGINS"),
        secure_cookies=_flag(environment, "UTENZA_SECURE_COOKIES"),
        smtp_url=_smtp_url(environment.get("UTENZA_SMTP_URL", "")),
        clock="settable" if _choice(environment, "UTENZA_CLOCK", ("real", "settable")) == "settable" else "real",
        log_format="json" if _choice(environment, "UTENZA_LOG_FORMAT", ("console", "json")) == "json" else "console",
    )


def home_folder(environment: Mapping[str, str] = os.environ, *, uid: int | None = None) -> Path:
    """Return the folder that holds everything Utenza writes, for the user `uid`, by default the one we run as.

    A superuser's home is a system folder, because the database runs as another user, who could not enter the
    superuser's own folder; anyone else's is the user's data folder.
    """
    if named := environment.get("UTENZA_HOME", ""):
        return Path(named).expanduser().absolute()
    if (os.geteuid() if uid is None else uid) == 0:
        return Path("/var/lib/utenza")
    if data_home := environment.get("XDG_DATA_HOME", ""):
        return Path(data_home).absolute() / "utenza"
    return Path(environment.get("HOME", "") or "~").expanduser().absolute() / ".local" / "share" / "utenza"


def _stored_secret_key(home: Path) -> str:
    """Return the key that `init` made; without one, a key of this process alone, which signs nothing that lasts."""
    try:
        return (home / SECRET_KEY_FILE).read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_urlsafe(50)


def _parse_database_url(url: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name?sslmode=require` into Django's names."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationWrong(name="UTENZA_DATABASE_URL", why=str(error)) from error
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigurationWrong(name="UTENZA_DATABASE_URL", why="it must begin with postgresql://")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ConfigurationWrong(name="UTENZA_DATABASE_URL", why="it names no database after the host")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def _smtp_url(url: str) -> str:
    """Return the mail server's address, refused here and not at the first message that it would have sent."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigurationWrong(name="UTENZA_SMTP_URL", why=str(error)) from error
    if parts.scheme not in {"smtp", "smtps"}:
        raise ConfigurationWrong(name="UTENZA_SMTP_URL", why="it must begin with smtp:// or smtps://")
    if not parts.hostname:
        raise ConfigurationWrong(name="UTENZA_SMTP_URL", why="it names no host")
    return url


def _origins(environment: Mapping[str, str], name: str) -> list[str]:
    origins = _words(environment, name)
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ConfigurationWrong(name=name, why=f"'{origin}' must begin with https:// or http://")
    return origins


def _nowhere() -> dict[str, Any]:
    return {"NAME": "utenza", "USER": "utenza", "PASSWORD": "", "HOST": "127.0.0.1", "PORT": "1", "OPTIONS": {}}


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "").strip().lower()
    if value in WORDS_FOR_YES:
        return True
    if value in WORDS_FOR_NO:
        return False
    raise ConfigurationWrong(name=name, why=f"'{value}' is neither yes nor no")


def _choice(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environment.get(name, "") or allowed[0]
    if value not in allowed:
        raise ConfigurationWrong(name=name, why=f"'{value}' is none of {', '.join(allowed)}")
    return value


def _words(environment: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in environment.get(name, "").split(",") if word.strip()]

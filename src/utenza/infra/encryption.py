"""Fields that the database holds only in encrypted form, with keys that have versions.

The keys lie in `<home>/keys.json`, readable by their owner alone, and never in the database: a copy of the database
says nothing. A stored value reads `v1:` and base64 of nonce and AES-256-GCM text, bound to the column it was written
for, so that a value moved to another column is refused. Rotation adds a key; older ones stay to read what they wrote.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.db import models

from utenza.core.errors import N_, Refusal
from utenza.infra import configuration
from utenza.infra.transactions import transaction

KEYS_FILE = "keys.json"
_NONCE_OCTETS = 12
_KEY_OCTETS = 32


class KeysMissing(Refusal):
    code = "keys_missing"
    text = N_("The key file %(path)s lacks key %(version)s: put back the key file that belongs to this database.")


class KeysUnreadable(Refusal):
    code = "keys_unreadable"
    text = N_("The key file %(path)s cannot be read (%(why)s): put back the one from your backup. Nothing was changed.")


class ValueTampered(Refusal):
    code = "value_tampered"
    text = N_("An encrypted value of %(context)s cannot be read: it was changed, or the key file is not its own.")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys by version, the one that writes, and the one that makes blind indexes (which never changes)."""

    current: int
    keys: dict[int, bytes]
    index_key: bytes


def key_ring() -> KeyRing:
    """Return the keys of this installation, making the first ones where there are none."""
    path = _path()
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        with _locked(path):
            if not path.exists():
                _write(path, KeyRing(1, {1: secrets.token_bytes(32)}, secrets.token_bytes(32)))
        changed = path.stat().st_mtime_ns
    return _read(path, changed)


def add_key() -> int:
    """Add a key that writes from now on, and return its version; `rotate` then writes older values anew."""
    path = _path()
    key_ring()
    with _locked(path):
        ring = _read(path, path.stat().st_mtime_ns)
        version = max(ring.keys) + 1
        _write(path, KeyRing(version, {**ring.keys, version: secrets.token_bytes(32)}, ring.index_key))
    return version


def encrypt(text: str, *, context: str) -> str:
    """Return `text` encrypted for `context` (a column such as 'parties_account.iban') under the current key."""
    ring = key_ring()
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    sealed = AESGCM(ring.keys[ring.current]).encrypt(nonce, text.encode(), context.encode())
    return f"v{ring.current}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, context: str) -> str:
    """Return what `encrypt` was given for `context`.

    :raises KeysMissing: if the key that wrote it is not in the key file.
    :raises ValueTampered: if the value was changed or was written for another context.
    """
    version = version_of(stored)
    key = key_ring().keys.get(version)
    if key is None:
        raise KeysMissing(path=str(_path()), version=version)
    try:
        raw = base64.b64decode(stored.partition(":")[2], validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE_OCTETS], raw[_NONCE_OCTETS:], context.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise ValueTampered(context=context) from error


def version_of(stored: str) -> int:
    """Return the version of the key that wrote `stored`; 0 if it is no encrypted value."""
    mark = stored.partition(":")[0]
    return int(mark[1:]) if mark[:1] == "v" and mark[1:].isdigit() else 0


def blind_index(text: str) -> str:
    """Return what equal texts share and what tells nothing else, to find an encrypted value by a unique index."""
    return hmac.new(key_ring().index_key, text.strip().casefold().encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic only in the stubs
    """Text that is encrypted on its way to the database and decrypted on its way back. It cannot be searched."""

    description = "Encrypted text"

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared if prepared is None else encrypt(str(prepared), context=self.context)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:  # noqa: ARG002
        return None if value is None else decrypt(value, context=_context_of(expression, self.context))


def _context_of(expression: Any, default: str) -> str:
    """Return the column that is read; a history table holds the values of the table that it follows."""
    target = getattr(expression, "target", None)
    tracked = getattr(getattr(target, "model", None), "pgh_tracked_model", None)
    return f"{tracked._meta.db_table}.{target.column}" if target is not None and tracked is not None else default


def rotate(*, chunk: int = 500) -> int:
    """Write every value that an older key encrypted anew with the current one; return how many. Safe to repeat."""
    count = 0
    for model in apps.get_models():
        names = [f.attname for f in model._meta.concrete_fields if isinstance(f, EncryptedTextField)]
        if names and getattr(model, "pgh_tracked_model", None) is None:
            count += _rotate_model(model, names, chunk)
    return count


def _rotate_model(model: type[models.Model], names: list[str], chunk: int) -> int:
    current = f"v{key_ring().current}:"
    count, last = 0, None
    while True:
        with transaction():
            rows = model._base_manager.select_for_update().order_by("pk")
            page = list((rows if last is None else rows.filter(pk__gt=last))[:chunk])
            if not page:
                return count
            stale = {name: _stale(model, name, [row.pk for row in page], current) for name in names}
            for row in page:
                changed = [name for name in names if row.pk in stale[name]]
                if changed:
                    row.save(update_fields=changed)
                    count += len(changed)
            last = page[-1].pk


def _stale(model: type[models.Model], name: str, pks: list[Any], current: str) -> set[Any]:
    raw = models.functions.Cast(name, models.TextField())
    found = model._base_manager.filter(pk__in=pks).annotate(raw_value=raw).values_list("pk", "raw_value")
    return {pk for pk, value in found if value is not None and not str(value).startswith(current)}


def _path() -> Path:
    return configuration.home_folder() / KEYS_FILE


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> KeyRing:
    try:
        document = json.loads(path.read_text())
        ring = KeyRing(
            current=int(document["current"]),
            keys={int(version): base64.b64decode(key, validate=True) for version, key in document["keys"].items()},
            index_key=base64.b64decode(document["index_key"], validate=True),
        )
    except OSError as error:
        raise KeysUnreadable(path=str(path), why=(error.strerror or "").lower()) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeysUnreadable(path=str(path), why="it is damaged") from error
    if ring.current not in ring.keys or {len(key) for key in ring.keys.values()} != {_KEY_OCTETS}:
        raise KeysUnreadable(path=str(path), why="it is damaged")
    return ring


def _write(path: Path, ring: KeyRing) -> None:
    document = {
        "current": ring.current,
        "keys": {str(version): base64.b64encode(key).decode() for version, key in ring.keys.items()},
        "index_key": base64.b64encode(ring.index_key).decode(),
    }
    draft = path.with_suffix(".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(document, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield

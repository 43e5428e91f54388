"""Encryption of the identifiers in the usage store, with a key for each line."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from utenza.usage.models import LineKey

_NONCE_OCTETS = 12


def keys_for_writing(line_ids: Collection[int]) -> dict[int, bytes | None]:
    """Return each line's key, made where there is none; None where it was destroyed."""
    known = _stored(line_ids)
    missing = [line_id for line_id in set(line_ids) if line_id not in known]
    if missing:
        LineKey.objects.bulk_create(
            [LineKey(line_id=n, key=base64.b64encode(secrets.token_bytes(32)).decode()) for n in sorted(missing)],
            ignore_conflicts=True,
        )
        known.update(_stored(missing))
    return known


def keys_for_reading(line_ids: Collection[int]) -> dict[int, bytes | None]:
    """Return each line's key; None where it was destroyed."""
    return _stored(line_ids)


def destroy(line_id: int, *, at: datetime) -> None:
    """Destroy a line's key for ever; a line that has none gets none later. Safe to repeat."""
    LineKey.objects.get_or_create(line_id=line_id, defaults={"destroyed_at": at})
    LineKey.objects.filter(line_id=line_id, destroyed_at=None).update(key=None, destroyed_at=at)


def seal(text: str, key: bytes | None) -> str:
    """Return `text` encrypted; empty if it is empty or the key is destroyed."""
    if not text or key is None:
        return ""
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), None)).decode()


def unseal(sealed: str, key: bytes | None) -> str:
    """Return what was sealed; empty if the key is destroyed."""
    if not sealed or key is None:
        return ""
    raw = base64.b64decode(sealed)
    return AESGCM(key).decrypt(raw[:_NONCE_OCTETS], raw[_NONCE_OCTETS:], None).decode()


def _stored(line_ids: Collection[int]) -> dict[int, bytes | None]:
    rows = LineKey.objects.filter(line_id__in=list(line_ids))
    return {row.line_id: base64.b64decode(row.key) if row.key else None for row in rows}

"""The memory of requests: the caller brings a key, and a repeat gets the first answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from utenza.core.errors import N_, Refusal
from utenza.infra import clock
from utenza.infra.models.idempotency import IdempotencyRecord
from utenza.infra.transactions import demands_transaction


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"
    text = N_("The key '%(key)s' was used for another request: send each new request with a new key.")
    field = "key"

    def __init__(self, *, key: str) -> None:
        super().__init__(field="key", key=key)


def payload_hash(payload: Mapping[str, Any]) -> str:
    """Return the fingerprint of `payload`, the same for the same content in any order of keys."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@demands_transaction
def once(
    *, key: str, scope: str, payload: Mapping[str, Any], operation: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Run `operation` the first time that (`scope`, `key`) comes, and give its stored result ever after.

    A second request that comes while the first is under way waits for its end. If the operation raises, nothing is
    kept and the key stays free. Safe to repeat.

    :raises IdempotencyConflict: if the key came before with another payload.
    """
    fingerprint = payload_hash(payload)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO infra_idempotency (scope, key, payload_hash) VALUES (%s, %s, %s)
            ON CONFLICT ON CONSTRAINT infra_idempotency_scope_key_unique DO NOTHING RETURNING id
            """,
            [scope, key, fingerprint],
        )
        created = cursor.fetchone()
    if created is None:
        record = IdempotencyRecord.objects.get(scope=scope, key=key)
        if record.payload_hash != fingerprint:
            raise IdempotencyConflict(key=key)
        return dict(record.result or {})
    result = operation()
    IdempotencyRecord.objects.filter(pk=created[0]).update(result=result, recorded_at=clock.now())
    return result

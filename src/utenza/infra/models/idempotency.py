"""The memory of requests that were answered."""

from __future__ import annotations

from django.db import models


class IdempotencyRecord(models.Model):
    """The caller's key, the hash of what was asked and the answer that was given."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    payload_hash = models.CharField(max_length=64)
    result = models.JSONField(null=True)
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "infra_idempotency"
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="infra_idempotency_scope_key_unique")]

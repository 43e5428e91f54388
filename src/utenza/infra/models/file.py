"""What is known of each stored file; the bytes lie in the data folder."""

from __future__ import annotations

from django.db import models


class StoredFile(models.Model):
    """A file under `key`. A key is written once: the same bytes may come again, others may not."""

    id = models.BigAutoField(primary_key=True)
    key = models.TextField()
    mime = models.TextField()
    size_octets = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "infra_stored_file"
        constraints = [
            models.UniqueConstraint(fields=["key"], name="infra_stored_file_key_unique"),
            models.CheckConstraint(condition=models.Q(size_octets__gte=0), name="infra_stored_file_size_not_negative"),
        ]

"""What can be found by typing."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SearchEntry(models.Model):
    """A thing that can be found, with its folded words. Customers are rank 0, everything else follows."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=80)
    customer_id = models.BigIntegerField()
    title = models.TextField()
    subtitle = models.TextField()
    words = ArrayField(models.TextField())
    rank = models.SmallIntegerField(default=1)

    class Meta:
        db_table = "infra_search_entry"
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="infra_search_entry_kind_key_unique")]

"""What can be found by typing."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
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
        # Without the pending lists, whose merging would now and then fall upon somebody who searches.
        indexes = [
            GinIndex(
                models.Func("words", function="array_to_tsvector"),
                fastupdate=False,
                condition=models.Q(rank=0),
                name="infra_search_entry_customers",
            ),
            GinIndex(
                models.Func("words", function="array_to_tsvector"),
                fastupdate=False,
                condition=models.Q(rank=1),
                name="infra_search_entry_others",
            ),
        ]

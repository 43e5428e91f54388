"""The last number given out in each gap-free series."""

from __future__ import annotations

from django.db import models


class NumberSeries(models.Model):
    """A series such as bills; `fiscal_year` is 0 for a series that never starts again."""

    id = models.BigAutoField(primary_key=True)
    series = models.CharField(max_length=40)
    fiscal_year = models.IntegerField(default=0)
    last_number = models.BigIntegerField()

    class Meta:
        db_table = "infra_number_series"
        constraints = [
            models.UniqueConstraint(fields=["series", "fiscal_year"], name="infra_number_series_series_year_unique"),
            models.CheckConstraint(condition=models.Q(last_number__gte=1), name="infra_number_series_last_positive"),
        ]

"""What PostgreSQL knows of rated usage: which partitions are rated, and what each line used and owes by day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Partition(models.Model):
    """A (month, bucket) of usage. `wanted` counts the calls for rating, `done` those that a rating has answered."""

    month = models.CharField(max_length=7)
    bucket = models.SmallIntegerField()
    wanted = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    raw_version = models.BigIntegerField(null=True)
    rated_version = models.BigIntegerField(null=True)
    rated_at = models.DateTimeField(null=True)
    events = models.IntegerField(default=0)
    unpriced = models.IntegerField(default=0)

    class Meta:
        db_table = "rating_partition"
        constraints = [
            models.UniqueConstraint(fields=["month", "bucket"], name="rating_partition_month_bucket_once"),
            models.CheckConstraint(condition=Q(bucket__gte=0, bucket__lt=64), name="rating_partition_bucket_known"),
        ]


class UsageTotal(models.Model):
    """What a line used on one of the operator's days, by agreement, tariff, kind and zone. Exact to the micro-unit."""

    partition = models.ForeignKey(Partition, on_delete=models.PROTECT, related_name="+")
    line_id = models.BigIntegerField()
    day = models.DateField()
    agreement_id = models.BigIntegerField(null=True)
    tariff_version_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10)
    zone = models.CharField(max_length=60, blank=True)
    events = models.BigIntegerField()
    quantity = models.BigIntegerField()
    amount_micro = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_included = models.BooleanField()

    class Meta:
        db_table = "rating_usage_total"
        indexes = [models.Index(fields=["line_id", "day"], name="rating_usage_total_line_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["voice", "data", "sms"]), name="rating_usage_total_kind_known"
            ),
        ]


class Allowance(models.Model):
    """How much of each allowance a line had used when a partition closed: the opening of the month that follows."""

    partition = models.ForeignKey(Partition, on_delete=models.PROTECT, related_name="+")
    line_id = models.BigIntegerField()
    tariff_version_id = models.BigIntegerField()
    period_start = models.DateField()
    name = models.CharField(max_length=60)
    used = models.BigIntegerField()
    granted = models.BigIntegerField()

    class Meta:
        db_table = "rating_allowance"
        indexes = [models.Index(fields=["line_id", "period_start"], name="rating_allowance_line_period")]
        constraints = [
            models.UniqueConstraint(
                fields=["partition", "line_id", "tariff_version_id", "period_start", "name"],
                name="rating_allowance_once",
            ),
        ]

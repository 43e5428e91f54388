"""What PostgreSQL knows of usage: sources, batches, what is held back, keys. The events lie in the usage store."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from utenza.infra.encryption import EncryptedTextField
from utenza.usage.states import BatchStatus, QuarantineStatus, Reason, SourceKind


class Source(models.Model):
    """Where usage comes from."""

    code = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    settings = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    last_collected_at = models.DateTimeField(null=True)
    # How far it was read, in words that its collector alone understands.
    position = models.CharField(max_length=100, blank=True, default="")
    # Why the last attempt to collect failed, and since when it does; empty if it did not.
    failure = models.CharField(max_length=500, blank=True, default="")
    failing_since = models.DateTimeField(null=True)

    class Meta:
        db_table = "usage_source"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SourceKind.values), name="usage_source_kind_known"),
        ]


class RawCommit(models.Model):
    """One append to the raw table, numbered before it is written so that it is written once."""

    number = models.BigIntegerField(primary_key=True)
    assigned_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    raw_version = models.BigIntegerField(null=True)

    class Meta:
        db_table = "usage_raw_commit"


class Batch(models.Model):
    """A file, or a collection, or a push, received once.

    `content` holds its events until the raw table has them, and `received` its records until the received table has.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    identity = models.CharField(max_length=200)
    checksum = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=BatchStatus.choices, default=BatchStatus.RECEIVED)
    received_at = models.DateTimeField()
    commit = models.ForeignKey(RawCommit, null=True, on_delete=models.PROTECT, related_name="+")
    records = models.IntegerField()
    events = models.IntegerField()
    quarantined = models.IntegerField()
    duplicates = models.IntegerField(default=0)
    content = models.BinaryField(null=True)
    received = models.BinaryField(null=True)

    class Meta:
        db_table = "usage_batch"
        indexes = [models.Index(fields=["commit", "id"], name="usage_batch_commit")]
        constraints = [
            models.UniqueConstraint(fields=["source", "identity"], name="usage_batch_identity_once"),
            models.UniqueConstraint(fields=["source", "checksum"], name="usage_batch_checksum_once"),
            models.CheckConstraint(condition=Q(status__in=BatchStatus.values), name="usage_batch_status_known"),
        ]


class Quarantined(models.Model):
    """A record held back, as it came, until it is corrected and sent again."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    record = EncryptedTextField()
    reason = models.CharField(max_length=30, choices=Reason.choices)
    status = models.CharField(max_length=10, choices=QuarantineStatus.choices, default=QuarantineStatus.OPEN)
    held_at = models.DateTimeField()
    resent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "usage_quarantined"
        indexes = [models.Index(fields=["status", "id"], name="usage_quarantined_status")]
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="usage_quarantined_reason_known"),
            models.CheckConstraint(
                condition=Q(status__in=QuarantineStatus.values), name="usage_quarantined_status_known"
            ),
        ]


class SessionPosition(models.Model):
    """How much of an accounting session was collected, `octets` in all, and its counters as last seen."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=64)
    octets = models.BigIntegerField(default=0)
    octets_in = models.BigIntegerField(default=0)
    octets_out = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    observed_at = models.DateTimeField()
    closed = models.BooleanField(default=False)

    class Meta:
        db_table = "usage_session_position"
        constraints = [
            models.UniqueConstraint(fields=["source", "session"], name="usage_session_position_session_once"),
        ]


class LineKey(models.Model):
    """The key that encrypts a line's identifiers in the usage store; once destroyed, nobody reads them again."""

    line_id = models.BigIntegerField(unique=True)
    key = EncryptedTextField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "usage_line_key"

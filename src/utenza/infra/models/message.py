"""Messages to people, and each try to send one."""

from __future__ import annotations

from django.db import models


class MessageStatus(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Message(models.Model):
    """An e-mail that is owed to someone. `about` says what it carries, for example `bill:42`."""

    id = models.BigAutoField(primary_key=True)
    to = models.TextField()
    sender = models.TextField()
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(null=True)
    attachments = models.JSONField(default=list)
    about = models.TextField()
    message_id = models.TextField()
    status = models.CharField(max_length=10, choices=MessageStatus.choices, default=MessageStatus.QUEUED)
    attempts = models.IntegerField(default=0)
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        db_table = "infra_message"
        constraints = [
            models.UniqueConstraint(fields=["message_id"], name="infra_message_message_id_unique"),
            models.CheckConstraint(
                condition=models.Q(status__in=MessageStatus.values), name="infra_message_status_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(status=MessageStatus.QUEUED),
                name="infra_message_queued_index",
            ),
            models.Index(fields=["about"], name="infra_message_about_index"),
        ]


class MessageAttempt(models.Model):
    """One try to send a message, and how it ended."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tries")
    attempted_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)
    detail = models.TextField(default="", blank=True)

    class Meta:
        db_table = "infra_message_attempt"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["sent", "refused", "deferred"]),
                name="infra_message_attempt_outcome_known",
            ),
        ]

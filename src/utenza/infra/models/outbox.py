"""Events that were announced, and their delivery to each handler."""

from __future__ import annotations

from django.db import models


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class OutboxEvent(models.Model):
    """A fact written in the transaction that made it true. `actor` is who acted, for the history of what follows."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    payload = models.JSONField()
    actor = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        db_table = "infra_outbox_event"
        indexes = [models.Index(fields=["subject", "id"], name="infra_outbox_event_subject_idx")]


class OutboxDelivery(models.Model):
    """What one handler still owes one event. `subject` is copied so that order is kept by one index."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=160)
    subject = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.TextField(default="", blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "infra_outbox_delivery"
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="infra_outbox_delivery_event_handler_unique"),
            models.CheckConstraint(
                condition=models.Q(status__in=DeliveryStatus.values), name="infra_outbox_delivery_status_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["handler", "subject", "id"],
                condition=models.Q(status=DeliveryStatus.WAITING),
                name="infra_outbox_delivery_order",
            ),
            models.Index(
                fields=["id"], condition=models.Q(status=DeliveryStatus.WAITING), name="infra_outbox_delivery_waiting"
            ),
            models.Index(
                fields=["id"], condition=models.Q(status=DeliveryStatus.PARKED), name="infra_outbox_delivery_parked"
            ),
        ]

"""How far each timed job has come."""

from __future__ import annotations

from django.db import models


class TimedRun(models.Model):
    """The last instant that a job was due and done, and what stopped it since."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=160)
    last_due_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        db_table = "infra_timed_run"
        constraints = [models.UniqueConstraint(fields=["name"], name="infra_timed_run_name_unique")]

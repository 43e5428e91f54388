"""What the operator decides for the whole system."""

from __future__ import annotations

import pghistory
from django.db import models


@pghistory.track()
class Setting(models.Model):
    """A named JSON value."""

    key = models.CharField(max_length=80, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "infra_setting"

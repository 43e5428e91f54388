"""The people who work with the system."""

from __future__ import annotations

import pghistory
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from utenza.infra.roles import Role


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractUser):
    """A member of staff, with roles; what a role may do stands in `utenza.infra.permissions`."""

    id = models.BigAutoField(primary_key=True)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), default=list, blank=True)
    language = models.CharField(max_length=2, default="en", choices=[("en", "English"), ("it", "Italiano")])

    class Meta:
        db_table = "infra_user"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=[*Role.values]), name="infra_user_roles_known"
            ),
            models.CheckConstraint(condition=models.Q(language__in=["en", "it"]), name="infra_user_language_known"),
        ]

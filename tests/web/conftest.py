"""What the web's tests share: staff signed in by role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.web.serving import staff
from utenza.infra.models import User
from utenza.web import rail


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    """Forget what another test counted."""
    rail.forget_counts()


@pytest.fixture
def signed_in(db: None) -> Callable[..., Client]:
    """Return a maker of browsers in which a member of staff with the given roles is signed in."""

    def make(*roles: str, language: str = "en") -> Client:
        number = User.objects.count()
        user_id = staff(f"staff{number}", *roles, language=language, given_name="Marta", family_name="Conti")
        client = Client()
        client.force_login(User.objects.get(pk=user_id), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make

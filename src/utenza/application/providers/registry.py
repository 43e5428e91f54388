"""Which providers are asked: those that the operator's settings hold, and those that a program registers."""

from __future__ import annotations

from typing import Any

from utenza.application.providers.base import IdentityProvider
from utenza.application.providers.http import HttpProvider, HttpProviderSettings
from utenza.infra.encryption import decrypt
from utenza.infra.operator import setting

SETTING = "application.providers"
SECRET_CONTEXT = "application.providers.secret"  # noqa: S105 - what the secret is bound to


def provider_settings() -> list[dict[str, Any]]:
    """Return how each provider is asked, as it is kept; the secret is encrypted."""
    return list(setting(SETTING, []))


def configured() -> dict[str, IdentityProvider]:
    """Return the providers to ask, by name, in the order of the settings."""
    return {str(stored["name"]): HttpProvider(_settings(stored)) for stored in provider_settings()}


def _settings(stored: dict[str, Any]) -> HttpProviderSettings:
    secret = decrypt(str(stored["secret"]), context=SECRET_CONTEXT)
    return HttpProviderSettings(**{**stored, "secret": secret})

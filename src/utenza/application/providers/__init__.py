"""Providers of identity from outside (SPID, CIE, KYC services): one small interface, and one that speaks HTTP."""

from utenza.application.providers.base import IdentityProvider, ProviderAnswer, ProviderFailed, ProviderQuestion
from utenza.application.providers.http import HttpProvider, HttpProviderSettings
from utenza.application.providers.registry import configured, provider_settings

__all__ = [
    "HttpProvider",
    "HttpProviderSettings",
    "IdentityProvider",
    "ProviderAnswer",
    "ProviderFailed",
    "ProviderQuestion",
    "configured",
    "provider_settings",
]

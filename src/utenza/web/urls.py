"""The addresses of the web shell; one included module for each stage."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

STAGES = (
    "home",
    "search",
    "customer360",
    "catalog",
    "application",
    "ordering",
    "provisioning",
    "usage",
    "billing",
    "payments",
    "charging",
    "overdue",
    "termination",
    "ledger",
    "settings",
    "users",
    "audit",
    "background",
    "styleguide",
)

urlpatterns: list[URLPattern | URLResolver] = [
    *[path("", include(f"utenza.web.{stage}.urls")) for stage in STAGES],
    path("accounts/", include("allauth.urls")),
]

handler403 = "utenza.web.errors.forbidden"
handler404 = "utenza.web.errors.missing"
handler500 = "utenza.web.errors.broken"

"""The addresses of the web shell; one included module for each stage."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("utenza.web.home.urls")),
    path("", include("utenza.web.search.urls")),
    path("", include("utenza.web.styleguide.urls")),
    path("accounts/", include("allauth.urls")),
]

handler403 = "utenza.web.errors.forbidden"
handler404 = "utenza.web.errors.missing"
handler500 = "utenza.web.errors.broken"

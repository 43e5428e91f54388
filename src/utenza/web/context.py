"""What every page is given beside its own data."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from utenza.infra.operator import profile
from utenza.web.rail import rail

THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's data: who is signed in, how they read, and the rail (made when a page asks for it)."""
    theme = request.COOKIES.get("theme", "auto")
    return {
        "user": getattr(request, "user", None),
        "language": (get_language() or "en")[:2],
        "languages": settings.LANGUAGES,
        "theme": theme if theme in THEMES else "auto",
        "brand": profile().brand,
        "rail": lambda: rail(request),
        "fragment": bool(getattr(request, "htmx", False)),
    }

"""What every page is given beside its own data."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from markupsafe import Markup

from utenza.infra.operator import profile
from utenza.web.rail import rail

THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's data: who is signed in, how they read, and the rail (made when a page asks for it)."""
    theme = request.COOKIES.get("theme", "auto")
    token = SimpleLazyObject(partial(_token, request))
    return {
        # Django's own would be masked anew for each form of the page.
        "csrf_token": token,
        "csrf_input": SimpleLazyObject(partial(_hidden, token)),
        "user": getattr(request, "user", None),
        "language": (get_language() or "en")[:2],
        "languages": settings.LANGUAGES,
        "theme": theme if theme in THEMES else "auto",
        "brand": profile().brand,
        "rail": lambda: rail(request),
        "fragment": bool(getattr(request, "htmx", False)),
    }


def _token(request: HttpRequest) -> str:
    return str(get_token(request))


def _hidden(token: object) -> Markup:
    return Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(str(token))

"""What every page is given beside its own data."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's data: who is signed in and how they read."""
    return {"user": getattr(request, "user", None)}

"""The Jinja2 environment of the web shell."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment


def environment(**options: Any) -> Environment:
    """Return the environment that Django's Jinja2 backend uses."""
    return Environment(**{"autoescape": True, "extensions": ["jinja2.ext.i18n"], **options})

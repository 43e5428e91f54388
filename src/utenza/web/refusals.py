"""How a refusal of the domain is said to a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from utenza.core.errors import Refusal
from utenza.core.money import Money
from utenza.web import formats


def sentence(refusal: Refusal) -> str:
    """Return the refusal's sentence in the reader's language, its values written as the locale does."""
    text = gettext(refusal.text)
    return text % {name: _value(value) for name, value in refusal.data.items()} if refusal.data else text


def by_field(refusals: list[Refusal]) -> dict[str, str]:
    """Return one sentence for each field at fault; refusals without a field stand under ''."""
    found: dict[str, str] = {}
    for refusal in refusals:
        found.setdefault(refusal.field or "", sentence(refusal))
    return found


def _value(value: Any) -> str:
    if isinstance(value, Money):
        return formats.money_text(value)
    if isinstance(value, datetime):
        return formats.instant(value)
    if isinstance(value, date):
        return formats.day(value)
    return str(value)

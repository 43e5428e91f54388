"""What a check is, and how its sentence is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext

from utenza.core.errors import N_


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `text` is a marked sentence with slots for `data`, which holds no personal data but references."""

    code: str
    result: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


FACTS: dict[str, str] = {
    "family_name": N_("family name"),
    "given_name": N_("given name"),
    "birth_date": N_("date of birth"),
    "sex": N_("sex"),
    "birth_place": N_("place of birth"),
    "number": N_("number of the document"),
    "expiry": N_("expiry of the document"),
    "optional": N_("personal number"),
    "composite": N_("the whole"),
}


def years_between(earlier: date, later: date) -> int:
    """Return the full years from one day to a later one; someone born on 29 February comes of age on 1 March."""
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))


def day_of(text: object) -> date | None:
    """Return the day that a form holds in its written form; None if it holds none."""
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None


def check_sentence(*, text: str, data: Mapping[str, Any]) -> str:
    """Return a check's or reason's sentence in the reader's language; lists are joined, each word translated."""
    slots = {
        name: ", ".join(gettext(str(each)) for each in value)
        if isinstance(value, list)
        else (gettext(value) if isinstance(value, str) and value else value)
        for name, value in data.items()
    }
    return gettext(text) % slots if slots else gettext(text)

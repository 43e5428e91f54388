"""Addresses in one form, by which two ways of writing the same place compare equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_NUMBER = re.compile(r"(?:[,\s]\s*(?:n|nr|num|numero|civico)?[.°]?\s*)([0-9]+)\s*[/\-]?\s*([a-z]|bis|ter)?\s*$")

_INNER_POINT = re.compile(r"\b([a-z]{1,2})\.\s?(le|lo|za|zza|so|go|da|lli|ta|zle)\b")


def folded(text: str) -> str:
    """Return `text` in small letters without marks, single blanks between words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(sign for sign in decomposed if not unicodedata.combining(sign)).split())


def house_number(text: str) -> str:
    """Return a house number as digits and addition: '12 / A', 'n. 12a' and '12A' are all 12a; '' for none (snc)."""
    found = re.search(r"([0-9]+)\s*[/\-]?\s*([a-z]\b|bis\b|ter\b)?", folded(text))
    return f"{int(found[1])}{found[2] or ''}" if found else ""


def normal_form(
    *, country: str, postcode: str, city: str, street: str, number: str, abbreviations: Mapping[str, str]
) -> str:
    """Return `country|postcode|city|street|number` for comparison; it is not meant to be printed.

    A number that was written behind the street counts as the house number. `abbreviations` are whole words
    without points and what they stand for.
    """
    road = folded(street)
    if not number and (inside := _NUMBER.search(road)):
        number, road = f"{inside[1]}{inside[2] or ''}", road[: inside.start()]
    # A point inside an abbreviation joins its parts (v.le), any other sign ends a word.
    words = re.sub(r"[^a-z0-9]", " ", _INNER_POINT.sub(r"\1\2", road)).split()
    spelled = " ".join(abbreviations.get(word, word) for word in words)
    town = re.sub(r"[^a-z0-9]", "", folded(city))
    return "|".join((country, re.sub(r"\s", "", postcode).upper(), town, spelled, house_number(number)))

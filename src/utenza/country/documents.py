"""Numbers of identity documents of many states: the public form where one is known, else what is plausible."""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum.be import eid
from stdnum.es import dni, nie
from stdnum.exceptions import ValidationError
from stdnum.nl import identiteitskaartnummer
from stdnum.pt import cc

from utenza.country.mrz import check_digit

# Letters that German documents use: none that reads like a digit or makes words.
_GERMAN = re.compile(r"[CFGHJKLMNPRTVWXYZ0-9]{9}[0-9]?D?")


def _german(number: str) -> bool:
    if not _GERMAN.fullmatch(number):
        return False
    digits = number.rstrip("D")
    return len(digits) == 9 or check_digit(digits[:9]) == digits[9]


def _polish(number: str) -> bool:
    """Three letters, a check digit and five digits (weights 7 3 1 and 9 7 3 1 7 3)."""
    if not re.fullmatch(r"[A-Z]{3}[0-9]{6}", number):
        return False
    return (
        sum(int(sign, 36) * weight for sign, weight in zip(number, (7, 3, 1, 9, 7, 3, 1, 7, 3), strict=True)) % 10 == 0
    )


def _spanish(number: str) -> bool:
    return bool(dni.is_valid(number) or nie.is_valid(number) or re.fullmatch(r"[A-Z]{3}[0-9]{6}", number))


def _form(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda number: compiled.fullmatch(number) is not None


def _by(module: object) -> Callable[[str], bool]:
    validate = getattr(module, "validate")  # noqa: B009 - the library has no types

    def right(number: str) -> bool:
        try:
            validate(number)
        except ValidationError:
            return False
        return True

    return right


# Identity cards by issuing state.
IDENTITY_CARDS: dict[str, Callable[[str], bool]] = {
    "BE": _by(eid),
    "DE": _german,
    "ES": _spanish,
    "FR": _form(r"[0-9]{12}|[A-Z0-9]{9}"),
    "NL": _by(identiteitskaartnummer),
    "PL": _polish,
    "PT": lambda number: bool(cc.is_valid(number)) or re.fullmatch(r"[0-9]{8}", number) is not None,
    "RO": _form(r"[A-Z]{2}[0-9]{6,7}"),
}
PASSPORTS: dict[str, Callable[[str], bool]] = {
    "DE": _german,
    "ES": _form(r"[A-Z]{2,3}[0-9]{6}"),
    "FR": _form(r"[0-9]{2}[A-Z]{2}[0-9]{5}"),
    "GB": _form(r"[0-9]{9}"),
    "IT": _form(r"[A-Z]{2}[0-9]{7}"),
    "PL": _form(r"[A-Z]{2}[0-9]{7}"),
    "RO": _form(r"[0-9]{8,9}"),
    "US": _form(r"[A-Z0-9][0-9]{8}"),
}
_RUN = re.compile(r"(.)\1{5,}|012345|123456|234567|345678|456789|987654")


def right_form(number: str, *, kind: str, issuer: str) -> bool:
    """Tell whether a number (capitals, no blanks) has the form of its state's documents of a kind."""
    known = (PASSPORTS if kind == "passport" else IDENTITY_CARDS).get(issuer)
    if known is not None:
        return known(number)
    return re.fullmatch(r"(?=(?:.*[0-9]){3})[A-Z0-9]{5,14}", number) is not None


def plausible(number: str) -> bool:
    """Tell whether the signs of a number are not a row or one sign again and again, as invented ones are."""
    return _RUN.search(number) is None

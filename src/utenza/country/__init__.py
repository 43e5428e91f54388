"""Countries' rules: pure, dated, sourced.

Everything above asks `rules(country_code)`, so that nothing national is hard-wired.
"""

from __future__ import annotations

from utenza.country.base import (
    CountryRules,
    DatedRule,
    DatedValue,
    DocumentKind,
    Holder,
    Holiday,
    InvalidCountry,
    InvalidDocument,
    InvalidIban,
    InvalidPhone,
    InvalidPostcode,
    InvalidProvince,
    InvalidRegisterNumber,
    InvalidTaxCode,
    InvalidVatNumber,
    Person,
    RuleNotInForce,
    RuleOverrides,
)
from utenza.country.generic import GenericRules
from utenza.country.italy import Italy

__all__ = [
    "CountryRules",
    "DatedRule",
    "DatedValue",
    "DocumentKind",
    "Holder",
    "Holiday",
    "InvalidCountry",
    "InvalidDocument",
    "InvalidIban",
    "InvalidPhone",
    "InvalidPostcode",
    "InvalidProvince",
    "InvalidRegisterNumber",
    "InvalidTaxCode",
    "InvalidVatNumber",
    "Person",
    "RuleNotInForce",
    "RuleOverrides",
    "known_countries",
    "rules",
]

_KNOWN: dict[str, CountryRules] = {"IT": Italy()}


def rules(country_code: str) -> CountryRules:
    """Return the rules of a country (ISO 3166-1, two letters); a country without its own gets the lenient general ones.

    :raises ValueError: if `country_code` is not two capital letters.
    """
    letters = country_code.isascii() and country_code.isalpha() and country_code.isupper()
    if len(country_code) != 2 or not letters:
        raise ValueError(f"'{country_code}' is not a country code of ISO 3166-1")
    return _KNOWN.get(country_code) or GenericRules(country_code)


def known_countries() -> tuple[str, ...]:
    """Return the codes of the countries that have rules of their own."""
    return tuple(_KNOWN)

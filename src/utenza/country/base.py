"""What a country's rules are: dated values with their source, and one interface for every country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, Protocol, TypeVar

from utenza.core.errors import N_, Refusal

T = TypeVar("T")
Holder = Literal["person", "organisation", "any"]


class InvalidTaxCode(Refusal):
    code = "invalid_tax_code"
    text = N_("'%(value)s' is not a valid tax code: check it letter by letter against the card.")


class InvalidVatNumber(Refusal):
    code = "invalid_vat_number"
    text = N_("'%(value)s' is not a valid VAT number: check it digit by digit.")


class InvalidIban(Refusal):
    code = "invalid_iban"
    text = N_("'%(value)s' is not a valid IBAN: copy it again from the bank's paper or site.")


class InvalidPostcode(Refusal):
    code = "invalid_postcode"
    text = N_("'%(value)s' is not a postcode of this country: check its number of digits.")


class InvalidProvince(Refusal):
    code = "invalid_province"
    text = N_("'%(value)s' is not a province: write its two letters, such as RM.")


class InvalidPhone(Refusal):
    code = "invalid_phone"
    text = N_("'%(value)s' is not a telephone number: write digits, with + and the country code if it is abroad.")


class InvalidDocument(Refusal):
    code = "invalid_document"
    text = N_("'%(value)s' is not the number of such a document: check it letter by letter.")


class InvalidRegisterNumber(Refusal):
    code = "invalid_register_number"
    text = N_("'%(value)s' is not a number of the register of companies: copy it from the register's extract.")


class InvalidCountry(Refusal):
    code = "invalid_country"
    text = N_("'%(value)s' is not a country: write its two letters, such as FR.")


class RuleNotInForce(Refusal):
    code = "rule_not_in_force"
    text = N_("No rule '%(rule)s' is known for %(day)s: add it to the settings of the country.")


@dataclass(frozen=True, slots=True)
class DatedValue(Generic[T]):
    """A value in force from a day on (until the next one), and the law or notice that says so."""

    value: T
    from_date: date
    source: str


class DatedRule(Generic[T]):
    """A rule whose value changed over the years.

    value:      ──a──┬────b────┬──c──▶
    from_date:      2011      2013
    """

    def __init__(self, name: str, *values: DatedValue[T]) -> None:
        self.name = name
        self.values: tuple[DatedValue[T], ...] = tuple(sorted(values, key=lambda each: each.from_date))

    def at(self, day: date, *, overrides: Mapping[str, Sequence[DatedValue[T]]] | None = None) -> T:
        """Return the value in force on `day`.

        `overrides` are the operator's own values by rule name: where one is in force on the day it wins, so that
        counsel can correct a rule without a new release.

        :raises RuleNotInForce: if no value is in force that early.
        """
        return self.entry(day, overrides=overrides).value

    def entry(self, day: date, *, overrides: Mapping[str, Sequence[DatedValue[T]]] | None = None) -> DatedValue[T]:
        """Return the value in force on `day` together with its source.

        :raises RuleNotInForce: if no value is in force that early.
        """
        for values in ((overrides or {}).get(self.name, ()), self.values):
            in_force = [each for each in values if each.from_date <= day]
            if in_force:
                return max(in_force, key=lambda each: each.from_date)
        raise RuleNotInForce(rule=self.name, day=day.isoformat())


@dataclass(frozen=True, slots=True)
class Person:
    """The facts of a person with which a tax code must agree. `sex` is F or M; `birth_place` '' if it is not known."""

    given_name: str
    family_name: str
    birth_date: date | None
    sex: str
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of identity document that the country's law accepts. `label` is marked for translation."""

    code: str
    label: str
    valid_years: int


@dataclass(frozen=True, slots=True)
class Holiday:
    day: date
    name: str


RuleOverrides = Mapping[str, Sequence[DatedValue[int]]]


class CountryRules(Protocol):
    """What every country answers. Texts are raised as refusals; rates are basis points (2200 is 22 %)."""

    code: str
    currency: str
    time_zone: str
    calling_code: str

    def validate_tax_code(self, text: str, *, holder: Holder = "any") -> str: ...

    def tax_code_disagreements(self, tax_code: str, person: Person) -> tuple[str, ...]: ...

    def validate_vat_number(self, text: str) -> str: ...

    def validate_iban(self, text: str) -> str: ...

    def normalise_postcode(self, text: str) -> str: ...

    def normalise_province(self, text: str) -> str: ...

    def normalise_phone(self, text: str) -> str: ...

    def provinces(self) -> Mapping[str, str]: ...

    def document_kinds(self) -> tuple[DocumentKind, ...]: ...

    def validate_document(self, kind: str, number: str, *, issuer: str = "") -> str: ...

    def document_ceased(self, kind: str, number: str, day: date) -> bool: ...

    def validate_register_number(self, text: str) -> str: ...

    def postcode_fits(self, postcode: str, province: str) -> bool: ...

    def address_form(self, *, postcode: str, city: str, street: str, number: str) -> str: ...

    def vat_categories(self) -> tuple[str, ...]: ...

    def vat_rate(self, category: str, day: date, *, overrides: RuleOverrides | None = None) -> int: ...

    def holidays(self, year: int) -> tuple[Holiday, ...]: ...

    def is_working_day(self, day: date) -> bool: ...

    def term(self, name: str, day: date, *, overrides: RuleOverrides | None = None) -> int: ...

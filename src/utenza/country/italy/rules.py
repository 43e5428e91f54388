"""Italy as one object that answers what every country answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.it import iva

from utenza.country import addresses
from utenza.country.base import (
    DocumentKind,
    Holder,
    Holiday,
    InvalidPhone,
    InvalidPostcode,
    InvalidProvince,
    InvalidRegisterNumber,
    InvalidVatNumber,
    Person,
    RuleNotInForce,
    RuleOverrides,
)
from utenza.country.generic import SATURDAY, international_phone, valid_iban
from utenza.country.italy import calendar, documents, places, postal, tax_code, terms

# National numbers: geographic ones begin with 0, mobile ones with 3, others (toll-free, premium) with 1, 4, 7 or 8.
_NATIONAL_DIGITS = range(6, 12)


class Italy:
    """The rules of Italy."""

    code = "IT"
    currency = "EUR"
    time_zone = "Europe/Rome"
    calling_code = "+39"

    def validate_tax_code(self, text: str, *, holder: Holder = "any") -> str:
        """Return a codice fiscale in its written form.

        :raises InvalidTaxCode: if it is none.
        """
        return tax_code.validate(text, holder=holder)

    def tax_code_disagreements(self, tax_code_text: str, person: Person) -> tuple[str, ...]:
        """Return which facts of a person a valid code contradicts."""
        return tax_code.disagreements(tax_code_text, person)

    def validate_vat_number(self, text: str) -> str:
        """Return a partita IVA as 11 digits, without the prefix IT.

        :raises InvalidVatNumber: if its check digit or its office code is wrong.
        """
        try:
            return str(iva.validate(text))
        except ValidationError as error:
            raise InvalidVatNumber(field="vat_number", value=text) from error

    def validate_iban(self, text: str) -> str:
        """Return an IBAN of any country without blanks; a SEPA mandate may be on a foreign account.

        :raises InvalidIban: if it is wrong (Regulation (EU) 260/2012 art. 9 forbids asking for an Italian one).
        """
        return valid_iban(text)

    def normalise_postcode(self, text: str) -> str:
        """Return a CAP: five digits.

        :raises InvalidPostcode: if it is none.
        """
        postcode = re.sub(r"\s+", "", text)
        if not re.fullmatch(r"[0-9]{5}", postcode, re.ASCII):
            raise InvalidPostcode(field="postcode", value=text)
        return postcode

    def normalise_province(self, text: str) -> str:
        """Return the two letters of a province, from these or from its name.

        :raises InvalidProvince: if there is no such province.
        """
        given = " ".join(text.split())
        if given.upper() in places.PROVINCES:
            return given.upper()
        for code, name in places.PROVINCES.items():
            if name.casefold() == given.casefold():
                return code
        raise InvalidProvince(field="province", value=text)

    def normalise_phone(self, text: str) -> str:
        """Return a telephone number in international form; one without + is Italian, its leading 0 kept.

        :raises InvalidPhone: if it is no telephone number.
        """
        number = international_phone(text, calling_code=self.calling_code)
        national = number.removeprefix(self.calling_code)
        if number.startswith("+3939") and len(national) == 12:
            # Written with the country code but without its +: 39 333 1234567.
            return f"+{national}"
        if number.startswith(self.calling_code) and len(national) not in _NATIONAL_DIGITS:
            raise InvalidPhone(field="phone", value=text)
        return number

    def provinces(self) -> Mapping[str, str]:
        """Return the provinces by their two letters."""
        return places.PROVINCES

    def document_kinds(self) -> tuple[DocumentKind, ...]:
        """Return the documents by which a person may be identified."""
        return documents.KINDS

    def validate_document(self, kind: str, number: str, *, issuer: str = "") -> str:
        """Return the number of a document in its written form; `issuer` matters to those of other states.

        :raises InvalidDocument: if it is none.
        """
        return documents.validate(kind, number, issuer=issuer)

    def document_ceased(self, kind: str, number: str, day: date) -> bool:
        """Tell whether documents of this make are no longer valid on a day, whatever is printed on them."""
        return documents.ceased(kind, number, day)

    def validate_register_number(self, text: str) -> str:
        """Return a number of the REA (economic and administrative register): province and digits, such as RM-1234567.

        :raises InvalidRegisterNumber: if it is none.
        """
        found = re.fullmatch(r"(?:REA\s*)?([A-Z]{2})\s*[\-/]?\s*([0-9]{4,7})", text.strip().upper(), re.ASCII)
        if found is None or found[1] not in places.PROVINCES:
            raise InvalidRegisterNumber(field="register_number", value=text)
        return f"{found[1]}-{found[2]}"

    def postcode_fits(self, postcode: str, province: str) -> bool:
        """Tell whether a CAP can lie in a province."""
        return postal.fits(postcode, province)

    def address_form(self, *, postcode: str, city: str, street: str, number: str) -> str:
        """Return an address in the form by which addresses are compared, abbreviations of streets spelled out."""
        return addresses.normal_form(
            country=self.code,
            postcode=postcode,
            city=city,
            street=street,
            number=number,
            abbreviations=postal.STREET_WORDS,
        )

    def vat_categories(self) -> tuple[str, ...]:
        """Return the categories of VAT, the standard one first."""
        return tuple(terms.VAT_RATES)

    def vat_rate(self, category: str, day: date, *, overrides: RuleOverrides | None = None) -> int:
        """Return the rate of VAT in basis points.

        :raises RuleNotInForce: if there is no such category, or none on that day.
        """
        rule = terms.VAT_RATES.get(category)
        if rule is None:
            raise RuleNotInForce(rule=f"vat.{category}", day=day.isoformat())
        return rule.at(day, overrides=overrides)

    def holidays(self, year: int) -> tuple[Holiday, ...]:
        """Return the national public holidays of a year."""
        return calendar.holidays(year)

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` is Monday to Friday and no public holiday."""
        return day.weekday() < SATURDAY and all(each.day != day for each in self.holidays(day.year))

    def term(self, name: str, day: date, *, overrides: RuleOverrides | None = None) -> int:
        """Return a legal term or figure; its unit is the last word of its name.

        :raises RuleNotInForce: if there is no such term, or none on that day.
        """
        rule = terms.TERMS.get(name)
        if rule is None:
            raise RuleNotInForce(rule=name, day=day.isoformat())
        return rule.at(day, overrides=overrides)

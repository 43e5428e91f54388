"""Rules for a country of which nothing particular is known: forms are checked, the law is left to settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from stdnum import get_cc_module, iban
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from utenza.core.errors import N_
from utenza.country import addresses, documents
from utenza.country.base import (
    DocumentKind,
    Holder,
    Holiday,
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

SATURDAY = 5
_SEPARATORS = re.compile(r"[\s.\-/()]+")
PASSPORT = DocumentKind(code="foreign_passport", label=N_("Passport of another country"), valid_years=10)
# Ten years at most (Regulation (EU) 2019/1157 art. 4), but for holders of seventy and more.
EU_IDENTITY_CARD = DocumentKind(
    code="eu_identity_card", label=N_("Identity card of another country of the Union"), valid_years=10
)
# Where SEPA direct debits reach (European Payments Council, EPC409-09).
_SEPA = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS"
    " SE SI SK SM VA"
)
SEPA = frozenset(_SEPA.split())
# Registers of companies that have a number with a check digit or a fixed form.
REGISTERS: dict[str, str] = {
    "BE": "vat", "CZ": "dic", "DE": "handelsregisternummer", "DK": "cvr", "EE": "registrikood", "FI": "ytunnus",
    "FR": "siren", "NO": "orgnr", "RO": "onrc", "SE": "orgnr", "SI": "maticna", "SM": "coe", "AT": "businessid",
}  # fmt: skip


def foreign_document(kind: str, number: str, *, issuer: str) -> str:
    """Return the number of a passport or card of another state in capitals without blanks.

    :raises InvalidDocument: if it has not the form of its state's documents, where that is public, or no plausible one.
    """
    written = _SEPARATORS.sub("", number).upper()
    family = "passport" if kind == PASSPORT.code else "identity_card"
    if kind not in (PASSPORT.code, EU_IDENTITY_CARD.code) or not documents.right_form(
        written, kind=family, issuer=issuer
    ):
        raise InvalidDocument(field="document_number", value=number)
    return written


def register_number(country: str, text: str) -> str:
    """Return the number of a country's register of companies in its written form.

    :raises InvalidRegisterNumber: if its check digit or form is wrong, or no register is known and it has odd signs.
    """
    module = get_cc_module(country.lower(), REGISTERS.get(country, "none"))
    written = " ".join(text.upper().split())
    try:
        if module is not None:
            return str(module.validate(text))
    except ValidationError as error:
        raise InvalidRegisterNumber(field="register_number", value=text) from error
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9 \-/.]{2,27}", written):
        raise InvalidRegisterNumber(field="register_number", value=text)
    return written


def international_phone(text: str, *, calling_code: str) -> str:
    """Return a telephone number as + and up to 15 digits (ITU-T E.164); without + it is a national one.

    :raises InvalidPhone: if it has other signs than digits and separators, or not 8 to 15 digits.
    """
    number = _SEPARATORS.sub("", text.strip())
    if number.startswith("00"):
        number = "+" + number[2:]
    if not number.startswith("+"):
        number = calling_code + number
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", number):
        raise InvalidPhone(field="phone", value=text)
    return number


def valid_iban(text: str) -> str:
    """Return an IBAN (ISO 13616) without blanks.

    :raises InvalidIban: if its length for the country or its check digits are wrong.
    """
    try:
        return str(iban.validate(text))
    except ValidationError as error:
        raise InvalidIban(field="iban", value=text) from error


class GenericRules:
    """What can be said of any country."""

    currency = "EUR"
    time_zone = "UTC"
    calling_code = "+"

    def __init__(self, code: str) -> None:
        self.code = code

    def validate_tax_code(self, text: str, *, holder: Holder = "any") -> str:  # noqa: ARG002 - the interface asks it
        """Return the tax code in capitals without separators; only its signs and length can be checked.

        :raises InvalidTaxCode: if it has other signs than letters and digits, or more than 28.
        """
        code = _SEPARATORS.sub("", text).upper()
        if not re.fullmatch(r"[A-Z0-9]{2,28}", code):
            raise InvalidTaxCode(field="tax_code", value=text)
        return code

    def tax_code_disagreements(self, tax_code: str, person: Person) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Return nothing: how a tax code is made up is not known here."""
        return ()

    def validate_vat_number(self, text: str) -> str:
        """Return the VAT number without its country prefix where it has one.

        :raises InvalidVatNumber: if a member state of the Union would not have issued it.
        """
        number = _SEPARATORS.sub("", text).upper()
        if self.code.lower() in eu_vat.MEMBER_STATES:
            prefixed = number if number.startswith(self.code) else self.code + number
            try:
                return str(eu_vat.validate(prefixed))[2:]
            except ValidationError as error:
                raise InvalidVatNumber(field="vat_number", value=text) from error
        if not re.fullmatch(r"[A-Z0-9]{2,28}", number):
            raise InvalidVatNumber(field="vat_number", value=text)
        return number

    def validate_iban(self, text: str) -> str:
        """Return the IBAN without blanks.

        :raises InvalidIban: if it is wrong.
        """
        return valid_iban(text)

    def normalise_postcode(self, text: str) -> str:
        """Return the postcode in capitals with single spaces.

        :raises InvalidPostcode: if it is empty, longer than 12 signs, or has odd ones.
        """
        postcode = " ".join(text.upper().split())
        if not re.fullmatch(r"[A-Z0-9][A-Z0-9 \-]{1,11}", postcode):
            raise InvalidPostcode(field="postcode", value=text)
        return postcode

    def normalise_province(self, text: str) -> str:
        """Return the province as written, with single spaces.

        :raises InvalidProvince: if it is longer than 40 signs.
        """
        province = " ".join(text.split())
        if len(province) > 40:
            raise InvalidProvince(field="province", value=text)
        return province

    def normalise_phone(self, text: str) -> str:
        """Return the telephone number in international form; it must be written with + or 00.

        :raises InvalidPhone: if it is not.
        """
        return international_phone(text, calling_code=self.calling_code)

    def provinces(self) -> Mapping[str, str]:
        """Return nothing: the provinces are not known here."""
        return {}

    def document_kinds(self) -> tuple[DocumentKind, ...]:
        """Return the documents of any country that can be told apart."""
        return (PASSPORT, EU_IDENTITY_CARD)

    def validate_document(self, kind: str, number: str, *, issuer: str = "") -> str:
        """Return the number of a passport or card in capitals without blanks.

        :raises InvalidDocument: if it is none.
        """
        return foreign_document(kind, number, issuer=issuer or self.code)

    def document_ceased(self, kind: str, number: str, day: date) -> bool:  # noqa: ARG002 - the interface asks it
        """Return that no kind of document has ceased to be valid, as far as is known here."""
        return False

    def validate_register_number(self, text: str) -> str:
        """Return a number of the country's register of companies.

        :raises InvalidRegisterNumber: if it is none.
        """
        return register_number(self.code, text)

    def postcode_fits(self, postcode: str, province: str) -> bool:  # noqa: ARG002 - the interface asks it
        """Return True: where postcodes lie is not known here."""
        return True

    def address_form(self, *, postcode: str, city: str, street: str, number: str) -> str:
        """Return an address in the form by which addresses are compared."""
        return addresses.normal_form(
            country=self.code, postcode=postcode, city=city, street=street, number=number, abbreviations={}
        )

    def vat_categories(self) -> tuple[str, ...]:
        """Return the one category that needs no law: out of scope."""
        return ("out_of_scope",)

    def vat_rate(self, category: str, day: date, *, overrides: RuleOverrides | None = None) -> int:
        """Return the rate (basis points) that the operator's settings give, or 0 for what is out of scope.

        :raises RuleNotInForce: if no setting gives one.
        """
        if category == "out_of_scope":
            return 0
        return _from_overrides(f"vat.{category}", day, overrides)

    def holidays(self, year: int) -> tuple[Holiday, ...]:  # noqa: ARG002 - the interface asks it
        """Return nothing: public holidays are not known here."""
        return ()

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` is Monday to Friday."""
        return day.weekday() < SATURDAY

    def term(self, name: str, day: date, *, overrides: RuleOverrides | None = None) -> int:
        """Return the term that the operator's settings give.

        :raises RuleNotInForce: if no setting gives one.
        """
        return _from_overrides(name, day, overrides)


def _from_overrides(name: str, day: date, overrides: RuleOverrides | None) -> int:
    in_force = [each for each in (overrides or {}).get(name, ()) if each.from_date <= day]
    if not in_force:
        raise RuleNotInForce(rule=name, day=day.isoformat())
    return max(in_force, key=lambda each: each.from_date).value

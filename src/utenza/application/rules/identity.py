"""Identity checks: is the applicant who the form says, and old enough; each check with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext

from utenza.application.rules.validation import Form
from utenza.application.states import ApplicationKind, CheckResult
from utenza.core.errors import N_, Refusal
from utenza.country import CountryRules, Person

# A contact that serves more customers than this is looked at by a person: families share one, rings share many.
SHARED_CONTACT_MAX = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One check: `text` is a marked sentence with slots for `data`."""

    code: str
    result: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the operator already knows that bears on identity.

    `same_person` and `sharing_contact` are numbers of other customers: with the same name and birth date under another
    tax code, and with the same e-mail or mobile. `block_reasons` are those of the customer already known.
    """

    same_person: tuple[str, ...] = ()
    sharing_contact: tuple[str, ...] = ()
    block_reasons: frozenset[str] = frozenset()


_FACTS: dict[str, str] = {
    "family_name": N_("family name"),
    "given_name": N_("given name"),
    "birth_date": N_("date of birth"),
    "sex": N_("sex"),
}


def identity_checks(
    *, kind: str, form: Form, on_date: date, country: CountryRules, surroundings: Surroundings
) -> tuple[Check, ...]:
    """Return every identity check of a complete form, judged on the operator's day `on_date`."""
    checks = [
        _tax_code(form, country),
        _tax_code_agrees(form, country),
        _adult(form, on_date, country),
        _document(form, country),
        _document_valid(form, on_date, country),
        _other_customers(surroundings),
        _blocks(surroundings),
    ]
    if kind == ApplicationKind.COMPANY:
        checks.insert(0, _vat_number(form, country))
    return tuple(checks)


def _vat_number(form: Form, country: CountryRules) -> Check:
    try:
        number = country.validate_vat_number(str(form.get("vat_number", "")))
    except Refusal:
        return Check("vat_number", CheckResult.FAIL, N_("The VAT number is not a valid one."))
    return Check("vat_number", CheckResult.PASS, N_("VAT number %(number)s is well-formed."), {"number": number})


def _tax_code(form: Form, country: CountryRules) -> Check:
    try:
        code = country.validate_tax_code(str(form.get("tax_code", "")), holder="person")
    except Refusal:
        return Check("tax_code", CheckResult.FAIL, N_("The tax code is not a valid one."))
    return Check("tax_code", CheckResult.PASS, N_("Tax code %(code)s is well-formed."), {"code": code})


def _birth_date(form: Form) -> date | None:
    try:
        return date.fromisoformat(str(form.get("birth_date", "")))
    except ValueError:
        return None


def _tax_code_agrees(form: Form, country: CountryRules) -> Check:
    code = "tax_code_agrees"
    person = Person(
        given_name=str(form.get("given_name", "")),
        family_name=str(form.get("family_name", "")),
        birth_date=_birth_date(form),
        sex=str(form.get("sex", "")),
    )
    try:
        facts = country.tax_code_disagreements(
            country.validate_tax_code(str(form.get("tax_code", "")), holder="person"), person
        )
    except Refusal:
        return Check(code, CheckResult.FAIL, N_("The tax code cannot be compared with the person."))
    if not facts:
        return Check(code, CheckResult.PASS, N_("The tax code agrees with name, birth date and sex."))
    # Names differ innocently (a second given name, a name after marriage); birth date and sex do not.
    names_only = set(facts) <= {"family_name", "given_name"}
    return Check(
        code,
        CheckResult.REVIEW if names_only else CheckResult.FAIL,
        N_("The tax code contradicts what the form says of: %(facts)s."),
        {"facts": [_FACTS[fact] for fact in facts]},
    )


def years_between(earlier: date, later: date) -> int:
    """Return the full years from one day to a later one; someone born on 29 February comes of age on 1 March."""
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))


def _adult(form: Form, on_date: date, country: CountryRules) -> Check:
    birth = _birth_date(form)
    if birth is None or birth > on_date:
        return Check("adult", CheckResult.FAIL, N_("The date of birth is missing or lies ahead."))
    age, least = years_between(birth, on_date), country.term("legal_age_years", on_date)
    if age < least:
        return Check(
            "adult",
            CheckResult.FAIL,
            N_("The applicant is %(age)s: contracts are made from %(least)s on."),
            {"age": age, "least": least},
        )
    if age > 110:
        return Check("adult", CheckResult.REVIEW, N_("The applicant would be %(age)s years old."), {"age": age})
    return Check("adult", CheckResult.PASS, N_("The applicant is of age (%(age)s)."), {"age": age})


def _document(form: Form, country: CountryRules) -> Check:
    try:
        country.validate_document(str(form.get("document_kind", "")), str(form.get("document_number", "")))
    except Refusal:
        return Check("document", CheckResult.FAIL, N_("The number is not one of such a document."))
    return Check("document", CheckResult.PASS, N_("The document's number has its form."))


def _document_valid(form: Form, on_date: date, country: CountryRules) -> Check:
    code = "document_valid"
    try:
        expiry = date.fromisoformat(str(form.get("document_expiry", "")))
    except ValueError:
        return Check(code, CheckResult.FAIL, N_("The document's expiry is not known."))
    data = {"day": expiry.isoformat()}
    if expiry < on_date:
        return Check(code, CheckResult.FAIL, N_("The document expired on %(day)s: a valid one is needed."), data)
    kinds = {each.code: each.valid_years for each in country.document_kinds()}
    # A document runs to the holder's birthday after its term, so it may be valid for nearly a year longer.
    if years_between(on_date, expiry) > kinds.get(str(form.get("document_kind", "")), 0):
        return Check(
            code, CheckResult.REVIEW, N_("The document would be valid until %(day)s, longer than any is."), data
        )
    return Check(code, CheckResult.PASS, N_("The document is valid until %(day)s."), data)


def _other_customers(surroundings: Surroundings) -> Check:
    code = "other_customers"
    if surroundings.same_person:
        return Check(
            code,
            CheckResult.REVIEW,
            N_("Same name and birth date, under another tax code: %(numbers)s."),
            {"numbers": list(surroundings.same_person)},
        )
    if len(surroundings.sharing_contact) > SHARED_CONTACT_MAX:
        return Check(
            code,
            CheckResult.REVIEW,
            N_("The e-mail address or mobile number serves other customers already: %(numbers)s."),
            {"numbers": list(surroundings.sharing_contact)},
        )
    return Check(code, CheckResult.PASS, N_("No other customer is suspiciously alike."))


def _blocks(surroundings: Surroundings) -> Check:
    if surroundings.block_reasons & {"fraud", "identity"}:
        return Check("blocks", CheckResult.FAIL, N_("A block for fraud or doubtful identity stands on the applicant."))
    if "court" in surroundings.block_reasons:
        return Check("blocks", CheckResult.REVIEW, N_("A court order stands on the applicant."))
    return Check("blocks", CheckResult.PASS, N_("No block speaks against the applicant."))


def check_sentence(*, text: str, data: Mapping[str, Any]) -> str:
    """Return a check's or reason's sentence in the reader's language; lists are joined, each word translated."""
    slots = {
        name: ", ".join(gettext(str(each)) for each in value)
        if isinstance(value, list)
        else (gettext(value) if isinstance(value, str) and value else value)
        for name, value in data.items()
    }
    return gettext(text) % slots if slots else gettext(text)

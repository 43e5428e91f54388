"""Identity checks: is the applicant who the form says, and old enough; each check with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from utenza.application.rules.checks import FACTS, Check, years_between
from utenza.application.rules.documents import document_checks
from utenza.application.rules.reach import ContactProof, reach_checks
from utenza.application.rules.validation import Form
from utenza.application.states import ApplicationKind, CheckResult
from utenza.core.errors import N_, Refusal
from utenza.country import CountryRules, Person

# A contact that serves more customers than this is looked at by a person: families share one, rings share many.
SHARED_CONTACT_MAX = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the operator already knows that bears on identity.

    `same_person` and `sharing_contact` are numbers of other customers: with the same name and birth date under another
    tax code, and with the same e-mail or mobile. `block_reasons` are those of the customer already known. `proofs` say
    which of the contacts were proven by a code.
    """

    same_person: tuple[str, ...] = ()
    sharing_contact: tuple[str, ...] = ()
    block_reasons: frozenset[str] = frozenset()
    proofs: tuple[ContactProof, ...] = ()


def identity_checks(
    *, kind: str, form: Form, on_date: date, country: CountryRules, surroundings: Surroundings
) -> tuple[Check, ...]:
    """Return every identity check of a complete form, judged on the operator's day `on_date`."""
    checks = [
        _tax_code(form, country),
        _tax_code_agrees(form, country),
        _adult(form, on_date, country),
        *document_checks(form, on_date, country),
        *reach_checks(form, country, surroundings.proofs),
        _other_customers(surroundings),
        _blocks(surroundings),
    ]
    if kind == ApplicationKind.COMPANY:
        checks = [_vat_number(form, country), *_register(form, country), *checks]
    return tuple(checks)


def _register(form: Form, country: CountryRules) -> list[Check]:
    given = str(form.get("register_number") or "")
    if not given:
        return []
    try:
        number = country.validate_register_number(given)
    except Refusal:
        return [Check("register", CheckResult.FAIL, N_("The number in the register of companies is not a valid one."))]
    return [
        Check("register", CheckResult.PASS, N_("Number %(number)s of the register is well-formed."), {"number": number})
    ]


def _vat_number(form: Form, country: CountryRules) -> Check:
    try:
        number = country.validate_vat_number(str(form.get("vat_number", "")))
    except Refusal:
        return Check("vat_number", CheckResult.FAIL, N_("The VAT number is not a valid one."))
    return Check("vat_number", CheckResult.PASS, N_("VAT number %(number)s is well-formed."), {"number": number})


def _tax_code(form: Form, country: CountryRules) -> Check:
    try:
        country.validate_tax_code(str(form.get("tax_code", "")), holder="person")
    except Refusal:
        return Check("tax_code", CheckResult.FAIL, N_("The tax code is not a valid one."))
    return Check("tax_code", CheckResult.PASS, N_("The tax code is well-formed and its check letter is right."))


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
        birth_place=str(form.get("birth_place", "")),
    )
    try:
        facts = country.tax_code_disagreements(
            country.validate_tax_code(str(form.get("tax_code", "")), holder="person"), person
        )
    except Refusal:
        return Check(code, CheckResult.FAIL, N_("The tax code cannot be compared with the person."))
    if not facts:
        return Check(code, CheckResult.PASS, N_("The tax code agrees with name, birth date, sex and place of birth."))
    # Names differ innocently (a second given name, a name after marriage), and so does how a birthplace is called;
    # birth date and sex do not.
    innocent = set(facts) <= {"family_name", "given_name", "birth_place"}
    return Check(
        code,
        CheckResult.REVIEW if innocent else CheckResult.FAIL,
        N_("The tax code contradicts what the form says of: %(facts)s."),
        {"facts": [FACTS[fact] for fact in facts]},
    )


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

"""Checks of the identity document: the form of its number, its term, and its machine-readable lines."""

from __future__ import annotations

from datetime import date

from utenza.application.rules.checks import FACTS, Check, day_of, years_between
from utenza.application.rules.validation import Form
from utenza.application.states import CheckResult
from utenza.core.errors import N_, Refusal
from utenza.country import CountryRules, documents, mrz


def document_checks(form: Form, on_date: date, country: CountryRules) -> list[Check]:
    """Return the checks of the document that the form names, those of its lines only if they were given."""
    checks = [_number(form, country), _valid(form, on_date, country)]
    if form.get("mrz"):
        checks.append(_mrz(form))
    return checks


def _number(form: Form, country: CountryRules) -> Check:
    kind, issuer = str(form.get("document_kind", "")), str(form.get("document_country") or "")
    try:
        number = country.validate_document(kind, str(form.get("document_number", "")), issuer=issuer)
    except Refusal:
        return Check("document", CheckResult.FAIL, N_("The number is not one of such a document."))
    if not documents.plausible(number):
        return Check("document", CheckResult.REVIEW, N_("The document's number looks invented: its signs are a row."))
    return Check("document", CheckResult.PASS, N_("The document's number has its form."))


def _valid(form: Form, on_date: date, country: CountryRules) -> Check:
    code, kind = "document_valid", str(form.get("document_kind", ""))
    expiry = day_of(form.get("document_expiry"))
    if expiry is None:
        return Check(code, CheckResult.FAIL, N_("The document's expiry is not known."))
    data = {"day": expiry.isoformat()}
    if expiry < on_date:
        return Check(code, CheckResult.FAIL, N_("The document expired on %(day)s: a valid one is needed."), data)
    if country.document_ceased(kind, str(form.get("document_number", "")), on_date):
        return Check(
            code, CheckResult.FAIL, N_("Paper identity cards are no longer valid, whatever term is printed on them.")
        )
    kinds = {each.code: each.valid_years for each in country.document_kinds()}
    # A document runs to the holder's birthday after its term, so it may be valid for nearly a year longer.
    if years_between(on_date, expiry) > kinds.get(kind, 0):
        return Check(
            code, CheckResult.REVIEW, N_("The document would be valid until %(day)s, longer than any is."), data
        )
    return Check(code, CheckResult.PASS, N_("The document is valid until %(day)s."), data)


def _mrz(form: Form) -> Check:
    try:
        read = mrz.read(str(form["mrz"]))
    except Refusal:
        return Check("mrz", CheckResult.REVIEW, N_("The machine-readable lines cannot be read."))
    facts = mrz.disagreements(
        read,
        mrz.Holder(
            given_name=str(form.get("given_name", "")),
            family_name=str(form.get("family_name", "")),
            birth_date=day_of(form.get("birth_date")),
            sex=str(form.get("sex", "")),
            number=str(form.get("document_number", "")),
            expiry=day_of(form.get("document_expiry")),
        ),
    )
    if read.wrong:
        # One sign may have been read wrongly; that more than the digit of the whole is wrong is rarely chance.
        return Check(
            "mrz",
            CheckResult.REVIEW,
            N_("Check digits of the machine-readable lines are wrong for: %(facts)s."),
            {"facts": [FACTS[part] for part in read.wrong]},
        )
    if facts:
        # The digits prove what the lines say, so that another birth date or sex is another person.
        return Check(
            "mrz",
            CheckResult.FAIL if {"birth_date", "sex"} & set(facts) else CheckResult.REVIEW,
            N_("The machine-readable lines contradict what the form says of: %(facts)s."),
            {"facts": [FACTS[fact] for fact in facts]},
        )
    return Check(
        "mrz", CheckResult.PASS, N_("The machine-readable lines (%(form)s) are right and agree with the form."),
        {"form": read.form},
    )  # fmt: skip

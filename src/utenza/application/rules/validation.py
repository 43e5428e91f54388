"""Checking answers one by one: the written form of each, or the refusal that says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from babel import Locale

from utenza.application.rules.fields import Field, FieldKind, Step
from utenza.core.errors import N_, Refusal
from utenza.country import CountryRules, InvalidCountry, InvalidDocument, mrz
from utenza.parties.rules import normalise_contact

Form = Mapping[str, Any]
NODE_KINDS = ("branch", "department", "cost_centre")
BRANCHES_MAX = 200
OFFERS_MAX = 200


class AnswerRequired(Refusal):
    code = "answer_required"
    text = N_("'%(label)s' is needed: fill it in.")


class AnswerTooLong(Refusal):
    code = "answer_too_long"
    text = N_("'%(label)s' takes at most %(most)s signs: shorten it.")


class AnswerNotChosen(Refusal):
    code = "answer_not_chosen"
    text = N_("'%(value)s' cannot be chosen for '%(label)s': take one of the list.")


class AnswerNotUnderstood(Refusal):
    code = "answer_not_understood"
    text = N_("'%(label)s' is not as expected: remove the line and add it again.")


class NotADate(Refusal):
    code = "not_a_date"
    text = N_("'%(value)s' is not a date: write day, month and year, such as 31/12/1980.")


class NotANumber(Refusal):
    code = "not_a_number"
    text = N_("'%(value)s' is not a number: write digits alone.")


class OutOfRange(Refusal):
    code = "out_of_range"
    text = N_("'%(value)s' is out of range for '%(label)s': it goes from %(least)s to %(most)s.")


class NotAnAmount(Refusal):
    code = "not_an_amount"
    text = N_("'%(value)s' is not an amount: write digits, with two decimals at most, such as 1800,50.")


class TermsNotAccepted(Refusal):
    code = "terms_not_accepted"
    text = N_("Without accepting the contract there is none: tick it, or withdraw the application.")


_TERRITORIES = frozenset(Locale("en").territories)
# The numbers that some fields take: least and most.
_RANGES: dict[str, tuple[int, int]] = {
    "bill_day": (1, 31),
    "employment_years": (0, 70),
    "employees": (0, 999_999),
    "founded_year": (1300, 2200),
}


def faults_of(*, steps: tuple[Step, ...], form: Form, country: CountryRules, only: str | None = None) -> list[Refusal]:
    """Return what is wrong or missing in a form, in the order of its fields; `only` looks at one step.

    Each refusal names its field. An empty list means that the form, or the step, can be submitted.
    """
    found: list[Refusal] = []
    for step in steps:
        if only is not None and step.code != only:
            continue
        for field in step.fields:
            try:
                written(field=field, value=form.get(field.name), form=form, country=country)
            except Refusal as fault:
                fault.field = field.name
                found.append(fault)
    return found


def written(*, field: Field, value: Any, form: Form, country: CountryRules) -> Any:
    """Return an answer in its written form; text is '' where an optional one was left out.

    :raises Refusal: a subclass that says what is wrong with it.
    """
    if field.needed_when is not None and form.get(field.needed_when[0]) != field.needed_when[1]:
        return [] if field.kind in _LISTS else ""
    if field.kind in _LISTS:
        return _LISTS[field.kind](field, value)
    text = " ".join(str(value if value is not None else "").split()) or field.default
    if not text:
        if field.required:
            raise AnswerRequired(field=field.name, label=str(field.label))
        return ""
    if len(text) > field.max_length:
        raise AnswerTooLong(field=field.name, label=str(field.label), most=field.max_length)
    return _written_text(field, text, form, country)


def _written_text(field: Field, text: str, form: Form, country: CountryRules) -> str:
    match field.kind:
        case FieldKind.CHOICE | FieldKind.YES_NO:
            return _chosen(field, text)
        case FieldKind.DATE:
            return parsed_date(text).isoformat()
        case FieldKind.NUMBER:
            return _number(field, text)
        case FieldKind.MONEY:
            return parsed_amount(text)
        case FieldKind.EMAIL:
            return normalise_contact(kind="email", value=text, country=country)
        case FieldKind.PHONE:
            return country.normalise_phone(text)
        case FieldKind.TAX_CODE:
            return country.validate_tax_code(text, holder="person")
        case FieldKind.COMPANY_TAX_CODE:
            return country.validate_tax_code(text, holder="any")
        case FieldKind.VAT_NUMBER:
            return country.validate_vat_number(text)
        case FieldKind.DOCUMENT_NUMBER:
            return _document(text, form, country)
        case FieldKind.POSTCODE:
            return country.normalise_postcode(text)
        case FieldKind.PROVINCE:
            return country.normalise_province(text)
        case FieldKind.IBAN:
            return country.validate_iban(text)
        case FieldKind.REGISTER_NUMBER:
            return country.validate_register_number(text)
        case FieldKind.COUNTRY:
            return country_code(text)
        case FieldKind.MRZ:
            return "\n".join(mrz.lines_of(text))
        case _:
            return text


def _chosen(field: Field, text: str) -> str:
    if text not in {choice.value for choice in field.choices}:
        raise AnswerNotChosen(field=field.name, value=text, label=str(field.label))
    if field.name == "terms_accepted" and text != "yes":
        raise TermsNotAccepted(field=field.name)
    return text


def _document(text: str, form: Form, country: CountryRules) -> str:
    kind = str(form.get("document_kind") or "")
    if not kind:
        # The missing kind is a fault of its own field; one sentence is enough.
        return text.upper()
    if kind not in {each.code for each in country.document_kinds()}:
        raise InvalidDocument(field="document_number", value=text)
    return country.validate_document(kind, text, issuer=str(form.get("document_country") or "").strip().upper())


def country_code(text: str) -> str:
    """Return the two letters of a country (ISO 3166-1).

    :raises InvalidCountry: if there is none with these.
    """
    code = text.upper()
    if not re.fullmatch(r"[A-Z]{2}", code, re.ASCII) or code in ("EU", "ZZ") or code not in _TERRITORIES:
        raise InvalidCountry(field="document_country", value=text)
    return code


def _number(field: Field, text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise NotANumber(field=field.name, value=text)
    least, most = _RANGES.get(field.name, (0, 999_999_999))
    if not least <= int(text) <= most:
        raise OutOfRange(field=field.name, value=text, label=str(field.label), least=least, most=most)
    return str(int(text))


_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)


def parsed_date(text: str) -> date:
    """Return the day that is written day first (31/12/1980, 31.12.1980, 31-12-1980) or in ISO 8601.

    :raises NotADate: if it is none, or no such day exists.
    """
    day_first, year_first = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text)
    try:
        if day_first:
            day, month, year = (int(part) for part in day_first.groups())
            return date(year, month, day)
        if year_first:
            year, month, day = (int(part) for part in year_first.groups())
            return date(year, month, day)
    except ValueError as error:
        raise NotADate(value=text) from error
    raise NotADate(value=text)


# Grouped by points with a decimal comma, grouped by commas with a decimal point, or not grouped at all.
_AMOUNT = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{1,2})?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?|[0-9]+(?:[.,][0-9]{1,2})?",
    re.ASCII,
)


def parsed_amount(text: str) -> str:
    """Return an amount as digits with two decimals, however its thousands and decimals were marked.

    The last mark before one or two final digits is the decimal one; a mark before three digits groups thousands.

    :raises NotAnAmount: if it is none.
    """
    plain = re.sub(r"[\s€'’]|EUR", "", text)
    if not _AMOUNT.fullmatch(plain):
        raise NotAnAmount(value=text)
    decimals = re.search(r"[.,]([0-9]{1,2})$", plain)
    whole = plain[: decimals.start()] if decimals else plain
    cents = decimals[1] if decimals else ""
    return f"{int(re.sub('[.,]', '', whole))}.{cents.ljust(2, '0')}"


def _branches(field: Field, value: Any) -> list[dict[str, Any]]:
    rows = _rows(field, value, BRANCHES_MAX)
    found = []
    for row in rows:
        name = " ".join(str(row.get("name") or "").split())
        if not name:
            raise AnswerRequired(field=field.name, label=str(field.label))
        node_kind = str(row.get("node_kind") or "branch")
        if node_kind not in NODE_KINDS:
            raise AnswerNotChosen(field=field.name, value=node_kind, label=str(field.label))
        found.append({"name": name[:160], "node_kind": node_kind, "pays_itself": bool(row.get("pays_itself"))})
    return found


def _offers(field: Field, value: Any) -> list[dict[str, Any]]:
    """An add-on's `parent` and the using `node` are indexes: of an earlier offer, and of company (0) and branches."""
    found: list[dict[str, Any]] = []
    for row in _rows(field, value, OFFERS_MAX):
        try:
            version_id, node = int(row["offer_version_id"]), int(row.get("node") or 0)
            parent = None if row.get("parent") in (None, "") else int(row["parent"])
        except (KeyError, TypeError, ValueError) as error:
            raise AnswerNotUnderstood(field=field.name, label=str(field.label)) from error
        if node < 0 or (parent is not None and not 0 <= parent < len(found)):
            raise AnswerNotUnderstood(field=field.name, label=str(field.label))
        found.append({"offer_version_id": version_id, "parent": parent, "node": node})
    return found


def _rows(field: Field, value: Any, most: int) -> list[Mapping[str, Any]]:
    rows = value or []
    if not isinstance(rows, list) or len(rows) > most or not all(isinstance(row, Mapping) for row in rows):
        raise AnswerNotUnderstood(field=field.name, label=str(field.label))
    if field.required and not rows:
        raise AnswerRequired(field=field.name, label=str(field.label))
    return rows


_LISTS: dict[FieldKind, Callable[[Field, Any], list[dict[str, Any]]]] = {
    FieldKind.BRANCHES: _branches,
    FieldKind.OFFERS: _offers,
}

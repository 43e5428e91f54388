"""The index of described persons: each with keyed hashes, by which others that share one are found."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from utenza.application.models import Application, DeniedPerson, ScreenedPerson, ScreeningKey
from utenza.application.rules.checks import day_of
from utenza.application.rules.fraud import MarkKind
from utenza.application.rules.likeness import Described, blocking_keys
from utenza.application.states import ApplicationKind, Market, Payment
from utenza.country import rules as country_rules
from utenza.country.italy import tax_code as italian
from utenza.infra.encryption import key_ring
from utenza.infra.transactions import demands_transaction
from utenza.parties import queries as parties

ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Keyed:
    """A description with its keyed hashes: what `tax_key` is equal for is one person; `keys` are (kind, key)."""

    described: Described
    tax_key: int
    keys: frozenset[tuple[str, int]]

    def of_kind(self, kind: str) -> frozenset[int]:
        """Return the keys of one kind."""
        return frozenset(key for own, key in self.keys if own == kind)


def keyed_hash(kind: str, value: str) -> int:
    """Return 64 bits of a keyed hash: equal for equal values of a kind, and useless to who lacks the key."""
    text = f"screening:{kind}:{value.strip().casefold()}"
    digest = hmac.new(key_ring().index_key, text.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def keyed(person: Described, *, country: str, marks: Mapping[str, list[str]]) -> Keyed:
    """Return a description with the keys of its likeness and of its marks (kind: values)."""
    marked = {(kind, keyed_hash(kind, value)) for kind, values in marks.items() for value in values if value}
    alike = {(ALIKE, keyed_hash(ALIKE, key)) for key in blocking_keys(person)}
    described = replace(person, marks=frozenset(key for _kind, key in marked))
    return Keyed(described, _tax_key(country, person), frozenset(marked | alike))


def _tax_key(country: str, person: Described) -> int:
    code = person.tax_code
    if country == "IT" and len(code) == italian.LENGTH:
        # Codes that were told apart by homocody are not one person, but a code that only pretends to be is.
        return keyed_hash("tax", f"IT:{code}")
    return keyed_hash("tax", f"{country}:{code or (person.family_name, person.given_name, str(person.birth_date))}")


def keyed_form(application: Application, form: Mapping[str, Any]) -> Keyed:
    """Return the applicant as the form describes it; of a company its name and seat, since somebody else signs."""
    national = country_rules(application.country)
    address = national.address_form(
        postcode=str(form.get("postcode") or ""),
        city=str(form.get("city") or ""),
        street=str(form.get("street") or ""),
        number=str(form.get("house_number") or ""),
    )
    marks: dict[str, list[str]] = {
        MarkKind.EMAIL: [str(form.get("email") or "")],
        MarkKind.PHONE: [str(form.get("mobile") or ""), str(form.get("phone") or "")],
        MarkKind.IBAN: [str(form.get("iban") or "")],
        MarkKind.ADDRESS: [address],
        MarkKind.DEVICE: [application.device_key],
    }
    if application.kind == ApplicationKind.COMPANY:
        company = Described("", str(form.get("legal_name") or ""), tax_code=str(form.get("vat_number") or ""))
        return keyed(company, country=application.country, marks=marks)
    issuer = str(form.get("document_country") or application.country)
    if form.get("document_number"):
        marks[MarkKind.DOCUMENT] = [f"{form.get('document_kind')}:{issuer}:{form['document_number']}"]
    person = Described(
        given_name=str(form.get("given_name") or ""),
        family_name=str(form.get("family_name") or ""),
        birth_date=day_of(form.get("birth_date")),
        sex=str(form.get("sex") or ""),
        tax_code=str(form.get("tax_code") or ""),
    )
    return keyed(person, country=application.country, marks=marks)


def prepaid_sims(application: Application, form: Mapping[str, Any]) -> int:
    """Return how many prepaid SIMs an application asks for."""
    if application.market != Market.MOBILE or application.payment != Payment.PREPAID:
        return 0
    offers = form.get("offers") or []
    return max(1, sum(1 for offer in offers if offer.get("parent") is None))


@demands_transaction
def describe_application(application: Application, form: Mapping[str, Any], *, at: datetime) -> Keyed:
    """Keep the applicant of what was handed in, in place of what an earlier form said. Safe to repeat."""
    found = keyed_form(application, form)
    row = ScreenedPerson.objects.filter(application=application).first() or ScreenedPerson(application=application)
    row.prepaid_sims = prepaid_sims(application, form)
    _write(row, found, at)
    return found


@demands_transaction
def describe_customer(*, customer_id: int, at: datetime, changed: bool) -> None:
    """Keep a customer as parties know it; one that an application described already only if it changed since.

    Safe to repeat.
    """
    rows = ScreenedPerson.objects.filter(customer=customer_id)
    own = rows.filter(application__isnull=True, denied__isnull=True).first()
    view = parties.customer(customer_id)
    if view.parent_id is not None or (own is None and not changed and rows.exists()):
        return
    company = view.kind == ApplicationKind.COMPANY
    person = Described(
        given_name="" if company else view.given_name,
        family_name=view.legal_name if company else view.family_name,
        birth_date=view.birth_date,
        sex=view.sex,
        tax_code=view.vat_number if company else view.tax_code,
    )
    marks = {MarkKind.EMAIL.value: [view.email], MarkKind.PHONE.value: [view.mobile, view.phone]}
    _write(own or ScreenedPerson(customer_id=customer_id), keyed(person, country=view.country, marks=marks), at)


def describe_denied(denied: DeniedPerson, *, at: datetime) -> None:
    """Keep somebody of the denied list; one whose denial was lifted is forgotten."""
    ScreenedPerson.objects.filter(denied=denied).delete()
    if denied.lifted_at is not None:
        return
    facts = json.loads(denied.facts)
    person = Described(
        given_name=str(facts.get("given_name") or ""),
        family_name=str(facts.get("family_name") or ""),
        birth_date=day_of(facts.get("birth_date")),
        sex=str(facts.get("sex") or ""),
        tax_code=str(facts.get("tax_code") or ""),
    )
    country = str(facts.get("country") or "IT")
    document = str(facts.get("document_number") or "")
    marks: dict[str, list[str]] = {
        MarkKind.EMAIL: [str(facts.get("email") or "")],
        MarkKind.PHONE: [str(facts.get("mobile") or "")],
        MarkKind.IBAN: [str(facts.get("iban") or "")],
        MarkKind.DOCUMENT: [f"{facts.get('document_kind')}:{country}:{document}"] if document else [],
    }
    _write(ScreenedPerson(denied=denied), keyed(person, country=country, marks=marks), at)


def _write(row: ScreenedPerson, found: Keyed, at: datetime) -> None:
    person = found.described
    row.description = json.dumps(
        [person.given_name, person.family_name, str(person.birth_date or ""), person.sex], ensure_ascii=False
    )
    row.tax_key, row.described_at = found.tax_key, at
    row.save()
    row.keys.all().delete()
    ScreeningKey.objects.bulk_create(
        ScreeningKey(person=row, kind=kind, key=key) for kind, key in sorted(found.keys, key=lambda pair: pair[1])
    )


def described(stored: str, marks: frozenset[int]) -> Described:
    """Return a description as it is kept."""
    given, family, birth, sex = json.loads(stored)
    return Described(given, family, date.fromisoformat(birth) if birth else None, sex, marks=marks)

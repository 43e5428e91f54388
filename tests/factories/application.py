"""Makers of applications: complete forms of invented people and companies, filled in, handed in and decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.factories.parties import AT, PersonFacts, person_facts, vat_number
from utenza.application import operations, queries
from utenza.application.operations import ApplicationRef

IBAN = "IT60X0542811101000000123456"


def person_form(facts: PersonFacts | None = None, **changes: Any) -> dict[str, Any]:
    """Return the complete form of an invented person whose means give class A, with what `changes` says otherwise."""
    facts = facts or person_facts()
    return {
        "given_name": facts.given_name,
        "family_name": facts.family_name,
        "sex": facts.sex,
        "birth_date": facts.birth_date.isoformat(),
        "birth_place": facts.birth_place,
        "household": "no",
        "language": "it",
        "email": facts.email,
        "mobile": facts.mobile,
        "phone": "",
        "street": "Via delle Magnolie",
        "house_number": "12",
        "postcode": "00185",
        "city": "Roma",
        "province": "RM",
        "tax_code": facts.tax_code,
        "document_kind": "identity_card",
        "document_number": facts.document_number,
        "document_expiry": "2030-06-30",
        "employment": "permanent",
        "employment_years": "5",
        "income_monthly": "1900,00",
        "payment_method": "direct_debit",
        "iban": facts.iban,
        "offers": [],
        "delivery_channel": "email",
        "bill_day": "1",
        "cycle_months": "1",
        "terms_accepted": "yes",
        "consent_marketing": "yes",
        **changes,
    }


def company_form(**changes: Any) -> dict[str, Any]:
    """Return the complete form of an invented company with two branches, one of which pays itself."""
    signer = person_form()
    number = vat_number()
    company = {
        "legal_name": "Vetreria Collefiorito",
        "legal_form": "S.r.l.",
        "vat_number": number,
        "company_tax_code": "",
        "founded_year": "2009",
        "email": "amministrazione@collefiorito.example",
        "pec": "collefiorito@pec.example",
        "e_invoice_code": "AB12CD3",
        "turnover_yearly": "1.250.000,00",
        "employees": "14",
        "branches": [
            {"name": "Sede di Bologna", "node_kind": "branch", "pays_itself": False},
            {"name": "Sede di Torino", "node_kind": "branch", "pays_itself": True},
        ],
    }
    return {**signer, **company, **changes}


def filled_application(
    form: Mapping[str, Any] | None = None,
    *,
    kind: str = "individual",
    market: str = "",
    payment: str = "postpaid",
    at: datetime = AT,
) -> ApplicationRef:
    """Start a draft and save every step of it from one form."""
    answers = form if form is not None else (company_form() if kind == "company" else person_form())
    ref = operations.start(kind=kind, channel="desk", market=market, payment=payment, at=at, by="csr")
    for step in queries.application(ref.application_id).steps:
        values = {field.name: answers[field.name] for field in step.fields if field.name in answers}
        operations.save_step(application_id=ref.application_id, step=step.code, values=values, at=at)
    return ref


def submitted_application(
    form: Mapping[str, Any] | None = None,
    *,
    kind: str = "individual",
    market: str = "",
    payment: str = "postpaid",
    at: datetime = AT,
) -> ApplicationRef:
    """Fill an application in and hand it in."""
    ref = filled_application(form, kind=kind, market=market, payment=payment, at=at)
    operations.submit(application_id=ref.application_id, at=at)
    return ref


def accepted_application(
    form: Mapping[str, Any] | None = None,
    *,
    kind: str = "individual",
    market: str = "",
    payment: str = "postpaid",
    at: datetime = AT,
) -> ApplicationRef:
    """Fill an application in, hand it in and have it accepted by the rules."""
    ref = submitted_application(form, kind=kind, market=market, payment=payment, at=at)
    decided = operations.decide(application_id=ref.application_id, at=at)
    if decided.status != "accepted":
        raise ValueError(f"the form was not accepted but {decided.status}")
    return ref

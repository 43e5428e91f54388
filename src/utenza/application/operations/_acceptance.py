"""What an acceptance writes to parties, and what parties already know of an applicant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from utenza.application.models import Application
from utenza.application.operations.proving import contact_proofs
from utenza.application.rules import Decision, KnownPayment, Surroundings
from utenza.application.rules.fields import CONSENT_FIELDS
from utenza.application.states import ApplicationKind, Payment
from utenza.infra.operator import setting
from utenza.parties import operations as parties
from utenza.parties import queries as known

# The wording of contract and information on personal data that the form shows; change it with the texts.
CONSENT_TEXT_SETTING = "application.consent_text_version"
CONSENT_TEXT_DEFAULT = "2026-01"


@dataclass(frozen=True, slots=True)
class Taken:
    """The customer that an application made; `node_ids` are company and branches in the form's order."""

    customer_id: int
    account_id: int
    node_ids: tuple[int, ...]


def known_customer_id(application: Application, form: dict[str, Any]) -> int | None:
    """Return the living customer that the applicant already is, found by tax code or VAT number."""
    company = application.kind == ApplicationKind.COMPANY
    found = known.find_duplicates(
        country=application.country,
        tax_code=str(form.get("company_tax_code") or "") if company else str(form.get("tax_code") or ""),
        vat_number=str(form.get("vat_number") or "") if company else "",
    )
    return next((each.customer_id for each in found if each.kind == application.kind and each.status != "ended"), None)


def known_payment(customer_id: int | None) -> KnownPayment | None:
    """Return how a known customer has paid, over all its accounts; None for nobody known."""
    if customer_id is None:
        return None
    standings = known.payment_standings_of(customer_id)
    return KnownPayment(
        overdue_micro=sum(each.overdue_micro for each in standings),
        reminders_12m=sum(each.reminders_12m for each in standings),
        bills_paid_on_time=sum(each.bills_paid_on_time for each in standings),
        bills_paid_late=sum(each.bills_paid_late for each in standings),
        debt_block=any(block.reason == "debt" for block in known.blocks(customer_id)),
    )


def surroundings_of(application: Application, form: dict[str, Any], customer_id: int | None) -> Surroundings:
    """Return what the operator knows around an applicant: people alike, shared contacts, blocks."""
    birth_date = date.fromisoformat(str(form["birth_date"])) if form.get("birth_date") else None
    company = application.kind == ApplicationKind.COMPANY
    alike = known.find_duplicates(
        country=application.country,
        email=str(form.get("email") or ""),
        mobile=str(form.get("mobile") or ""),
        # A company's form names who signs for it, who may well be a customer of his own.
        family_name="" if company else str(form.get("family_name") or ""),
        given_name="" if company else str(form.get("given_name") or ""),
        birth_date=None if company else birth_date,
    )
    others = [each for each in alike if each.customer_id != customer_id]
    blocks = known.blocks(customer_id) if customer_id is not None else []
    return Surroundings(
        same_person=tuple(
            each.number for each in others if each.by == "person" and each.tax_code != form.get("tax_code")
        ),
        sharing_contact=tuple(each.number for each in others if each.by in ("email", "mobile")),
        block_reasons=frozenset(block.reason for block in blocks),
        proofs=contact_proofs(application),
    )


def accept(
    application: Application, form: dict[str, Any], decision: Decision, *, known_id: int | None, at: datetime
) -> Taken:
    """Write an accepted applicant to parties: customer, branches, contacts, consents, class, accounts."""
    customer_id = known_id if known_id is not None else _admit(application, form, at)
    _write_contacts(customer_id, application, form, at)
    _write_consents(customer_id, application, form, at)
    prepaid = application.payment == Payment.PREPAID
    # A prepaid form asks for no means, so it says nothing against a class that was given before.
    if not prepaid or not known.customer(customer_id).credit_class:
        parties.assign_credit_class(customer_id=customer_id, credit_class=decision.credit_class, at=at)
    node_ids = (customer_id, *_branches(customer_id, form, at))
    parties.activate_customer(customer_id=customer_id, at=at)
    for node in (known.customer(node_id) for node_id in node_ids):
        if node.pays_itself:
            _open_account(node.customer_id, form, at)
    account = known.paying_account(customer_id)
    return Taken(customer_id, account.account_id, node_ids)


def _admit(application: Application, form: dict[str, Any], at: datetime) -> int:
    language = str(form.get("language") or "it")
    if application.kind == ApplicationKind.COMPANY:
        return parties.admit_company(
            legal_name=str(form["legal_name"]),
            legal_form=str(form.get("legal_form") or ""),
            vat_number=str(form["vat_number"]),
            tax_code=str(form.get("company_tax_code") or form["vat_number"]),
            country=application.country,
            language=language,
            at=at,
        ).customer_id
    return parties.admit_person(
        given_name=str(form["given_name"]),
        family_name=str(form["family_name"]),
        birth_date=date.fromisoformat(str(form["birth_date"])),
        birth_place=str(form.get("birth_place") or ""),
        sex=str(form.get("sex") or ""),
        tax_code=str(form["tax_code"]),
        country=application.country,
        language=language,
        node_kind="household" if form.get("household") == "yes" else "individual",
        at=at,
    ).customer_id


def _write_contacts(customer_id: int, application: Application, form: dict[str, Any], at: datetime) -> None:
    for kind in ("email", "mobile", "phone"):
        if form.get(kind):
            parties.change_contact(customer_id=customer_id, kind=kind, value=str(form[kind]), at=at)
    home = "registered_office" if application.kind == ApplicationKind.COMPANY else "residence"
    places = [("", home)]
    if form.get("installation_elsewhere") == "yes":
        places.append(("installation_", "installation"))
    for prefix, purpose in places:
        parties.change_address(
            customer_id=customer_id,
            purpose=purpose,
            street=str(form[f"{prefix}street"]),
            house_number=str(form.get(f"{prefix}house_number") or ""),
            postcode=str(form[f"{prefix}postcode"]),
            city=str(form[f"{prefix}city"]),
            province=str(form.get(f"{prefix}province") or ""),
            country=application.country,
            at=at,
        )


def _write_consents(customer_id: int, application: Application, form: dict[str, Any], at: datetime) -> None:
    version = str(setting(CONSENT_TEXT_SETTING, CONSENT_TEXT_DEFAULT))
    for name, purpose in CONSENT_FIELDS.items():
        if form.get(name) == "yes":
            parties.give_consent(
                customer_id=customer_id,
                purpose=purpose,
                text_version=version,
                source=f"application {application.number}",
                at=at,
            )


def _branches(customer_id: int, form: dict[str, Any], at: datetime) -> list[int]:
    """Return the ids of the form's branches in its order; one of a known company with this name is taken as it is."""
    children = {node.name: node.customer_id for node in known.tree(customer_id) if node.parent_id == customer_id}
    return [
        children.get(branch["name"])
        or parties.add_branch(
            parent_customer_id=customer_id,
            name=branch["name"],
            node_kind=branch["node_kind"],
            pays_itself=branch["pays_itself"],
            at=at,
        ).customer_id
        for branch in form.get("branches") or []
    ]


def _open_account(customer_id: int, form: dict[str, Any], at: datetime) -> None:
    if any(account.status == "active" for account in known.accounts_of(customer_id)):
        return
    parties.open_account(
        customer_id=customer_id,
        bill_day=int(str(form.get("bill_day") or "1")),
        cycle_months=int(str(form.get("cycle_months") or "1")),
        language=str(form.get("language") or "it"),
        delivery_channel=str(form.get("delivery_channel") or "email"),
        email=str(form.get("email") or ""),
        payment_method=str(form.get("payment_method") or "transfer"),
        iban=str(form.get("iban") or ""),
        e_invoice_code=str(form.get("e_invoice_code") or ""),
        pec=str(form.get("pec") or ""),
        at=at,
    )

"""Taking people and companies in, activating and ending them, and their credit class."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, connection
from django.db.models import Q, QuerySet

from utenza.core.errors import N_, Refusal
from utenza.core.events.parties import CreditClassAssigned, CustomerAdmitted, CustomerChanged, CustomerEnded
from utenza.country import Holder
from utenza.country import rules as country_rules
from utenza.infra.names import sort_key
from utenza.infra.numbering import next_code
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction, savepoint
from utenza.parties.models import BillingAccount, Customer, Party
from utenza.parties.operations._finding import index_customer, index_party
from utenza.parties.operations._refs import CustomerRef, locked_customer, locked_living_customer
from utenza.parties.rules import node_path, sorting_name
from utenza.parties.states import (
    CUSTOMER_MOVES,
    ROOT_NODES,
    AccountStatus,
    CreditClass,
    CustomerKind,
    CustomerStatus,
    Language,
    NodeKind,
    PartyKind,
)

SORT_KEY_MAX = 200


class DuplicateCustomer(Refusal):
    code = "duplicate_customer"
    text = N_("%(identifier)s belongs to customer %(number)s already: open that customer instead of a second one.")


class IdentifiersDisagree(Refusal):
    code = "identifiers_disagree"
    text = N_(
        "Tax code %(tax_code)s and VAT number %(vat_number)s belong to two different parties: check which one is wrong."
    )


class NameMissing(Refusal):
    code = "name_missing"
    text = N_("A customer needs a name: write the family name of the person or the legal name of the company.")


class NotARootNode(Refusal):
    code = "not_a_root_node"
    text = N_("A %(node_kind)s cannot stand by itself: add it below a company.")


class CustomerStillServed(Refusal):
    code = "customer_still_served"
    text = N_("Customer %(number)s is still served: end what it has first.")


class AccountStillActive(CustomerStillServed):
    code = "account_still_active"
    text = N_("Customer %(number)s still has the billing account %(account)s: close it first.")


class NodesStillLiving(CustomerStillServed):
    code = "nodes_still_living"
    text = N_("Customer %(number)s still has %(below)s below it: end that first.")


class InvalidCreditClass(Refusal):
    code = "invalid_credit_class"
    text = N_("'%(value)s' is not a credit class: choose one of A, B, C, D, E.")


class IdentifierTaken(Refusal):
    code = "identifier_taken"
    text = N_("%(identifier)s cannot be written here: customer %(number)s has it. Check which of the two is right.")


@demands_transaction
def admit_person(
    *,
    given_name: str,
    family_name: str,
    at: datetime,
    birth_date: date | None = None,
    birth_place: str = "",
    sex: str = "",
    tax_code: str = "",
    country: str = "IT",
    language: str = Language.ITALIAN,
    node_kind: str = NodeKind.INDIVIDUAL,
) -> CustomerRef:
    """Write a person down as a prospect, alone or as the head of a household.

    A person known by the tax code keeps the party and gets another customer, if no living one is there.

    :raises DuplicateCustomer: if a living individual customer has this tax code.
    :raises InvalidTaxCode: if the country's form or check digit is broken.
    :raises NameMissing: if there is no family name.
    """
    if node_kind not in ROOT_NODES[CustomerKind.INDIVIDUAL]:
        raise NotARootNode(field="node_kind", node_kind=node_kind)
    if not family_name.strip():
        raise NameMissing(field="family_name")
    party = Party(
        kind=PartyKind.PERSON,
        given_name=" ".join(given_name.split()),
        family_name=" ".join(family_name.split()),
        birth_date=birth_date,
        birth_place=birth_place.strip(),
        sex=sex,
        country=country,
        tax_code=country_rules(country).validate_tax_code(tax_code, holder="person") if tax_code else "",
        language=language,
    )
    return _admit(party, kind=CustomerKind.INDIVIDUAL, node_kind=node_kind, at=at)


@demands_transaction
def admit_company(
    *,
    legal_name: str,
    at: datetime,
    legal_form: str = "",
    vat_number: str = "",
    tax_code: str = "",
    country: str = "IT",
    language: str = Language.ITALIAN,
) -> CustomerRef:
    """Write a company down as a prospect: the root of its tree, paying itself.

    :raises DuplicateCustomer: if a living company customer has this tax code or VAT number.
    :raises InvalidTaxCode, InvalidVatNumber: if a number is not well-formed.
    :raises IdentifiersDisagree: if the two numbers are known, of two parties.
    :raises NameMissing: if there is no legal name.
    """
    if not legal_name.strip():
        raise NameMissing(field="legal_name")
    national = country_rules(country)
    party = Party(
        kind=PartyKind.ORGANISATION,
        legal_name=" ".join(legal_name.split()),
        legal_form=legal_form.strip(),
        country=country,
        tax_code=national.validate_tax_code(tax_code, holder="any") if tax_code else "",
        vat_number=national.validate_vat_number(vat_number) if vat_number else "",
        language=language,
    )
    return _admit(party, kind=CustomerKind.COMPANY, node_kind=NodeKind.COMPANY, at=at)


def _admit(wanted: Party, *, kind: str, node_kind: str, at: datetime) -> CustomerRef:
    wanted.sort_key = name_key(wanted)
    try:
        with savepoint():
            party = _known_or_new(wanted, kind=kind)
            customer = insert_node(party, kind=kind, node_kind=node_kind, parent=None, pays_itself=True, at=at)
    except IntegrityError as error:
        # Another transaction admitted the same party between our look and our insert.
        _refuse_living(wanted, kind=kind, cause=error)
        raise
    index_customer(customer)
    announce(CustomerChanged(at=at, customer_id=customer.pk, what="admitted"))
    return CustomerRef(customer.pk, party.pk, customer.number)


def _known_or_new(wanted: Party, *, kind: str) -> Party:
    known = list(_same_identity(wanted).select_for_update().order_by("id"))
    if len(known) > 1:
        raise IdentifiersDisagree(field="tax_code", tax_code=wanted.tax_code, vat_number=wanted.vat_number)
    if not known:
        wanted.save(force_insert=True)
        return wanted
    _refuse_living(wanted, kind=kind, cause=None)
    party = known[0]
    # A person who also trades stays a person; the firm's facts are added to the same party.
    for name in ("given_name", "family_name", "birth_date", "birth_place", "sex", "legal_name", "legal_form"):
        if getattr(wanted, name):
            setattr(party, name, getattr(wanted, name))
    party.tax_code = wanted.tax_code or party.tax_code
    party.vat_number = wanted.vat_number or party.vat_number
    party.language = wanted.language
    party.sort_key = name_key(party)
    party.save()
    return party


def _same_identity(wanted: Party) -> QuerySet[Party]:
    same = Q(pk__isnull=True)
    if wanted.tax_code:
        same |= Q(tax_code=wanted.tax_code)
    if wanted.vat_number:
        same |= Q(vat_number=wanted.vat_number)
    return Party.objects.filter(same, country=wanted.country)


def _refuse_living(wanted: Party, *, kind: str, cause: Exception | None) -> None:
    living = (
        Customer.objects.filter(party__in=_same_identity(wanted), kind=kind, parent__isnull=True)
        .exclude(status=CustomerStatus.ENDED)
        .order_by("id")
        .first()
    )
    if living is not None:
        identifier = wanted.tax_code or wanted.vat_number
        field = "tax_code" if wanted.tax_code else "vat_number"
        raise DuplicateCustomer(field=field, identifier=identifier, number=living.number) from cause


def name_key(party: Party) -> str:
    """Return the normalised key by which lists of parties are ordered."""
    name = sorting_name(
        kind=party.kind, given_name=party.given_name, family_name=party.family_name, legal_name=party.legal_name
    )
    return sort_key(name)[:SORT_KEY_MAX]


def insert_node(
    party: Party, *, kind: str, node_kind: str, parent: Customer | None, pays_itself: bool, at: datetime
) -> Customer:
    """Insert a node below `parent` (or as a root). The id is drawn first, since the row's path contains it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('parties_customer', 'id'))")
        new_id = int(cursor.fetchone()[0])
    customer = Customer(
        pk=new_id,
        number=next_code(series="customer", prefix="C", width=7),
        party=party,
        kind=kind,
        node_kind=node_kind,
        parent=parent,
        root_id=parent.root_id if parent else new_id,
        path=node_path(parent_path=parent.path if parent else "", customer_id=new_id),
        paid_by_id=new_id if pays_itself or parent is None else parent.paid_by_id,
        status=CustomerStatus.PROSPECT,
        admitted_at=at,
    )
    customer.save(force_insert=True)
    return customer


@demands_transaction
def activate_customer(*, customer_id: int, at: datetime) -> None:
    """Make a prospect, and every prospect node below it, a customer from the operator's day of `at`.

    Does nothing to nodes that are active already, so it is safe to repeat.

    :raises CustomerHasEnded: if the customer has ended.
    """
    customer = locked_living_customer(customer_id)
    below = Customer.objects.select_for_update().filter(
        root=customer.root_id, path__startswith=customer.path, status=CustomerStatus.PROSPECT
    )
    for node in below.order_by("path"):
        node.since_date = local_date(at)
        node.save(update_fields=["since_date"])
        move(node, table=CUSTOMER_MOVES, to=CustomerStatus.ACTIVE)
        announce(CustomerAdmitted(at=at, customer_id=node.pk, customer_number=node.number))


@demands_transaction
def end_customer(*, customer_id: int, at: datetime, reason: str) -> None:
    """End a customer whose accounts are closed and whose nodes below have ended. Safe to repeat.

    :raises AccountStillActive, NodesStillLiving: both CustomerStillServed, if one of these is left.
    """
    customer = locked_customer(customer_id)
    if customer.status == CustomerStatus.ENDED:
        return
    account = BillingAccount.objects.filter(customer=customer, status=AccountStatus.ACTIVE).order_by("pk").first()
    if account is not None:
        raise AccountStillActive(number=customer.number, account=account.number)
    below = customer.children.exclude(status=CustomerStatus.ENDED).order_by("pk").first()
    if below is not None:
        raise NodesStillLiving(number=customer.number, below=below.number)
    customer.ended_date = local_date(at)
    customer.save(update_fields=["ended_date"])
    move(customer, table=CUSTOMER_MOVES, to=CustomerStatus.ENDED)
    announce(CustomerEnded(at=at, customer_id=customer.pk, reason=reason))


@demands_transaction
def assign_credit_class(*, customer_id: int, credit_class: str, at: datetime) -> None:
    """Give a customer, with every node below it, the credit class A (best) to E (prepaid only).

    :raises InvalidCreditClass: if it is no class.
    """
    if credit_class not in CreditClass.values:
        raise InvalidCreditClass(field="credit_class", value=credit_class)
    customer = locked_living_customer(customer_id)
    nodes = Customer.objects.select_for_update().filter(root=customer.root_id, path__startswith=customer.path)
    for node in nodes.exclude(credit_class=credit_class).order_by("path"):
        node.credit_class = credit_class
        node.save(update_fields=["credit_class"])
        announce(CreditClassAssigned(at=at, customer_id=node.pk, credit_class=credit_class))


@demands_transaction
def correct_party(
    *,
    customer_id: int,
    at: datetime,
    given_name: str | None = None,
    family_name: str | None = None,
    birth_date: date | None = None,
    birth_place: str | None = None,
    sex: str | None = None,
    legal_name: str | None = None,
    legal_form: str | None = None,
    tax_code: str | None = None,
    vat_number: str | None = None,
    language: str | None = None,
) -> None:
    """Correct facts of the party behind a customer; what is None stays as it is. Audit keeps what was there before.

    :raises IdentifierTaken: if another party has the tax code or VAT number.
    """
    customer = locked_living_customer(customer_id)
    party = Party.objects.select_for_update().get(pk=customer.party_id)
    national = country_rules(party.country)
    holder: Holder = "person" if party.kind == PartyKind.PERSON else "any"
    wanted = {
        "given_name": given_name,
        "family_name": family_name,
        "birth_date": birth_date,
        "birth_place": birth_place,
        "sex": sex,
        "legal_name": legal_name,
        "legal_form": legal_form,
        "tax_code": national.validate_tax_code(tax_code, holder=holder) if tax_code else tax_code,
        "vat_number": national.validate_vat_number(vat_number) if vat_number else vat_number,
        "language": language,
    }
    changed = {name: value for name, value in wanted.items() if value is not None and getattr(party, name) != value}
    if not changed:
        return
    _refuse_taken(party, changed)
    for name, value in changed.items():
        setattr(party, name, value)
    if not (party.family_name if party.kind == PartyKind.PERSON else party.legal_name):
        raise NameMissing(field="family_name" if party.kind == PartyKind.PERSON else "legal_name")
    party.sort_key = name_key(party)
    party.save()
    index_party(party)
    announce(CustomerChanged(at=at, customer_id=customer.pk, what="party"))


def _refuse_taken(party: Party, changed: Mapping[str, object]) -> None:
    for name in ("tax_code", "vat_number"):
        value = changed.get(name)
        if not value:
            continue
        other = (
            Customer.objects.filter(Q(**{f"party__{name}": value}), party__country=party.country)
            .exclude(party=party)
            .order_by("id")
            .first()
        )
        if other is not None:
            raise IdentifierTaken(field=name, identifier=value, number=other.number)

"""Customers by id, number, likeness; their contacts and consents."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q, QuerySet

from utenza.country import rules as country_rules
from utenza.infra.names import sort_key
from utenza.parties.models import Address, Consent, ContactMedium, Customer, Party
from utenza.parties.operations import UnknownCustomer
from utenza.parties.queries.views import AddressView, ConsentView, ContactView, CustomerView, Duplicate
from utenza.parties.rules import party_name
from utenza.parties.states import ContactKind, CustomerStatus, PartyKind


def customer(customer_id: int) -> CustomerView:
    """Return a customer with its open contacts and addresses.

    :raises UnknownCustomer: if there is none.
    """
    found = customers([customer_id])
    if customer_id not in found:
        raise UnknownCustomer(customer=customer_id)
    return found[customer_id]


def customer_by_number(number: str) -> CustomerView:
    """Return the customer with this number.

    :raises UnknownCustomer: if there is none.
    """
    wanted = number.strip().upper()
    customer_id = Customer.objects.filter(number=wanted).values_list("pk", flat=True).first()
    if customer_id is None:
        raise UnknownCustomer(customer=number)
    return customer(customer_id)


def customers(customer_ids: Collection[int]) -> dict[int, CustomerView]:
    """Return many customers by id, in three database queries whatever their number; unknown ids are left out."""
    rows = list(Customer.objects.filter(pk__in=list(customer_ids)).select_related("party"))
    party_ids = {row.party_id for row in rows}
    contacts: dict[tuple[int, str], str] = {
        (row.party_id, row.kind): row.value
        for row in ContactMedium.objects.filter(party__in=party_ids, valid_to__isnull=True)
    }
    addresses: dict[int, list[AddressView]] = {}
    for row in Address.objects.filter(party__in=party_ids, valid_to__isnull=True).order_by("id"):
        addresses.setdefault(row.party_id, []).append(address_view(row))
    return {row.pk: _customer_view(row, contacts, addresses.get(row.party_id, [])) for row in rows}


def customer_ids(*, statuses: Iterable[str] = (CustomerStatus.ACTIVE,)) -> list[int]:
    """Return the ids of all nodes with one of the statuses, in order of admission."""
    return list(Customer.objects.filter(status__in=list(statuses)).order_by("pk").values_list("pk", flat=True))


def customer_count(*, on_date: date) -> int:
    """Return how many customers there were at the end of a day; a company counts once, with all its nodes."""
    there = Customer.objects.filter(parent__isnull=True, since_date__lte=on_date)
    return there.filter(Q(ended_date__isnull=True) | Q(ended_date__gt=on_date)).count()


def customer_moves(*, start: date, end: date) -> tuple[int, int]:
    """Return how many customers came and how many ended on the days from `start` up to, not including, `end`."""
    roots = Customer.objects.filter(parent__isnull=True, since_date__isnull=False)
    came = roots.filter(since_date__gte=start, since_date__lt=end).count()
    return came, roots.filter(ended_date__gte=start, ended_date__lt=end).count()


def customer_names(ids: Collection[int]) -> dict[int, str]:
    """Return the names of many customers by id, in one database query."""
    rows = Customer.objects.filter(pk__in=list(ids)).select_related("party")
    return {row.pk: party_name_of(row.party) for row in rows}


def _customer_view(row: Customer, contacts: dict[tuple[int, str], str], addresses: list[AddressView]) -> CustomerView:
    party = row.party
    return CustomerView(
        customer_id=row.pk,
        number=row.number,
        party_id=party.pk,
        party_kind=party.kind,
        kind=row.kind,
        node_kind=row.node_kind,
        status=row.status,
        name=party_name_of(row.party),
        sort_key=party.sort_key,
        given_name=party.given_name,
        family_name=party.family_name,
        birth_date=party.birth_date,
        birth_place=party.birth_place,
        sex=party.sex,
        legal_name=party.legal_name,
        legal_form=party.legal_form,
        country=party.country,
        tax_code=party.tax_code,
        vat_number=party.vat_number,
        language=party.language,
        credit_class=row.credit_class,
        admitted_at=row.admitted_at,
        since_date=row.since_date,
        ended_date=row.ended_date,
        parent_id=row.parent_id,
        root_id=row.root_id,
        paid_by_id=row.paid_by_id,
        path=row.path,
        email=contacts.get((party.pk, ContactKind.EMAIL), ""),
        phone=contacts.get((party.pk, ContactKind.PHONE), ""),
        mobile=contacts.get((party.pk, ContactKind.MOBILE), ""),
        addresses=tuple(addresses),
    )


def party_name_of(party: Party) -> str:
    """Return the name a party goes by."""
    return party_name(
        kind=party.kind, given_name=party.given_name, family_name=party.family_name, legal_name=party.legal_name
    )


def address_view(row: Address) -> AddressView:
    """Return an address as it is shown."""
    return AddressView(
        purpose=row.purpose,
        street=row.street,
        house_number=row.house_number,
        postcode=row.postcode,
        city=row.city,
        province=row.province,
        country=row.country,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def consents(customer_id: int) -> list[ConsentView]:
    """Return every consent that the party behind a customer ever gave, newest first."""
    rows = Consent.objects.filter(party__customers=customer_id).order_by("-given_at", "-pk")
    return [
        ConsentView(
            purpose=row.purpose,
            text_version=row.text_version,
            given_at=row.given_at,
            withdrawn_at=row.withdrawn_at,
            source=row.source,
        )
        for row in rows
    ]


def contacts(customer_id: int) -> list[ContactView]:
    """Return every contact that the party behind a customer ever had, open ones first, then newest first."""
    rows = ContactMedium.objects.filter(party__customers=customer_id).order_by("-valid_from", "-pk")
    views = [
        ContactView(kind=row.kind, value=row.value, valid_from=row.valid_from, valid_to=row.valid_to) for row in rows
    ]
    return sorted(views, key=lambda view: view.valid_to is not None)


def find_duplicates(
    *,
    country: str = "IT",
    tax_code: str = "",
    vat_number: str = "",
    email: str = "",
    mobile: str = "",
    family_name: str = "",
    given_name: str = "",
    birth_date: date | None = None,
) -> list[Duplicate]:
    """Return the customers, ended ones too, that share an identifier, a contact, or name and birth date.

    The strongest likeness first; each customer once.
    """
    mobile = country_rules(country).normalise_phone(mobile) if mobile else ""
    tests: list[tuple[str, Q | None]] = [
        ("tax_code", Q(party__tax_code=tax_code.strip().upper()) if tax_code.strip() else None),
        ("vat_number", Q(party__vat_number=vat_number.strip().upper()) if vat_number.strip() else None),
        ("person", _same_person(given_name, family_name, birth_date)),
        ("email", _has_contact(ContactKind.EMAIL, email.strip().lower())),
        ("mobile", _has_contact(ContactKind.MOBILE, mobile)),
    ]
    found: dict[int, Duplicate] = {}
    for by, test in tests:
        if test is None:
            continue
        for row in _roots().filter(test).order_by("pk")[:20]:
            duplicate = Duplicate(
                customer_id=row.pk,
                number=row.number,
                name=party_name_of(row.party),
                kind=row.kind,
                status=row.status,
                tax_code=row.party.tax_code,
                by=by,
            )
            found.setdefault(row.pk, duplicate)
    return list(found.values())


def _roots() -> QuerySet[Customer]:
    return Customer.objects.filter(parent__isnull=True).select_related("party")


def _same_person(given_name: str, family_name: str, birth_date: date | None) -> Q | None:
    if birth_date is None or not family_name.strip():
        return None
    key = sort_key(f"{family_name} {given_name}".strip())
    return Q(party__kind=PartyKind.PERSON, party__sort_key=key, party__birth_date=birth_date)


def _has_contact(kind: str, value: str) -> Q | None:
    if not value:
        return None
    holders = ContactMedium.objects.filter(kind=kind, value=value, valid_to__isnull=True).values("party_id")
    return Q(party__in=holders)

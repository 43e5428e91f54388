"""Customers by id, number, likeness; their contacts and consents."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from utenza.country import rules as country_rules
from utenza.infra.names import sort_key
from utenza.parties.models import Address, Consent, ContactMedium, Customer, Party
from utenza.parties.operations import UnknownCustomer
from utenza.parties.queries.views import AddressView, ConsentView, ContactView, CustomerView, Duplicate
from utenza.parties.rules import party_name
from utenza.parties.states import ContactKind, CustomerStatus, PartyKind

# A customer with its open contacts and addresses in one statement, since every page of a customer reads it.
_CUSTOMERS = """
    SELECT c.id AS customer_id, c.number, p.id AS party_id, p.kind AS party_kind, c.kind, c.node_kind, c.status,
           p.sort_key, p.given_name, p.family_name, p.birth_date, p.birth_place, p.sex, p.legal_name, p.legal_form,
           p.country, p.tax_code, p.vat_number, p.language, c.credit_class, c.admitted_at, c.since_date, c.ended_date,
           c.parent_id, c.root_id, c.paid_by_id, c.path,
           (SELECT jsonb_object_agg(m.kind, m.value)
              FROM parties_contactmedium m WHERE m.party_id = p.id AND m.valid_to IS NULL) AS contacts,
           (SELECT jsonb_agg(jsonb_build_object(
                       'purpose', a.purpose, 'street', a.street, 'house_number', a.house_number,
                       'postcode', a.postcode, 'city', a.city, 'province', a.province, 'country', a.country,
                       'valid_from', a.valid_from) ORDER BY a.id)
              FROM parties_address a WHERE a.party_id = p.id AND a.valid_to IS NULL) AS addresses
      FROM parties_customer c JOIN parties_party p ON p.id = c.party_id WHERE c.id = ANY(%s)
"""


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
    """Return many customers by id, in one database query whatever their number; unknown ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, [list(customer_ids)])
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["customer_id"]: _customer_view(row) for row in rows}


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


def _customer_view(row: dict[str, Any]) -> CustomerView:
    contacts = json.loads(row.pop("contacts") or "{}")
    addresses = json.loads(row.pop("addresses") or "[]")
    return CustomerView(
        **row,
        name=party_name(
            kind=row["party_kind"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            legal_name=row["legal_name"],
        ),
        email=contacts.get(ContactKind.EMAIL, ""),
        phone=contacts.get(ContactKind.PHONE, ""),
        mobile=contacts.get(ContactKind.MOBILE, ""),
        addresses=tuple(_open_address(one) for one in addresses),
    )


def _open_address(values: dict[str, Any]) -> AddressView:
    return AddressView(**values | {"valid_from": date.fromisoformat(values["valid_from"]), "valid_to": None})


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

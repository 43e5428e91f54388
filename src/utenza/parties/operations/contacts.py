"""Contacts, addresses and consents of the party behind a customer."""

from __future__ import annotations

from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.core.events.parties import ConsentGiven, ConsentWithdrawn, CustomerChanged
from utenza.country import rules as country_rules
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction
from utenza.parties.models import Address, Consent, ContactMedium
from utenza.parties.operations._finding import index_party
from utenza.parties.operations._refs import locked_customer, locked_living_customer
from utenza.parties.rules import normalise_contact
from utenza.parties.states import AddressPurpose, ConsentPurpose, ContactKind


class UnknownContactKind(Refusal):
    code = "unknown_contact_kind"
    text = N_("'%(value)s' is no way to reach someone: choose e-mail, telephone or mobile phone.")


class UnknownAddressPurpose(Refusal):
    code = "unknown_address_purpose"
    text = N_("'%(value)s' is no purpose of an address: choose one of %(choices)s.")


class AddressIncomplete(Refusal):
    code = "address_incomplete"
    text = N_("An address needs street, postcode and town: fill them in, so that letters and technicians arrive.")


class UnknownConsentPurpose(Refusal):
    code = "unknown_consent_purpose"
    text = N_("'%(value)s' is no purpose of consent: choose one of %(choices)s.")


@demands_transaction
def change_contact(*, customer_id: int, kind: str, value: str, at: datetime) -> None:
    """Write the e-mail address, telephone or mobile number by which a customer is reached; '' takes it away.

    The one in use until now ends on the operator's day of `at`. Safe to repeat.

    :raises UnknownContactKind, InvalidEmail, InvalidPhone: if the input is wrong.
    """
    if kind not in ContactKind.values:
        raise UnknownContactKind(field="kind", value=kind)
    customer = locked_living_customer(customer_id)
    party = customer.party
    written = normalise_contact(kind=kind, value=value, country=country_rules(party.country)) if value.strip() else ""
    day = local_date(at)
    current = ContactMedium.objects.select_for_update().filter(party=party, kind=kind, valid_to__isnull=True).first()
    if (current.value if current else "") == written:
        return
    if current is not None:
        current.valid_to = max(day, current.valid_from)
        current.save(update_fields=["valid_to"])
    if written:
        ContactMedium.objects.create(party=party, kind=kind, value=written, valid_from=day)
    index_party(party)
    announce(CustomerChanged(at=at, customer_id=customer.pk, what=f"contact.{kind}"))


@demands_transaction
def change_address(
    *,
    customer_id: int,
    purpose: str,
    street: str,
    postcode: str,
    city: str,
    at: datetime,
    house_number: str = "",
    province: str = "",
    country: str = "",
) -> None:
    """Write a customer's address for one purpose; the one that held until now ends. Safe to repeat.

    :raises UnknownAddressPurpose, AddressIncomplete, InvalidPostcode, InvalidProvince: if the input is wrong.
    """
    if purpose not in AddressPurpose.values:
        raise UnknownAddressPurpose(field="purpose", value=purpose, choices=", ".join(AddressPurpose.values))
    customer = locked_living_customer(customer_id)
    for field, given in (("street", street), ("postcode", postcode), ("city", city)):
        if not given.strip():
            raise AddressIncomplete(field=field)
    land = country or customer.party.country
    national = country_rules(land)
    facts = {
        "street": " ".join(street.split()),
        "house_number": house_number.strip(),
        "postcode": national.normalise_postcode(postcode),
        "city": " ".join(city.split()),
        "province": national.normalise_province(province) if province.strip() else "",
        "country": land,
    }
    day = local_date(at)
    current = (
        Address.objects.select_for_update().filter(party=customer.party, purpose=purpose, valid_to__isnull=True).first()
    )
    if current is not None and all(getattr(current, name) == fact for name, fact in facts.items()):
        return
    if current is not None:
        current.valid_to = max(day, current.valid_from)
        current.save(update_fields=["valid_to"])
    Address.objects.create(party=customer.party, purpose=purpose, valid_from=day, **facts)
    announce(CustomerChanged(at=at, customer_id=customer.pk, what=f"address.{purpose}"))


@demands_transaction
def give_consent(*, customer_id: int, purpose: str, text_version: str, source: str, at: datetime) -> None:
    """Write down that a customer agreed to a purpose, in the words of `text_version`. Safe to repeat.

    Agreement to a newer wording ends the one to the older.

    :raises UnknownConsentPurpose: if there is no such purpose.
    """
    if purpose not in ConsentPurpose.values:
        raise UnknownConsentPurpose(field="purpose", value=purpose, choices=", ".join(ConsentPurpose.values))
    customer = locked_living_customer(customer_id)
    current = _open_consent(customer.party_id, purpose)
    if current is not None and current.text_version == text_version:
        return
    if current is not None:
        current.withdrawn_at = max(at, current.given_at)
        current.save(update_fields=["withdrawn_at"])
    Consent.objects.create(party=customer.party, purpose=purpose, text_version=text_version, given_at=at, source=source)
    announce(ConsentGiven(at=at, customer_id=customer.pk, purpose=purpose, text_version=text_version))


@demands_transaction
def withdraw_consent(*, customer_id: int, purpose: str, at: datetime) -> None:
    """Write down that a customer takes an agreement back; it counts from `at` on. Safe to repeat.

    A customer who has ended may still withdraw (GDPR, Regulation (EU) 2016/679, art. 7(3)).

    :raises UnknownConsentPurpose: if there is no such purpose.
    """
    if purpose not in ConsentPurpose.values:
        raise UnknownConsentPurpose(field="purpose", value=purpose, choices=", ".join(ConsentPurpose.values))
    customer = locked_customer(customer_id)
    current = _open_consent(customer.party_id, purpose)
    if current is None:
        return
    current.withdrawn_at = max(at, current.given_at)
    current.save(update_fields=["withdrawn_at"])
    announce(ConsentWithdrawn(at=at, customer_id=customer.pk, purpose=purpose))


def _open_consent(party_id: int, purpose: str) -> Consent | None:
    open_ones = Consent.objects.select_for_update().filter(party=party_id, purpose=purpose, withdrawn_at__isnull=True)
    return open_ones.first()

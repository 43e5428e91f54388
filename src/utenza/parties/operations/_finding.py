"""Keeping the search entries of customers and accounts in step with their facts."""

from __future__ import annotations

from utenza.infra import search
from utenza.parties.models import BillingAccount, Customer, Party
from utenza.parties.rules import party_name, search_words


def index_party(party: Party) -> None:
    """Write the search entries of every customer that this party is."""
    for customer in party.customers.select_related("party").order_by("id"):
        index_customer(customer)


def index_customer(customer: Customer) -> None:
    """Write the search entry of one customer: names, number, tax code, VAT number, e-mail, telephones."""
    party = customer.party
    contacts = list(party.contacts.filter(valid_to__isnull=True).order_by("id").values_list("value", flat=True))
    codes = [customer.number, party.tax_code, party.vat_number, *contacts]
    subtitle = " · ".join(part for part in (customer.number, party.tax_code or party.vat_number) if part)
    search.index_entry(
        kind="customer",
        key=customer.number,
        customer_id=customer.pk,
        title=_name(party),
        subtitle=subtitle,
        words=search_words(names=[party.given_name, party.family_name, party.legal_name], codes=codes),
    )


def index_account(account: BillingAccount) -> None:
    """Write the search entry of one billing account: its number, name and e-mail."""
    search.index_entry(
        kind="account",
        key=account.number,
        customer_id=account.customer_id,
        title=account.name,
        subtitle=account.number,
        words=search_words(names=[account.name], codes=[account.number, account.email, account.pec]),
    )


def _name(party: Party) -> str:
    return party_name(
        kind=party.kind, given_name=party.given_name, family_name=party.family_name, legal_name=party.legal_name
    )

"""What queries of parties return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from utenza.parties.rules import path_ids


@dataclass(frozen=True, slots=True)
class AddressView:
    purpose: str
    street: str
    house_number: str
    postcode: str
    city: str
    province: str
    country: str
    valid_from: date
    valid_to: date | None

    def lines(self) -> tuple[str, ...]:
        """Return the address as it is written on a letter, without the name."""
        street = f"{self.street} {self.house_number}".strip()
        place = f"{self.postcode} {self.city}" + (f" ({self.province})" if self.province else "")
        return (street, place)


@dataclass(frozen=True, slots=True)
class CustomerView:
    customer_id: int
    number: str
    party_id: int
    party_kind: str
    kind: str
    node_kind: str
    status: str
    name: str
    sort_key: str
    given_name: str
    family_name: str
    birth_date: date | None
    birth_place: str
    sex: str
    legal_name: str
    legal_form: str
    country: str
    tax_code: str
    vat_number: str
    language: str
    credit_class: str
    admitted_at: datetime
    since_date: date | None
    ended_date: date | None
    parent_id: int | None
    root_id: int
    paid_by_id: int
    path: str
    email: str
    phone: str
    mobile: str
    addresses: tuple[AddressView, ...]

    @property
    def depth(self) -> int:
        """How many nodes are above this one."""
        return len(path_ids(self.path)) - 1

    @property
    def pays_itself(self) -> bool:
        return self.paid_by_id == self.customer_id

    def address(self, *purposes: str) -> AddressView | None:
        """Return the address of the first purpose that has one; without purposes, any."""
        by_purpose = {address.purpose: address for address in self.addresses}
        for purpose in purposes:
            if purpose in by_purpose:
                return by_purpose[purpose]
        return None if purposes else next(iter(self.addresses), None)


@dataclass(frozen=True, slots=True)
class AccountView:
    account_id: int
    number: str
    customer_id: int
    customer_number: str
    name: str
    currency: str
    bill_day: int
    cycle_months: int
    payment_terms_days: int
    language: str
    delivery_channel: str
    email: str
    payment_method: str
    iban_masked: str
    e_invoice_code: str
    pec: str
    status: str
    opened_date: date
    closed_date: date | None


@dataclass(frozen=True, slots=True)
class BilledParty:
    """The legal person that a bill is addressed to, and where."""

    name: str
    attention: str
    country: str
    tax_code: str
    vat_number: str
    is_company: bool
    address: AddressView | None


@dataclass(frozen=True, slots=True)
class TreeNode:
    customer_id: int
    number: str
    name: str
    node_kind: str
    status: str
    depth: int
    parent_id: int | None
    paid_by_id: int

    @property
    def pays_itself(self) -> bool:
        return self.paid_by_id == self.customer_id


@dataclass(frozen=True, slots=True)
class BlockView:
    """An open block; `customer_id` is the node it was placed on, which may be above the one asked for."""

    customer_id: int
    kind: str
    reason: str
    note: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentView:
    purpose: str
    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class ContactView:
    kind: str
    value: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PaymentStandingView:
    account_id: int
    currency: str
    overdue_micro: int
    oldest_due_date: date | None
    reminders_12m: int
    bills_paid_on_time: int
    bills_paid_late: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A customer that shares something with a newcomer; `by` says: tax_code, vat_number, person, email, mobile."""

    customer_id: int
    number: str
    name: str
    kind: str
    status: str
    tax_code: str
    by: str

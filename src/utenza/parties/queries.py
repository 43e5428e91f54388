"""Public reads of parties. They return frozen dataclasses and change nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from utenza.core.errors import N_, Refusal
from utenza.country import rules as country_rules
from utenza.infra.names import sort_key
from utenza.parties.models import (
    Address,
    BillingAccount,
    Block,
    Consent,
    ContactMedium,
    Customer,
    Party,
    PaymentStanding,
)
from utenza.parties.operations import UnknownAccount, UnknownCustomer
from utenza.parties.rules import StandingBlock, blocks_reaching, mask_iban, party_name, path_ids
from utenza.parties.states import AccountStatus, ContactKind, CustomerStatus, PartyKind


class NoPayingAccount(Refusal):
    code = "no_paying_account"
    text = N_("%(name)s (%(number)s) pays but has no open billing account: open one first.")


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
    status: str
    by: str


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
        addresses.setdefault(row.party_id, []).append(_address_view(row))
    return {row.pk: _customer_view(row, contacts, addresses.get(row.party_id, [])) for row in rows}


def customer_ids(*, statuses: Iterable[str] = (CustomerStatus.ACTIVE,)) -> list[int]:
    """Return the ids of all nodes with one of the statuses, in order of admission."""
    return list(Customer.objects.filter(status__in=list(statuses)).order_by("pk").values_list("pk", flat=True))


def customer_names(ids: Collection[int]) -> dict[int, str]:
    """Return the names of many customers by id, in one database query."""
    rows = Customer.objects.filter(pk__in=list(ids)).select_related("party")
    return {row.pk: _party_name(row.party) for row in rows}


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
        name=_party_name(row.party),
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


def _party_name(party: Party) -> str:
    return party_name(
        kind=party.kind, given_name=party.given_name, family_name=party.family_name, legal_name=party.legal_name
    )


def _address_view(row: Address) -> AddressView:
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


def account(account_id: int) -> AccountView:
    """Return a billing account.

    :raises UnknownAccount: if there is none.
    """
    found = accounts([account_id])
    if account_id not in found:
        raise UnknownAccount(account=account_id)
    return found[account_id]


def account_by_number(number: str) -> AccountView:
    """Return the billing account with this number.

    :raises UnknownAccount: if there is none.
    """
    row = BillingAccount.objects.filter(number=number.strip().upper()).select_related("customer").first()
    if row is None:
        raise UnknownAccount(account=number)
    return _account_view(row)


def accounts(account_ids: Collection[int]) -> dict[int, AccountView]:
    """Return many billing accounts by id, in one database query; unknown ids are left out."""
    rows = BillingAccount.objects.filter(pk__in=list(account_ids)).select_related("customer")
    return {row.pk: _account_view(row) for row in rows}


def accounts_of(customer_id: int) -> list[AccountView]:
    """Return the accounts of this node itself, open ones first, then by age."""
    rows = BillingAccount.objects.filter(customer=customer_id).select_related("customer").order_by("pk")
    return sorted((_account_view(row) for row in rows), key=lambda view: view.status != AccountStatus.ACTIVE)


def accounts_with_bill_day(*, bill_days: Collection[int]) -> list[AccountView]:
    """Return the open accounts whose bill day is one of `bill_days`, by id, for a bill run to choose from."""
    rows = BillingAccount.objects.filter(status=AccountStatus.ACTIVE, bill_day__in=list(bill_days))
    return [_account_view(row) for row in rows.select_related("customer").order_by("pk")]


def account_iban(account_id: int) -> str:
    """Return the full IBAN of an account; the shell demands the permission `secret.reveal` first.

    :raises UnknownAccount: if there is none.
    """
    row = BillingAccount.objects.filter(pk=account_id).only("iban").first()
    if row is None:
        raise UnknownAccount(account=account_id)
    return str(row.iban)


def _account_view(row: BillingAccount) -> AccountView:
    return AccountView(
        account_id=row.pk,
        number=row.number,
        customer_id=row.customer_id,
        customer_number=row.customer.number,
        name=row.name,
        currency=row.currency,
        bill_day=row.bill_day,
        cycle_months=row.cycle_months,
        payment_terms_days=row.payment_terms_days,
        language=row.language,
        delivery_channel=row.delivery_channel,
        email=row.email,
        payment_method=row.payment_method,
        iban_masked=mask_iban(row.iban),
        e_invoice_code=row.e_invoice_code,
        pec=row.pec,
        status=row.status,
        opened_date=row.opened_date,
        closed_date=row.closed_date,
    )


def paying_account(customer_id: int) -> AccountView:
    """Return the account that pays for a node: the oldest open one of the node's payer.

    :raises UnknownCustomer: if there is no such customer.
    :raises NoPayingAccount: if the payer has no open account.
    """
    payer_id = _paying_customer_id(customer_id)
    for view in accounts_of(payer_id):
        if view.status == AccountStatus.ACTIVE:
            return view
    payer = customer(payer_id)
    raise NoPayingAccount(number=payer.number, name=payer.name)


def _paying_customer_id(customer_id: int) -> int:
    current = customer_id
    while True:
        payer_id = Customer.objects.filter(pk=current).values_list("paid_by_id", flat=True).first()
        if payer_id is None:
            raise UnknownCustomer(customer=current)
        if payer_id == current:
            return current
        current = payer_id


def paid_nodes(customer_id: int) -> list[TreeNode]:
    """Return the nodes that this one pays for, itself included, depth-first."""
    return [node for node in tree(customer_id) if node.paid_by_id == customer_id]


def tree(customer_id: int) -> list[TreeNode]:
    """Return the whole tree in which a customer stands, depth-first, the root first.

    :raises UnknownCustomer: if there is no such customer.
    """
    rows = list(
        Customer.objects.filter(root__in=Customer.objects.filter(pk=customer_id).values("root_id"))
        .select_related("party")
        .order_by("path")
    )
    if not rows:
        raise UnknownCustomer(customer=customer_id)
    return [_tree_node(row) for row in rows]


def subtree(customer_id: int) -> list[TreeNode]:
    """Return a node and everything below it, depth-first.

    :raises UnknownCustomer: if there is no such customer.
    """
    top = Customer.objects.filter(pk=customer_id).first()
    if top is None:
        raise UnknownCustomer(customer=customer_id)
    rows = Customer.objects.filter(root=top.root_id, path__startswith=top.path).select_related("party")
    return [_tree_node(row) for row in rows.order_by("path")]


def _tree_node(row: Customer) -> TreeNode:
    return TreeNode(
        customer_id=row.pk,
        number=row.number,
        name=_party_name(row.party),
        node_kind=row.node_kind,
        status=row.status,
        depth=len(path_ids(row.path)) - 1,
        parent_id=row.parent_id,
        paid_by_id=row.paid_by_id,
    )


def blocks(customer_id: int, *, kind: str | None = None) -> list[BlockView]:
    """Return the open blocks that reach a node, its own and inherited ones, oldest first.

    :raises UnknownCustomer: if there is no such customer.
    """
    node = Customer.objects.filter(pk=customer_id).values_list("path", "paid_by_id").first()
    if node is None:
        raise UnknownCustomer(customer=customer_id)
    path, paid_by_id = node
    rows = Block.objects.filter(customer__in=path_ids(path), lifted_at__isnull=True).order_by("placed_at", "pk")
    if kind is not None:
        rows = rows.filter(kind=kind)
    by_key = {StandingBlock(row.customer_id, row.kind, row.reason): row for row in rows}
    reaching = blocks_reaching(path=path, paid_by_id=paid_by_id, candidates=by_key)
    return [
        BlockView(customer_id=row.customer_id, kind=row.kind, reason=row.reason, note=row.note, placed_at=row.placed_at)
        for row in (by_key[block] for block in reaching)
    ]


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


def payment_standing(account_id: int) -> PaymentStandingView:
    """Return how an account pays, as last recorded.

    :raises UnknownAccount: if there is no such account.
    """
    row = PaymentStanding.objects.filter(pk=account_id).select_related("account").first()
    if row is None:
        raise UnknownAccount(account=account_id)
    return _standing_view(row)


def payment_standings_of(customer_id: int) -> list[PaymentStandingView]:
    """Return how each account in the tree of a customer pays, oldest account first."""
    roots = Customer.objects.filter(pk=customer_id).values("root_id")
    rows = PaymentStanding.objects.filter(account__customer__root__in=roots).select_related("account").order_by("pk")
    return [_standing_view(row) for row in rows]


def _standing_view(row: PaymentStanding) -> PaymentStandingView:
    return PaymentStandingView(
        account_id=row.pk,
        currency=row.account.currency,
        overdue_micro=row.overdue_micro,
        oldest_due_date=row.oldest_due_date,
        reminders_12m=row.reminders_12m,
        bills_paid_on_time=row.bills_paid_on_time,
        bills_paid_late=row.bills_paid_late,
        updated_at=row.updated_at,
    )


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
            duplicate = Duplicate(row.pk, row.number, _party_name(row.party), row.status, by)
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


def billed_party(account_id: int) -> BilledParty:
    """Return whom the bills of an account are addressed to.

    The tax identity is that of the account's node or of the nearest node above that has one; a branch that pays
    itself is named in `attention`.

    :raises UnknownAccount: if there is no such account.
    """
    row = BillingAccount.objects.filter(pk=account_id).select_related("customer__party").first()
    if row is None:
        raise UnknownAccount(account=account_id)
    node = row.customer
    chain = Customer.objects.filter(pk__in=path_ids(node.path)).select_related("party").order_by("-path")
    legal = next((above for above in chain if above.party.tax_code or above.party.vat_number), None) or node
    open_addresses = Address.objects.filter(party__in={node.party_id, legal.party_id}, valid_to__isnull=True)
    by_key = {(address.party_id, address.purpose): address for address in open_addresses}
    wanted = [
        (party_id, purpose)
        for party_id in (node.party_id, legal.party_id)
        for purpose in ("billing", "registered_office", "residence", "installation")
    ]
    address = next((by_key[key] for key in wanted if key in by_key), None)
    return BilledParty(
        name=_party_name(legal.party),
        attention=_party_name(node.party) if legal.pk != node.pk else "",
        country=legal.party.country,
        tax_code=legal.party.tax_code,
        vat_number=legal.party.vat_number,
        is_company=node.kind == "company",
        address=_address_view(address) if address else None,
    )

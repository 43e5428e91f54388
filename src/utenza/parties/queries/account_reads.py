"""Billing accounts: who pays, how, and whom the bill is addressed to."""

from __future__ import annotations

from collections.abc import Collection

from utenza.core.errors import N_, Refusal
from utenza.parties.models import Address, BillingAccount, Customer, PaymentStanding
from utenza.parties.operations import UnknownAccount, UnknownCustomer
from utenza.parties.queries.customer_reads import address_view, customer, party_name_of
from utenza.parties.queries.views import AccountView, BilledParty, PaymentStandingView
from utenza.parties.rules import mask_iban, path_ids
from utenza.parties.states import AccountStatus


class NoPayingAccount(Refusal):
    code = "no_paying_account"
    text = N_("%(name)s (%(number)s) pays but has no open billing account: open one first.")


# Written out, since every page of a customer reads it.
_ACCOUNTS = """
    SELECT a.*, c.number AS customer_number
      FROM parties_billingaccount a JOIN parties_customer c ON c.id = a.customer_id
     WHERE a.customer_id = ANY(%s) ORDER BY a.id
"""


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
    return accounts_of_customers([customer_id])


def accounts_of_customers(customer_ids: Collection[int]) -> list[AccountView]:
    """Return the accounts of these nodes themselves, open ones first, then by age, in one database query."""
    rows = BillingAccount.objects.raw(_ACCOUNTS, [list(customer_ids)])
    views = [_account_view(row, row.customer_number) for row in rows]  # type: ignore[attr-defined] # of the query
    return sorted(views, key=lambda view: view.status != AccountStatus.ACTIVE)


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


def _account_view(row: BillingAccount, customer_number: str = "") -> AccountView:
    return AccountView(
        account_id=row.pk,
        number=row.number,
        customer_id=row.customer_id,
        customer_number=customer_number or row.customer.number,
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
        name=party_name_of(legal.party),
        attention=party_name_of(node.party) if legal.pk != node.pk else "",
        country=legal.party.country,
        tax_code=legal.party.tax_code,
        vat_number=legal.party.vat_number,
        is_company=node.kind == "company",
        address=address_view(address) if address else None,
    )

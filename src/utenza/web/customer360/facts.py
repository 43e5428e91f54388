"""The facts beside the time line: how each is named, shown and changed in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from utenza.core.money import Money
from utenza.ledger import queries as ledger
from utenza.parties import operations as parties
from utenza.parties.queries import AccountView, CustomerView
from utenza.web import formats
from utenza.web.addresses import address

LANGUAGES = (("it", "Italiano"), ("en", "English"))
CHANNELS = (("email", _("E-mail")), ("portal", _("Portal")), ("paper", _("Paper")))
METHODS = (
    ("transfer", _("Bank transfer")),
    ("direct_debit", _("Direct debit")),
    ("card", _("Card")),
    ("cash", _("Cash")),
)
NODES = {
    "individual": _("Person"),
    "household": _("Household"),
    "company": _("Company"),
    "branch": _("Branch"),
    "department": _("Department"),
    "cost_centre": _("Cost centre"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that can be changed: how it is read from the customer (and account), and the operation that writes it."""

    label: str | Promise
    read: Callable[[CustomerView, AccountView | None], str]
    write: Callable[[CustomerView, AccountView | None, str, datetime], None]
    options: Sequence[tuple[str, Any]] = ()
    kind: str = "text"
    of_account: bool = False


def _contact(kind: str) -> Callable[[CustomerView, AccountView | None, str, datetime], None]:
    def write(customer: CustomerView, _account: AccountView | None, value: str, at: datetime) -> None:
        parties.change_contact(customer_id=customer.customer_id, kind=kind, value=value, at=at)

    return write


def _of_party(name: str) -> Callable[[CustomerView, AccountView | None, str, datetime], None]:
    def write(customer: CustomerView, _account: AccountView | None, value: str, at: datetime) -> None:
        changes: dict[str, Any] = {name: value}
        parties.correct_party(customer_id=customer.customer_id, at=at, **changes)

    return write


def _of_account(name: str) -> Callable[[CustomerView, AccountView | None, str, datetime], None]:
    def write(_customer: CustomerView, account: AccountView | None, value: str, at: datetime) -> None:
        if account is not None:
            changes: dict[str, Any] = {name: value}
            parties.change_account(account_id=account.account_id, at=at, **changes)

    return write


FACTS: dict[str, Fact] = {
    "email": Fact(_("E-mail"), lambda customer, _: customer.email, _contact("email"), kind="email"),
    "mobile": Fact(_("Mobile"), lambda customer, _: customer.mobile, _contact("mobile"), kind="tel"),
    "phone": Fact(_("Phone"), lambda customer, _: customer.phone, _contact("phone"), kind="tel"),
    "language": Fact(_("Language"), lambda customer, _: customer.language, _of_party("language"), LANGUAGES),
    "tax_code": Fact(_("Tax code"), lambda customer, _: customer.tax_code, _of_party("tax_code")),
    "vat_number": Fact(_("VAT number"), lambda customer, _: customer.vat_number, _of_party("vat_number")),
    "delivery_channel": Fact(
        _("Bills go by"),
        lambda _, account: account.delivery_channel if account else "",
        _of_account("delivery_channel"),
        CHANNELS,
        of_account=True,
    ),
    "bill_email": Fact(
        _("Bills go to"),
        lambda _, account: account.email if account else "",
        _of_account("email"),
        kind="email",
        of_account=True,
    ),
    "payment_method": Fact(
        _("Pays by"),
        lambda _, account: account.payment_method if account else "",
        _of_account("payment_method"),
        METHODS,
        of_account=True,
    ),
    "pec": Fact(
        _("Certified e-mail"),
        lambda _, account: account.pec if account else "",
        _of_account("pec"),
        kind="email",
        of_account=True,
    ),
    "e_invoice_code": Fact(
        _("E-invoice code"),
        lambda _, account: account.e_invoice_code if account else "",
        _of_account("e_invoice_code"),
        of_account=True,
    ),
}
ONLY_COMPANIES = {"vat_number", "pec", "e_invoice_code"}


def row(name: str, customer: CustomerView, account: AccountView | None, *, may_edit: bool) -> dict[str, Any]:
    """Return one changeable fact as it is shown."""
    fact = FACTS[name]
    value = fact.read(customer, account)
    shown = dict(fact.options).get(value, value) if fact.options else value
    edit = address("customer_fact", customer.customer_id, name) if may_edit else ""
    return {"id": name, "label": fact.label, "value": shown, "edit": edit}


def person(customer: CustomerView, *, may_edit: bool) -> list[dict[str, Any]]:
    """Return who the customer is and how to reach them."""
    company = customer.kind == "company"
    names = [name for name, fact in FACTS.items() if not fact.of_account and (company or name not in ONLY_COMPANIES)]
    rows = [row(name, customer, None, may_edit=may_edit) for name in names]
    address = customer.address("residence", "registered_office", "service")
    rows.append({"label": gettext("Address"), "value": ", ".join(address.lines()) if address else ""})
    if customer.birth_date:
        rows.append({"label": gettext("Born"), "value": f"{formats.day(customer.birth_date)}, {customer.birth_place}"})
    return rows


def deposits(accounts: Sequence[AccountView]) -> dict[int, Money]:
    """Return the deposit that is held for each account, by one query a currency."""
    held: dict[int, Money] = {}
    for currency in sorted({one.currency for one in accounts}):
        owners = {f"account:{one.account_id}": one.account_id for one in accounts if one.currency == currency}
        found = ledger.balances(account_code="deposit_liability", owners=list(owners), currency=currency)
        held |= {owners[owner]: -balance for owner, balance in found.items()}
    return held


def account(customer: CustomerView, account: AccountView, *, may_edit: bool, deposit: Money) -> list[dict[str, Any]]:
    """Return how the customer is billed."""
    company = customer.kind == "company"
    names = [name for name, fact in FACTS.items() if fact.of_account and (company or name not in ONLY_COMPANIES)]
    cycle = gettext("monthly") if account.cycle_months == 1 else gettext("every %(n)s months")
    terms = gettext("%(cycle)s, on day %(day)s, due in %(days)s days") % {
        "cycle": cycle % {"n": account.cycle_months} if "%" in cycle else cycle,
        "day": account.bill_day,
        "days": account.payment_terms_days,
    }
    rows: list[dict[str, Any]] = [
        {"label": gettext("Account"), "value": account.number},
        {"label": gettext("Billed"), "value": terms},
        *[row(name, customer, account, may_edit=may_edit) for name in names],
    ]
    if deposit:
        rows.append({"label": gettext("Deposit held"), "value": formats.money(deposit)})
    if account.iban_masked:
        rows.append({"label": "IBAN", "value": account.iban_masked})
    return rows

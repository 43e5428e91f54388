"""Billing accounts: opening, changing, closing, and the payment standing that overdue writes."""

from __future__ import annotations

from datetime import date, datetime

from utenza.core.errors import N_, Refusal
from utenza.core.events.parties import AccountClosed, AccountOpened, CustomerChanged
from utenza.country import rules as country_rules
from utenza.infra.numbering import next_code
from utenza.infra.operator import local_date, profile
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.parties.models import BillingAccount, PaymentStanding
from utenza.parties.operations._finding import index_account
from utenza.parties.operations._refs import AccountRef, locked_account, locked_living_customer
from utenza.parties.rules import normalise_contact, party_name
from utenza.parties.states import (
    ACCOUNT_MOVES,
    AccountStatus,
    ContactKind,
    DeliveryChannel,
    Language,
    PaymentMethod,
)

CYCLES_MONTHS = (1, 2)


class NodeDoesNotPay(Refusal):
    code = "node_does_not_pay"
    text = N_("%(number)s is paid by another node: open the account there, or let the node pay itself first.")


class InvalidBillDay(Refusal):
    code = "invalid_bill_day"
    text = N_("'%(value)s' is not a bill day: choose a day from 1 to 31.")


class InvalidCycle(Refusal):
    code = "invalid_cycle"
    text = N_("Bills come every month or every two months, not every %(value)s.")


class InvalidTerms(Refusal):
    code = "invalid_terms"
    text = N_("Payment is due within 0 to 365 days, not %(value)s.")


class InvalidChoice(Refusal):
    code = "invalid_choice"
    text = N_("'%(value)s' cannot be chosen here: choose one of %(choices)s.")


class EmailNeeded(Refusal):
    code = "email_needed"
    text = N_("Bills by e-mail need an e-mail address: give one, or choose another way of delivery.")


class IbanNeeded(Refusal):
    code = "iban_needed"
    text = N_("Direct debit needs an IBAN: give one, or choose another way to pay.")


class AccountIsClosed(Refusal):
    code = "account_is_closed"
    text = N_("Billing account %(number)s is closed: reopen it, or open another one.")


@demands_transaction
def open_account(
    *,
    customer_id: int,
    bill_day: int,
    at: datetime,
    cycle_months: int = 1,
    language: str = "",
    delivery_channel: str = DeliveryChannel.PORTAL,
    email: str = "",
    currency: str = "",
    payment_terms_days: int | None = None,
    name: str = "",
    payment_method: str = PaymentMethod.TRANSFER,
    iban: str = "",
    e_invoice_code: str = "",
    pec: str = "",
) -> AccountRef:
    """Open a billing account for a node that pays itself.

    `bill_day` 29 to 31 means the last day of a shorter month; `cycle_months` is 1 or 2; what is left out follows the
    customer (name, language) or the operator (currency, terms).

    :raises NodeDoesNotPay: if another node pays for this one.
    :raises InvalidBillDay, InvalidCycle, InvalidTerms, InvalidChoice, EmailNeeded, IbanNeeded, InvalidEmail,
        InvalidIban: if the input is wrong.
    """
    customer = locked_living_customer(customer_id)
    if customer.paid_by_id != customer.pk:
        raise NodeDoesNotPay(number=customer.number)
    party = customer.party
    account = BillingAccount(
        customer=customer,
        name=name.strip()
        or party_name(
            kind=party.kind, given_name=party.given_name, family_name=party.family_name, legal_name=party.legal_name
        ),
        currency=currency or profile().currency,
        bill_day=bill_day,
        cycle_months=cycle_months,
        payment_terms_days=profile().payment_terms_days if payment_terms_days is None else payment_terms_days,
        language=language or party.language,
        delivery_channel=delivery_channel,
        email=email,
        payment_method=payment_method,
        iban=iban,
        e_invoice_code=e_invoice_code.strip().upper(),
        pec=pec,
        opened_date=local_date(at),
    )
    _check(account)
    account.number = next_code(series="account", prefix="A", width=7)
    account.save(force_insert=True)
    PaymentStanding.objects.create(account=account, updated_at=at)
    index_account(account)
    announce(AccountOpened(at=at, customer_id=customer.pk, account_id=account.pk, account_number=account.number))
    return AccountRef(account.pk, account.number)


def _check(account: BillingAccount) -> None:
    """Bring the account's facts into their written form and refuse what no account can have."""
    if not 1 <= account.bill_day <= 31:
        raise InvalidBillDay(field="bill_day", value=account.bill_day)
    if account.cycle_months not in CYCLES_MONTHS:
        raise InvalidCycle(field="cycle_months", value=account.cycle_months)
    if not 0 <= account.payment_terms_days <= 365:
        raise InvalidTerms(field="payment_terms_days", value=account.payment_terms_days)
    for field, choices in (
        ("language", Language.values),
        ("delivery_channel", DeliveryChannel.values),
        ("payment_method", PaymentMethod.values),
    ):
        if getattr(account, field) not in choices:
            raise InvalidChoice(field=field, value=getattr(account, field), choices=", ".join(choices))
    national = country_rules(account.customer.party.country)
    for field in ("email", "pec"):
        if getattr(account, field):
            value = normalise_contact(kind=ContactKind.EMAIL, value=getattr(account, field), country=national)
            setattr(account, field, value)
    if account.iban:
        account.iban = national.validate_iban(account.iban)
    if account.delivery_channel == DeliveryChannel.EMAIL and not account.email:
        raise EmailNeeded(field="email")
    if account.payment_method == PaymentMethod.DIRECT_DEBIT and not account.iban:
        raise IbanNeeded(field="iban")


@demands_transaction
def change_account(
    *,
    account_id: int,
    at: datetime,
    name: str | None = None,
    bill_day: int | None = None,
    cycle_months: int | None = None,
    payment_terms_days: int | None = None,
    language: str | None = None,
    delivery_channel: str | None = None,
    email: str | None = None,
    payment_method: str | None = None,
    iban: str | None = None,
    e_invoice_code: str | None = None,
    pec: str | None = None,
) -> None:
    """Change how an account is billed and paid; what is None stays as it is. Safe to repeat.

    :raises AccountIsClosed: if it is closed.
    """
    account = locked_account(account_id)
    if account.status == AccountStatus.CLOSED:
        raise AccountIsClosed(number=account.number)
    wanted = {
        "name": name,
        "bill_day": bill_day,
        "cycle_months": cycle_months,
        "payment_terms_days": payment_terms_days,
        "language": language,
        "delivery_channel": delivery_channel,
        "email": email,
        "payment_method": payment_method,
        "iban": iban,
        "e_invoice_code": e_invoice_code,
        "pec": pec,
    }
    changed = {field: value for field, value in wanted.items() if value is not None}
    for field, value in changed.items():
        setattr(account, field, value)
    _check(account)
    account.save()
    index_account(account)
    announce(CustomerChanged(at=at, customer_id=account.customer_id, what="account"))


@demands_transaction
def close_account(*, account_id: int, at: datetime) -> None:
    """Close an account: nothing new is billed on it. What is still owed on it stays owed. Safe to repeat."""
    account = locked_account(account_id)
    if account.status == AccountStatus.CLOSED:
        return
    account.closed_date = local_date(at)
    account.save(update_fields=["closed_date"])
    move(account, table=ACCOUNT_MOVES, to=AccountStatus.CLOSED)
    announce(
        AccountClosed(at=at, customer_id=account.customer_id, account_id=account.pk, account_number=account.number)
    )


@demands_transaction
def reopen_account(*, account_id: int, at: datetime) -> None:
    """Open a closed account again, for a late bill or a refund. Safe to repeat.

    :raises CustomerHasEnded: if its customer has ended.
    """
    account = locked_account(account_id)
    locked_living_customer(account.customer_id)
    if account.status == AccountStatus.ACTIVE:
        return
    move(account, table=ACCOUNT_MOVES, to=AccountStatus.ACTIVE)
    account.closed_date = None
    account.save(update_fields=["closed_date"])
    announce(
        AccountOpened(at=at, customer_id=account.customer_id, account_id=account.pk, account_number=account.number)
    )


class InvalidStanding(Refusal):
    code = "invalid_standing"
    text = N_("A payment standing of %(overdue_micro)s micro-units overdue since %(oldest)s contradicts itself.")


@demands_transaction
def record_payment_standing(
    *,
    account_id: int,
    overdue_micro: int,
    oldest_due_date: date | None,
    reminders_12m: int,
    bills_paid_on_time: int,
    bills_paid_late: int,
    at: datetime,
) -> None:
    """Write how an account pays, replacing what stood there. Safe to repeat.

    `overdue_micro` (micro-units of the account's currency, not negative) and `oldest_due_date` come together or not
    at all.

    :raises InvalidStanding: if they do not.
    """
    account = locked_account(account_id)
    if overdue_micro < 0 or (overdue_micro > 0) is (oldest_due_date is None):
        raise InvalidStanding(overdue_micro=overdue_micro, oldest=oldest_due_date)
    PaymentStanding.objects.update_or_create(
        account=account,
        defaults={
            "overdue_micro": overdue_micro,
            "oldest_due_date": oldest_due_date,
            "reminders_12m": reminders_12m,
            "bills_paid_on_time": bills_paid_on_time,
            "bills_paid_late": bills_paid_late,
            "updated_at": at,
        },
    )

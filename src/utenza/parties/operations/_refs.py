"""What operations of parties hand back, and the refusals that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

from utenza.core.errors import N_, Refusal
from utenza.infra.transactions import demands_transaction
from utenza.parties.models import BillingAccount, Customer
from utenza.parties.states import CustomerStatus


@dataclass(frozen=True, slots=True)
class CustomerRef:
    customer_id: int
    party_id: int
    number: str


@dataclass(frozen=True, slots=True)
class AccountRef:
    account_id: int
    number: str


class UnknownCustomer(Refusal):
    code = "unknown_customer"
    text = N_("There is no customer %(customer)s: check the number.")


class UnknownAccount(Refusal):
    code = "unknown_account"
    text = N_("There is no billing account %(account)s: check the number.")


class CustomerHasEnded(Refusal):
    code = "customer_has_ended"
    text = N_("Customer %(number)s has ended and can no longer be changed: admit the customer anew.")


def locked_customer(customer_id: int) -> Customer:
    """Return the customer, its row locked until the transaction ends.

    :raises UnknownCustomer: if there is none.
    """
    try:
        return Customer.objects.select_for_update(of=("self",)).select_related("party").get(pk=customer_id)
    except Customer.DoesNotExist:
        raise UnknownCustomer(customer=customer_id) from None


def locked_living_customer(customer_id: int) -> Customer:
    """Return the customer, locked, refusing one that has ended.

    :raises UnknownCustomer: if there is none.
    :raises CustomerHasEnded: if it has ended.
    """
    customer = locked_customer(customer_id)
    if customer.status == CustomerStatus.ENDED:
        raise CustomerHasEnded(number=customer.number)
    return customer


def locked_account(account_id: int) -> BillingAccount:
    """Return the billing account, its row locked until the transaction ends.

    :raises UnknownAccount: if there is none.
    """
    try:
        return BillingAccount.objects.select_for_update(of=("self",)).select_related("customer").get(pk=account_id)
    except BillingAccount.DoesNotExist:
        raise UnknownAccount(account=account_id) from None


@demands_transaction
def lock_customer(*, customer_id: int) -> None:
    """Hold a customer until the transaction ends, so that two operations on it follow one another.

    :raises UnknownCustomer: if there is none.
    """
    locked_customer(customer_id)

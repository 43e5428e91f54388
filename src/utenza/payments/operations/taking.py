"""Money for bills, and the use of what it leaves over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.core.errors import N_, Refusal
from utenza.core.events.payments import CreditAllocated
from utenza.core.money import Money
from utenza.infra import idempotency
from utenza.infra.outbox import announce
from utenza.infra.transactions import demands_transaction
from utenza.ledger.operations import Posting, post
from utenza.parties import operations as people
from utenza.parties import queries as parties
from utenza.payments import queries
from utenza.payments.models import Allocation, Payment
from utenza.payments.operations._booking import allocate, cash_code, check_payment, owed_by, record_payment
from utenza.payments.rules import share_out
from utenza.payments.states import PaymentStatus


class BillOfAnotherAccount(Refusal):
    code = "bill_of_another_account"
    text = N_("Bill %(bill)s is not one of account %(account)s: name a bill of that account, or none.")


@dataclass(frozen=True, slots=True)
class PaymentRef:
    """A payment that was booked; sums in micro-units of the account's currency."""

    payment_id: int
    number: str
    allocated_micro: int
    unallocated_micro: int


@demands_transaction
def take_payment(
    *,
    account_id: int,
    amount: Money,
    method: str,
    reference: str,
    received_at: datetime,
    idempotency_key: str,
    at: datetime,
    by: str = "",
    bill_id: int | None = None,
) -> PaymentRef:
    """Book money that came in for an account and set it against its open bills, oldest due first.

    What is left over stays as the account's credit and is used by the next bill. `bill_id` names the bill that the
    payer wants to pay. Safe to repeat with the same `idempotency_key` and the same input.

    :raises: what `check_payment` raises.
    :raises BillOfAnotherAccount: if the named bill is none of the account.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    account = parties.account(account_id)
    check_payment(account=account, amount=amount, method=method, reference=reference, received_at=received_at, at=at)
    if bill_id is not None and bills.bill(bill_id).account_id != account_id:
        raise BillOfAnotherAccount(field="bill", bill=bills.bill(bill_id).number, account=account.number)
    people.lock_customer(customer_id=account.customer_id)
    payload = {
        "account_id": account_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "method": method,
        "reference": reference,
        "bill_id": bill_id,
    }

    def book() -> dict[str, int | str]:
        payment = record_payment(
            account=account,
            key=idempotency_key,
            amount=amount,
            method=method,
            reference=reference,
            received_at=received_at,
            at=at,
            by=by,
        )
        post(
            key=f"payment:{payment.pk}",
            at=received_at,
            description=f"Payment {payment.number}",
            postings=[
                Posting(account_code=cash_code(method), owner="operator", amount=amount),
                Posting(account_code="receivable", owner=f"account:{account_id}", amount=-amount),
            ],
        )
        allocated = allocate(
            payment=payment, customer_id=account.customer_id, first=bill_id, value_at=received_at, at=at
        )
        return {"payment_id": payment.pk, "number": payment.number, "allocated_micro": allocated}

    result = idempotency.once(key=idempotency_key, scope="payments.take_payment", payload=payload, operation=book)
    allocated = int(result["allocated_micro"])
    return PaymentRef(int(result["payment_id"]), str(result["number"]), allocated, amount.micro - allocated)


@demands_transaction
def use_credit(*, account_id: int, at: datetime) -> int:
    """Set what earlier payments and negative bills left over against open bills; return the micro-units used.

    Safe to repeat: what is used up is not used again.
    """
    customer_id = parties.account(account_id).customer_id
    people.lock_customer(customer_id=customer_id)
    used = sum(
        _use_bill_credit(credit=credit, account_id=account_id, customer_id=customer_id, at=at)
        for credit in queries.bill_credits(account_id)
    )
    free = Payment.objects.select_for_update().filter(account_id=account_id, status=PaymentStatus.RECEIVED)
    for payment in free.order_by("received_at", "pk"):
        if payment.free_micro > 0:
            used += allocate(payment=payment, customer_id=customer_id, first=None, value_at=at, at=at)
    return used


def _use_bill_credit(*, credit: queries.BillCredit, account_id: int, customer_id: int, at: datetime) -> int:
    """Set the credit of a negative bill against open bills; the ledger holds it as receivable already."""
    shares, left = share_out(amount_micro=credit.free_micro, owed=owed_by(account_id))
    for share in shares:
        Allocation.objects.create(
            credit_bill_id=credit.bill_id, bill_id=share.bill_id, amount_micro=share.amount_micro, at=at
        )
        billing.settle_bill(
            bill_id=share.bill_id, amount_micro=share.amount_micro, reference=f"{credit.number}/credit", at=at
        )
    if shares:
        announce(
            CreditAllocated(
                at=at,
                customer_id=customer_id,
                account_id=account_id,
                bill_id=credit.bill_id,
                bill_number=credit.number,
                allocated_micro=credit.free_micro - left,
                unallocated_micro=left,
                currency=credit.currency,
            )
        )
    return credit.free_micro - left

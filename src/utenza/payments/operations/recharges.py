"""Money that recharges a prepaid line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from utenza.charging import operations as charging
from utenza.core.money import Money
from utenza.infra import idempotency
from utenza.infra.transactions import demands_transaction
from utenza.parties import operations as people
from utenza.parties import queries as parties
from utenza.payments.operations._booking import PaymentMethodUnknown, cash_code, check_reference, record_payment
from utenza.payments.states import PaymentMethod
from utenza.provisioning import queries as network


@dataclass(frozen=True, slots=True)
class RechargeTaken:
    """A payment that recharged a line, and the line's balance after it (a fee that waited is debited afterwards)."""

    payment_id: int
    number: str
    balance: Money


@demands_transaction
def take_recharge(
    *,
    line_id: int,
    amount: Money,
    method: str,
    reference: str,
    idempotency_key: str,
    at: datetime,
    by: str = "",
) -> RechargeTaken:
    """Book a payment that is meant for a prepaid line and recharge the line with it, both or neither.

    It stands under the account that pays for the line's customer, so that it can be listed and taken back there; its
    money never meets a bill. Safe to repeat with the same key and input.

    :raises PaymentMethodUnknown: if `method` is none of `PaymentMethod`.
    :raises PaymentReferenceTooLong: if `reference` is longer than a bank transfer's.
    :raises NoPayingAccount: if the line's customer has no account.
    :raises: what `charging.recharge` raises.
    :raises IdempotencyConflict: if the key was used before with another input.
    """
    if method not in set(PaymentMethod):
        raise PaymentMethodUnknown(field="method", method=method, known=", ".join(PaymentMethod))
    check_reference(reference)
    line = network.line(line_id)
    account = parties.paying_account(line.customer_id)
    people.lock_customer(customer_id=account.customer_id)
    payload = {
        "line_id": line_id,
        "amount_micro": amount.micro,
        "currency": amount.currency,
        "method": method,
        "reference": reference,
    }

    def book() -> dict[str, int | str]:
        done = charging.recharge(
            line_id=line_id,
            amount=amount,
            channel=cash_code(method).removeprefix("cash."),
            reference=reference,
            idempotency_key=f"payment:{idempotency_key}",
            at=at,
        )
        payment = record_payment(
            account=account,
            key=f"recharge:{idempotency_key}",
            amount=amount,
            method=method,
            reference=reference,
            received_at=at,
            at=at,
            by=by,
            line_id=line_id,
            recharged_micro=amount.micro,
        )
        return {"payment_id": payment.pk, "number": payment.number, "balance_micro": done.balance.micro}

    done = idempotency.once(key=idempotency_key, scope="payments.take_recharge", payload=payload, operation=book)
    return RechargeTaken(
        int(done["payment_id"]), str(done["number"]), Money(int(done["balance_micro"]), amount.currency)
    )

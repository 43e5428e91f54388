"""A payment that is meant for a prepaid line: booked and recharged in one, and taken back in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.owed import issued_bill
from tests.factories.parties import person_customer
from tests.factories.provisioning import planned_line, prepaid_line
from utenza.billing import queries as bills
from utenza.charging import operations as charging
from utenza.charging import queries as balances
from utenza.core.errors import Refusal
from utenza.core.money import Money
from utenza.infra.idempotency import IdempotencyConflict
from utenza.ledger import queries as ledger
from utenza.parties import queries as parties
from utenza.payments import operations, queries
from utenza.provisioning import queries as network

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 15, 9, tzinfo=UTC)


def pays(line_id: int, euro: str, *, key: str = "gateway/1", method: str = "card") -> operations.RechargeTaken:
    return operations.take_recharge(
        line_id=line_id,
        amount=Money.of(euro, "EUR"),
        method=method,
        reference="slip 7",
        idempotency_key=key,
        at=AT,
        by="csr",
    )


def account_of(line_id: int) -> int:
    return parties.paying_account(network.line(line_id).customer_id).account_id


def left(line_id: int) -> Money:
    found = balances.balance(line_id)
    assert found is not None
    return found.balance


def test_a_card_recharges_the_line_and_is_listed_as_a_payment() -> None:
    line_id = prepaid_line(at=AT).line_id
    ref = pays(line_id, "15.50")
    assert ref == pays(line_id, "15.50")
    assert left(line_id) == ref.balance == Money.of("15.50", "EUR")
    [row] = queries.payments(account_ids=[account_of(line_id)])
    assert (row.number, row.method, row.line_id, row.recharged_micro) == (ref.number, "card", line_id, 15_500_000)
    assert row.unallocated_micro == queries.credit_micro(account_of(line_id)) == 0
    assert ledger.balance(account_code="cash.card") == Money.of("15.50", "EUR")
    assert ledger.balance(account_code="receivable", owner=f"account:{account_of(line_id)}") == Money.zero("EUR")
    assert all(row.agrees for row in balances.reconciliation())


def test_its_money_never_meets_a_bill() -> None:
    line_id = prepaid_line(at=AT).line_id
    customer_id, account_id = network.line(line_id).customer_id, account_of(line_id)
    issued_bill(customer_id=customer_id, account_id=account_id, euro=30, at=AT)
    pays(line_id, "20")
    assert operations.use_credit(account_id=account_id, at=AT) == 0
    assert [bill.open_micro for bill in bills.open_bills(account_id)] == [30_000_000]


def test_the_same_key_for_another_sum_is_refused_and_books_nothing() -> None:
    line_id = prepaid_line(at=AT).line_id
    pays(line_id, "15.50")
    with pytest.raises(IdempotencyConflict):
        pays(line_id, "20")
    assert left(line_id) == Money.of("15.50", "EUR")


@pytest.mark.parametrize(
    ("euro", "method", "refusal"),
    [
        ("0", "card", charging.RechargeNotPositive),
        ("-5", "card", charging.RechargeNotPositive),
        ("1.005", "card", charging.RechargeNotWholeCents),
        ("5", "direct_debit", charging.UnknownChannel),
        ("5", "barter", operations.PaymentMethodUnknown),
    ],
)
def test_what_makes_no_sense_leaves_neither_payment_nor_recharge(
    euro: str, method: str, refusal: type[Refusal]
) -> None:
    line_id = prepaid_line(at=AT).line_id
    with pytest.raises(refusal):
        pays(line_id, euro, method=method)
    assert queries.payments() == []
    assert balances.entries(line_id) == []


def test_a_line_whose_customer_has_no_account_is_refused_in_words() -> None:
    line_id = planned_line(at=AT, customer_id=person_customer(at=AT).customer_id, payment="prepaid").line_id
    with pytest.raises(Refusal, match="account"):
        pays(line_id, "5")


def test_a_payment_taken_back_takes_the_recharge_back_and_closes_the_line() -> None:
    line_id = prepaid_line(at=AT).line_id
    ref = pays(line_id, "10")
    charging.agree_fee(line_id=line_id, agreement_id=1, amount=Money.of("8", "EUR"), from_date=AT.date(), at=AT)
    charging.debit_fee(line_id=line_id, at=AT)
    later = AT + timedelta(days=3)
    operations.return_payment(payment_id=ref.payment_id, reason="stolen card", at=later)
    assert left(line_id) == Money.of("-8", "EUR")
    assert network.line(line_id).bar_reasons == frozenset({"no_credit"})
    assert ledger.balance(account_code="cash.card") == Money.zero("EUR")
    assert ledger.balance(account_code="receivable", owner=f"account:{account_of(line_id)}") == Money.zero("EUR")
    assert queries.credit_micro(account_of(line_id)) == 0
    assert all(row.agrees for row in balances.reconciliation())
    with pytest.raises(operations.PaymentAlreadyReturned):
        operations.return_payment(payment_id=ref.payment_id, reason="stolen card", at=later)
    pays(line_id, "8", key="gateway/2")
    assert network.line(line_id).bar_reasons == frozenset()

"""Whatever happens to an account, its books say what its bills and its credit say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.billing.operations import BillNothingToCredit
from utenza.core.money import Money
from utenza.ledger import queries as ledger
from utenza.payments import operations, queries

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
EUROS = st.integers(1, 90)
PICK = st.integers(0, 10**6)


class AccountMachine(RuleBasedStateMachine):
    """Bills, negative ones too, payments, returns, credit notes and refunds of one account, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.at = JANUARY
        self.bills: list[int] = []
        self.payments: list[int] = []
        self.count = 0

    @initialize()
    def admit(self) -> None:
        customer, account = person_with_account(at=JANUARY)
        self.customer_id, self.account_id = customer.customer_id, account.account_id

    def later(self) -> datetime:
        self.at += timedelta(hours=1)
        self.count += 1
        return self.at

    @rule(euro=st.integers(-60, 90).filter(bool))
    def bill(self, euro: int) -> None:
        at = self.later()
        self.bills.append(issued_bill(customer_id=self.customer_id, account_id=self.account_id, euro=euro, at=at))

    @rule(euro=EUROS)
    def pay(self, euro: int) -> None:
        at = self.later()
        ref = operations.take_payment(
            account_id=self.account_id,
            amount=Money.of(euro, "EUR"),
            method="card",
            reference="",
            received_at=at,
            idempotency_key=f"machine/{self.count}",
            at=at,
        )
        self.payments.append(ref.payment_id)

    @precondition(lambda self: self.payments)
    @rule(which=PICK)
    def take_back(self, which: int) -> None:
        payment_id = self.payments.pop(which % len(self.payments))
        operations.return_payment(payment_id=payment_id, reason="no cover", at=self.later())

    @precondition(lambda self: self.bills)
    @rule(which=PICK, euro=EUROS)
    def credit(self, which: int, euro: int) -> None:
        bill = bills.bill(self.bills[which % len(self.bills)])
        line = billing.CreditLine(bill_line_id=bill.lines[0].bill_line_id, amount_micro=euro * 1_000_000)
        try:
            billing.issue_credit_note(bill_id=bill.bill_id, lines=[line], reason="x", at=self.later())
        except BillNothingToCredit:
            return

    @rule()
    def use_credit(self) -> None:
        operations.use_credit(account_id=self.account_id, at=self.later())

    @rule()
    def owe(self) -> None:
        at = self.later()
        operations.owe_refund(account_id=self.account_id, amount=None, idempotency_key=f"r/{self.count}", at=at)

    @rule(which=PICK)
    def pay_out(self, which: int) -> None:
        owed = queries.refunds(account_ids=[self.account_id], status="owed")
        if owed:
            refund_id = owed[which % len(owed)].refund_id
            operations.pay_refund(refund_id=refund_id, method="transfer", reference="", at=self.later())

    @invariant()
    def the_receivable_is_what_is_open_less_the_credit(self) -> None:
        if not hasattr(self, "account_id"):
            return
        open_micro = sum(bill.open_micro for bill in bills.open_bills(self.account_id))
        assert self.books("receivable") == open_micro - queries.credit_micro(self.account_id)

    @invariant()
    def what_is_owed_back_is_in_the_books(self) -> None:
        if not hasattr(self, "account_id"):
            return
        owed = queries.refunds(account_ids=[self.account_id], status="owed")
        assert self.books("refund_liability") == -sum(refund.amount_micro for refund in owed)

    @invariant()
    def an_open_bill_is_its_total_less_what_was_set_against_it(self) -> None:
        if not hasattr(self, "account_id") or not self.bills:
            return
        for bill in bills.open_bills(self.account_id):
            settled = sum(micro for _at, micro, _what in bills.settlements_of(bill.bill_id))
            assert bill.open_micro == bill.total_micro - settled

    def books(self, code: str) -> int:
        return ledger.balance(account_code=code, owner=f"account:{self.account_id}").micro

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@pytest.mark.django_db
def test_the_books_say_what_the_bills_say_after_any_sequence() -> None:
    run: Any = settings(max_examples=15, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(AccountMachine, settings=run)

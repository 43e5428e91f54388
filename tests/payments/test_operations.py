"""Money that comes in: booked once, set against the oldest bill, taken back in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.core.money import Money
from utenza.infra.idempotency import IdempotencyConflict
from utenza.infra.models import OutboxEvent
from utenza.ledger import queries as ledger
from utenza.payments import jobs, operations, queries
from utenza.payments.models import Payment
from utenza.payments.operations import PaymentRef

pytestmark = pytest.mark.django_db

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 15, 9, tzinfo=UTC)
AT = datetime(2026, 2, 20, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Payer:
    customer_id: int
    account_id: int

    def billed(self, euro: int, at: datetime = JANUARY) -> int:
        return issued_bill(customer_id=self.customer_id, account_id=self.account_id, euro=euro, at=at)

    def pays(self, euro: str, **more: Any) -> PaymentRef:
        values: dict[str, Any] = {
            "amount": Money.of(euro, "EUR"),
            "method": "transfer",
            "reference": "",
            "received_at": AT,
            "idempotency_key": f"bank/{euro}",
            "at": AT,
        }
        return operations.take_payment(account_id=self.account_id, **(values | more))

    def open_euro(self) -> list[int]:
        return [bill.open_micro // 1_000_000 for bill in bills.open_bills(self.account_id)]

    def owes(self) -> Money:
        return ledger.balance(account_code="receivable", owner=f"account:{self.account_id}")


@pytest.fixture
def payer() -> Payer:
    customer, account = person_with_account(at=JANUARY)
    return Payer(customer.customer_id, account.account_id)


def announced(name: str) -> list[dict[str, Any]]:
    return [event.payload for event in OutboxEvent.objects.filter(name=name).order_by("pk")]


class TestTakingAPayment:
    def test_pays_the_oldest_bill_first_and_books_cash(self, payer: Payer) -> None:
        payer.billed(30)
        payer.billed(20, at=FEBRUARY)
        ref = payer.pays("40")
        assert (ref.allocated_micro, ref.unallocated_micro) == (40_000_000, 0)
        assert payer.open_euro() == [10]
        assert payer.owes() == Money.of("10", "EUR")
        assert ledger.balance(account_code="cash.bank") == Money.of("40", "EUR")
        assert announced("payments.payment_allocated")[0]["allocated_micro"] == 40_000_000

    def test_keeps_what_is_left_over_as_credit_that_the_next_bill_uses(self, payer: Payer) -> None:
        payer.billed(30)
        assert payer.pays("50").unallocated_micro == 20_000_000
        assert queries.credit_micro(payer.account_id) == 20_000_000
        payer.billed(25, at=FEBRUARY)
        assert operations.use_credit(account_id=payer.account_id, at=AT) == 20_000_000
        assert operations.use_credit(account_id=payer.account_id, at=AT) == 0
        assert payer.open_euro() == [5]
        assert queries.credit_micro(payer.account_id) == 0

    def test_pays_the_bill_that_the_payer_names_first(self, payer: Payer) -> None:
        payer.billed(30)
        named = payer.billed(20, at=FEBRUARY)
        payer.pays("20", bill_id=named)
        assert payer.open_euro() == [30]
        assert [row.amount_micro for row in queries.allocations_of_bill(named)] == [20_000_000]

    def test_books_nothing_twice_for_one_key(self, payer: Payer) -> None:
        payer.billed(30)
        assert payer.pays("10") == payer.pays("10")
        assert payer.open_euro() == [20]
        assert len(announced("payments.payment_received")) == 1
        with pytest.raises(IdempotencyConflict):
            payer.pays("11", idempotency_key="bank/10")

    @pytest.mark.parametrize(
        ("euro", "more", "refusal"),
        [
            ("0", {}, operations.PaymentNotPositive),
            ("-5", {}, operations.PaymentNotPositive),
            ("1.005", {}, operations.PaymentNotWholeCents),
            ("5", {"amount": Money.of("5", "USD")}, operations.PaymentCurrencyDiffers),
            ("5", {"received_at": AT + timedelta(seconds=1)}, operations.PaymentInTheFuture),
            ("5", {"method": "barter"}, operations.PaymentMethodUnknown),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, payer: Payer, euro: str, more: dict[str, Any], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            payer.pays(euro, **more)
        assert not Payment.objects.exists()


class TestTheCreditOfANegativeBill:
    def test_pays_the_next_bill_before_money_does(self, payer: Payer) -> None:
        credit = payer.billed(-15)
        payer.pays("10")
        assert queries.credit_micro(payer.account_id) == 25_000_000
        owed = payer.billed(20, at=FEBRUARY)
        assert operations.use_credit(account_id=payer.account_id, at=AT) == 20_000_000
        sources = [(row.credit_bill_id, row.amount_micro) for row in queries.allocations_of_bill(owed)]
        assert sources == [(credit, 15_000_000), (None, 5_000_000)]
        assert payer.open_euro() == []
        assert queries.credit_micro(payer.account_id) == 5_000_000
        assert payer.owes() == Money.of("-5", "EUR")

    def test_is_not_used_twice(self, payer: Payer) -> None:
        payer.billed(-15)
        payer.billed(40, at=FEBRUARY)
        assert operations.use_credit(account_id=payer.account_id, at=AT) == 15_000_000
        assert operations.use_credit(account_id=payer.account_id, at=AT) == 0
        assert payer.open_euro() == [25]
        assert len(announced("payments.credit_allocated")) == 1

    def test_leaves_out_what_a_credit_note_gave_its_own_bill(self, payer: Payer) -> None:
        first = payer.billed(30)
        payer.pays("20")
        [line] = bills.bill(first).lines
        billing.issue_credit_note(
            bill_id=first,
            lines=[billing.CreditLine(bill_line_id=line.bill_line_id, amount_micro=25_000_000)],
            reason="wrong plan",
            at=AT,
        )
        assert queries.credit_micro(payer.account_id) == 15_000_000

    def test_is_used_when_the_next_bill_is_heard_of(self, payer: Payer) -> None:
        from utenza.core.events.billing import BillIssued

        payer.billed(-15)
        payer.billed(40, at=FEBRUARY)
        for payload in announced("billing.bill_issued"):
            jobs.use_credit_on_bill(BillIssued.from_payload(payload))
        assert payer.open_euro() == [25]


class TestReturningAPayment:
    def test_opens_its_bills_again_and_owes_the_sum_again(self, payer: Payer) -> None:
        payer.billed(30)
        ref = payer.pays("50")
        operations.return_payment(payment_id=ref.payment_id, reason="no cover", at=AT)
        view = queries.payment(ref.payment_id)
        assert view is not None
        assert (view.status, view.unallocated_micro) == ("returned", 0)
        assert payer.open_euro() == [30]
        assert payer.owes() == Money.of("30", "EUR")
        assert queries.credit_micro(payer.account_id) == 0
        assert announced("payments.payment_returned")[0]["reason"] == "no cover"

    def test_is_done_once(self, payer: Payer) -> None:
        ref = payer.pays("50")
        operations.return_payment(payment_id=ref.payment_id, reason="no cover", at=AT)
        with pytest.raises(operations.PaymentAlreadyReturned):
            operations.return_payment(payment_id=ref.payment_id, reason="no cover", at=AT)


def test_payments_are_listed_the_newest_first(payer: Payer) -> None:
    payer.pays("10", received_at=JANUARY)
    payer.pays("20")
    assert [row.amount_micro for row in queries.payments(account_ids=[payer.account_id])] == [20_000_000, 10_000_000]
    assert queries.payment(999_999) is None

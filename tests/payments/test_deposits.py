"""The deposit of class D: asked for by the application, awaited by the order, held by the books, given back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories.application import accepted_application, company_form, person_form
from tests.factories.catalog import business_offer, fibre_offer, prepaid_mobile_offer
from tests.factories.owed import issued_bill
from tests.factories.parties import AT
from tests.factories.provisioning import number_range, technicians_confirm
from utenza.application import queries as applications
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.core.events.billing import BillIssued
from utenza.core.events.ordering import OrderCancelled
from utenza.core.money import Money
from utenza.infra.idempotency import IdempotencyConflict
from utenza.infra.models import OutboxEvent
from utenza.ledger import queries as ledger
from utenza.ordering import operations as ordering
from utenza.ordering import queries as orders
from utenza.parties import queries as parties
from utenza.payments import jobs, operations, queries
from utenza.provisioning import queries as network

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = datetime(2026, 1, 16, 9, tzinfo=UTC)
WEAK = {
    "employment": "fixed_term",
    "employment_years": "0",
    "income_monthly": "900",
    "payment_method": "transfer",
}


def weak_order(offer_version_id: int | None = None) -> orders.OrderView:
    """Have a person of class D accepted, and fibre ordered."""
    number_range(at=AT)
    chosen = [{"offer_version_id": offer_version_id or fibre_offer().offer_version_id, "parent": None, "node": 0}]
    ref = accepted_application(person_form(**WEAK, offers=chosen), market="fixed")
    [placed] = ordering.place_order_from_application(application_id=ref.application_id, at=AT)
    return orders.order(placed.order_id)


def pays(order: orders.OrderView, euro: str, *, key: str = "", at: datetime = LATER) -> operations.DepositRef:
    return operations.take_deposit(
        order_id=order.order_id,
        amount=Money.of(euro, "EUR"),
        method="card",
        reference="slip 1",
        received_at=at,
        idempotency_key=key or f"till/{euro}",
        at=at,
    )


def owner(order: orders.OrderView) -> str:
    return f"account:{order.deposit_account_id}"


def books(order: orders.OrderView) -> dict[str, str]:
    """Return what the books say of the order's account, credits turned to read as sums held or owed."""
    held = {
        code: -ledger.balance(account_code=code, owner=owner(order))
        for code in ("receivable", "deposit_liability", "refund_liability")
    }
    return {code: str(sum_) for code, sum_ in held.items() if sum_}


def commands(order: orders.OrderView) -> int:
    return sum(len(network.commands_of(one.line_id)) for one in order.agreements if one.line_id is not None)


def runs(order: orders.OrderView) -> None:
    """Have the network confirm what it was asked."""
    technicians_confirm(at=LATER)
    for agreement in order.agreements:
        assert agreement.line_id is not None
        ordering.complete_line(line_id=agreement.line_id, at=LATER)


class TestWaiting:
    def test_an_order_of_class_d_waits_and_asks_nothing_of_the_network(self) -> None:
        order = weak_order()
        assert (order.status, order.deposit_micro) == ("awaiting_deposit", 100_000_000)
        assert order.deposit_account_id == parties.paying_account(order.customer_id).account_id
        assert commands(order) == 0
        assert technicians_confirm(at=AT) == 0
        assert orders.open_order_count() == 1

    def test_an_order_of_a_better_class_does_not_wait(self) -> None:
        number_range(at=AT)
        chosen = [{"offer_version_id": fibre_offer().offer_version_id, "parent": None, "node": 0}]
        ref = accepted_application(person_form(offers=chosen), market="fixed")
        [placed] = ordering.place_order_from_application(application_id=ref.application_id, at=AT)
        assert orders.order(placed.order_id).status == "in_progress"
        with pytest.raises(operations.NoDepositWanted):
            pays(orders.order(placed.order_id), "10")

    def test_what_is_paid_ahead_needs_no_deposit(self) -> None:
        number_range(at=AT, kind="mobile", first="393330000000")
        order = weak_order(prepaid_mobile_offer().offer_version_id)
        assert (order.status, order.deposit_micro) == ("in_progress", 0)

    def test_a_company_parts_its_deposit_among_the_orders_of_its_nodes(self) -> None:
        number_range(at=AT)
        offer = business_offer().offer_version_id
        form = company_form(
            founded_year="2025",
            turnover_yearly="60.000,00",
            employees="11",
            payment_method="direct_debit",
            offers=[{"offer_version_id": offer, "parent": None, "node": node} for node in range(3)],
        )
        ref = accepted_application(form, kind="company", market="fixed")
        assert applications.application(ref.application_id).deposit_micro == 100_000_000
        placed = ordering.place_order_from_application(application_id=ref.application_id, at=AT)
        found = [orders.order(one.order_id) for one in placed]
        assert [one.deposit_micro for one in found] == [33_340_000, 33_330_000, 33_330_000]
        assert found[0].deposit_account_id == found[1].deposit_account_id != found[2].deposit_account_id
        pays(found[2], "33.33")
        assert [orders.order(one.order_id).status for one in found] == [
            "awaiting_deposit",
            "awaiting_deposit",
            "in_progress",
        ]


class TestTaking:
    def test_a_whole_deposit_is_held_and_lets_the_order_go_on(self) -> None:
        order = weak_order()
        ref = pays(order, "100")
        assert (ref.deposit_micro, ref.missing_micro, ref.unallocated_micro) == (100_000_000, 0, 0)
        assert books(order) == {"deposit_liability": "100.00 EUR"}
        assert ledger.balance(account_code="cash.card") == Money.of("100", "EUR")
        after = orders.order(order.order_id)
        assert (after.status, after.deposit_confirmed_at) == ("in_progress", LATER)
        assert commands(order) == 1
        runs(order)
        assert orders.order(order.order_id).status == "completed"
        assert queries.credit_micro(order.deposit_account_id or 0) == 0

    def test_a_part_is_held_and_the_order_waits_for_the_rest(self) -> None:
        order = weak_order()
        assert pays(order, "60").missing_micro == 40_000_000
        assert orders.order(order.order_id).status == "awaiting_deposit"
        assert commands(order) == 0
        assert pays(order, "40").missing_micro == 0
        assert orders.order(order.order_id).status == "in_progress"
        assert books(order) == {"deposit_liability": "100.00 EUR"}

    def test_what_exceeds_it_pays_open_bills_then_stays_as_credit(self) -> None:
        order = weak_order()
        account_id = order.deposit_account_id or 0
        issued_bill(customer_id=order.customer_id, account_id=account_id, euro=20, at=AT)
        assert pays(order, "150").unallocated_micro == 30_000_000
        assert bills.open_bills(account_id) == []
        assert queries.credit_micro(account_id) == 30_000_000
        assert books(order) == {"receivable": "30.00 EUR", "deposit_liability": "100.00 EUR"}

    def test_it_is_taken_once_for_one_key(self) -> None:
        order = weak_order()
        assert pays(order, "100") == pays(order, "100")
        assert books(order) == {"deposit_liability": "100.00 EUR"}
        assert len(queries.payments(account_ids=[order.deposit_account_id or 0])) == 1
        with pytest.raises(IdempotencyConflict):
            pays(order, "50", key="till/100")
        with pytest.raises(operations.NoDepositWanted):
            pays(order, "1")

    def test_confirming_again_changes_nothing(self) -> None:
        order = weak_order()
        pays(order, "100")
        ordering.confirm_deposit(order_id=order.order_id, at=LATER + DAY)
        assert orders.order(order.order_id).deposit_confirmed_at == LATER
        assert commands(order) == 1

    @pytest.mark.parametrize(
        ("amount", "refusal"),
        [
            (Money.of("-1", "EUR"), operations.PaymentNotPositive),
            (Money.of("100", "USD"), operations.PaymentCurrencyDiffers),
            (Money.of("0.005", "EUR"), operations.PaymentNotWholeCents),
        ],
    )
    def test_it_is_refused_as_any_payment_is(self, amount: Money, refusal: type[Exception]) -> None:
        order = weak_order()
        with pytest.raises(refusal):
            operations.take_deposit(
                order_id=order.order_id,
                amount=amount,
                method="card",
                reference="",
                received_at=LATER,
                idempotency_key="x",
                at=LATER,
            )
        assert books(order) == {}

    def test_money_cannot_have_come_before_the_account_was_opened(self) -> None:
        order = weak_order()
        with pytest.raises(operations.PaymentBeforeAccount):
            pays(order, "100", at=AT - DAY)


class TestGivingBack:
    def cancel(self, order: orders.OrderView) -> None:
        ordering.cancel_order(order_id=order.order_id, reason="second thoughts", at=LATER)
        for event in OutboxEvent.objects.filter(name="ordering.order_cancelled"):
            jobs.give_deposit_back(OrderCancelled.from_payload(event.payload))

    def test_a_cancelled_order_owes_it_back(self) -> None:
        order = weak_order()
        pays(order, "60")
        self.cancel(order)
        self.cancel(order)
        assert books(order) == {"refund_liability": "60.00 EUR"}
        [refund] = queries.refunds(status="owed")
        assert (refund.amount_micro, refund.reason) == (60_000_000, "order_cancelled")
        operations.pay_refund(refund_id=refund.refund_id, method="transfer", reference="sepa 1", at=LATER)
        operations.pay_refund(refund_id=refund.refund_id, method="transfer", reference="sepa 1", at=LATER)
        assert books(order) == {}
        assert ledger.balance(account_code="cash.bank") == Money.of("-60", "EUR")
        with pytest.raises(operations.NoDepositWanted):
            pays(order, "60", key="again")

    def test_it_pays_what_is_open_first(self) -> None:
        order = weak_order()
        issued_bill(customer_id=order.customer_id, account_id=order.deposit_account_id or 0, euro=45, at=AT)
        pays(order, "60")
        self.cancel(order)
        assert books(order) == {"refund_liability": "15.00 EUR"}

    def test_the_final_bill_uses_it_and_the_rest_is_owed_back(self) -> None:
        order = weak_order()
        account_id = order.deposit_account_id or 0
        pays(order, "100")
        runs(order)
        issued_bill(customer_id=order.customer_id, account_id=account_id, euro=30, at=LATER)
        [agreement] = order.agreements
        end = date(2026, 1, 26)
        ordering.end_agreement(agreement_id=agreement.agreement_id, end_date=end, at=LATER, reason="moving")
        at = datetime(2026, 1, 26, 9, tzinfo=UTC)
        bill_id = billing.issue_final_bill(account_id=account_id, on_date=end, at=at)
        assert bill_id is not None
        bill = bills.bill(bill_id)
        deposit = [line for line in bill.lines if line.kind == "deposit"]
        assert [(line.amount_micro, line.tax_rate_bp) for line in deposit] == [(-100_000_000, 0)]
        charged = bill.total_micro + 100_000_000
        assert charged > 0
        assert books(order)["receivable"] == str(Money(70_000_000 - charged, "EUR"))
        assert "deposit_liability" not in books(order)
        for event in OutboxEvent.objects.filter(name="billing.bill_issued").order_by("pk"):
            jobs.use_credit_on_bill(BillIssued.from_payload(event.payload))
        assert bills.open_bills(account_id) == []
        assert books(order) == {"refund_liability": str(Money(70_000_000 - charged, "EUR"))}
        assert billing.issue_final_bill(account_id=account_id, on_date=end, at=at) == bill_id

    def test_a_deposit_is_given_back_where_nothing_else_is_left_to_bill(self) -> None:
        order = weak_order()
        pays(order, "100")
        bill_id = billing.issue_final_bill(account_id=order.deposit_account_id or 0, on_date=LATER.date(), at=LATER)
        assert bill_id is not None
        assert bills.bill(bill_id).total_micro == -100_000_000

    def test_the_bank_may_take_it_back_and_it_can_be_taken_anew(self) -> None:
        order = weak_order()
        ref = pays(order, "130")
        operations.return_payment(payment_id=ref.payment_id, reason="no cover", at=LATER + DAY)
        assert books(order) == {}
        assert ledger.balance(account_code="cash.card") == Money.of("0", "EUR")
        assert queries.deposit_missing_micro(order.order_id) == 100_000_000
        pays(order, "100", at=LATER + DAY)
        assert books(order) == {"deposit_liability": "100.00 EUR"}

    def test_taken_back_after_it_was_owed_back_it_withdraws_the_refund(self) -> None:
        order = weak_order()
        ref = pays(order, "100")
        self.cancel(order)
        operations.return_payment(payment_id=ref.payment_id, reason="no cover", at=LATER + DAY)
        assert books(order) == {}
        assert [one.status for one in queries.refunds()] == ["withdrawn"]

    def test_taken_back_after_it_was_paid_back_the_account_owes_it(self) -> None:
        order = weak_order()
        ref = pays(order, "100")
        self.cancel(order)
        [refund] = queries.refunds()
        operations.pay_refund(refund_id=refund.refund_id, method="transfer", reference="", at=LATER)
        operations.return_payment(payment_id=ref.payment_id, reason="fraud", at=LATER + DAY)
        assert books(order) == {"receivable": "-100.00 EUR"}
        assert queries.credit_micro(order.deposit_account_id or 0) == -100_000_000

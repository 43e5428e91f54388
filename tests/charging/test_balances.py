"""Prepaid lines are recharged, pay their fee by the day, and close and open with their balance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from tests.factories.provisioning import active_line
from utenza.charging import operations, queries
from utenza.charging.models import BalanceEntry, PrepaidBalance
from utenza.core.money import Money
from utenza.infra.idempotency import IdempotencyConflict
from utenza.infra.models.outbox import OutboxEvent
from utenza.ledger import queries as ledger
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as lines

AT = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
FIRST = date(2026, 1, 10)

pytestmark = pytest.mark.django_db


def euro(amount: str) -> Money:
    return Money.of(amount, "EUR")


def prepaid_line() -> int:
    return active_line(at=AT, payment="prepaid").line_id


def recharge(line_id: int, amount: str, *, key: str = "till-1", at: datetime = AT) -> operations.RechargeRef:
    return operations.recharge(
        line_id=line_id, amount=euro(amount), channel="cash", reference="till", idempotency_key=key, at=at
    )


def agree(line_id: int, amount: str, *, agreement_id: int = 1) -> None:
    operations.agree_fee(line_id=line_id, agreement_id=agreement_id, amount=euro(amount), from_date=FIRST, at=AT)


def left(line_id: int) -> Money:
    found = queries.balance(line_id)
    assert found is not None
    return found.balance


def closed(line_id: int) -> bool:
    return "no_credit" in lines.line(line_id).bar_reasons


def announced() -> list[str]:
    return list(OutboxEvent.objects.filter(name__startswith="charging.").order_by("id").values_list("name", flat=True))


def books_agree() -> bool:
    return all(row.agrees for row in queries.reconciliation())


class TestRecharging:
    def test_a_recharge_is_on_the_balance_in_the_journal_and_in_the_books(self) -> None:
        line_id = prepaid_line()
        assert recharge(line_id, "10.00").balance == euro("10.00")
        assert left(line_id) == euro("10.00")
        entry = queries.entries(line_id)[0]
        assert (entry.kind, entry.amount, entry.channel, entry.reference) == ("recharge", euro("10.00"), "cash", "till")
        assert ledger.balance(account_code="cash.cash") == euro("10.00")
        assert ledger.balance(account_code="prepaid_liability", owner=f"line:{line_id}") == -euro("10.00")
        assert announced() == ["charging.balance_recharged"]
        assert books_agree()

    def test_the_same_recharge_sent_twice_is_booked_once(self) -> None:
        line_id = prepaid_line()
        assert recharge(line_id, "10.00") == recharge(line_id, "10.00", at=AT + timedelta(minutes=1))
        assert left(line_id) == euro("10.00")
        assert len(queries.entries(line_id)) == 1

    def test_a_key_used_for_another_sum_is_refused(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "10.00")
        with pytest.raises(IdempotencyConflict):
            recharge(line_id, "20.00")
        assert left(line_id) == euro("10.00")

    @pytest.mark.parametrize(
        ("amount", "refusal"),
        [
            ("0", operations.RechargeNotPositive),
            ("-5", operations.RechargeNotPositive),
            ("5.001", operations.RechargeNotWholeCents),
        ],
    )
    def test_a_sum_that_cannot_be_paid_is_refused(self, amount: str, refusal: type[Exception]) -> None:
        line_id = prepaid_line()
        with pytest.raises(refusal):
            recharge(line_id, amount)
        assert queries.balance(line_id) is None

    def test_another_currency_and_an_unknown_channel_are_refused(self) -> None:
        line_id = prepaid_line()
        with pytest.raises(operations.RechargeCurrencyDiffers):
            operations.recharge(
                line_id=line_id, amount=Money.of("5", "CHF"), channel="cash", reference="", idempotency_key="a", at=AT
            )
        with pytest.raises(operations.UnknownChannel):
            operations.recharge(
                line_id=line_id, amount=euro("5"), channel="shells", reference="", idempotency_key="b", at=AT
            )

    def test_a_line_paid_by_bill_has_no_balance(self) -> None:
        with pytest.raises(operations.LineNotPrepaid):
            recharge(active_line(at=AT).line_id, "10.00")

    def test_a_ceased_line_takes_no_money(self) -> None:
        line_id = prepaid_line()
        provisioning.cease(line_id=line_id, at=AT)
        with pytest.raises(operations.LineIsOver):
            recharge(line_id, "10.00")

    def test_a_balance_is_opened_once(self) -> None:
        line_id = prepaid_line()
        assert operations.open_balance(line_id=line_id, at=AT) == operations.open_balance(line_id=line_id, at=AT)
        assert left(line_id) == euro("0")


class TestMonthlyFee:
    def test_a_fee_is_debited_once_a_month_and_its_tax_goes_apart(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "12.20")
        recharge(line_id, "30.00")
        assert left(line_id) == euro("17.80")
        for days in range(31):
            operations.debit_fee(line_id=line_id, at=AT + timedelta(days=days))
        assert left(line_id) == euro("17.80")
        assert operations.debit_fee(line_id=line_id, at=AT + timedelta(days=31)).months == 1
        assert left(line_id) == euro("5.60")
        newest = queries.entries(line_id)[0]
        assert (newest.period_start, newest.period_end) == (date(2026, 2, 10), date(2026, 3, 10))
        assert newest.tax == euro("2.20")
        assert ledger.balance(account_code="revenue.prepaid") == -euro("20.00")
        assert ledger.balance(account_code="tax.vat") == -euro("4.40")
        assert books_agree()

    def test_a_fee_that_the_balance_cannot_pay_closes_the_line_and_says_so_once(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "5.00")
        agree(line_id, "10.00")
        assert operations.debit_fee(line_id=line_id, at=AT) == operations.FeeOutcome(months=0, paid_up=False)
        operations.debit_fee(line_id=line_id, at=AT + timedelta(days=1))
        assert closed(line_id)
        assert left(line_id) == euro("5.00")
        assert announced() == ["charging.balance_recharged", "charging.balance_exhausted"]

    def test_a_recharge_that_suffices_pays_the_fee_and_opens_the_line(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        operations.debit_fee(line_id=line_id, at=AT)
        later = AT + timedelta(days=5)
        recharge(line_id, "4.00", key="small", at=later)
        assert closed(line_id)
        recharge(line_id, "6.00", key="rest", at=later)
        assert not closed(line_id)
        assert left(line_id) == euro("0")
        assert books_agree()

    def test_the_days_without_credit_are_not_charged(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        operations.debit_fee(line_id=line_id, at=AT)
        recharge(line_id, "10.00", at=AT + timedelta(days=45))
        newest = queries.entries(line_id)[0]
        assert (newest.period_start, newest.period_end) == (date(2026, 2, 24), date(2026, 3, 24))
        assert queries.lines_that_owe(AT + timedelta(days=46)) == []

    def test_a_recharge_leaves_the_bars_of_other_reasons(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        operations.debit_fee(line_id=line_id, at=AT)
        provisioning.suspend(line_id=line_id, reason="lost", at=AT)
        recharge(line_id, "10.00")
        assert lines.line(line_id).bar_reasons == frozenset({"lost"})

    def test_an_agreement_that_is_over_is_debited_no_more(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        recharge(line_id, "50.00")
        operations.end_fee(agreement_id=1, end_date=date(2026, 2, 10))
        assert operations.debit_fee(line_id=line_id, at=AT + timedelta(days=40)).months == 0
        assert left(line_id) == euro("40.00")
        found = queries.balance(line_id)
        assert found is not None
        assert found.fees[0].next_date is None

    def test_a_line_that_is_ceased_is_debited_no_more(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        provisioning.cease(line_id=line_id, at=AT)
        assert operations.debit_fee(line_id=line_id, at=AT).paid_up
        assert queries.entries(line_id) == []

    def test_a_changed_fee_counts_from_the_next_debit(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        recharge(line_id, "50.00")
        agree(line_id, "7.00")
        operations.debit_fee(line_id=line_id, at=AT + timedelta(days=31))
        assert [entry.amount for entry in queries.entries(line_id)] == [-euro("7"), -euro("10"), euro("50")]

    def test_a_plan_without_a_fee_keeps_its_balance(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "0")
        recharge(line_id, "5.00")
        operations.debit_fee(line_id=line_id, at=AT + timedelta(days=400))
        assert left(line_id) == euro("5.00")
        assert not closed(line_id)


def once(line_id: int, amount: str, *, price_id: int = 7) -> None:
    operations.agree_one_off(
        line_id=line_id, agreement_id=1, price_id=price_id, amount=euro(amount), from_date=FIRST, at=AT
    )


class TestOneOffFees:
    def test_are_debited_once_with_their_tax(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "30.00")
        once(line_id, "12.20")
        once(line_id, "12.20")
        operations.debit_fee(line_id=line_id, at=AT)
        operations.debit_fee(line_id=line_id, at=AT + timedelta(days=40))
        once(line_id, "12.20")
        operations.debit_fee(line_id=line_id, at=AT + timedelta(days=41))
        assert left(line_id) == euro("17.80")
        newest = queries.entries(line_id)[0]
        assert (newest.kind, newest.amount, newest.tax, newest.price_id) == ("one_off", -euro("12.20"), euro("2.20"), 7)
        assert ledger.balance(account_code="revenue.prepaid") == -euro("10.00")
        assert ledger.balance(account_code="tax.vat") == -euro("2.20")
        assert books_agree()

    def test_come_before_the_monthly_fee_and_close_the_line_until_a_recharge_pays_all(self) -> None:
        line_id = prepaid_line()
        agree(line_id, "10.00")
        once(line_id, "5.00")
        assert queries.lines_that_owe(AT) == [line_id]
        operations.debit_fee(line_id=line_id, at=AT)
        assert closed(line_id)
        found = queries.balance(line_id)
        assert found is not None
        assert [(fee.amount, fee.unpaid_since) for fee in found.one_offs] == [(euro("5.00"), FIRST)]
        recharge(line_id, "6.00", key="first")
        assert (left(line_id), closed(line_id)) == (euro("1.00"), True)
        recharge(line_id, "9.00", key="second")
        assert (left(line_id), closed(line_id)) == (euro("0"), False)
        assert books_agree()

    def test_of_what_never_ran_are_dropped(self) -> None:
        line_id = prepaid_line()
        once(line_id, "5.00")
        operations.end_fee(agreement_id=1, end_date=FIRST)
        recharge(line_id, "20.00")
        assert left(line_id) == euro("20.00")


class TestTakingARechargeBack:
    def take_back(self, line_id: int, amount: str, *, key: str = "bank-1") -> Money:
        return operations.take_back_recharge(
            line_id=line_id, amount=euro(amount), channel="cash", reference="", idempotency_key=key, at=AT
        )

    def test_puts_the_balance_below_zero_and_closes_the_line(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "10.00")
        agree(line_id, "8.00")
        operations.debit_fee(line_id=line_id, at=AT)
        assert self.take_back(line_id, "10.00") == self.take_back(line_id, "10.00") == -euro("8.00")
        assert (left(line_id), closed(line_id)) == (-euro("8.00"), True)
        assert ledger.balance(account_code="cash.cash") == euro("0")
        assert books_agree()
        recharge(line_id, "7.00", key="second")
        assert (left(line_id), closed(line_id)) == (-euro("1.00"), True)
        recharge(line_id, "1.00", key="third")
        assert (left(line_id), closed(line_id)) == (euro("0"), False)
        assert books_agree()

    def test_leaves_a_line_open_whose_balance_suffices(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "10.00")
        recharge(line_id, "15.00", key="second")
        self.take_back(line_id, "10.00")
        assert (left(line_id), closed(line_id)) == (euro("15.00"), False)

    def test_of_another_sum_under_the_same_key_is_refused(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "10.00")
        self.take_back(line_id, "10.00")
        with pytest.raises(IdempotencyConflict):
            self.take_back(line_id, "9.00")


class TestIntegrity:
    def test_an_entry_can_neither_be_changed_nor_removed(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "10.00")
        rows = BalanceEntry.objects.filter(balance__line_id=line_id)
        with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
            rows.update(amount_micro=1)
        with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
            rows.delete()
        assert rows.get().amount_micro == 10_000_000

    def test_no_fee_takes_a_balance_below_zero(self) -> None:
        line_id = prepaid_line()
        balance_id = operations.open_balance(line_id=line_id, at=AT)
        with pytest.raises(IntegrityError, match="charging_entry_fee_is_covered"), transaction.atomic():
            BalanceEntry.objects.create(
                balance_id=balance_id,
                kind="fee",
                key="fee:1:2026-01-10",
                amount_micro=-1,
                balance_after_micro=-1,
                at=AT,
                agreement_id=1,
                period_start=FIRST,
                period_end=date(2026, 2, 10),
            )
        assert connection.in_atomic_block

    def test_a_balance_that_strays_from_its_journal_is_found(self) -> None:
        line_id = prepaid_line()
        recharge(line_id, "10.00")
        PrepaidBalance.objects.filter(line_id=line_id).update(balance_micro=11_000_000)
        (row,) = queries.reconciliation()
        assert not row.agrees
        assert [(found.line_id, found.balance, found.ledger) for found in row.differences] == [
            (line_id, euro("11.00"), euro("10.00"))
        ]

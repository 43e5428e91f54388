"""The ladder climbed: letters, services withdrawn for debt alone, and everything given back once it is paid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories.owed import issued_bill, line_in_force
from tests.factories.parties import person_with_account
from tests.factories.provisioning import technicians_confirm
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.core.events.payments import PaymentAllocated
from utenza.core.money import Money
from utenza.delivery.models import Dispatch
from utenza.infra.models import OutboxEvent
from utenza.infra.operator import change_setting
from utenza.overdue import jobs, operations, queries
from utenza.overdue.models import OverdueCase
from utenza.overdue.rules import LadderContradictory
from utenza.parties import operations as people
from utenza.parties import queries as parties
from utenza.payments import operations as payments
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Debtor:
    customer_id: int
    account_id: int
    lines: tuple[int, ...]
    due_at: datetime

    def late(self, days: int) -> datetime:
        return self.due_at + timedelta(days=days)

    def climb(self, *days: int) -> list[str | None]:
        """Take the steps of these days; what is sent arrives at once."""
        taken = []
        for late in days:
            taken.append(operations.climb(account_id=self.account_id, at=self.late(late)))
            Dispatch.objects.filter(status="planned").update(status="delivered", delivered_at=self.late(late))
        return taken

    def pays(self, euro: str, days: int) -> None:
        at = self.late(days)
        payments.take_payment(
            account_id=self.account_id,
            amount=Money.of(euro, "EUR"),
            method="card",
            reference="",
            received_at=at,
            idempotency_key=f"pos/{euro}/{days}",
            at=at,
        )
        for event in OutboxEvent.objects.filter(name="payments.payment_allocated").order_by("pk"):
            jobs.settle_case(PaymentAllocated.from_payload(event.payload))

    def barred(self) -> list[bool]:
        return ["debt" in network.line(line_id).bar_reasons for line_id in self.lines]

    def blocked(self) -> bool:
        return bool(parties.blocks(self.customer_id, kind="new_orders"))


@pytest.fixture
def owing() -> Callable[[int], Debtor]:
    def make(euro: int) -> Debtor:
        customer, account = person_with_account(at=JANUARY)
        lines = tuple(
            line_in_force(customer_id=customer.customer_id, account_id=account.account_id, at=JANUARY) for _ in range(2)
        )
        bill_id = issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=euro, at=JANUARY)
        due = bills.bill(bill_id).due_date
        return Debtor(
            customer.customer_id, account.account_id, lines, datetime(due.year, due.month, due.day, 9, tzinfo=UTC)
        )

    return make


@pytest.fixture
def debtor(owing: Callable[[int], Debtor]) -> Debtor:
    return owing(60)


class TestClimbing:
    def test_reminds_twice_then_withdraws_one_line_then_all(self, debtor: Debtor) -> None:
        assert debtor.climb(0, 4, 5, 6, 15) == [None, None, "reminder_1", None, "reminder_2"]
        assert (debtor.barred(), debtor.blocked()) == ([False, False], False)
        assert debtor.climb(30, 59) == [None, None]
        assert debtor.climb(60) == ["suspend_first"]
        assert (debtor.barred(), debtor.blocked()) == ([False, True], True)
        assert debtor.climb(70, 71) == ["suspend_all", None]
        assert debtor.barred() == [True, True]
        templates = list(Dispatch.objects.order_by("pk").values_list("template", flat=True))
        assert templates == ["reminder_1", "reminder_2", "suspended", "suspended"]

    def test_takes_a_step_once_however_often_the_day_runs(self, debtor: Debtor) -> None:
        assert debtor.climb(5, 5, 5) == ["reminder_1", None, None]
        [case] = queries.cases()
        assert [(step.code, step.days_overdue) for step in case.steps] == [("reminder_1", 5)]

    def test_warns_first_although_it_comes_late(self, debtor: Debtor) -> None:
        assert debtor.climb(80, 81, 82) == ["reminder_1", "reminder_2", None]
        # 40 days from the notice, and 5 for the post.
        assert debtor.climb(125, 126, 127) == [None, "suspend_first", "suspend_all"]

    def test_counts_the_notice_from_its_receipt(self, debtor: Debtor) -> None:
        debtor.climb(5, 15)
        notice = Dispatch.objects.get(template="reminder_2")
        assert notice.channel == "paper"
        Dispatch.objects.filter(pk=notice.pk).update(status="failed", delivered_at=None, failed_at=JANUARY, why="gone")
        assert debtor.climb(60, 400) == [None, None]
        Dispatch.objects.filter(pk=notice.pk).update(status="delivered", delivered_at=debtor.late(30))
        assert debtor.climb(74, 75) == [None, "suspend_first"]

    def test_sends_the_notice_to_a_certified_mailbox_at_once(self, debtor: Debtor) -> None:
        people.change_account(account_id=debtor.account_id, pec="ditta@pec.example", at=JANUARY)
        debtor.climb(5, 20)
        notice = Dispatch.objects.get(template="reminder_2")
        assert (notice.channel, notice.recipient) == ("email", "ditta@pec.example")
        assert Dispatch.objects.get(template="reminder_1").recipient == "bollette@posta.example"
        assert debtor.climb(59, 60) == [None, "suspend_first"]

    def test_gives_the_notice_that_the_operator_sets(self, debtor: Debtor) -> None:
        change_setting(key="overdue.suspension_notice_days", value=60, at=JANUARY)
        debtor.climb(5, 15)
        assert debtor.climb(79, 80) == [None, "suspend_first"]

    def test_chases_nobody_for_a_trifle(self, owing: Callable[[int], Debtor]) -> None:
        debtor = owing(4)
        assert debtor.climb(50) == [None]
        assert queries.cases() == []
        assert parties.payment_standing(debtor.account_id).overdue_micro == 4_000_000

    def test_follows_the_ladder_of_the_operator(self, debtor: Debtor) -> None:
        rows: list[dict[str, Any]] = [{"code": "only", "days_overdue_min": 3, "letter": "suspended", "withdraw": "all"}]
        change_setting(key="overdue.ladder", value=rows, at=JANUARY)
        with pytest.raises(LadderContradictory, match="notice"):
            debtor.climb(3)
        rows.append({"code": "notice", "days_overdue_min": 1, "letter": "reminder_2", "notice": True})
        change_setting(key="overdue.ladder", value=rows, at=JANUARY)
        assert debtor.climb(1, 3, 45, 46) == ["notice", None, None, "only"]
        assert debtor.barred() == [True, True]

    def test_writes_the_standing_that_credit_checks_read(self, debtor: Debtor) -> None:
        debtor.climb(5)
        standing = parties.payment_standing(debtor.account_id)
        assert (standing.overdue_micro, standing.reminders_12m) == (60_000_000, 1)


class TestPaying:
    def test_gives_every_line_back_and_lifts_the_block(self, debtor: Debtor) -> None:
        debtor.climb(5, 15, 60, 70)
        debtor.pays("60", days=71)
        assert (debtor.barred(), debtor.blocked()) == ([False, False], False)
        technicians_confirm(at=debtor.late(71))
        assert {network.line(line_id).status for line_id in debtor.lines} == {"active"}
        [case] = queries.cases_of_customer(debtor.customer_id)
        assert (case.status, case.overdue_micro) == ("cleared", 0)
        assert OutboxEvent.objects.filter(name="overdue.debt_cleared").count() == 1
        assert Dispatch.objects.filter(template="services_restored").count() == 1

    def test_lifts_the_reason_of_debt_alone(self, debtor: Debtor) -> None:
        debtor.climb(5, 15, 60, 70)
        provisioning.suspend(line_id=debtor.lines[0], reason="fraud", at=debtor.late(70))
        debtor.pays("60", days=71)
        assert network.line(debtor.lines[0]).bar_reasons == {"fraud"}
        assert not Dispatch.objects.filter(template="services_restored").exists()

    def test_gives_nothing_back_for_a_part(self, debtor: Debtor) -> None:
        debtor.climb(5, 15, 60)
        debtor.pays("59", days=61)
        assert (debtor.barred(), debtor.blocked()) == ([False, True], True)
        assert operations.settle(account_id=debtor.account_id, at=debtor.late(61)) is False

    def test_clears_a_case_once(self, debtor: Debtor) -> None:
        debtor.climb(5)
        debtor.pays("60", days=6)
        assert operations.settle(account_id=debtor.account_id, at=debtor.late(6)) is False
        assert debtor.climb(7) == [None]

    def test_a_new_debt_climbs_from_the_foot(self, debtor: Debtor) -> None:
        debtor.climb(5, 15)
        debtor.pays("60", days=16)
        issued_bill(customer_id=debtor.customer_id, account_id=debtor.account_id, euro=30, at=debtor.late(20))
        assert debtor.climb(70) == ["reminder_1"]
        assert OverdueCase.objects.filter(account_id=debtor.account_id).count() == 2

    def test_leaves_a_line_that_is_being_ceased(self, debtor: Debtor) -> None:
        debtor.climb(5, 15, 60, 70)
        provisioning.cease(line_id=debtor.lines[0], at=debtor.late(70))
        debtor.pays("60", days=71)
        assert debtor.barred()[1] is False
        assert queries.cases() == []


# What each trigger makes of each state, with the debt paid or not; a case that is cleared is never opened again.
OUTCOMES = {
    ("open", "climb", True): "cleared",
    ("open", "climb", False): "open",
    ("open", "settle", True): "cleared",
    ("open", "settle", False): "open",
    ("cleared", "climb", True): "cleared",
    ("cleared", "settle", True): "cleared",
}


@pytest.mark.parametrize(("state", "trigger", "paid"), OUTCOMES)
def test_every_state_meets_every_trigger(debtor: Debtor, state: str, trigger: str, paid: bool) -> None:
    debtor.climb(5)
    if paid:
        [bill] = bills.open_bills(debtor.account_id)
        billing.settle_bill(bill_id=bill.bill_id, amount_micro=bill.open_micro, reference="test", at=debtor.late(6))
    if state == "cleared":
        operations.settle(account_id=debtor.account_id, at=debtor.late(6))
    if trigger == "climb":
        debtor.climb(7)
    else:
        operations.settle(account_id=debtor.account_id, at=debtor.late(7))
    assert [case.status for case in queries.cases_of_customer(debtor.customer_id)] == [OUTCOMES[state, trigger, paid]]

"""A sum that the customer does not accept: held, kept out of the chase, credited or owed after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.owed import issued_bill, line_in_force
from tests.factories.parties import person_with_account
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.care import jobs as care_jobs
from utenza.care import operations, queries
from utenza.care.rules import part_as_priced
from utenza.core.errors import Refusal
from utenza.core.events import Event, event_types
from utenza.core.money import CurrencyMismatch, Money
from utenza.delivery.models import Dispatch
from utenza.infra.idempotency import IdempotencyConflict
from utenza.infra.models import OutboxEvent
from utenza.ledger import queries as ledger
from utenza.overdue import jobs as overdue_jobs
from utenza.overdue import operations as overdue
from utenza.overdue import queries as cases
from utenza.parties import queries as parties
from utenza.provisioning import queries as network

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


def euro(text: str) -> Money:
    return Money.of(text, "EUR")


@dataclass(frozen=True)
class Doubter:
    customer_id: int
    account_id: int
    bill_id: int
    bill_line_id: int
    line_id: int
    due_at: datetime

    def late(self, days: int) -> datetime:
        return self.due_at + timedelta(days=days)

    def disputes(self, amount: str, *, days: int = 0, key: str = "form-1", reason: str = "not my calls") -> int:
        return operations.open_dispute(
            bill_line_id=self.bill_line_id,
            amount=euro(amount),
            reason=reason,
            by="csr",
            idempotency_key=key,
            at=self.late(days),
        )

    def climb(self, *days: int) -> list[str | None]:
        taken = []
        for late in days:
            taken.append(overdue.climb(account_id=self.account_id, at=self.late(late)))
            Dispatch.objects.filter(status="planned").update(status="delivered", delivered_at=self.late(late))
        return taken

    def bill(self) -> bills.BillView:
        return bills.bill(self.bill_id)

    def owes(self) -> Money:
        return ledger.balance(account_code="receivable", owner=f"account:{self.account_id}")


@pytest.fixture
def doubter() -> Doubter:
    customer, account = person_with_account(at=JANUARY)
    line_id = line_in_force(customer_id=customer.customer_id, account_id=account.account_id, at=JANUARY)
    bill_id = issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=60, at=JANUARY)
    bill = bills.bill(bill_id)
    due = datetime(bill.due_date.year, bill.due_date.month, bill.due_date.day, 9, tzinfo=UTC)
    return Doubter(customer.customer_id, account.account_id, bill_id, bill.lines[0].bill_line_id, line_id, due)


def tell(*names: str) -> None:
    """Have overdue and care hear what was announced."""
    for row in OutboxEvent.objects.filter(name__in=names).order_by("pk"):
        event: Event = event_types()[row.name].from_payload(row.payload)
        if row.name.startswith("billing.bill_hold"):
            overdue_jobs.settle_case(event)  # type: ignore[arg-type]
        elif row.name == "billing.bill_issued":
            overdue_jobs.settle_by_credit_note(event)  # type: ignore[arg-type]
        else:
            care_jobs.write_on_timeline(event)


class TestOpening:
    def test_holds_the_sum_and_is_written_on_the_time_line(self, doubter: Doubter) -> None:
        dispute_id = doubter.disputes("25")
        assert dispute_id == doubter.disputes("25")
        assert (doubter.bill().open_micro, doubter.bill().undisputed_micro) == (60_000_000, 35_000_000)
        [open_bill] = bills.open_bills(doubter.account_id)
        assert open_bill.held_micro == 25_000_000
        assert [one.dispute_id for one in queries.open_disputes()] == [dispute_id]
        tell("care.dispute_opened")
        [entry] = queries.timeline(customer_id=doubter.customer_id, kinds=["bill"])
        assert (entry.about_kind, entry.about_key) == ("bill", str(doubter.bill_id))
        assert entry.data["reason"] == "not my calls"

    def test_the_same_key_for_another_sum_is_refused(self, doubter: Doubter) -> None:
        doubter.disputes("25")
        with pytest.raises(IdempotencyConflict):
            doubter.disputes("26")

    @pytest.mark.parametrize(
        ("amount", "reason", "refusal"),
        [
            ("0", "why", billing.HoldNotPositive),
            ("-3", "why", billing.HoldNotPositive),
            ("60.01", "why", billing.HoldTooLarge),
            ("5", "  ", operations.ReasonMissing),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, doubter: Doubter, amount: str, reason: str, refusal: type[Refusal]
    ) -> None:
        with pytest.raises(refusal):
            doubter.disputes(amount, reason=reason)
        assert queries.open_disputes() == []

    def test_a_line_is_never_held_twice_over(self, doubter: Doubter) -> None:
        doubter.disputes("40")
        with pytest.raises(billing.HoldTooLarge):
            doubter.disputes("20.01", key="form-2")
        doubter.disputes("20", key="form-3")
        assert doubter.bill().undisputed_micro == 0

    def test_another_currency_is_refused(self, doubter: Doubter) -> None:
        with pytest.raises(CurrencyMismatch):
            billing.place_hold(bill_line_id=doubter.bill_line_id, amount=Money.of("5", "USD"), reason="x", at=JANUARY)

    def test_what_is_paid_meanwhile_is_not_held(self, doubter: Doubter) -> None:
        doubter.disputes("50")
        billing.settle_bill(bill_id=doubter.bill_id, amount_micro=40_000_000, reference="P1", at=JANUARY)
        assert (doubter.bill().held_micro, doubter.bill().undisputed_micro) == (20_000_000, 0)


class TestTheChase:
    def test_leaves_out_what_is_in_dispute(self, doubter: Doubter) -> None:
        doubter.disputes("57")
        assert doubter.climb(5, 60) == [None, None]
        assert parties.payment_standing(doubter.account_id).overdue_micro == 3_000_000

    def test_goes_on_for_the_rest_and_asks_for_the_rest_alone(self, doubter: Doubter) -> None:
        doubter.disputes("20")
        assert doubter.climb(5) == ["reminder_1"]
        letter = Dispatch.objects.get(template="reminder_1")
        assert letter.data["overdue_micro"] == 40_000_000
        assert [bill["open_micro"] for bill in letter.data["bills"]] == [40_000_000]

    def test_a_dispute_of_all_that_is_overdue_gives_the_services_back_and_a_rejection_begins_anew(
        self, doubter: Doubter
    ) -> None:
        doubter.climb(5, 15, 60)
        assert network.line(doubter.line_id).bar_reasons == {"debt"}
        dispute_id = doubter.disputes("60", days=61)
        tell("billing.bill_hold_placed")
        assert network.line(doubter.line_id).bar_reasons == frozenset()
        assert cases.cases() == []
        operations.reject_dispute(dispute_id=dispute_id, answer="the calls are yours", by="csr", at=doubter.late(80))
        tell("billing.bill_hold_lifted")
        # A new notice, and its forty days, before anything is withdrawn again.
        assert doubter.climb(81, 82, 83) == ["reminder_1", "reminder_2", None]
        assert doubter.climb(126, 127) == [None, "suspend_first"]


class TestClosing:
    def test_for_the_customer_credits_the_sum_and_settles_the_case(self, doubter: Doubter) -> None:
        doubter.climb(5)
        dispute_id = doubter.disputes("60", days=6)
        operations.uphold_dispute(dispute_id=dispute_id, answer="you are right", by="billing", at=doubter.late(7))
        found = queries.dispute(dispute_id)
        assert found is not None
        assert (found.status, found.answer) == ("upheld", "you are right")
        assert found.credit_note_id is not None
        assert bills.bill(found.credit_note_id).total_micro == -60_000_000
        assert (doubter.bill().open_micro, doubter.bill().held_micro) == (0, 0)
        assert doubter.owes() == euro("0")
        tell("billing.bill_issued", "care.dispute_upheld")
        assert cases.cases() == []
        with pytest.raises(operations.DisputeIsClosed):
            operations.uphold_dispute(dispute_id=dispute_id, answer="again", by="billing", at=doubter.late(8))

    def test_for_the_customer_in_part_leaves_the_rest_to_be_paid(self, doubter: Doubter) -> None:
        dispute_id = doubter.disputes("25")
        operations.uphold_dispute(
            dispute_id=dispute_id, answer="some of it", by="billing", at=doubter.late(1), amount=euro("10")
        )
        assert (doubter.bill().open_micro, doubter.bill().undisputed_micro) == (50_000_000, 50_000_000)
        assert doubter.owes() == euro("50")

    def test_against_the_customer_owes_it_as_billed(self, doubter: Doubter) -> None:
        dispute_id = doubter.disputes("25")
        operations.reject_dispute(dispute_id=dispute_id, answer="as measured", by="csr", at=doubter.late(1))
        assert doubter.bill().undisputed_micro == 60_000_000
        with pytest.raises(operations.DisputeIsClosed):
            operations.reject_dispute(dispute_id=dispute_id, answer="as measured", by="csr", at=doubter.late(1))

    @pytest.mark.parametrize("amount", ["0", "-1", "25.01"])
    def test_credits_no_more_than_was_in_dispute(self, doubter: Doubter, amount: str) -> None:
        dispute_id = doubter.disputes("25")
        with pytest.raises(operations.CreditTooLarge):
            operations.uphold_dispute(
                dispute_id=dispute_id, answer="yes", by="billing", at=JANUARY, amount=euro(amount)
            )

    def test_wants_an_answer(self, doubter: Doubter) -> None:
        dispute_id = doubter.disputes("25")
        with pytest.raises(operations.AnswerMissing):
            operations.reject_dispute(dispute_id=dispute_id, answer=" ", by="csr", at=JANUARY)
        with pytest.raises(operations.UnknownDispute):
            operations.reject_dispute(dispute_id=999_999, answer="x", by="csr", at=JANUARY)


@pytest.mark.parametrize(
    ("gross", "whole_gross", "whole_priced", "part"),
    [
        (12_200_000, 12_200_000, 10_000_000, 10_000_000),
        (6_100_000, 12_200_000, 10_000_000, 5_000_000),
        (10_000, 12_200_000, 10_000_000, 10_000),
        (12_200_000, 12_200_000, 12_200_000, 12_200_000),
    ],
)
def test_a_sum_with_tax_becomes_a_part_as_the_line_is_priced(
    gross: int, whole_gross: int, whole_priced: int, part: int
) -> None:
    assert (
        part_as_priced(
            gross_micro=gross, whole_gross_micro=whole_gross, whole_priced_micro=whole_priced, step_micro=10_000
        )
        == part
    )

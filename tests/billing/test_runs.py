"""The bill run on a real database: each account once, each cent in the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection
from django.db import transaction as django_transaction

from tests.factories import billing as make
from tests.factories.parties import account_of, company_with_branches, person_customer
from utenza.billing import operations, queries
from utenza.billing.models import Bill, BillLine, BillRunAccount, ChargedThrough
from utenza.infra import users
from utenza.infra.models import OutboxEvent
from utenza.infra.operator import change_setting
from utenza.ledger import queries as ledger
from utenza.parties import operations as parties

pytestmark = pytest.mark.django_db

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
CYCLE = date(2026, 2, 1)
AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
NEXT_CYCLE = date(2026, 3, 1)
NEXT_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Staff:
    billing: int
    finance: int


@pytest.fixture
def staff() -> Staff:
    ids = [
        users.create_user(username=name, password="una-lunga-chiave-7", roles=[name]) for name in ("billing", "finance")
    ]
    return Staff(*ids)


@pytest.fixture
def subscriber() -> tuple[int, int]:
    """A person with a fibre plan since 15 January; return (customer, account)."""
    return subscribe(make.fibre(at=JANUARY, activation="39.00"))


def subscribe(offer_version_id: int, *, start: date = date(2026, 1, 15), end: date | None = None) -> tuple[int, int]:
    customer = person_customer(at=JANUARY)
    account = account_of(customer, at=JANUARY)
    make.agreement(
        customer_id=customer.customer_id,
        account_id=account.account_id,
        offer_version_id=offer_version_id,
        start=start,
        end=end,
        at=JANUARY,
    )
    return customer.customer_id, account.account_id


def run(staff: Staff, cycle: date = CYCLE, at: datetime = AT) -> int:
    return make.issued_run(cycle_date=cycle, at=at, by=staff.billing, approver=staff.finance)


def owed(account_id: int) -> int:
    return ledger.balance(account_code="receivable", owner=f"account:{account_id}").micro


class TestARun:
    def test_bills_the_first_month_prorated_and_the_next_in_advance(
        self, staff: Staff, subscriber: tuple[int, int]
    ) -> None:
        run(staff)
        [summary] = queries.bills_of_account(subscriber[1])
        bill = queries.bill(summary.bill_id)
        assert [(line.text, line.amount_micro) for line in bill.lines] == [
            ("Fibra 100 · Canone mensile", 16_400_000),
            ("Fibra 100 · Canone mensile", 29_900_000),
            ("Fibra 100 · Attivazione", 39_000_000),
        ]
        assert (bill.total_micro, bill.tax_micro, bill.net_micro) == (85_300_000, 15_380_000, 69_920_000)
        assert (bill.number, bill.issue_date, bill.due_date) == ("F-2026-000001", CYCLE, date(2026, 2, 21))
        assert bill.open_micro == bill.total_micro

    def test_posts_each_bill_to_the_books_and_announces_it(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        run(staff)
        assert owed(subscriber[1]) == 85_300_000
        assert ledger.balance(account_code="tax.vat", owner="operator").micro == -15_380_000
        one_off = ledger.balance(account_code="revenue.one_off", owner="operator").micro
        recurring = ledger.balance(account_code="revenue.recurring", owner="operator").micro
        assert one_off + recurring == -69_920_000
        [event] = OutboxEvent.objects.filter(name="billing.bill_issued")
        assert event.payload["bill_number"] == "F-2026-000001"

    def test_of_the_same_day_a_second_time_finds_nothing_to_do(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        run(staff)
        with pytest.raises(operations.NothingToPlan):
            operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        assert len(queries.bills_of_account(subscriber[1])) == 1

    def test_of_the_next_month_charges_that_month_alone_and_says_why_it_is_lower(
        self, staff: Staff, subscriber: tuple[int, int]
    ) -> None:
        run(staff)
        run(staff, NEXT_CYCLE, NEXT_AT)
        newest = queries.bill(queries.bills_of_account(subscriber[1])[0].bill_id)
        assert (newest.total_micro, newest.number) == (29_900_000, "F-2026-000002")
        assert newest.difference == (
            "Questa fattura costa 55,40\xa0€ in meno della F-2026-000001.",
            "Solo la volta scorsa: Fibra 100 · Attivazione (−39,00\xa0€).",
            "Fibra 100 · Canone mensile: meno giorni della volta scorsa, che comprendeva una parte di mese "
            "(−16,40\xa0€).",
        )

    def test_planned_again_while_it_is_open_is_the_same_run(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        first = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        assert operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.finance) == first

    def test_of_a_day_to_come_is_refused(self, staff: Staff) -> None:
        with pytest.raises(operations.CycleInTheFuture):
            operations.plan_run(cycle_date=NEXT_CYCLE, at=AT, by=staff.billing)

    def test_calculated_again_makes_the_same_drafts_anew(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        totals = []
        for _ in range(2):
            operations.start_calculation(run_id=run_id, at=AT)
            while operations.calculate_chunk(run_id=run_id, at=AT):
                pass
            totals.append(list(Bill.objects.filter(run=run_id).values_list("account_id", "total_micro")))
        assert totals[0] == totals[1] == [(subscriber[1], 85_300_000)]
        assert ChargedThrough.objects.count() == 0, "a draft charges nothing yet"

    def test_goes_on_where_it_was_interrupted(self, staff: Staff) -> None:
        offer = make.fibre(at=JANUARY)
        accounts = [subscribe(offer)[1] for _ in range(5)]
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        operations.start_calculation(run_id=run_id, at=AT)
        assert operations.calculate_chunk(run_id=run_id, at=AT, limit=2) == 2
        operations.start_calculation(run_id=run_id, at=AT)
        assert BillRunAccount.objects.filter(run=run_id, status="calculated").count() == 2
        while operations.calculate_chunk(run_id=run_id, at=AT, limit=2):
            pass
        operations.approve(run_id=run_id, at=AT, by=staff.finance)
        operations.start_issuing(run_id=run_id, at=AT)
        while operations.issue_chunk(run_id=run_id, at=AT, limit=2):
            pass
        numbers = [queries.bills_of_account(account)[0].number for account in accounts]
        assert numbers == [f"F-2026-{n:06d}" for n in range(1, 6)]
        assert queries.run(run_id).status == "issued"


class TestHolds:
    def test_an_account_without_an_address_is_held_and_the_others_go_on(
        self, staff: Staff, subscriber: tuple[int, int]
    ) -> None:
        company = parties.admit_company(
            legal_name="Senza Sede", legal_form="S.r.l.", vat_number="", tax_code="", at=JANUARY
        )
        parties.activate_customer(customer_id=company.customer_id, at=JANUARY)
        account = account_of(company, at=JANUARY)
        offer = make.fibre(at=JANUARY)
        make.agreement(
            customer_id=company.customer_id,
            account_id=account.account_id,
            offer_version_id=offer,
            start=date(2026, 1, 15),
            at=JANUARY,
        )
        run_id = run(staff)
        [held] = queries.run_accounts(run_id, status="held")
        assert (held.account_id, held.hold_code) == (account.account_id, "bill_no_address")
        assert "address" in held.hold_reason
        assert len(queries.bills_of_account(subscriber[1])) == 1

        parties.change_address(
            customer_id=company.customer_id, purpose="registered_office", street="Via Po", house_number="1",
            postcode="10121", city="Torino", province="TO", at=AT,
        )  # fmt: skip
        second = run(staff)
        [again] = queries.run_accounts(second)
        assert again.hold_code == "bill_no_tax_data"

    def test_an_account_that_has_nothing_to_bill_has_no_bill(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        idle = account_of(person_customer(at=JANUARY), at=JANUARY)
        run_id = run(staff)
        assert [row.account_id for row in queries.run_accounts(run_id, status="nothing")] == [idle.account_id]


class TestApproval:
    def test_by_whoever_planned_the_run_is_refused(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        operations.start_calculation(run_id=run_id, at=AT)
        while operations.calculate_chunk(run_id=run_id, at=AT):
            pass
        with pytest.raises(operations.AnotherPersonApproves):
            operations.approve(run_id=run_id, at=AT, by=staff.billing)
        change_setting(key="billing.four_eyes", value=False, at=AT)
        operations.approve(run_id=run_id, at=AT, by=staff.billing)
        assert queries.run(run_id).status == "approved"

    def test_comes_after_the_calculation_and_before_the_issue(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        with pytest.raises(operations.RunNotReady):
            operations.approve(run_id=run_id, at=AT, by=staff.finance)
        with pytest.raises(operations.RunNotReady):
            operations.start_issuing(run_id=run_id, at=AT)
        run(staff)
        with pytest.raises(operations.RunNotReady):
            operations.start_calculation(run_id=run_id, at=AT)

    def test_can_look_at_what_stands_out(self, staff: Staff, subscriber: tuple[int, int]) -> None:
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        operations.start_calculation(run_id=run_id, at=AT)
        while operations.calculate_chunk(run_id=run_id, at=AT):
            pass
        [odd] = queries.run_check(run_id).outliers
        assert (odd.account_id, odd.remark) == (subscriber[1], "first")


class TestZeroBills:
    def test_are_not_issued_and_what_they_cover_counts_as_billed(self, staff: Staff) -> None:
        _, account = subscribe(make.fibre(at=JANUARY, percent_off=100, months_off=1), start=date(2026, 1, 1))
        # January and the first month's discount: February is charged in advance, so nothing is zero but January.
        run(staff)
        [bill] = queries.bills_of_account(account)
        assert bill.total_micro == 29_900_000
        _, free = subscribe(make.fibre(at=JANUARY, percent_off=100, months_off=12), start=date(2026, 2, 1))
        run(staff, NEXT_CYCLE, NEXT_AT)
        assert queries.bills_of_account(free) == []
        assert ChargedThrough.objects.filter(agreement__account_id=free).values_list("charged_until", flat=True)[0] == (
            date(2026, 4, 1)
        )


class TestACompany:
    def test_has_the_lines_of_the_branch_it_pays_for_and_the_other_branch_its_own_bill(self, staff: Staff) -> None:
        company = company_with_branches(at=JANUARY)
        offer = make.fibre(at=JANUARY, monthly="45.00", tax_included=False)
        main, own = (account_of(ref, at=JANUARY) for ref in (company.company, company.paying_branch))
        for node, account in (
            (company.paid_branch, main),
            (company.company, main),
            (company.paying_branch, own),
        ):
            make.agreement(
                customer_id=node.customer_id,
                account_id=account.account_id,
                offer_version_id=offer,
                start=date(2026, 1, 1),
                at=JANUARY,
            )
        run(staff)
        bill = queries.bill(queries.bills_of_account(main.account_id)[0].bill_id)
        assert [(name, subtotal) for _node, name, _lines, subtotal in bill.sections] == [
            ("Officine Tramonto", 90_000_000),
            ("Sede di Bologna", 90_000_000),
        ]
        assert (bill.net_micro, bill.tax_micro) == (180_000_000, 39_600_000)
        other = queries.bill(queries.bills_of_account(own.account_id)[0].bill_id)
        assert (other.net_micro, other.addressee["attention"]) == (90_000_000, "Sede di Torino")


class TestAnIssuedBill:
    @pytest.fixture
    def bill_id(self, staff: Staff, subscriber: tuple[int, int]) -> int:
        run(staff)
        return queries.bills_of_account(subscriber[1])[0].bill_id

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE billing_bill SET total_micro = 1, net_micro = 1, tax_micro = 0, open_micro = 0 WHERE id = %s",
            "UPDATE billing_bill SET status = 'draft', number = NULL WHERE id = %s",
            "UPDATE billing_bill SET due_date = due_date + 30 WHERE id = %s",
            "DELETE FROM billing_bill WHERE id = %s",
            "UPDATE billing_line SET text = 'x' WHERE bill_id = %s",
            "DELETE FROM billing_line WHERE bill_id = %s",
            "UPDATE billing_tax SET tax_micro = 0 WHERE bill_id = %s",
            "UPDATE billing_bill SET open_micro = total_micro + 10000 WHERE id = %s",
        ],
    )
    def test_cannot_be_changed_by_any_code(self, bill_id: int, statement: str) -> None:
        with pytest.raises(IntegrityError), django_transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [bill_id])

    def test_is_settled_and_opened_again(self, bill_id: int) -> None:
        assert operations.settle_bill(bill_id=bill_id, amount_micro=85_000_000, reference="P1", at=AT) == 300_000
        assert (
            operations.settle_bill(bill_id=bill_id, amount_micro=-85_000_000, reference="P1/return", at=AT)
            == 85_300_000
        )
        assert [amount for _at, amount, _reference in queries.settlements_of(bill_id)] == [85_000_000, -85_000_000]

    @pytest.mark.parametrize("amount_micro", [85_310_000, -10_000, 0])
    def test_is_not_settled_beyond_what_is_owed(self, bill_id: int, amount_micro: int) -> None:
        with pytest.raises(operations.BillOversettled):
            operations.settle_bill(bill_id=bill_id, amount_micro=amount_micro, reference="P1", at=AT)

    def test_is_overdue_from_the_day_after_its_due_date(self, bill_id: int) -> None:
        due = queries.bill(bill_id).due_date
        assert queries.overdue_bills(due) == []
        [late] = queries.overdue_bills(date.fromordinal(due.toordinal() + 1))
        assert late.bill_id == bill_id

    def test_paid_by_its_due_date_counts_as_paid_on_time(self, bill_id: int) -> None:
        bill = queries.bill(bill_id)
        operations.settle_bill(bill_id=bill_id, amount_micro=bill.total_micro, reference="P1", at=AT)
        assert queries.payment_history(bill.account_id) == queries.PaymentHistory(paid_on_time=1, paid_late=0)
        assert queries.open_bills(bill.account_id) == []

    def test_is_found_by_its_number_however_it_is_written(self, bill_id: int) -> None:
        assert queries.bill_by_number(" f-2026-000001 ").bill_id == bill_id
        with pytest.raises(queries.BillUnknown):
            queries.bill_by_number("F-2026-999999")

    def test_explains_each_line_by_its_arithmetic(self, bill_id: int) -> None:
        first = queries.bill(bill_id).lines[0]
        explained = queries.explain_line(first.bill_line_id)
        assert explained.arithmetic == "29,90\xa0€ × 17 / 31 = 16,40\xa0€"
        assert explained.tax_micro == first.amount_micro - first.net_micro


def test_a_draft_that_does_not_add_up_cannot_be_issued(staff: Staff, subscriber: tuple[int, int]) -> None:
    run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
    operations.start_calculation(run_id=run_id, at=AT)
    while operations.calculate_chunk(run_id=run_id, at=AT):
        pass
    BillLine.objects.filter(bill__run=run_id, position=1).update(net_micro=1)
    operations.approve(run_id=run_id, at=AT, by=staff.finance)
    operations.start_issuing(run_id=run_id, at=AT)
    while operations.issue_chunk(run_id=run_id, at=AT):
        pass
    [held] = queries.run_accounts(run_id, status="held")
    assert "does not add up" in held.hold_reason
    assert owed(subscriber[1]) == 0


class TestAFinalBill:
    def test_gives_back_what_was_charged_beyond_the_end_and_is_the_same_when_asked_again(self, staff: Staff) -> None:
        _, account = subscribe(make.fibre(at=JANUARY), start=date(2026, 1, 1))
        run(staff)
        end = date(2026, 2, 12)
        make.end_agreements(account_id=account, end=end)
        at = datetime(2026, 2, 12, 9, tzinfo=UTC)
        bill_id = operations.issue_final_bill(account_id=account, on_date=end, at=at)
        assert bill_id == operations.issue_final_bill(account_id=account, on_date=end, at=at)
        bill = queries.bill(bill_id)
        # February was paid; 17 of its 28 days come back: 29.90 less 29.90 x 11/28 = 11.75 (11.746...).
        assert (bill.total_micro, bill.open_micro, bill.kind) == (-18_150_000, 0, "final")
        assert owed(account) == 59_800_000 - 18_150_000

    def test_of_an_account_that_owes_and_is_owed_nothing_is_none(self, staff: Staff) -> None:
        _, account = subscribe(make.fibre(at=JANUARY), start=date(2026, 1, 1), end=date(2026, 2, 1))
        run(staff)
        assert operations.issue_final_bill(account_id=account, on_date=CYCLE, at=AT) is None

    def test_takes_the_account_out_of_a_run_that_waits(self, staff: Staff) -> None:
        _, account = subscribe(make.fibre(at=JANUARY), start=date(2026, 1, 1))
        run_id = operations.plan_run(cycle_date=CYCLE, at=AT, by=staff.billing)
        operations.start_calculation(run_id=run_id, at=AT)
        while operations.calculate_chunk(run_id=run_id, at=AT):
            pass
        make.end_agreements(account_id=account, end=CYCLE)
        bill_id = operations.issue_final_bill(account_id=account, on_date=CYCLE, at=AT)
        assert queries.bill(bill_id).total_micro == 29_900_000
        assert queries.run_accounts(run_id)[0].status == "nothing"


class TestACreditNote:
    def test_settles_what_is_open_and_never_gives_more_than_was_billed(
        self, staff: Staff, subscriber: tuple[int, int]
    ) -> None:
        run(staff)
        bill = queries.bill(queries.bills_of_account(subscriber[1])[0].bill_id)
        line = bill.lines[2]
        note_id = operations.issue_credit_note(
            bill_id=bill.bill_id,
            lines=[operations.CreditLine(bill_line_id=line.bill_line_id, amount_micro=39_000_000)],
            reason="Attivazione promessa gratis",
            at=AT,
        )
        note = queries.bill(note_id)
        assert (note.total_micro, note.kind, note.corrects_number) == (-39_000_000, "credit_note", bill.number)
        assert queries.bill(bill.bill_id).open_micro == 46_300_000
        assert owed(subscriber[1]) == 46_300_000
        operations.issue_credit_note(bill_id=bill.bill_id, lines=[], reason="Tutto", at=AT)
        assert queries.bill(bill.bill_id).open_micro == 0
        assert owed(subscriber[1]) == 0
        with pytest.raises(operations.BillNothingToCredit):
            operations.issue_credit_note(bill_id=bill.bill_id, lines=[], reason="Ancora", at=AT)

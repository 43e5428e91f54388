"""A bill run from the pages: planned, calculated, checked, approved by a second person, issued; and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from tests.factories import billing as make
from tests.factories.parties import person_with_account
from utenza.billing import operations, queries
from utenza.core.money import Money
from utenza.infra import clock
from utenza.ledger import queries as ledger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]
AT = datetime(2026, 1, 15, 9, tzinfo=UTC)
CYCLE = date(2026, 3, 1)


@pytest.fixture
def account_id() -> int:
    """An account with fibre at 29.90 a month since January."""
    customer, account = person_with_account(at=AT)
    make.agreement(
        customer_id=customer.customer_id,
        account_id=account.account_id,
        offer_version_id=make.fibre(at=AT),
        start=date(2026, 2, 1),
        at=AT,
    )
    return account.account_id


def plan(client: Client, day: str = "01/03/2026") -> str:
    return str(client.post("/bill-runs/plan/", {"cycle_date": day})["Location"])


def press(client: Client, path: str, step: str) -> str:
    """Press a button of the run's board, let the background work, and return what the board says then."""
    page = client.post(f"{path}{step}/", follow=True).content.decode()
    run_id = int(path.rstrip("/").rpartition("/")[2])
    work = {"calculate": operations.calculate_chunk, "issue": operations.issue_chunk}.get(step)
    while work is not None and work(run_id=run_id, at=clock.now()):
        pass
    return page


def checked(client: Client) -> str:
    path = plan(client)
    for step in ("calculate", "check"):
        press(client, path, step)
    return path


class TestPlanning:
    def test_reads_the_day_in_any_usual_form_and_plans_it_once(self, signed_in: SignedIn, account_id: int) -> None:
        client = signed_in("billing")
        assert plan(client) == plan(client, "2026-03-01")
        assert [run.cycle_date for run in queries.runs()] == [CYCLE]

    def test_of_a_day_that_is_none_is_refused_with_a_sentence(self, signed_in: SignedIn) -> None:
        answer = signed_in("billing").post("/bill-runs/plan/", {"cycle_date": "31/02/2026"})
        assert answer.status_code == 422
        assert "is not a day" in answer.content.decode()
        assert queries.runs() == []

    def test_is_not_for_finance(self, signed_in: SignedIn) -> None:
        assert signed_in("finance").post("/bill-runs/plan/", {"cycle_date": "2026-03-01"}).status_code == 403


class TestTheBoard:
    def test_takes_a_run_to_bills_in_the_ledger(self, signed_in: SignedIn, account_id: int) -> None:
        client = signed_in("billing")
        path = checked(client)
        assert queries.run(queries.runs()[0].run_id).calculated == 1
        assert "Approved." in press(signed_in("finance"), path, "approve")
        assert ledger.balance(account_code="receivable", owner=f"account:{account_id}") == Money.zero("EUR")
        press(client, path, "issue")
        (bill,) = queries.bills_of_account(account_id)
        assert bill.status == "issued"
        assert bill.number
        owed = ledger.balance(account_code="receivable", owner=f"account:{account_id}")
        assert owed.micro == bill.total_micro > 0
        # Pressed again, nothing is issued twice.
        press(client, path, "issue")
        assert len(queries.bills_of_account(account_id)) == 1
        assert ledger.balance(account_code="receivable", owner=f"account:{account_id}") == owed

    def test_refuses_the_approval_of_whoever_ran_it(self, signed_in: SignedIn, account_id: int) -> None:
        client = signed_in("billing")
        path = checked(client)
        page = press(client, path, "approve")
        assert "Approved." not in page
        assert queries.runs()[0].status == "checked"
        press(client, path, "issue")
        assert queries.bills_of_account(account_id) == [] or queries.bills_of_account(account_id)[0].status == "draft"

    def test_keeps_a_step_from_being_leapt(self, signed_in: SignedIn, account_id: int) -> None:
        client = signed_in("billing")
        path = plan(client)
        for step in ("check", "approve", "issue"):
            press(client if step != "approve" else signed_in("finance"), path, step)
            assert queries.runs()[0].status == "planned"

    def test_may_be_calculated_again_until_it_is_approved(self, signed_in: SignedIn, account_id: int) -> None:
        client = signed_in("billing")
        path = checked(client)
        press(client, path, "calculate")
        assert queries.runs()[0].status == "calculated"
        assert len(queries.run_accounts(queries.runs()[0].run_id)) == 1

    def test_is_not_run_by_who_only_approves(self, signed_in: SignedIn, account_id: int) -> None:
        path = plan(signed_in("billing"))
        for step in ("calculate", "check", "issue"):
            assert signed_in("finance").post(f"{path}{step}/").status_code in (302, 403)
        assert queries.runs()[0].status == "planned"


class TestABillOnTheScreen:
    def test_explains_its_lines_and_opens_as_a_document(self, signed_in: SignedIn, account_id: int) -> None:
        client = signed_in("billing")
        path = checked(client)
        press(signed_in("finance"), path, "approve")
        press(client, path, "issue")
        bill = queries.bill(queries.bills_of_account(account_id)[0].bill_id)
        page = client.get(f"/bills/{bill.bill_id}/").content.decode()
        assert "€29.90" in page
        line = bill.lines[0].bill_line_id
        why = client.get(f"/bills/{bill.bill_id}/lines/{line}/", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in why
        assert client.get(f"/bills/{bill.bill_id + 1}/lines/{line}/").status_code == 404, "a line of another bill"
        assert client.get(f"/bills/{bill.bill_id}/pdf/").content.startswith(b"%PDF")

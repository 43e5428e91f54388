"""Leaving: the request, the cease on its day, the final bill once everything is gone, the customer's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.factories.owed import line_in_force
from tests.factories.parties import account_of, company_with_branches, person_with_account
from tests.factories.provisioning import technicians_confirm
from utenza.billing import queries as bills
from utenza.core.events.provisioning import ServiceCeased
from utenza.delivery.models import Dispatch
from utenza.infra.models import OutboxEvent
from utenza.infra.states import ForbiddenMove
from utenza.ordering import queries as agreements
from utenza.parties import queries as parties
from utenza.provisioning import queries as network
from utenza.termination import jobs, operations, queries
from utenza.termination.rules import TerminationInThePast, TerminationReasonUnknown, TerminationTooFar
from utenza.termination.states import TERMINATION_MOVES, TerminationStatus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
AT = datetime(2026, 1, 20, 9, tzinfo=UTC)
DAY = date(2026, 1, 25)
ON_DAY = datetime(2026, 1, 25, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Leaver:
    customer_id: int
    account_id: int
    lines: tuple[int, ...]

    def asks(self, **more: Any) -> int:
        values: dict[str, Any] = {
            "line_id": None,
            "reason": "moving",
            "effective_date": DAY,
            "by": "rosa",
            "at": AT,
        }
        return operations.request_termination(customer_id=self.customer_id, **(values | more))


@pytest.fixture
def leaver() -> Leaver:
    customer, account = person_with_account(at=JANUARY)
    lines = tuple(
        line_in_force(customer_id=customer.customer_id, account_id=account.account_id, at=JANUARY) for _ in range(2)
    )
    return Leaver(customer.customer_id, account.account_id, lines)


def status(customer_id: int) -> str:
    return queries.terminations_of(customer_id)[0].status


def announced(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


class TestTheRequest:
    def test_changes_nothing_before_its_day(self, leaver: Leaver) -> None:
        termination_id = leaver.asks()
        assert queries.due_terminations(date(2026, 1, 24)) == []
        assert queries.due_terminations(DAY) == [termination_id]
        assert {row.status for row in agreements.agreements_of(leaver.customer_id)} == {"active"}
        [letter] = Dispatch.objects.filter(template="termination_confirmed")
        assert letter.data == {"effective_date": "2026-01-25"}

    @pytest.mark.parametrize(
        ("more", "refusal"),
        [
            ({"effective_date": date(2026, 1, 19)}, TerminationInThePast),
            ({"effective_date": date(2027, 1, 22)}, TerminationTooFar),
            ({"reason": "boredom"}, TerminationReasonUnknown),
            ({"line_id": 999_999}, operations.NothingToEnd),
        ],
    )
    def test_is_refused_where_it_makes_no_sense(
        self, leaver: Leaver, more: dict[str, Any], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            leaver.asks(**more)
        assert queries.terminations_of(leaver.customer_id) == []

    @pytest.mark.parametrize("whole", [True, False])
    def test_is_open_once(self, leaver: Leaver, whole: bool) -> None:
        line_id = None if whole else leaver.lines[0]
        leaver.asks(line_id=line_id)
        with pytest.raises(operations.TerminationAlreadyRequested):
            leaver.asks(line_id=line_id)

    def test_can_be_withdrawn_and_made_anew(self, leaver: Leaver) -> None:
        operations.withdraw_termination(termination_id=leaver.asks())
        assert status(leaver.customer_id) == "withdrawn"
        leaver.asks()
        assert status(leaver.customer_id) == "requested"


class TestTheWayOut:
    def test_ceases_bills_and_ends_the_customer(self, leaver: Leaver) -> None:
        termination_id = leaver.asks()
        operations.begin_termination(termination_id=termination_id, at=ON_DAY)
        assert status(leaver.customer_id) == "ceasing"
        assert {row.end_date for row in agreements.agreements_of(leaver.customer_id)} == {DAY}
        assert operations.complete_termination(termination_id=termination_id, at=ON_DAY) is False
        technicians_confirm(at=ON_DAY)
        assert operations.complete_termination(termination_id=termination_id, at=ON_DAY) is True
        assert {network.line(line_id).status for line_id in leaver.lines} == {"ceased"}
        [bill] = bills.bills_of_account(leaver.account_id)
        assert (bill.kind, bill.status, bill.period_end) == ("final", "issued", DAY)
        assert status(leaver.customer_id) == "completed"
        assert parties.customer(leaver.customer_id).status == "ended"
        assert parties.account(leaver.account_id).status == "closed"

    def test_of_one_line_leaves_the_other_and_bills_nothing_yet(self, leaver: Leaver) -> None:
        termination_id = leaver.asks(line_id=leaver.lines[0])
        operations.begin_termination(termination_id=termination_id, at=ON_DAY)
        technicians_confirm(at=ON_DAY)
        assert operations.complete_termination(termination_id=termination_id, at=ON_DAY) is True
        assert [network.line(line_id).status for line_id in leaver.lines] == ["ceased", "active"]
        assert bills.bills_of_account(leaver.account_id) == []
        assert parties.customer(leaver.customer_id).status == "active"

    def test_is_done_once_however_often_it_is_tried(self, leaver: Leaver) -> None:
        termination_id = leaver.asks()
        for _ in range(2):
            operations.begin_termination(termination_id=termination_id, at=ON_DAY)
        technicians_confirm(at=ON_DAY)
        for _ in range(2):
            assert operations.complete_termination(termination_id=termination_id, at=ON_DAY) is True
        assert len(bills.bills_of_account(leaver.account_id)) == 1
        assert announced("termination.completed") == 1
        assert announced("ordering.agreement_ended") == 2

    def test_completes_when_it_hears_that_the_last_service_is_gone(self, leaver: Leaver) -> None:
        operations.begin_termination(termination_id=leaver.asks(), at=ON_DAY)
        technicians_confirm(at=ON_DAY)
        for event in OutboxEvent.objects.filter(name="provisioning.service_ceased").order_by("pk"):
            jobs.complete_when_gone(ServiceCeased.from_payload(event.payload))
        assert status(leaver.customer_id) == "completed"


class TestACompany:
    def test_goes_with_every_node_below(self) -> None:
        tree = company_with_branches(at=JANUARY)
        top, own = account_of(tree.company, at=JANUARY), account_of(tree.paying_branch, at=JANUARY)
        paid = line_in_force(customer_id=tree.paid_branch.customer_id, account_id=top.account_id, at=JANUARY)
        paying = line_in_force(customer_id=tree.paying_branch.customer_id, account_id=own.account_id, at=JANUARY)
        company = Leaver(tree.company.customer_id, top.account_id, (paid, paying))
        operations.begin_termination(termination_id=company.asks(), at=ON_DAY)
        technicians_confirm(at=ON_DAY)
        for event in OutboxEvent.objects.filter(name="provisioning.service_ceased").order_by("pk"):
            jobs.complete_when_gone(ServiceCeased.from_payload(event.payload))
        assert status(company.customer_id) == "completed"
        assert {node.status for node in parties.tree(company.customer_id)} == {"ended"}
        for account in (top, own):
            assert [bill.kind for bill in bills.bills_of_account(account.account_id)] == ["final"]

    def test_stays_when_a_branch_goes(self) -> None:
        tree = company_with_branches(at=JANUARY)
        top = account_of(tree.company, at=JANUARY)
        kept = line_in_force(customer_id=tree.company.customer_id, account_id=top.account_id, at=JANUARY)
        gone = line_in_force(customer_id=tree.paid_branch.customer_id, account_id=top.account_id, at=JANUARY)
        branch = Leaver(tree.paid_branch.customer_id, top.account_id, (gone,))
        termination_id = branch.asks()
        operations.begin_termination(termination_id=termination_id, at=ON_DAY)
        technicians_confirm(at=ON_DAY)
        assert operations.complete_termination(termination_id=termination_id, at=ON_DAY) is True
        assert [network.line(line_id).status for line_id in (kept, gone)] == ["active", "ceased"]
        assert parties.customer(branch.customer_id).status == "ended"
        assert parties.customer(tree.company.customer_id).status == "active"
        assert bills.bills_of_account(top.account_id) == []


TRIGGERS = ("withdraw", "begin", "complete")
# What each trigger makes of each state; None: refused, and the state stays. The network has let go of everything.
OUTCOMES: dict[str, dict[str, str | None]] = {
    "requested": {"withdraw": "withdrawn", "begin": "ceasing", "complete": "requested"},
    "ceasing": {"withdraw": None, "begin": "ceasing", "complete": "completed"},
    "completed": {"withdraw": None, "begin": "completed", "complete": "completed"},
    "withdrawn": {"withdraw": None, "begin": "withdrawn", "complete": "withdrawn"},
}


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("state", OUTCOMES)
def test_every_state_meets_every_trigger(leaver: Leaver, state: str, trigger: str) -> None:
    termination_id = leaver.asks()
    if state == "withdrawn":
        operations.withdraw_termination(termination_id=termination_id)
    if state in ("ceasing", "completed"):
        operations.begin_termination(termination_id=termination_id, at=ON_DAY)
        technicians_confirm(at=ON_DAY)
    if state == "completed":
        operations.complete_termination(termination_id=termination_id, at=ON_DAY)
    outcome = OUTCOMES[state][trigger]
    if outcome is None:
        with pytest.raises(ForbiddenMove):
            pull(trigger, termination_id)
    else:
        pull(trigger, termination_id)
    assert status(leaver.customer_id) == (outcome or state)


def pull(trigger: str, termination_id: int) -> None:
    if trigger == "withdraw":
        operations.withdraw_termination(termination_id=termination_id)
    elif trigger == "begin":
        operations.begin_termination(termination_id=termination_id, at=ON_DAY)
    else:
        operations.complete_termination(termination_id=termination_id, at=ON_DAY)


def test_the_table_of_moves_knows_every_state() -> None:
    assert set(TERMINATION_MOVES) == set(TerminationStatus) == set(OUTCOMES)

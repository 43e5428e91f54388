"""The demonstration's story: told to its end across an interruption, it leaves books and counts that agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import CommittedDatabase
from utenza.application import queries as applications
from utenza.billing import queries as bills
from utenza.charging import queries as charging
from utenza.core.period import DayPeriod
from utenza.demo import story, switch
from utenza.demo.cast import Plan
from utenza.infra import clock, operator, outbox, work
from utenza.infra.transactions import transaction
from utenza.ledger import queries as ledger
from utenza.overdue import queries as overdue
from utenza.parties import queries as people
from utenza.provisioning import queries as network
from utenza.rating import queries as rating
from utenza.termination import queries as terminations
from utenza.usage import queries as usage

NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)
CUSTOMERS, MONTHS = 13, 2
CUT_OFF = 25
LADDER = [
    {"code": "reminder_1", "days_overdue_min": 3, "letter": "reminder_1"},
    {"code": "reminder_2", "days_overdue_min": 8, "letter": "reminder_2", "notice": True},
    {"code": "suspend_first", "days_overdue_min": 20, "letter": "suspended", "withdraw": "one"},
]


@pytest.fixture
def invented(committed_db: CommittedDatabase, home: Path) -> Iterator[None]:
    """Give the story, and its night shift, a database whose commits are real and a home of its own."""
    try:
        yield
    finally:
        clock.set_clock(None)


class Cut(BaseException):
    """Someone pulls the plug in the middle of a day."""


def _tell(monkeypatch: pytest.MonkeyPatch) -> story.Story:
    """Tell the story, cut off in the middle of a day between what people do and what the night does, then resumed."""
    told = story.begin(customers=CUSTOMERS, months=MONTHS, at=NOW)
    with transaction():
        # Two months are too short for the ladder that the law wants.
        operator.change_setting(key="overdue.ladder", value=LADDER, at=NOW)
        operator.change_setting(key="overdue.suspension_notice_days", value=5, at=NOW)
    with monkeypatch.context() as patch:
        write_day = switch.write_day

        def cut_off(day: date, *, lines: list[network.LineView], midnight: datetime, number: int) -> int:
            if number == CUT_OFF:
                raise Cut
            return write_day(day, lines=lines, midnight=midnight, number=number)

        patch.setattr(switch, "write_day", cut_off)
        with pytest.raises(Cut):
            story.live(told, tell=lambda _day: None)
    # Another process, which knows what the database knows, and is asked to stop after one more day.
    resumed = story.begin(customers=1, months=1, at=NOW + timedelta(days=3))
    assert (resumed.plan.lived, resumed.plan.customers) == (CUT_OFF, CUSTOMERS)
    lived: list[date] = []
    assert not story.live(resumed, tell=lived.append, stop=lambda: True)
    assert lived == [resumed.plan.days[CUT_OFF]]
    assert story.live(resumed, tell=lived.append)
    assert lived == resumed.plan.days[CUT_OFF:]
    return resumed


def test_a_story_that_was_interrupted_ends_as_one_that_was_not(monkeypatch: pytest.MonkeyPatch, invented: None) -> None:
    told = _tell(monkeypatch)
    assert told.failed == []
    assert len(told.cast.members) == CUSTOMERS
    lines = network.lines([line_id for member in told.cast.members.values() for line_id in member.lines])
    whole = DayPeriod(told.plan.first_day, told.plan.until)
    _every_market_lives(lines, whole, told)
    _nothing_is_left_over(told)
    _sums_agree(told)
    _everyone_had_a_fate(told, lines)
    _a_second_telling_adds_nothing(told)


def _every_market_lives(lines: list[network.LineView], whole: DayPeriod, told: story.Story) -> None:
    for market in ("mobile", "fixed"):
        for payment in ("postpaid", "prepaid"):
            own = [line.line_id for line in lines if (line.market, line.payment) == (market, payment)]
            assert sum(row.events for row in rating.usage_totals(own, whole).rows) > 20, (market, payment)
            if payment == "prepaid":
                fees = [entry for line_id in own for entry in charging.entries(line_id) if entry.kind == "fee"]
                assert fees, market
    issued = [
        bill for member in told.cast.members.values() for node in member.nodes for bill in bills.bills_of_customer(node)
    ]
    kinds = {line.kind for bill in issued for line in bills.bill(bill.bill_id).lines}
    assert {"recurring", "one_off", "usage"} <= kinds
    assert {bill.kind for bill in issued} >= {"regular", "final"}


def _nothing_is_left_over(told: story.Story) -> None:
    assert (outbox.backlog().waiting, outbox.backlog().parked) == (0, 0)
    assert [held.reason for held in usage.quarantined()] == ["bad_time", "unknown_subscriber"]
    assert rating.waiting() == 0
    run = bills.latest_run(told.plan.until - timedelta(days=1))
    assert run is not None
    assert run.status == "calculated"
    assert all(one.held == 0 for one in bills.runs())


def _sums_agree(told: story.Story) -> None:
    books = ledger.trial_balance()
    assert sum(row.balance_micro for row in books) == 0
    assert all(one.agrees for one in charging.reconciliation())
    read = usage.sources()
    assert {source.code for source in read} == {switch.CALLS, switch.SESSIONS}
    for source in read:
        assert source.records == source.landed + source.quarantined
        assert (source.waiting, source.duplicates) == (0, 0)
    months = sorted({f"{day:%Y-%m}" for day in told.plan.days})
    partitions = [row for month in months for row in rating.month_account(month)]
    assert sum(source.landed for source in read) == sum(row.events for row in partitions)
    assert [row for row in partitions if row.unpriced] == []


def _everyone_had_a_fate(told: story.Story, lines: list[network.LineView]) -> None:
    line_of = {line.line_id: line for line in lines}
    bars = {index: line_of[member.lines[0]].bar_reasons for index, member in told.cast.members.items()}
    assert bars[5] == {"debt"}  # never paid
    assert bars[9] == {"lost"}
    assert bars[3] == set()  # paid after its suspension
    late = [case for node in told.cast.members[3].nodes for case in overdue.cases_of_customer(node)]
    assert [step.code for case in late for step in case.steps][:3] == ["reminder_1", "reminder_2", "suspend_first"]
    assert all(case.status == "cleared" for case in late)
    left, leaving = told.cast.members[7].customer_id, told.cast.members[8].customer_id
    assert people.customer(left).status == "ended"
    assert [one.status for one in terminations.terminations_of(leaving)] == ["requested"]
    assert applications.counts()["review"] == 2
    assert applications.counts()["refused"] == 2
    assert network.open_work_orders()


def _a_second_telling_adds_nothing(told: story.Story) -> None:
    known = Plan.kept()
    again = story.begin(customers=40, months=4, at=NOW + timedelta(days=40))
    assert again.plan == known == told.plan
    assert story.live(again, tell=lambda _day: pytest.fail("a day was lived again"))
    assert work.drain_all(at=NOW) == 0

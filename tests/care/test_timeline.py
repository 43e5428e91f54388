"""The time line: what was typed in and what was heard, once each, the newest first."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories.parties import person_customer
from utenza.care import jobs, operations, queries
from utenza.care.sentences import SENTENCES
from utenza.core.events.application import ApplicationSubmitted
from utenza.core.events.billing import BillIssued
from utenza.core.events.parties import BranchAdded
from utenza.core.events.payments import PaymentReceived

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def customer_id(db: None) -> int:
    return person_customer(at=AT).customer_id


def note(customer_id: int, text: str, *, key: str = "", at: datetime = AT) -> int:
    return operations.add_note(customer_id=customer_id, text=text, by="rosa", key=key or text, at=at)


def payment(customer_id: int) -> PaymentReceived:
    return PaymentReceived(
        at=AT,
        customer_id=customer_id,
        account_id=1,
        payment_id=5,
        payment_number="P00000005",
        amount_micro=29_900_000,
        currency="EUR",
        method="card",
    )


def test_entries_come_the_newest_first_page_by_page(customer_id: int) -> None:
    for hour in range(5):
        note(customer_id, f"note {hour}", at=AT + timedelta(hours=hour))
    first = queries.timeline(customer_id=customer_id, limit=3)
    assert [entry.text for entry in first] == ["note 4", "note 3", "note 2"]
    rest = queries.timeline(customer_id=customer_id, before=first[-1].entry_id)
    assert [entry.text for entry in rest] == ["note 1", "note 0"]


def test_entries_of_one_instant_are_neither_lost_nor_shown_twice(customer_id: int) -> None:
    for number in range(4):
        note(customer_id, f"note {number}")
    first = queries.timeline(customer_id=customer_id, limit=2)
    rest = queries.timeline(customer_id=customer_id, before=first[-1].entry_id)
    assert [entry.text for entry in first + rest] == ["note 3", "note 2", "note 1", "note 0"]


def test_a_form_sent_twice_writes_one_note(customer_id: int) -> None:
    assert note(customer_id, "He called back", key="k1") == note(customer_id, "He called back", key="k1")
    assert len(queries.timeline(customer_id=customer_id)) == 1


def test_a_call_keeps_its_direction(customer_id: int) -> None:
    operations.log_call(customer_id=customer_id, direction="inbound", text="No line", by="rosa", key="c", at=AT)
    [entry] = queries.timeline(customer_id=customer_id, kinds=["call"])
    assert (entry.data, entry.text, entry.by) == ({"direction": "inbound"}, "No line", "rosa")


def test_what_says_nothing_is_refused(customer_id: int) -> None:
    with pytest.raises(operations.NothingWritten):
        note(customer_id, "  \n ")
    with pytest.raises(operations.NoteTooLong):
        note(customer_id, "x" * 10_001)
    with pytest.raises(operations.CallDirectionUnknown):
        operations.log_call(customer_id=customer_id, direction="up", text="x", by="rosa", key="c", at=AT)
    assert queries.timeline(customer_id=customer_id) == []


def test_an_event_heard_twice_is_written_once(customer_id: int) -> None:
    for _ in range(2):
        jobs.write_on_timeline(payment(customer_id))
    [entry] = queries.timeline(customer_id=customer_id)
    assert (entry.kind, entry.about_kind, entry.about_key) == ("payment", "payment", "5")
    assert entry.sentence % entry.data == "Payment P00000005 of 29900000 received"


def test_entries_are_chosen_by_kind(customer_id: int) -> None:
    jobs.write_on_timeline(payment(customer_id))
    jobs.write_on_timeline(
        BillIssued(
            at=AT,
            customer_id=customer_id,
            account_id=1,
            bill_id=7,
            bill_number="F-2026-000007",
            kind="regular",
            total_micro=29_900_000,
            currency="EUR",
            issue_date=date(2026, 3, 1),
            due_date=date(2026, 3, 21),
        )
    )
    note(customer_id, "asked about the bill")
    assert [entry.kind for entry in queries.timeline(customer_id=customer_id, kinds=["bill", "note"])] == [
        "note",
        "bill",
    ]


def test_a_branch_begins_its_own_time_line(customer_id: int) -> None:
    jobs.write_on_timeline(BranchAdded(at=AT, customer_id=customer_id, root_id=1, customer_number="C0000009"))
    [entry] = queries.timeline(customer_id=customer_id)
    assert entry.sentence % entry.data == "Added as node C0000009"


def test_an_applicant_who_is_no_customer_yet_has_no_time_line(customer_id: int) -> None:
    jobs.write_on_timeline(
        ApplicationSubmitted(at=AT, customer_id=None, application_id=1, application_number="R0000001")
    )
    assert queries.timeline(customer_id=customer_id) == []


def test_every_event_heard_has_a_sentence_whose_slots_it_fills() -> None:
    assert {event.name for event in jobs.HEARD} == set(SENTENCES)
    for event, (_kind, _about, about_field) in jobs.HEARD.items():
        fields = set(event.__dataclass_fields__)
        slots = set(re.findall(r"%\((\w+)\)s", SENTENCES[event.name]))
        assert slots | {about_field} <= fields, event.name

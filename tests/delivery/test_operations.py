"""Bills and letters on their way: made once, sent once, with proof or with a reason."""

from __future__ import annotations

import email
import email.policy
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.factories import billing as make
from tests.factories.parties import account_of, person_customer
from utenza.billing import queries as bills
from utenza.delivery import jobs, operations, queries
from utenza.delivery.models import Dispatch
from utenza.infra import users
from utenza.infra.models import OutboxEvent
from utenza.infra.operator import change_profile
from utenza.infra.work import drain_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)
AT = datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def bill() -> bills.BillSummary:
    """A bill of 1 February, issued and not yet sent."""
    change_profile(brand="Lumen Fibra", iban="IT60X0542811101000000123456", at=AT)
    customer = person_customer(at=JANUARY)
    account = account_of(customer, at=JANUARY)
    make.agreement(
        customer_id=customer.customer_id,
        account_id=account.account_id,
        offer_version_id=make.fibre(at=JANUARY),
        start=date(2026, 1, 15),
        at=JANUARY,
    )
    approver = users.create_user(username="finance", password="una-lunga-chiave-7", roles=["finance"])
    make.issued_run(cycle_date=date(2026, 2, 1), at=AT, by=None, approver=approver)
    return bills.bills_of_account(account.account_id)[0]


def channel(bill: bills.BillSummary, name: str, recipient: str = "") -> int:
    dispatch_id = operations.plan_bill(bill_id=bill.bill_id, at=AT)
    Dispatch.objects.filter(pk=dispatch_id).update(channel=name, recipient=recipient)
    return dispatch_id


def mails(home: Path) -> list[email.message.EmailMessage]:
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[misc]  # typed so by the policy
        for path in sorted((home / "outbox").glob("*.eml"))
    ]


class TestABillByEmail:
    def test_arrives_with_its_pdf_and_its_delivery_is_announced(self, bill: bills.BillSummary, home: Path) -> None:
        drain_all(at=AT)
        [sent] = mails(home)
        assert sent["To"] == "bollette@posta.example"
        assert sent["Subject"].replace("\xa0", " ") == "La tua fattura F-2026-000001: 46,30 € entro il 21 febbraio 2026"
        [attached] = list(sent.iter_attachments())
        assert attached.get_filename() == "F-2026-000001.pdf"
        text = PdfReader(io.BytesIO(attached.get_content())).pages[0].extract_text()
        assert "F-2026-000001" in text
        [row] = queries.dispatches_of_bill(bill.bill_id)
        assert (row.status, row.delivered_at is not None) == ("delivered", True)
        [event] = OutboxEvent.objects.filter(name="delivery.bill_delivered")
        assert event.payload["recipient"] == "bollette@posta.example"

    def test_is_sent_once_however_often_the_news_comes(self, bill: bills.BillSummary, home: Path) -> None:
        drain_all(at=AT)
        operations.plan_bill(bill_id=bill.bill_id, at=AT)
        drain_all(at=AT)
        assert len(mails(home)) == 1

    def test_survives_a_death_between_the_pdf_and_its_record(self, bill: bills.BillSummary, home: Path) -> None:
        dispatch_id = operations.plan_bill(bill_id=bill.bill_id, at=AT)
        file_key, content = operations.make_document(dispatch_id)
        path = home / "files" / file_key
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        drain_all(at=AT)
        assert queries.dispatch(dispatch_id).status == "delivered"
        assert queries.bill_pdf(bill.bill_id) == ("F-2026-000001.pdf", content)

    def test_that_has_no_address_waits_for_a_person_and_can_be_sent_again(
        self, bill: bills.BillSummary, home: Path
    ) -> None:
        dispatch_id = channel(bill, "email", "nobody")
        drain_all(at=AT)
        [stuck] = queries.undeliverable()
        assert (stuck.dispatch_id, "nobody" in stuck.why) == (dispatch_id, True)
        assert OutboxEvent.objects.filter(name="delivery.bill_undeliverable").count() == 1
        operations.resend(dispatch_id=dispatch_id, recipient="anna@posta.example", at=AT)
        drain_all(at=AT)
        assert queries.dispatch(dispatch_id).status == "delivered"
        assert [mail["To"] for mail in mails(home)] == ["anna@posta.example"]

    def test_that_was_delivered_is_not_sent_again(self, bill: bills.BillSummary) -> None:
        drain_all(at=AT)
        with pytest.raises(operations.NothingToResend):
            operations.resend(dispatch_id=queries.dispatches_of_bill(bill.bill_id)[0].dispatch_id, at=AT)


class TestOtherChannels:
    def test_paper_makes_a_print_file(self, bill: bills.BillSummary, home: Path) -> None:
        dispatch_id = channel(bill, "paper")
        drain_all(at=AT)
        assert (home / "print" / "bills-2026-F-2026-000001.pdf").read_bytes().startswith(b"%PDF-")
        assert queries.dispatch(dispatch_id).status == "delivered"

    def test_the_portal_has_the_bill_at_once(self, bill: bills.BillSummary, home: Path) -> None:
        dispatch_id = channel(bill, "portal")
        drain_all(at=AT)
        assert queries.dispatch(dispatch_id).status == "delivered"
        assert mails(home) == []


class TestALetter:
    def test_is_sent_in_the_language_of_the_account(self, bill: bills.BillSummary, home: Path) -> None:
        letter_id = operations.send_letter(
            customer_id=bill.customer_id,
            account_id=bill.account_id,
            template="reminder_1",
            data={
                "overdue_micro": 46_300_000,
                "currency": "EUR",
                "days_overdue": 6,
                "bills": [{"number": bill.number, "due_date": bill.due_date.isoformat(), "open_micro": 46_300_000}],
                "lines": [],
            },
            at=AT,
        )
        drain_all(at=AT)
        reminder = next(mail for mail in mails(home) if "promemoria" in mail["Subject"])
        assert "46,30" in reminder["Subject"]
        assert bill.number in reminder.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        _name, content = queries.letter_pdf(letter_id)
        assert "Un promemoria" in PdfReader(io.BytesIO(content)).pages[0].extract_text()

    def test_with_a_key_is_sent_once(self, bill: bills.BillSummary) -> None:
        letters = {
            operations.send_letter(
                customer_id=bill.customer_id, template="services_restored", data={}, key="restored:1", at=AT
            )
            for _ in range(2)
        }
        assert len(letters) == 1

    def test_that_does_not_exist_is_refused(self, bill: bills.BillSummary) -> None:
        with pytest.raises(operations.UnknownLetter):
            operations.send_letter(customer_id=bill.customer_id, template="love", data={}, at=AT)


def test_a_document_that_cannot_be_made_is_tried_again_later_and_given_up_at_last(bill: bills.BillSummary) -> None:
    dispatch_id = operations.send_letter(
        customer_id=bill.customer_id, template="payment_receipt", data={"date": "no day", "currency": "EUR"}, at=AT
    )
    at = AT
    for _ in range(6):
        jobs.drain_documents(at=at)
        at = max(Dispatch.objects.get(pk=dispatch_id).next_attempt_at, at)
    stuck = queries.dispatch(dispatch_id)
    assert (stuck.status, "no day" in stuck.why) == ("failed", True)

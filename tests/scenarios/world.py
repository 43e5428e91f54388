"""The operator of the stories: its clock, its staff at their screens and terminals, its worker, its post."""

from __future__ import annotations

import email
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller
from click.testing import CliRunner
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from tests.factories.application import accepted_application
from tests.web.serving import staff
from utenza.billing import queries as bills
from utenza.billing.queries import BillView
from utenza.billing.rules.words import quantity_text, rate_text
from utenza.catalog import queries as catalog
from utenza.cli.main import cli
from utenza.infra import clock, outbox, timed, users, work
from utenza.infra.audit import acting
from utenza.infra.models import User
from utenza.infra.operator import change_setting
from utenza.infra.transactions import transaction
from utenza.ledger import queries as ledger
from utenza.ordering import operations as ordering
from utenza.ordering.operations import OrderRef
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network

ROME = ZoneInfo("Europe/Rome")
SHORT_LADDER = [
    {"code": "reminder_1", "days_overdue_min": 5, "letter": "reminder_1"},
    {"code": "reminder_2", "days_overdue_min": 15, "letter": "reminder_2", "notice": True},
    {"code": "suspend_first", "days_overdue_min": 30, "letter": "suspended", "withdraw": "one"},
    {"code": "suspend_all", "days_overdue_min": 40, "letter": "suspended", "withdraw": "all"},
]
CATALOGUE = Path(__file__).with_name("catalogue.yaml")


def rome(text: str) -> datetime:
    """Return an instant written as the operator's clock shows it: 2026-01-12 10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


class Post:
    """The mail server that the operator hands its mail to; it keeps every letter."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Return the letters that came for an address, in the order in which they came."""
        return [letter for letter in self.letters if letter["To"] == address]

    def subjects(self, address: str) -> list[str]:
        return [str(letter["Subject"]) for letter in self.to(address)]


@contextmanager
def post_office() -> Iterator[tuple[Post, str]]:
    """Open a mail server on a free port; yield what it receives and its address."""
    post = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield post, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def pdf_of(letter: EmailMessage) -> str:
    """Return the words of the one PDF that a letter carries, with plain spaces."""
    [attached] = list(letter.iter_attachments())
    assert attached.get_content_type() == "application/pdf"
    pages = PdfReader(BytesIO(attached.get_content())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def give_short_notice(*, at: datetime) -> None:
    """Have the operator give ten days' notice instead of the forty of the law, so that the stories stay short."""
    change_setting(key="overdue.ladder", value=SHORT_LADDER, at=at)
    change_setting(key="overdue.suspension_notice_days", value=10, at=at)


class World:
    """The operator. `live` lets days pass as the worker lives them; the rest is what people do."""

    def __init__(self, *, post: Post) -> None:
        self.post = post

    def found(self, *, at: datetime) -> None:
        """Take on the staff, put the catalogue on sale and the numbers into stock."""
        self.go(at)
        for name in ("csr", "billing", "finance", "network"):
            staff(name, name)
        # Whoever runs the bills does not approve them; finance takes part in the run as the second person.
        staff("head", "billing", "administrator")
        self.run("catalog", "import", str(CATALOGUE))
        self.run("network", "add-numbers", "voice", "390650010000", "390650010019")
        self.run("network", "add-numbers", "mobile", "393790000000", "393790000019")
        with transaction():
            give_short_notice(at=at)
        timed.start_counting(at=at)

    def go(self, at: datetime) -> datetime:
        """Set the clock."""
        clock.set_clock(at)
        return at

    def work(self) -> None:
        """Do what the worker does now, and demand that nothing failed."""
        at = clock.now()
        report = timed.run_due(at=at)
        assert report.failed == ()
        work.drain_all(at=at)
        left = outbox.backlog()
        assert (left.waiting, left.failing, left.parked) == (0, 0, 0), outbox.parked_deliveries()

    def live(self, until: datetime) -> None:
        """Let the days pass, each worked at eight in the morning, and stop at `until`, worked too."""
        day = (clock.now().astimezone(ROME) + timedelta(days=1)).date()
        while (morning := datetime.combine(day, time(8), ROME).astimezone(UTC)) < until:
            self.go(morning)
            self.work()
            day += timedelta(days=1)
        self.go(until)
        self.work()

    def run(self, *words: str) -> str:
        """Type a command, demand that it succeeds, and return what it printed."""
        done = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    def browser(self, username: str) -> Client:
        """Return a browser in which a member of staff is signed in."""
        client = Client()
        found = User.objects.get(pk=users.user_named(username).id)
        client.force_login(found, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def order_of(self, form: dict[str, Any], offers: list[dict[str, Any]], **more: Any) -> list[OrderRef]:
        """Have somebody apply at the desk, be accepted, and order what the form asks for."""
        at = clock.now()
        with acting(None, "csr"), transaction():
            ref = accepted_application({**form, "offers": offers}, at=at, **more)
            return ordering.place_order_from_application(application_id=ref.application_id, at=at, by="csr")

    def offer(self, code: str) -> int:
        """Return the id of the version of an offer that is sold today."""
        found = catalog.version_on_sale(code=code, on_date=clock.today())
        assert found is not None, f"{code} is not sold"
        return found.offer_version_id

    def technicians(self) -> list[str]:
        """Have a technician confirm every open work order at the terminal; return the tasks."""
        self.work()
        orders = network.open_work_orders()
        for order in orders:
            self.run("network", "confirm", str(order.work_order_id), "--by", "tecla")
        self.work()
        return [order.task for order in orders]

    def serve_internet_by(self, dsn: str) -> None:
        """Have internet services served by a FreeRADIUS whose tables lie at `dsn`."""
        with transaction():
            provisioning.register_element(code="radius", kind="freeradius", at=clock.now(), dsn=dsn)
        self.run("network", "route", "internet", "radius")

    def issue_bills(self, cycle: date) -> None:
        """Approve and issue the run that the clock has calculated, on its page, and let the worker send the bills."""
        run = bills.latest_run(cycle)
        assert run is not None
        assert (run.status, run.held) == ("calculated", 0)
        head = self.browser("head")
        for step in ("check", "approve", "issue"):
            press(head, "bill_run_step", run.run_id, step)
        self.work()
        issued = bills.run(run.run_id)
        assert (issued.status, issued.held) == ("issued", 0)

    def last_bill(self, account_id: int) -> BillView:
        return bills.bill(bills.bills_of_account(account_id)[0].bill_id)


def press(client: Client, name: str, *arguments: Any, **fields: Any) -> HttpResponse:
    """Press a button of a page, as the browser does, and demand that the page went on."""
    answer = client.post(reverse(name, args=arguments), fields)
    assert answer.status_code == 302, (name, answer.status_code, answer.content.decode()[:2000])
    return answer  # type: ignore[return-value]  # the test client's answer is one


def number_at_end(answer: HttpResponse) -> int:
    """Return the number in the address that an answer leads to."""
    found = re.search(r"/(\d+)/", answer["Location"])
    assert found is not None, answer["Location"]
    return int(found[1])


def books_balance() -> None:
    """Demand that all debits equal all credits."""
    rows = ledger.trial_balance()
    assert rows
    assert sum(row.balance_micro for row in rows) == 0


def balance(account_code: str, owner: str = "operator") -> str:
    """Return what an account of the ledger holds, as 72.43; debit is positive."""
    return amount(ledger.balance(account_code=account_code, owner=owner).micro)


def amount(micro: int) -> str:
    cents, rest = divmod(abs(micro), 10_000)
    assert rest == 0, f"{micro} is no whole cent"
    return f"{'-' if micro < 0 else ''}{cents // 100}.{cents % 100:02d}"


def bill_text(bill: BillView) -> str:
    """Write a bill so that an accountant can check it: every line with its days, the taxes, the sums."""
    rows = [f"{bill.kind} {bill.period_start} {bill.period_end}, due {bill.due_date}"]
    for _node, name, lines, subtotal in bill.sections:
        if len(bill.sections) > 1:
            rows.append(f"{name}")
        for line in lines:
            span = f"{line.period_start:%m-%d}/{line.period_end:%m-%d}"
            facts = line.explanation
            if line.kind == "usage":
                share = quantity_text(line.quantity, line.unit, "en")
            elif line.kind == "one_off":
                share = "once"
            else:
                share = f"{facts['days_used']}/{facts['days_in_period']}"
            rows.append(f"  {line.text:<24} {span} {share:>9} {amount(line.amount_micro):>8}")
        if len(bill.sections) > 1:
            rows.append(f"  {'':<24} {'':<11} {'':>9} {amount(subtotal):>8}")
    for tax in bill.taxes:
        rows.append(f"  {'net':<46} {amount(tax.net_micro):>8}")
        rows.append(f"  {'VAT ' + rate_text(tax.rate_bp, 'en'):<46} {amount(tax.tax_micro):>8}")
    rows.append(f"  {'total':<46} {amount(bill.total_micro):>8}")
    return "\n".join(rows) + "\n"

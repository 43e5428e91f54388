"""The months of the invented operator, day by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from utenza.application import operations as application
from utenza.application import queries as applications
from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.catalog import operations as catalog
from utenza.catalog import queries as offers
from utenza.charging import operations as charging
from utenza.core.money import Money
from utenza.demo.people import Applicant, applicant
from utenza.infra import clock, operator, timed, work
from utenza.infra.audit import acting
from utenza.infra.permissions import Role
from utenza.infra.transactions import transaction
from utenza.infra.users import create_user, user_named, users
from utenza.ordering import operations as ordering
from utenza.ordering import queries as agreements
from utenza.parties import queries as people
from utenza.payments import operations as payments
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network
from utenza.termination import operations as termination

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
PASSWORD = "brezza-demo-2026"  # noqa: S105 - the invented operator's, printed on the screen
TOLD = "demo.told"


@dataclass
class Story:
    """What the story has come to; ids by the applicant's number."""

    customers: int
    months: int
    until: date
    customer_of: dict[int, int] = field(default_factory=dict)
    lines_of: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def first_day(self) -> date:
        index = self.until.year * 12 + self.until.month - 1 - self.months
        return date(index // 12, index % 12 + 1, 1)

    def days(self) -> list[date]:
        return [self.first_day + timedelta(days=number) for number in range((self.until - self.first_day).days)]


def found_operator(*, at: datetime) -> None:
    """Write down who the invented operator is, what it sells, who works there and which numbers it has."""
    with transaction():
        operator.change_profile(
            at=at,
            brand="Brezza",
            legal_name="Brezza Telecomunicazioni S.p.A.",
            vat_number="04100990585",
            iban="IT60X0542811101000000123456",
            email="servizio.clienti@brezza.example",
            website="brezza.example",
        )
        known = {one.username for one in users()}
        for role in Role:
            if role.value not in known:
                create_user(username=role.value, password=PASSWORD, roles=[role.value], language="it")
        if "supervisor" not in known:
            create_user(username="supervisor", password=PASSWORD, roles=["billing", "administrator"], language="en")
        catalog.import_catalogue(document=yaml.load(CATALOGUE.read_text(), Loader=yaml.SafeLoader), at=at)
        provisioning.add_number_range(kind="voice", first="390699000000", last="390699000499", at=at)
        provisioning.add_number_range(kind="mobile", first="393790000000", last="393790000499", at=at)


def live(*, story: Story, tell: Callable[[date], None]) -> None:
    """Live every day of the story, one after the other, and say each to `tell` when it is over."""
    timed.start_counting(at=operator.local_midnight(story.first_day))
    days = story.days()
    arrivals = max(1, len(days) * 2 // 3)
    for number, day in enumerate(days):
        morning = operator.local_midnight(day) + timedelta(hours=10)
        clock.set_clock(morning)
        first, last = (story.customers * min(n, arrivals) // arrivals for n in (number, number + 1))
        for index in range(first, last):
            _acquire(story=story, who=applicant(index), at=morning)
        _technician(at=morning)
        _issue_bills(at=morning)
        _customers_pay(story=story, at=morning)
        _customers_recharge(story=story, day=day, at=morning)
        _customers_leave(story=story, day=day, at=morning)
        evening = morning + timedelta(hours=12)
        clock.set_clock(evening)
        timed.run_due(at=evening)
        work.drain_all(at=evening)
        tell(day)
    clock.set_clock(None)


def _acquire(*, story: Story, who: Applicant, at: datetime) -> None:
    """Take an application as a representative does, decide it, and order what it asks for."""
    codes = {one.code: one.offer_version_id for one in offers.offers_on_sale(on_date=operator.local_date(at))}
    chosen: list[dict[str, Any]] = []
    for node in range(3) if who.kind == "company" else range(1):
        plan = len(chosen)
        for code in who.offers:
            parent = None if code == who.offers[0] else plan
            chosen.append({"offer_version_id": codes[code], "parent": parent, "node": node})
    answers = {**who.form, "offers": chosen}
    with acting(user_id=None, username="csr", reason="demo"), transaction():
        ref = application.start(kind=who.kind, channel="desk", market=who.market, payment=who.payment, at=at, by="csr")
        for step in applications.application(ref.application_id).steps:
            values = {one.name: answers[one.name] for one in step.fields if one.name in answers}
            application.save_step(application_id=ref.application_id, step=step.code, values=values, at=at)
        application.submit(application_id=ref.application_id, at=at)
        decided = application.decide(application_id=ref.application_id, at=at)
        if decided.status == "review":
            decided = application.override(
                application_id=ref.application_id,
                outcome="accepted",
                credit_class="C",
                by="credit_analyst",
                why="Papers seen at the desk",
                at=at,
            )
        if decided.customer_id is None or decided.status != "accepted":
            return
        placed = ordering.place_order_from_application(application_id=ref.application_id, at=at, by="csr")
    story.customer_of[who.index] = decided.customer_id
    story.lines_of[who.index] = tuple(line for one in placed for line in one.line_ids)
    if who.payment == "prepaid":
        _recharge(story=story, index=who.index, amount="40.00", at=at)


def _technician(*, at: datetime) -> None:
    """Send what the network must do, and confirm each work order, as a technician does in the morning."""
    work.drain_all(at=at)
    for order in network.open_work_orders():
        with transaction():
            provisioning.confirm_work_order(work_order_id=order.work_order_id, by="network", at=at)
    work.drain_all(at=at)


def _issue_bills(*, at: datetime) -> None:
    """Approve the run that the clock has calculated, as a second person does, and issue its bills."""
    run = bills.latest_run(operator.local_date(at) - timedelta(days=1))
    if run is None or run.status not in ("calculated", "checked"):
        return
    with transaction():
        billing.approve(run_id=run.run_id, at=at, by=user_named("supervisor").id)
    billing.issue(run_id=run.run_id, at=at)
    work.drain_all(at=at)


def _customers_pay(*, story: Story, at: datetime) -> None:
    """Pay what falls due within three days; who does not pay waits for the second reminder and then pays."""
    today = operator.local_date(at)
    for index, customer_id in story.customer_of.items():
        who = applicant(index)
        late = timedelta(days=-33 if not who.pays else 3)
        for node in people.tree(customer_id):
            for account in people.accounts_of(node.customer_id):
                due = [one for one in bills.open_bills(account.account_id) if one.due_date <= today + late]
                for bill in due:
                    with transaction():
                        payments.take_payment(
                            account_id=account.account_id,
                            amount=Money(bill.open_micro, account.currency),
                            method="transfer",
                            reference=bill.number,
                            received_at=at,
                            idempotency_key=f"demo:bill:{bill.bill_id}",
                            at=at,
                            by="finance",
                            bill_id=bill.bill_id,
                        )


def _customers_recharge(*, story: Story, day: date, at: datetime) -> None:
    for index in story.customer_of:
        if applicant(index).payment == "prepaid" and (day.toordinal() + index) % 15 == 0:
            _recharge(story=story, index=index, amount="20.00", at=at)


def _recharge(*, story: Story, index: int, amount: str, at: datetime) -> None:
    for line_id in story.lines_of[index]:
        if all(service.desired_state == "ceased" for service in network.line(line_id).services):
            continue  # its customer has left
        # Who arrives on a day of recharging recharges twice on it: the first sum, then the usual one.
        key = f"demo:recharge:{line_id}:{at.date().isoformat()}:{amount}"
        with transaction():
            charging.recharge(
                line_id=line_id,
                amount=Money.of(amount, "EUR"),
                channel="card",
                reference=key,
                idempotency_key=key,
                at=at,
            )


def _customers_leave(*, story: Story, day: date, at: datetime) -> None:
    """Let those who leave give notice in the last month, for ten days later."""
    if (story.until - day).days != 20:
        return
    for index, customer_id in story.customer_of.items():
        if applicant(index).leaves and any(row.status == "active" for row in agreements.agreements_of(customer_id)):
            with transaction():
                termination.request_termination(
                    customer_id=customer_id,
                    line_id=None,
                    reason="moving",
                    effective_date=day + timedelta(days=10),
                    by="csr",
                    at=at,
                )

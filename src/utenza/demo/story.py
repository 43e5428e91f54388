"""The months of the invented operator, day by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import yaml
from django.db import connection

from utenza.billing import operations as billing
from utenza.billing import queries as bills
from utenza.catalog import operations as catalog
from utenza.core.money import Money
from utenza.demo import desk, switch
from utenza.demo.cast import Cast, Plan
from utenza.demo.night import NightShift, Shift
from utenza.demo.people import Applicant, applicant
from utenza.infra import clock, operator, outbox, timed, work
from utenza.infra.audit import acting
from utenza.infra.transactions import transaction
from utenza.infra.users import StaffSpec, create_users, user_named, users
from utenza.payments import operations as payments
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
PASSWORD = "brezza-demo-2026"  # noqa: S105 - the invented operator's, printed on the screen
STAFF: dict[str, tuple[str, str]] = {
    "csr": ("Carla", "Ferrante"),
    "sales": ("Sandro", "Vallecchi"),
    "credit_analyst": ("Agnese", "Morandini"),
    "product": ("Pietro", "Lunardi"),
    "network": ("Nadia", "Torrisi"),
    "billing": ("Bianca", "Orefice"),
    "collections": ("Corrado", "Stella"),
    "finance": ("Fulvio", "Ansaldi"),
    "auditor": ("Aurora", "Pinelli"),
    "administrator": ("Amedeo", "Ricasoli"),
}
# The first customers come two a day and have their bill day in the story's first week, so that the ladder of
# reminders, which takes eighty days from a bill, can be climbed to its end.
FIRST = 12
EARLY_BILL_DAY = 4
# These are billed on the last day that is lived, so that a bill run waits for its approval.
LATE_BILLED = 5
# The store gets what the days of a week brought in one commit, and before each day of bills.
STORE_EVERY_DAYS = 8
LATER = ("usage.write_raw", "rating.rate_next")
# Documents and letters are made by day, beside the night shift; what comes too late for that waits a day, as post does.
POST = ("delivery", "messages")


@dataclass
class Story:
    """A story that is being told: its plan, its customers, and the timed jobs that failed."""

    plan: Plan
    cast: Cast
    failed: list[str] = field(default_factory=list)


def begin(*, customers: int, months: int, at: datetime) -> Story:
    """Return the story that was begun here, or a new one that ends yesterday, with its operator founded."""
    plan = Plan.kept()
    if plan is None:
        plan = Plan.ending(operator.local_date(at), customers=customers, months=months)
        start = operator.local_midnight(plan.first_day)
        clock.set_clock(start)
        found_operator(at=start)
        switch.set_up()
        timed.start_counting(at=start)
        with transaction():
            plan.keep(at=start)
    return Story(plan=plan, cast=Cast.kept())


def found_operator(*, at: datetime) -> None:
    """Write down who the invented operator is, what it sells, who works there and which numbers it has.

    Safe to repeat.
    """
    with transaction():
        operator.change_profile(
            at=at,
            brand="Brezza",
            legal_name="Brezza Telecomunicazioni S.p.A.",
            vat_number="04100990585",
            tax_code="04100990585",
            address_lines=("Via dell'Arcolaio 12", "00185 Roma RM"),
            iban="IT60X0542811101000000123456",
            email="servizio.clienti@brezza.example",
            phone="06 9900 0100",
            website="brezza.example",
            payment_terms_days=15,
        )
        known = {one.username for one in users()}
        staff = [
            StaffSpec(username=role, roles=(role,), language="it", given_name=names[0], family_name=names[1])
            for role, names in STAFF.items()
        ]
        staff.append(StaffSpec(username="supervisor", roles=("billing", "administrator")))
        create_users(staff=[spec for spec in staff if spec.username not in known], password=PASSWORD)
        catalog.import_catalogue(document=yaml.load(CATALOGUE.read_text(), Loader=yaml.CSafeLoader), at=at)
        provisioning.add_number_range(kind="voice", first="390699000000", last="390699000499", at=at)
        provisioning.add_number_range(kind="mobile", first="393790000000", last="393790000499", at=at)


def live(story: Story, *, tell: Callable[[date], None], stop: Callable[[], bool] = lambda: False) -> bool:
    """Live the days that are left, saying each to `tell` when it is over; return whether the story is at its end.

    The night shift works in a process of its own, and while it is at a day, people begin the next one. The story
    stops after a day on which `stop` says so. A day that was cut off is lived once more: everything in it is safe to
    repeat, by keys that the story brings or by what its cast remembers.
    """
    if story.plan.told:
        return True
    with connection.cursor() as cursor:
        # What is invented can be invented again: no commit waits for the disk, in these two sessions alone.
        cursor.execute("SET synchronous_commit = off")
    try:
        with NightShift() as night:
            at_night: tuple[int, date] | None = None
            for number, day in list(enumerate(story.plan.days))[story.plan.lived :]:
                _applicants_come(story, number, day)
                if at_night is not None:
                    _end_day(story, night, *at_night)
                    tell(at_night[1])
                    at_night = None
                    if stop():
                        break
                else:
                    story.failed += timed.run_due(at=clock.now()).failed
                _live_day(story, number, day)
                night.begin(_shift(story.plan, number, day))
                at_night = (number, day)
            if at_night is not None:
                _end_day(story, night, *at_night)
                tell(at_night[1])
    finally:
        clock.set_clock(None)
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
    return story.plan.told


def _applicants_come(story: Story, number: int, day: date) -> None:
    """Take the applications of a day's morning, which need nothing of the night before."""
    plan, cast = story.plan, story.cast
    morning = _morning(day)
    clock.set_clock(morning)
    for index in range(plan.customers):
        if _arrival(plan, index) == number:
            desk.acquire(cast=cast, who=_billed(plan, applicant(index)), at=morning)
    desk.see_prospects(cast=cast, days_left=(plan.until - day).days, at=morning)


def _live_day(story: Story, number: int, day: date) -> None:
    """Do what else people do on a day, up to the records that the switch writes in the evening."""
    plan, cast = story.plan, story.cast
    morning, midnight = _morning(day), operator.local_midnight(day)
    clock.set_clock(morning)
    _technician(since=midnight, at=morning)
    _issue_bills(at=morning)
    _customers_pay(cast=cast, at=morning)
    for index in list(cast.members):
        _customers_day(cast=cast, who=applicant(index), days_since=number - _arrival(plan, index), at=morning)
        desk.give_notice(cast=cast, who=applicant(index), days_left=(plan.until - day).days, at=morning)
    lines = network.lines([line_id for member in cast.members.values() for line_id in member.lines])
    switch.write_day(day, lines=lines, midnight=midnight, number=number)


def _morning(day: date) -> datetime:
    return operator.local_midnight(day) + timedelta(hours=10)


def _evening(day: date) -> datetime:
    return operator.local_midnight(day) + timedelta(hours=22)


def _shift(plan: Plan, number: int, day: date) -> Shift:
    """Return the work of the night after a day; after the last one the worker's own clock goes on."""
    tomorrow = day + timedelta(days=1)
    return Shift(
        evening=_evening(day),
        morning=_morning(tomorrow) if tomorrow < plan.until else None,
        leave=POST if _stores(plan, number) else (*POST, *LATER),
    )


def _end_day(story: Story, night: NightShift, number: int, day: date) -> None:
    """Make and send the post, lend the night shift a hand, wait for its end, and keep that the day is over."""
    evening = _evening(day)
    last = day + timedelta(days=1) >= story.plan.until
    here = clock.now()
    clock.set_clock(evening)
    for name in POST:
        work.drains()[name](at=evening)
    outbox.deliver_all(at=evening)
    story.failed += night.wait()
    if last:
        work.drain_all(at=evening)
    story.plan = replace(story.plan, lived=number + 1, told=last)
    with transaction():
        story.plan.keep(at=evening)
    clock.set_clock(here)


def _arrival(plan: Plan, index: int) -> int:
    """Return the number of the day on which an applicant comes; the last one comes on the last day."""
    first = min(FIRST, plan.customers)
    if index < first:
        return index // 2
    start, last = (first + 1) // 2, len(plan.days) - 1
    return start + (last - start) * (index - first + 1) // (plan.customers - first)


def _billed(plan: Plan, who: Applicant) -> Applicant:
    """Return the applicant with the bill day that the story has for it."""
    if (who.index % LATE_BILLED == LATE_BILLED - 1 and who.index >= FIRST) or who.index in (0, FIRST - 1):
        day = plan.until - timedelta(days=1)
    elif who.index < FIRST:
        day = plan.first_day + timedelta(days=EARLY_BILL_DAY)
    else:
        return who
    return replace(who, form={**who.form, "bill_day": str(day.day)})


def _stores(plan: Plan, number: int) -> bool:
    """Say whether the usage store is written in the evening of a day: the last, each eighth, and on eves of bills."""
    tomorrow = plan.first_day + timedelta(days=number + 1)
    eves = {1, 15, (plan.first_day + timedelta(days=EARLY_BILL_DAY)).day, (plan.until - timedelta(days=1)).day}
    return tomorrow.day in eves or tomorrow >= plan.until or number % STORE_EVERY_DAYS == STORE_EVERY_DAYS - 1


def _technician(*, since: datetime, at: datetime) -> None:
    """Confirm the work orders of the days before, as a technician does in the morning."""
    for order in network.open_work_orders():
        if order.opened_at < since:
            with acting(user_id=None, username="network"), transaction():
                provisioning.confirm_work_order(work_order_id=order.work_order_id, by="network", at=at)


def _issue_bills(*, at: datetime) -> None:
    """Approve the run that was calculated last evening, as a second person does, and have its bills issued."""
    run = bills.latest_run(operator.local_date(at) - timedelta(days=1))
    if run is None or run.status not in ("calculated", "checked", "approved"):
        return
    by = user_named("supervisor").id
    with acting(user_id=by, username="supervisor"), transaction():
        billing.approve(run_id=run.run_id, at=at, by=by)
        billing.start_issuing(run_id=run.run_id, at=at)


def _customers_pay(*, cast: Cast, at: datetime) -> None:
    """Pay what is due, each customer by its habit."""
    today = operator.local_date(at)
    index_of = {node: index for index, member in cast.members.items() for node in member.nodes}
    for bill in bills.overdue_bills(today + timedelta(days=14)):
        index = index_of.get(bill.customer_id)
        if index is None:
            continue
        who = applicant(index)
        if who.fate == "late":
            if not _was_suspended(cast.members[index].lines, before=at - timedelta(days=2)):
                continue
        elif _pays_on(who, bill.due_date) > today:
            continue
        with acting(user_id=None, username="finance"), transaction():
            payments.take_payment(
                account_id=bill.account_id,
                amount=Money(bill.open_micro, bill.currency),
                method=str(who.form["payment_method"]),
                reference=bill.number,
                received_at=at,
                idempotency_key=f"demo:bill:{bill.bill_id}:{bill.open_micro}",
                at=at,
                by="finance",
                bill_id=bill.bill_id,
            )


def _was_suspended(line_ids: tuple[int, ...], *, before: datetime) -> bool:
    bars = [bar for line in network.lines(line_ids) for bar in line.bars]
    return any(bar.reason == "debt" and bar.placed_at < before for bar in bars)


def _pays_on(who: Applicant, due_date: date) -> date:
    if who.fate == "unpaid":
        return date.max
    if who.fate == "slow":
        return due_date + timedelta(days=8)
    if who.form["payment_method"] == "direct_debit":
        return due_date
    return due_date - timedelta(days=who.index * 7 % 12)


def _customers_day(*, cast: Cast, who: Applicant, days_since: int, at: datetime) -> None:
    """Let a customer do what it does on this day of its life with us: recharge, order more, call."""
    desk.write_down(cast=cast, who=who, days_since=days_since, at=at)
    if who.adds and days_since == 20:
        desk.add_line(cast=cast, who=who, at=at)
    amount = _recharge_on(who, days_since)
    if not amount:
        return
    lines = [line for line in network.lines(cast.members[who.index].lines) if line.payment == "prepaid"]
    alive = tuple(line.line_id for line in lines if any(service.desired_state != "ceased" for service in line.services))
    with acting(user_id=None, username="system"), transaction():
        desk.recharge(line_ids=alive, amount=amount, at=at)


def _recharge_on(who: Applicant, days_since: int) -> str:
    """Return how much a customer recharges on a day of its life with us, '' if nothing."""
    offer = who.adds if who.adds == "mobile-mese" else who.offers[0]
    if who.fate == "dry" or offer not in desk.FIRST_RECHARGE or days_since == 0:
        return ""
    if who.fate == "refills":
        return "30.00" if days_since == 38 else ""
    every, amount = {"mobile-ricarica": (18, "15.00"), "mobile-mese": (27, "10.00"), "fwa-ricarica": (28, "20.00")}[
        offer
    ]
    return amount if days_since % every == 0 else ""

"""What the people of the operator do at their desks: applications, orders, notes, notices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from utenza.application import operations as application
from utenza.application import queries as applications
from utenza.care import operations as care
from utenza.catalog import queries as offers
from utenza.charging import operations as charging
from utenza.core.money import Money
from utenza.demo.cast import Cast, Member
from utenza.demo.people import Applicant, applicant
from utenza.infra import messages
from utenza.infra.audit import acting
from utenza.infra.operator import local_date
from utenza.infra.transactions import transaction
from utenza.ordering import operations as ordering
from utenza.ordering.rules import ItemSpec
from utenza.parties import queries as people
from utenza.provisioning import operations as provisioning
from utenza.termination import operations as termination

# What an offer costs at once, and its first month, are paid by the first recharge.
FIRST_RECHARGE: dict[str, str] = {"mobile-ricarica": "25.00", "mobile-mese": "30.00", "fwa-ricarica": "40.00"}
NOTES = (
    "Chiede la fattura anche in inglese: spiegato dove si cambia la lingua.",
    "Preferisce essere richiamata di pomeriggio, dopo le 17.",
    "Cambierà casa in primavera: vuole sapere se la linea si può spostare.",
    "Ha confermato l'indirizzo e-mail per le fatture.",
    "Interessata a una seconda SIM per la figlia: mandare l'offerta.",
)
CALLS = (
    ("inbound", "Chiede come leggere le voci della prima fattura: spiegati i giorni in parte."),
    ("inbound", "Connessione lenta la sera: riavviato il modem insieme, ora va bene."),
    ("outbound", "Chiamata di benvenuto: attivazione riuscita, nessuna domanda."),
    ("inbound", "Domanda sulle chiamate verso l'estero: letti i prezzi per la Svizzera."),
)


def acquire(*, cast: Cast, who: Applicant, at: datetime) -> None:
    """Take an application as a representative does, decide it, and order what it asks for; at most once."""
    if who.index in cast.members:
        return
    with acting(user_id=None, username="csr"), transaction():
        application_id = hand_in(who=who, at=at)
        decided = application.decide(application_id=application_id, at=at)
        if decided.customer_id is None:
            raise StoryBroken(f"applicant {who.index} was not accepted but {decided.outcome}")
        placed = ordering.place_order_from_application(application_id=application_id, at=at, by="csr")
        lines = tuple(line_id for one in placed for line_id in one.line_ids)
        nodes = tuple(node.customer_id for node in people.tree(decided.customer_id))
        cast.join(who.index, Member(customer_id=decided.customer_id, nodes=nodes, lines=lines), at=at)
        if who.payment == "prepaid":
            recharge(line_ids=lines, amount="20.00" if who.fate == "refills" else FIRST_RECHARGE[who.offers[0]], at=at)


class StoryBroken(RuntimeError):  # noqa: N818 - says what happened
    """The story went another way than it is told: a rule of the house has changed, and the story must follow."""


def hand_in(*, who: Applicant, at: datetime) -> int:
    """Fill the form in and hand it in; return the application's id. Whoever applies by web proves the address."""
    application_id = fill_in(who=who, at=at)
    if _channel(who) == "web":
        application.send_code(application_id=application_id, at=at)
        letter = messages.messages_about(f"application_code:{application_id}")[-1]
        code = "".join(re.findall(r"\d{6}", letter.subject)[:1])
        application.prove_code(application_id=application_id, code=code, at=at)
    application.submit(application_id=application_id, at=at)
    return application_id


def _channel(who: Applicant) -> str:
    return "web" if who.index % 9 == 2 else ("desk", "phone", "agent")[who.index % 3]


def fill_in(*, who: Applicant, at: datetime, steps_max: int = 99) -> int:
    """Start a form and save its first steps; return the application's id."""
    ref = application.start(
        kind=who.kind, channel=_channel(who), market=who.market, payment=who.payment,
        at=at, by="csr",
    )  # fmt: skip
    answers = {**who.form, "offers": _chosen(who, local_date(at))}
    for step in applications.application(ref.application_id).steps[:steps_max]:
        values = {one.name: answers[one.name] for one in step.fields if one.name in answers}
        application.save_step(application_id=ref.application_id, step=step.code, values=values, at=at)
    return ref.application_id


def _chosen(who: Applicant, day: date) -> list[dict[str, Any]]:
    """Return the offers that the form asks for: for a company the same at its seat and at each branch."""
    ids = {one.code: one.offer_version_id for one in offers.offers_on_sale(on_date=day)}
    chosen: list[dict[str, Any]] = []
    for node in range(3) if who.kind == "company" else range(1):
        plan = len(chosen)
        for code in who.offers:
            parent = None if code == who.offers[0] else plan
            chosen.append({"offer_version_id": ids[code], "parent": parent, "node": node})
    return chosen


def add_line(*, cast: Cast, who: Applicant, at: datetime) -> None:
    """Order the further offer that a customer wants some weeks after the first. Safe to repeat."""
    member = cast.members[who.index]
    version = offers.version_on_sale(code=who.adds, on_date=local_date(at))
    if version is None:
        raise StoryBroken(f"{who.adds} is not on sale")
    with acting(user_id=None, username="sales"), transaction():
        ref = ordering.place_order(
            customer_id=member.customer_id,
            items=[ItemSpec(offer_version_id=version.offer_version_id)],
            at=at,
            idempotency_key=f"demo:adds:{who.index}",
            by="sales",
        )
        cast.join(who.index, replace(member, lines=tuple(dict.fromkeys((*member.lines, *ref.line_ids)))), at=at)
        if version.payment == "prepaid":
            recharge(line_ids=ref.line_ids, amount=FIRST_RECHARGE[who.adds], at=at)


def recharge(*, line_ids: tuple[int, ...], amount: str, at: datetime) -> None:
    """Recharge prepaid lines; needs an open transaction. Safe to repeat on one day with one amount."""
    for line_id in line_ids:
        key = f"demo:recharge:{line_id}:{at.date().isoformat()}:{amount}"
        charging.recharge(
            line_id=line_id, amount=Money.of(amount, "EUR"), channel="card", reference=key, idempotency_key=key, at=at
        )


# Applications that did not make a customer, by how many days before the story's end they were made.
_E = {"employment": "none", "employment_years": "0", "income_monthly": "0"}
PROSPECTS: dict[str, tuple[int, int, Mapping[str, str]]] = {
    "contradicts itself": (40, 899, {"birth_date": "1971-03-09"}),
    "has no means": (12, 907, _E),
    "other family name": (1, 915, {"family_name": "De Santis"}),
    "document too long valid": (3, 923, {"document_expiry": "2061-01-31"}),
}
DRAFTS: dict[str, tuple[int, int, int]] = {"first steps": (2, 925, 2), "nearly done": (1, 933, 4)}
WITHDRAWN = ("withdrawn", 20, 941)


def see_prospects(*, cast: Cast, days_left: int, at: datetime) -> None:
    """Take the applications of those who do not become customers on this day, each at most once."""
    for name, (day, index, changes) in PROSPECTS.items():
        if day == days_left and cast.is_new(name):
            who = applicant(index)
            with acting(user_id=None, username="sales"), transaction():
                number = hand_in(who=replace(who, form={**who.form, **changes}), at=at)
                application.decide(application_id=number, at=at)
                cast.note(name, at=at)
    for name, (day, index, steps) in DRAFTS.items():
        if day == days_left and cast.is_new(name):
            with acting(user_id=None, username="csr"), transaction():
                fill_in(who=applicant(index), at=at, steps_max=steps)
                cast.note(name, at=at)
    name, day, index = WITHDRAWN
    if day == days_left and cast.is_new(name):
        with acting(user_id=None, username="csr"), transaction():
            number = hand_in(who=applicant(index), at=at)
            application.withdraw(application_id=number, at=at, by="csr", why="Ha scelto di aspettare")
            cast.note(name, at=at)


def write_down(*, cast: Cast, who: Applicant, days_since: int, at: datetime) -> None:
    """Write the notes and calls about a customer that fall on this day of its life with us. Safe to repeat."""
    customer_id = cast.members[who.index].customer_id
    if days_since == 5 and who.index % 3 == 0:
        with acting(user_id=None, username="csr"), transaction():
            text = NOTES[who.index // 3 % len(NOTES)]
            care.add_note(customer_id=customer_id, text=text, by="csr", key=f"demo:{who.index}", at=at)
    if days_since == 2 + who.index % 20 and who.index % 2 == 0:
        direction, text = CALLS[who.index // 2 % len(CALLS)]
        with acting(user_id=None, username="csr"), transaction():
            care.log_call(
                customer_id=customer_id, direction=direction, text=text, by="csr", key=f"demo:{who.index}", at=at
            )


def give_notice(*, cast: Cast, who: Applicant, days_left: int, at: datetime) -> None:
    """Take the notice of those who leave, or lock the SIM that was lost, on the day of it; each at most once."""
    member, name = cast.members[who.index], f"{who.fate} {who.index}"
    ends_in = {("leaves", 24): 10, ("leaving", 4): 20}.get((who.fate, days_left))
    if ends_in is not None and cast.is_new(name):
        with acting(user_id=None, username="csr"), transaction():
            termination.request_termination(
                customer_id=member.customer_id,
                line_id=None,
                reason="moving" if who.fate == "leaves" else "price",
                effective_date=local_date(at) + timedelta(days=ends_in),
                by="csr",
                at=at,
            )
            cast.note(name, at=at)
    if who.fate == "lost" and days_left == 6:
        with acting(user_id=None, username="csr"), transaction():
            for line_id in member.lines:
                provisioning.suspend(line_id=line_id, reason="lost", at=at, note="SIM smarrita in treno")

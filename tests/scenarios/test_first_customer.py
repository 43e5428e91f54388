"""The first customer, and the one who did not pay: from the application to the final bill.

Giulia and Davide take the same fibre with a telephone on the same Monday. She pays and leaves in April; he is reminded,
loses his line, pays and has it back. FreeRADIUS lets them in and out, and every step shows in the books or the network.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.test import Client

from tests.factories.application import person_form
from tests.factories.parties import person_facts
from tests.lab.freeradius import LAB, FreeradiusLab
from tests.scenarios.world import (
    World,
    balance,
    bill_text,
    books_balance,
    number_at_end,
    pdf_of,
    press,
    rome,
)
from utenza.application import queries as applications
from utenza.billing import queries as bills
from utenza.core.period import DayPeriod
from utenza.delivery import queries as delivery
from utenza.infra import clock
from utenza.infra.transactions import transaction
from utenza.ordering import operations as ordering
from utenza.ordering import queries as agreements
from utenza.parties import queries as people
from utenza.provisioning import queries as network
from utenza.provisioning.queries import LineView
from utenza.rating import queries as rating
from utenza.usage import queries as usage

pytestmark = LAB
GB = 10**9


class Subscriber:
    """A customer of the story with what the network and the bills know it by."""

    def __init__(self, *, line_id: int, password: str) -> None:
        self.line_id, self.password = line_id, password
        found = self.line
        self.customer_id = found.customer_id
        self.account = people.paying_account(self.customer_id)
        self.owner = f"account:{self.account.account_id}"
        internet, voice = found.service("internet"), found.service("voice")
        assert internet is not None
        assert voice is not None
        self.login, self.number = internet.identifier, voice.identifier

    @property
    def line(self) -> LineView:
        return network.line(self.line_id)


def subscriber(line_id: int) -> Subscriber:
    internet = network.line(line_id).service("internet")
    assert internet is not None
    return Subscriber(line_id=line_id, password=network.credentials(internet.service_id).secret)


def apply_at_the_desk(desk: Client, form: dict[str, Any], plan: int, addon: int) -> int:
    """Fill the wizard in, step by step, as a representative does, and hand it in; return the application's id."""
    begun = press(desk, "application_new", kind="individual", wish="fixed:postpaid")
    number = number_at_end(begun)
    for step in applications.application(number).steps:
        fields = {field.name: form[field.name] for field in step.fields if field.name in form}
        if step.code == "offer":
            fields = {**fields, "plan": f"{plan}:0", "addon": f"{addon}:0:{plan}"}
        if step.code != "summary":
            press(desk, "application_step", number, step.code, **fields)
    press(desk, "application_submit", number)
    return number


def switch(world: World, folder: Path) -> None:
    """Have the telephone exchange lay its call records into a folder, as its description says."""
    folder.mkdir()
    description = folder.with_suffix(".yaml")
    settings = {
        "folder": str(folder),
        "delimiter": ";",
        "time_zone": "Europe/Rome",
        "columns": {
            "record_id": "ID",
            "identifier": "FROM",
            "b_number": "TO",
            "started_at": "START",
            "quantity": "SECONDS",
        },
        "values": {"kind": "voice", "identifier_kind": "number"},
    }
    description.write_text(yaml.safe_dump(settings), encoding="utf-8")
    world.run("usage", "source", "exchange", str(description))


def records(folder: Path, name: str, rows: list[str]) -> None:
    (folder / name).write_text("\n".join(["ID;FROM;TO;START;SECONDS", *rows]) + "\n", encoding="utf-8")


def test_a_customer_is_won_served_billed_and_lost_and_a_late_payer_is_stopped_and_let_back(
    world: World, radius_lab: FreeradiusLab, tmp_path: Path
) -> None:
    nas = radius_lab.nas()
    world.serve_internet_by(radius_lab.dsn)
    exchange = tmp_path / "exchange"
    switch(world, exchange)

    # --- Monday 12 January: two people apply, are accepted and order --------------------------------------------
    world.go(rome("2026-01-12 09:00"))
    her_form, his_form = person_form(person_facts(4)), person_form(person_facts(5))
    plan, addon = world.offer("fibra-100"), world.offer("voce")
    application = apply_at_the_desk(world.browser("csr"), her_form, plan, addon)
    decided = applications.application(application)
    assert {check.result for check in decided.checks} == {"pass"}
    assert (decided.status, decided.credit_class) == ("accepted", "A")
    with transaction():
        [hers] = ordering.place_order_from_application(application_id=application, at=clock.now(), by="csr")
    offers = [
        {"offer_version_id": plan, "node": 0, "parent": None},
        {"offer_version_id": addon, "node": 0, "parent": 0},
    ]
    [his] = world.order_of(his_form, offers)
    giulia, davide = subscriber(hers.line_ids[0]), subscriber(his.line_ids[0])
    assert not nas.login(giulia.login, giulia.password), "ordered, and in before the worker did anything"

    # --- The line is provisioned: fibre by FreeRADIUS, the telephone by a technician ----------------------------
    world.go(rome("2026-01-12 10:00"))
    world.work()
    came_in = nas.login(giulia.login, giulia.password)
    assert came_in.accepted
    assert came_in.attributes["Mikrotik-Rate-Limit"] == "20M/100M", "the speed profile of the offer"
    assert not nas.login(giulia.login, "another password")
    assert agreements.order(hers.order_id).status == "in_progress", "the telephone is not there yet"
    assert len(world.technicians()) == 2
    assert agreements.order(hers.order_id).status == "completed"
    assert [row.status for row in agreements.agreements_of(giulia.customer_id)] == ["active", "active"]
    assert {row.start_date for row in agreements.agreements_of(giulia.customer_id)} == {date(2026, 1, 12)}

    # --- She uses it: sessions counted by FreeRADIUS, calls by the exchange -------------------------------------
    world.live(rome("2026-01-14 20:00"))
    session = nas.start_session(giulia.login, at=clock.now())
    nas.interim(session, at=rome("2026-01-14 21:00"), octets_in=1 * GB, octets_out=29 * GB)
    world.live(rome("2026-01-14 21:10"))
    assert data_of(giulia) == [30 * GB], "an interim update is collected before the session ends"
    nas.stop(session, at=rome("2026-01-14 23:30"), octets_in=2 * GB, octets_out=50 * GB)
    records(
        exchange,
        "calls-0115.csv",
        [
            f"a1;{giulia.number};393331234567;2026-01-14 18:00:00;600",
            f"a2;{giulia.number};4930123456;2026-01-14 18:30:00;125",
            f"a3;{giulia.number};4930123456;2026-01-15 07:00:00;60",
            "a4;390699999999;4930123456;2026-01-15 07:00:00;60",
        ],
    )
    world.live(rome("2026-01-15 12:00"))
    records(exchange, "calls-0115-again.csv", [f"a2;{giulia.number};4930123456;2026-01-14 18:30:00;125"])
    world.live(rome("2026-01-15 12:10"))
    assert data_of(giulia) == [30 * GB, 22 * GB]
    assert [(row.reason, row.record["record_id"]) for row in usage.quarantined()] == [("unknown_subscriber", "a4")]
    january = DayPeriod(date(2026, 1, 1), date(2026, 2, 1))
    priced = {
        (row.kind, row.zone): (row.events, row.quantity, row.amount_micro)
        for row in rating.usage_totals([giulia.line_id], january).rows
    }
    # 52 GB: 50 are in the plan, 2 x 0.50. Germany: 3 minutes x 0.25 + 0.30, and 1 x 0.25 + 0.30. Italy is in the plan.
    assert priced == {
        ("data", ""): (2, 52 * GB, 1_000_000),
        ("voice", "italia"): (1, 600, 0),
        ("voice", "germania"): (2, 185, 1_600_000),
    }

    # --- 1 February: the bill run ------------------------------------------------------------------------------
    world.live(rome("2026-02-01 09:00"))
    world.issue_bills(date(2026, 2, 1))
    first = world.last_bill(giulia.account.account_id)
    # January has 31 days, of which she had 20: 24.90 x 20/31 = 16.0645, 4.90 x 20/31 = 3.1613.
    # The discount of 20 % lasts three months: 16.0645 x 0.2 = 3.2129, 24.90 x 0.2 = 4.98.
    # 16.06 - 3.21 + 24.90 - 4.98 + 29.00 + 1.00 + 3.16 + 4.90 + 1.60 + 0.00 = 72.43 with VAT;
    # 72.43 / 1.22 = 59.3689, hence 59.37 without and 13.06 of VAT.
    assert bill_text(first) == FIRST_BILL
    assert first.number == "F-2026-000001"
    assert balance("receivable", giulia.owner) == "72.43"
    assert balance("receivable", davide.owner) == "69.83", "the same without usage: 72.43 - 1.00 - 1.60"
    books_balance()

    # --- It is sent, and it is what was billed -----------------------------------------------------------------
    [letter] = [one for one in world.post.to(her_form["email"]) if first.number in one["Subject"]]
    words = pdf_of(letter)
    for said in (first.number, "72,43", "59,37", "13,06", "Fibra 100 · Canone", "germania"):
        assert said in words, said
    assert "72,43" in letter.get_body(("plain",)).get_content()

    # --- She pays ----------------------------------------------------------------------------------------------
    world.go(rome("2026-02-10 11:00"))
    told = world.run("payment", "take", giulia.account.number, "72.43", "--key", "bank/1", "--bill", first.number)
    assert "72.43 EUR set against bills" in told
    again = world.run("payment", "take", giulia.account.number, "72.43", "--key", "bank/1", "--bill", first.number)
    assert again == told, "the same line of the bank's statement again"
    world.work()
    assert balance("receivable", giulia.owner) == "0.00"
    assert balance("cash.bank") == "72.43"
    assert bills.open_bills(giulia.account.account_id) == []
    books_balance()

    # --- He does not: reminded twice ---------------------------------------------------------------------------
    world.live(rome("2026-02-26 06:00"))
    assert reminders(world, his_form) == []
    world.live(rome("2026-02-26 08:00"))
    assert len(reminders(world, his_form)) == 1, "five days after 21 February"
    assert "69,83" in pdf_of(world.post.to(his_form["email"])[-1])
    world.live(rome("2026-03-01 09:00"))
    world.issue_bills(date(2026, 3, 1))
    assert bill_text(world.last_bill(giulia.account.account_id)) == SECOND_BILL
    assert balance("receivable", davide.owner) == "94.65", "69.83 + 24.82"
    world.run("payment", "take", giulia.account.number, "24.82", "--key", "bank/2")
    world.live(rome("2026-03-08 08:00"))
    [notice] = [one for one in delivery.dispatches_of_customer(davide.customer_id) if one.title == "reminder_2"]
    assert (notice.channel, notice.status) == ("paper", "delivered"), "fifteen days after, the notice by post"
    assert len(reminders(world, his_form)) == 1

    # --- Then his line is closed: his session ends, he is refused, and she is not ------------------------------
    world.live(rome("2026-03-22 22:00"))
    evening = nas.start_session(davide.login, at=clock.now())
    hers_live = nas.start_session(giulia.login, at=clock.now())
    world.live(rome("2026-03-22 23:00"))
    assert nas.login(davide.login, davide.password)
    nas.time = rome("2026-03-23 07:00")
    world.live(rome("2026-03-23 07:30"))
    nas.wait_until_ended(evening)
    assert ("disconnect", evening.session_id) in nas.requests
    assert hers_live.session_id in nas.sessions, "nobody else's session is touched"
    refused = nas.login(davide.login, davide.password)
    assert not refused
    assert refused.message == "Line suspended"
    assert nas.login(giulia.login, giulia.password)
    assert davide.line.bar_reasons == {"debt"}
    assert people.blocks(davide.customer_id, kind="new_orders")
    assert len(world.technicians()) == 1, "the telephone is closed by a technician"
    assert davide.line.status == "suspended"

    # --- He pays at the desk and is let in again ---------------------------------------------------------------
    world.go(rome("2026-03-25 10:00"))
    press(
        world.browser("finance"), "payment_take", davide.account.account_id, amount="94,65", method="card", key="till/1"
    )
    world.work()
    assert balance("receivable", davide.owner) == "0.00"
    assert balance("cash.card") == "94.65"
    back = nas.login(davide.login, davide.password)
    assert back.accepted
    assert back.attributes["Mikrotik-Rate-Limit"] == "20M/100M"
    assert len(world.technicians()) == 1
    assert (davide.line.status, davide.line.bar_reasons) == ("active", frozenset())
    assert not people.blocks(davide.customer_id, kind="new_orders")
    assert world.post.subjects(his_form["email"])[-2:] == [
        "Abbiamo sospeso dei servizi: 94,65 € non pagati",
        "I tuoi servizi funzionano di nuovo",
    ]
    books_balance()

    # --- She leaves: notice, the last day, the final bill, the refusal ------------------------------------------
    world.live(rome("2026-04-01 09:00"))
    world.issue_bills(date(2026, 4, 1))
    assert bill_text(world.last_bill(giulia.account.account_id)) == THIRD_BILL
    world.run("payment", "take", giulia.account.number, "27.97", "--key", "bank/3")
    world.live(rome("2026-04-10 18:00"))
    records(exchange, "calls-0410.csv", [f"b1;{giulia.number};4930123456;2026-04-10 15:00:00;3600"])
    press(
        world.browser("csr"),
        "termination_request",
        giulia.customer_id,
        line_id="",
        reason="moving",
        effective_date="2026-04-20",
        note="",
    )
    world.live(rome("2026-04-19 23:00"))
    assert nas.login(giulia.login, giulia.password), "served up to her last day"
    nas.time = rome("2026-04-20 00:30")
    world.live(rome("2026-04-20 01:00"))
    nas.wait_until_ended(hers_live)
    assert not nas.login(giulia.login, giulia.password)
    assert network.network_state(internet_of(giulia)) is None
    assert bills.bills_of_account(giulia.account.account_id)[0].kind == "regular", "the telephone is still there"
    assert len(world.technicians()) == 1
    assert giulia.line.status == "ceased"
    final = world.last_bill(giulia.account.account_id)
    # April was paid ahead, of which the 11 days from the 20th are given back: 19 days cost 24.90 x 19/30 = 15.77 and
    # 4.90 x 19/30 = 3.1033. The discount ended on the 12th, within the days that stay. Germany: 60 x 0.25 + 0.30.
    # -9.13 - 1.80 + 15.30 = 4.37; 4.37 / 1.22 = 3.58197.
    assert bill_text(final) == FINAL_BILL
    assert any(final.number in one for one in world.post.subjects(her_form["email"]))
    assert balance("receivable", giulia.owner) == "4.37"
    world.run("payment", "take", giulia.account.number, "4.37", "--key", "bank/4")
    world.work()
    assert balance("receivable", giulia.owner) == "0.00"
    assert people.customer(giulia.customer_id).status == "ended"
    assert {row.end_reason for row in agreements.agreements_of(giulia.customer_id)} == {"moving"}
    assert network.line_holding("number", giulia.number, rome("2026-04-21 12:00")) is None

    # --- In May he alone is billed, and the books still balance -------------------------------------------------
    world.live(rome("2026-05-01 09:00"))
    world.issue_bills(date(2026, 5, 1))
    assert len(bills.bills_of_account(giulia.account.account_id)) == 4
    assert len(bills.bills_of_account(davide.account.account_id)) == 4
    books_balance()
    # Everything that was ever billed: 72.43 + 24.82 + 27.97 + 4.37, and 69.83 + 24.82 + 27.97 + 29.80 (no discount).
    assert balance("cash.bank") == "129.59"
    assert balance("receivable", davide.owner) == "57.77"


def data_of(who: Subscriber) -> list[int]:
    """Return the octets of each data event of a line in the raw table, in order of time."""
    found = usage.raw_usage(month="2026-01", bucket=who.line.bucket).events
    if found.is_empty():
        return []
    rows = found.sort("started_at").to_dicts()
    return [row["quantity"] for row in rows if row["line_id"] == who.line_id and row["kind"] == "data"]


def internet_of(who: Subscriber) -> int:
    service = who.line.service("internet")
    assert service is not None
    return service.service_id


def reminders(world: World, form: dict[str, Any]) -> list[str]:
    return [one for one in world.post.subjects(form["email"]) if "promemoria" in one or "sollecito" in one]


FIRST_BILL = """\
regular 2026-01-01 2026-02-01, due 2026-02-21
  Fibra 100 · Canone       01-12/02-01     20/31    16.06
  Benvenuto                01-12/02-01     20/31    -3.21
  Fibra 100 · Canone       02-01/03-01     28/28    24.90
  Benvenuto                02-01/03-01     28/28    -4.98
  Fibra 100 · Attivazione  01-12/01-12      once    29.00
  Dati                     01-01/02-01  52.00 GB     1.00
  Voce · Canone            01-12/02-01     20/31     3.16
  Voce · Canone            02-01/03-01     28/28     4.90
  Chiamate · germania      01-01/02-01  3:05 min     1.60
  Chiamate · italia        01-01/02-01 10:00 min     0.00
  net                                               59.37
  VAT 22%                                           13.06
  total                                             72.43
"""
SECOND_BILL = """\
regular 2026-02-01 2026-03-01, due 2026-03-21
  Fibra 100 · Canone       03-01/04-01     31/31    24.90
  Benvenuto                03-01/04-01     31/31    -4.98
  Voce · Canone            03-01/04-01     31/31     4.90
  net                                               20.34
  VAT 22%                                            4.48
  total                                             24.82
"""
THIRD_BILL = """\
regular 2026-03-01 2026-04-01, due 2026-04-21
  Fibra 100 · Canone       04-01/05-01     30/30    24.90
  Benvenuto                04-01/04-12     11/30    -1.83
  Voce · Canone            04-01/05-01     30/30     4.90
  net                                               22.93
  VAT 22%                                            5.04
  total                                             27.97
"""
FINAL_BILL = """\
final 2026-04-01 2026-04-20, due 2026-05-10
  Fibra 100 · Canone       04-20/05-01     11/30    -9.13
  Voce · Canone            04-20/05-01     11/30    -1.80
  Chiamate · germania      04-01/05-01 60:00 min    15.30
  net                                                3.58
  VAT 22%                                            0.79
  total                                              4.37
"""

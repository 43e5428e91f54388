"""A prepaid mobile line: recharged, charged, closed for want of credit, recharged again. Technicians serve it."""

from __future__ import annotations

from tests.factories.application import person_form
from tests.scenarios.world import World, balance, books_balance, rome
from utenza.charging import queries as charging
from utenza.core.money import Money
from utenza.provisioning import queries as network


def test_a_mobile_line_works_while_there_is_credit_and_again_after_a_recharge(world: World) -> None:
    form = person_form(iban="", payment_method="card")
    offer = {"offer_version_id": world.offer("ricarica"), "node": 0, "parent": None}
    [order] = world.order_of(form, [offer], market="mobile", payment="prepaid")
    [line_id] = order.line_ids
    line, owner = network.line(line_id), f"line:{order.line_ids[0]}"

    # --- Recharged with ten euro before a technician hands the SIM out ------------------------------------------
    world.run("recharge", line.number, "10.00", "--method", "cash", "--reference", "shop 7", "--key", "till/1")
    assert has(line_id) == "10.00"
    assert (balance("cash.cash"), balance("prepaid_liability", owner)) == ("10.00", "-10.00")
    [task] = world.technicians()
    assert line.identifiers[0] in task
    assert network.line(line_id).status == "active"

    # --- The fee of the first month is debited: 8.00, of which 8.00 / 1.22 = 6.5574, hence 6.56, is ours -----------
    world.live(rome("2026-01-13 08:00"))
    assert has(line_id) == "2.00"
    assert balance("prepaid_liability", owner) == "-2.00"
    assert (balance("revenue.prepaid"), balance("tax.vat")) == ("-6.56", "-1.44")
    assert network.line(line_id).bar_reasons == frozenset()
    books_balance()

    # --- A month later two euro do not pay eight: the line is closed, nothing is taken ---------------------------
    world.live(rome("2026-02-12 04:00"))
    assert network.line(line_id).bar_reasons == frozenset()
    world.live(rome("2026-02-12 08:00"))
    barred = network.line(line_id)
    assert barred.bar_reasons == {"no_credit"}
    assert barred.status == "active", "until a technician says that it is closed"
    assert len(world.technicians()) == 1
    assert network.line(line_id).status == "suspended"
    assert has(line_id) == "2.00"
    world.live(rome("2026-02-13 08:00"))
    assert network.open_work_orders() == [], "it is closed once"

    # --- Recharged with too little it stays closed; with enough it is open again and the month begins ------------
    world.go(rome("2026-02-14 10:00"))
    world.run("recharge", line.number, "5.00", "--key", "till/2")
    world.work()
    assert network.line(line_id).bar_reasons == {"no_credit"}
    assert has(line_id) == "7.00"
    told = world.run("recharge", line.number, "20.00", "--key", "till/3")
    assert "it has 19.00 EUR now" in told, "7.00 + 20.00 - 8.00"
    assert world.run("recharge", line.number, "20.00", "--key", "till/3"), "the till sends it again"
    assert has(line_id) == "19.00"
    assert len(world.technicians()) == 1
    opened = network.line(line_id)
    assert (opened.status, opened.bar_reasons) == ("active", frozenset())
    assert balance("prepaid_liability", owner) == "-19.00"
    assert (balance("revenue.prepaid"), balance("tax.vat"), balance("cash.cash")) == ("-13.12", "-2.88", "35.00")
    books_balance()

    # --- The next month begins on the day of the recharge: the days without service cost nothing -----------------
    world.live(rome("2026-03-13 08:00"))
    assert has(line_id) == "19.00"
    world.live(rome("2026-03-14 08:00"))
    assert has(line_id) == "11.00"
    books_balance()


def has(line_id: int) -> str:
    found = charging.balance(line_id)
    assert found is not None
    assert isinstance(found.balance, Money)
    return str(found.balance).split()[0]

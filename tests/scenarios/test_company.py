"""A company with two branches: one is paid for by the company, the other pays itself."""

from __future__ import annotations

from datetime import date

from tests.factories.application import company_form
from tests.lab.freeradius import LAB, FreeradiusLab
from tests.scenarios.world import World, balance, bill_text, books_balance, pdf_of, rome
from utenza.billing import queries as bills
from utenza.parties import queries as people
from utenza.provisioning import queries as network

pytestmark = LAB

# 39.00 x 20/31 = 25.1613, hence 25.16 each; 248.32 x 0.22 = 54.6304, worked out on the sum.
COMPANY_BILL = """\
regular 2026-01-01 2026-02-01, due 2026-02-21
Vetreria Collefiorito
  Fibra affari · Canone    01-12/02-01     20/31    25.16
  Fibra affari · Canone    02-01/03-01     28/28    39.00
  Fibra affari · Attivazione 01-12/01-12      once    60.00
                                                   124.16
Sede di Bologna
  Fibra affari · Canone    01-12/02-01     20/31    25.16
  Fibra affari · Canone    02-01/03-01     28/28    39.00
  Fibra affari · Attivazione 01-12/01-12      once    60.00
                                                   124.16
  net                                              248.32
  VAT 22%                                           54.63
  total                                            302.95
"""
# 124.16 x 0.22 = 27.3152.
BRANCH_BILL = """\
regular 2026-01-01 2026-02-01, due 2026-02-21
  Fibra affari · Canone    01-12/02-01     20/31    25.16
  Fibra affari · Canone    02-01/03-01     28/28    39.00
  Fibra affari · Attivazione 01-12/01-12      once    60.00
  net                                              124.16
  VAT 22%                                           27.32
  total                                            151.48
"""


def test_the_bills_of_a_company_land_where_its_branches_are_paid_for(world: World, radius_lab: FreeradiusLab) -> None:
    nas = radius_lab.nas()
    world.serve_internet_by(radius_lab.dsn)
    plan = world.offer("fibra-affari")
    form = company_form()  # Bologna is paid for by the company, Torino pays itself
    orders = world.order_of(
        form,
        [{"offer_version_id": plan, "node": node, "parent": None} for node in range(3)],
        kind="company",
        market="fixed",
    )
    world.work()

    # --- Three nodes with a line each, all let in; two accounts -------------------------------------------------
    lines = [network.line(line_id) for placed in orders for line_id in placed.line_ids]
    company, bologna, torino = (people.customer(line.customer_id) for line in lines)
    assert [node.name for node in (company, bologna, torino)] == [
        "Vetreria Collefiorito",
        "Sede di Bologna",
        "Sede di Torino",
    ]
    passwords = [network.credentials(line.services[0].service_id) for line in lines]
    for one in passwords:
        assert nas.login(one.identifier, one.secret).attributes["Mikrotik-Rate-Limit"] == "300M/1000M"
    main = people.paying_account(company.customer_id)
    own = people.paying_account(torino.customer_id)
    assert people.paying_account(bologna.customer_id).account_id == main.account_id
    assert own.account_id != main.account_id

    # --- The bills --------------------------------------------------------------------------------------------
    world.live(rome("2026-02-01 09:00"))
    world.issue_bills(date(2026, 2, 1))
    theirs, its_own = world.last_bill(main.account_id), world.last_bill(own.account_id)
    assert bill_text(theirs) == COMPANY_BILL
    assert bill_text(its_own) == BRANCH_BILL
    assert balance("receivable", f"account:{main.account_id}") == "302.95"
    assert balance("receivable", f"account:{own.account_id}") == "151.48"
    letters = {
        one.number: letter
        for one in (theirs, its_own)
        for letter in world.post.to(form["email"])
        if one.number in letter["Subject"]
    }
    assert "Sede di Bologna" in pdf_of(letters[theirs.number])
    assert "302,95" in pdf_of(letters[theirs.number])
    assert "151,48" in pdf_of(letters[its_own.number])

    # --- The company pays; the branch that pays itself does not, and it alone is closed -------------------------
    world.go(rome("2026-02-20 10:00"))
    world.run("payment", "take", main.number, "302.95", "--key", "bank/1")
    world.live(rome("2026-03-01 09:00"))
    world.issue_bills(date(2026, 3, 1))
    world.run("payment", "take", main.number, amount_due(main.account_id), "--key", "bank/2")
    world.live(rome("2026-03-23 08:00"))
    assert [bool(nas.login(one.identifier, one.secret)) for one in passwords] == [True, True, False]
    assert balance("receivable", f"account:{main.account_id}") == "0.00"
    # 151.48 and March: 39.00 + 8.58 of VAT.
    assert balance("receivable", f"account:{own.account_id}") == "199.06"
    world.run("payment", "take", own.number, "199.06", "--key", "bank/3")
    world.work()
    assert nas.login(passwords[2].identifier, passwords[2].secret)
    books_balance()


def amount_due(account_id: int) -> str:
    # Two lines of 39.00: 78.00 + 17.16 of VAT.
    [open_bill] = bills.open_bills(account_id)
    assert open_bill.total_micro == 95_160_000
    return "95.16"

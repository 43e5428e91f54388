"""Who is taken, on which terms, and who is not: stories of acquisition, decided as on a working day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.factories.application import person_form, submitted_application
from tests.factories.parties import AT, account_of, person_customer, person_facts
from utenza.application import operations, queries, queries_fraud
from utenza.application.rules.fraud import REFUSED_TEXT
from utenza.country.italy.tax_code import compute
from utenza.infra.work import drain_all
from utenza.parties import operations as parties
from utenza.parties import queries as known

pytestmark = pytest.mark.django_db


def decided(form: dict[str, Any], *, hour: int = 0, **wish: Any) -> queries.ApplicationView:
    """Hand a form in, have it decided and what follows from it done, and return what became of it."""
    at = AT + timedelta(hours=hour)
    ref = submitted_application(form, at=at, **wish)
    operations.decide(application_id=ref.application_id, at=at)
    drain_all(at=at)
    return queries.application(ref.application_id)


def hits(view: queries.ApplicationView) -> dict[str, tuple[str, ...]]:
    screening = queries_fraud.last_screening(view.application_id)
    assert screening is not None
    return {hit.code: hit.references for hit in screening.hits}


def test_a_ring_of_five_that_shares_an_account_and_a_telephone_is_found() -> None:
    # Five invented persons, each with a document and an address of its own, and one purse behind them.
    shared = {"iban": "IT60X0542811101000000123456", "mobile": "+393331112223", "phone": ""}
    ring = [
        decided(person_form(**shared, street=f"Via del Bosco {n}", house_number=str(n)), hour=24 * n) for n in range(5)
    ]
    # Three may be a family; from the fourth on the account and the telephone speak, and a person must look.
    assert [view.status for view in ring] == ["accepted"] * 3 + ["review"] * 2
    assert set(hits(ring[4])) == {"iban", "phone"}
    named = set(hits(ring[4])["iban"])
    assert named == {view.number for view in ring[:4]}, "the last one leads to all the others"
    # The analyst confirms: the ring's last members are refused and denied, told nothing of how they were found.
    for view in ring[3:]:
        operations.confirm_fraud(application_id=view.application_id, why="One purse.", by="ann", at=AT, deny=True)
    refused = queries.application(ring[4].application_id)
    assert (refused.status, refused.reason) == ("refused", REFUSED_TEXT)
    # A sixth, who comes with the fourth's papers, is refused at once.
    papers = {"document_number": ring[3].form["document_number"]}
    sixth = decided(person_form(**papers), hour=200)
    assert (sixth.status, sixth.reason) == ("refused", REFUSED_TEXT)
    assert "denied_same" in hits(sixth)


def test_a_former_debtor_who_spells_himself_anew_is_caught() -> None:
    facts = person_facts()
    debtor = person_customer(n=int(facts.mobile[-7:]))
    account = account_of(debtor)
    parties.record_payment_standing(
        account_id=account.account_id,
        overdue_micro=312_000_000,
        oldest_due_date=date(2025, 6, 1),
        reminders_12m=4,
        bills_paid_on_time=2,
        bills_paid_late=5,
        at=AT,
    )
    drain_all(at=AT)
    # He doubles a letter, turns day and month or moves a day, and brings another tax code, document, phone and e-mail.
    other = person_facts()
    born = facts.birth_date
    turned = born.replace(month=born.day, day=born.month) if born.day <= 12 else born + timedelta(days=1)
    name = facts.family_name[:2] + facts.family_name[1:]
    code = compute(
        given_name=facts.given_name, family_name=name, birth_date=turned, sex=facts.sex, place_code="F205"
    )  # fmt: skip
    spelled = replace(
        other, given_name=facts.given_name, family_name=name, birth_date=turned, sex=facts.sex, tax_code=code,
        birth_place="Milano",
    )  # fmt: skip
    view = decided(person_form(spelled))
    assert view.status == "review"
    assert hits(view)["debtor"] == (debtor.number,)
    # Nobody may wave him through who did not look at it as fraud, and the desk that took him may not look.
    with pytest.raises(operations.FraudNotCleared):
        operations.override(
            application_id=view.application_id, outcome="accepted", credit_class="C", why="Seems nice.", by="ann", at=AT
        )
    with pytest.raises(operations.FourEyes):
        operations.clear_fraud(application_id=view.application_id, why="Seems nice.", by="csr", at=AT)


def test_a_provider_that_is_down_holds_nobody_up_and_lets_nobody_through() -> None:
    class Broken(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(503)

        def log_message(self, *_args: Any) -> None:
            """Keep the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Broken)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        operations.change_provider(
            name="kyc", label="Verifica", url=f"http://127.0.0.1:{server.server_port}/", secret="s", timeout_s=1.0,
            template={"tax_code": "{tax_code}"}, result_at="status", results={"ok": "pass"}, at=AT,
        )  # fmt: skip
        view = decided(person_form())
        assert view.status == "checking"
        for seconds in (2, 10):
            drain_all(at=AT + timedelta(seconds=seconds))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    view = queries.application(view.application_id)
    assert view.status == "review"
    assert {check.code: check.result for check in view.checks}["provider_kyc"] == "review"
    # The analyst, who saw the papers, takes the customer; the check keeps who did and why.
    operations.override(
        application_id=view.application_id, outcome="accepted", why="Papers seen.", by="ann", at=AT + timedelta(hours=1)
    )
    view = queries.application(view.application_id)
    assert view.status == "accepted"
    assert [check.overridden_by for check in view.checks if check.code == "provider_kyc"] == ["ann"]


def test_a_household_is_accepted_in_class_b() -> None:
    form = person_form(
        household="yes", employment="permanent", employment_years="2", income_monthly="1400,00",
        payment_method="transfer",
    )  # fmt: skip
    view = decided(form)
    assert (view.status, view.credit_class, view.deposit_micro) == ("accepted", "B", 0)
    assert view.customer_id is not None
    customer = known.customer(view.customer_id)
    assert (customer.node_kind, customer.status, customer.credit_class) == ("household", "active", "B")
    assert hits(view) == {}


def test_a_student_is_refused_postpaid_and_takes_prepaid() -> None:
    form = person_form(
        employment="student", employment_years="0", income_monthly="300,00", payment_method="transfer",
        offers=[{"offer_version_id": 1}],
    )  # fmt: skip
    view = decided(form, market="mobile")
    assert (view.status, view.outcome, view.credit_class) == ("refused", "prepaid_only", "E")
    assert view.reason == "The credit check allows no postpaid offer: prepaid is offered."
    taken = operations.take_prepaid(
        application_id=view.application_id, offers=[{"offer_version_id": 2, "parent": None, "node": 0}], at=AT, by="csr"
    )
    view = queries.application(view.application_id)
    assert (taken.status, view.payment, view.deposit_micro) == ("accepted", "prepaid", 0)
    assert view.customer_id is not None
    assert known.customer(view.customer_id).status == "active"

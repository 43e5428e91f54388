"""Proof, screening and review of applications on their pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.application.test_proof import draft, told_code
from tests.factories.application import person_form, submitted_application
from tests.factories.parties import AT, person_facts
from utenza.application import operations, queries, queries_fraud
from utenza.application.models import Application
from utenza.application.rules.fraud import DEFAULTS

SignedIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


class TestTheWizard:
    def test_sends_a_code_and_takes_it(self, signed_in: SignedIn) -> None:
        # The page is sent by the real clock, which decides how long a code holds.
        application_id = draft()
        client = signed_in("csr")
        page = f"/applications/{application_id}/steps/contact/"
        assert "Send a code" in client.get(page).content.decode()
        assert client.post(f"/applications/{application_id}/code/")["Location"] == page
        client.post(f"/applications/{application_id}/proof/", {"code": "not it"})
        assert queries.application(application_id).proven_at is None
        client.post(f"/applications/{application_id}/proof/", {"code": told_code(application_id)})
        assert "was told back on" in client.get(page).content.decode()


def suspected(by: str) -> int:
    """Return an application that shares its document with another person's, taken by somebody."""
    first = person_facts()
    ref = submitted_application(person_form(first))
    operations.decide(application_id=ref.application_id, at=AT)
    ref = submitted_application(person_form(document_number=first.document_number))
    Application.objects.filter(pk=ref.application_id).update(started_by=by)
    operations.decide(application_id=ref.application_id, at=AT)
    return ref.application_id


class TestAReviewOfFraud:
    def test_is_found_in_the_queue_read_and_cleared(self, signed_in: SignedIn) -> None:
        application_id = suspected("csr")
        client = signed_in("credit_analyst")
        number = queries.application(application_id).number
        assert number in client.get("/applications/fraud/").content.decode()
        page = client.get(f"/applications/{application_id}/").content.decode()
        assert "The document also serves 1 other persons" in page
        client.post(f"/applications/{application_id}/fraud/", {"outcome": "cleared", "why": "A typing error."})
        assert queries.application(application_id).status == "accepted"
        page = client.get(f"/applications/{application_id}/").content.decode()
        assert "A typing error." in page
        assert number not in client.get("/applications/fraud/").content.decode()

    def test_confirms_fraud_and_denies_if_ticked(self, signed_in: SignedIn) -> None:
        application_id = suspected("csr")
        client = signed_in("credit_analyst")
        client.post(f"/applications/{application_id}/fraud/", {"outcome": "confirmed", "why": "A ring.", "deny": "yes"})
        assert queries.application(application_id).status == "refused"
        assert "A ring." in client.get("/applications/denied/").content.decode()

    def test_is_not_offered_to_who_took_the_application_and_shows_others_no_rule(self, signed_in: SignedIn) -> None:
        application_id = suspected("Marta Conti")
        page = signed_in("credit_analyst").get(f"/applications/{application_id}/").content.decode()
        assert "must review it" in page
        assert "No fraud: clear it" not in page
        page = signed_in("csr").get(f"/applications/{application_id}/").content.decode()
        assert "The document also serves" not in page


class TestTheRulesOfFraud:
    def values(self) -> dict[str, str]:
        typed = {"review_from": "40", "refuse_from": "100", "likeness": "84"}
        for code, rule in DEFAULTS.rules.items():
            typed |= {f"{code}-weight": str(rule.weight), f"{code}-limit": str(rule.limit)}
            typed |= {f"{code}-window": str(rule.window_h)}
        return typed

    def test_are_set_as_a_new_version_with_its_reason(self, signed_in: SignedIn) -> None:
        client = signed_in("administrator")
        assert "Same document, other persons" in client.get("/settings/fraud/").content.decode()
        answer = client.post("/settings/fraud/", self.values() | {"iban-weight": "45", "why": "Mules were seen."})
        assert answer.status_code == 302
        version, values = queries_fraud.rules_in_force()
        assert (version, values.rules["iban"].weight) == (1, 45)
        assert "Mules were seen." in client.get("/settings/fraud/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"iban-weight": "much"}, "Write a whole number here."),
            ({"iban-weight": "900"}, "weights go from 0 to 200"),
            ({"review_from": "200"}, "Refusing must begin at more points"),
            ({"iban-weight": "45", "why": ""}, "needs its reason"),
        ],
    )
    def test_that_cannot_be_are_said_and_change_nothing(
        self, signed_in: SignedIn, changes: dict[str, str], words: str
    ) -> None:
        answer = signed_in("administrator").post("/settings/fraud/", self.values() | {"why": "x"} | changes)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert queries_fraud.rules_in_force()[0] == 0


class TestTheDeniedList:
    def test_takes_and_lifts(self, signed_in: SignedIn) -> None:
        client = signed_in("credit_analyst")
        client.post(
            "/applications/denied/",
            {
                "family_name": "Ruggeri",
                "given_name": "Elio",
                "birth_date": "3/4/1981",
                "reason": "debt",
                "note": "Two flats.",
            },
        )
        [row] = queries_fraud.denials()
        assert (row.name, row.reason, row.denied_by) == ("Elio Ruggeri", "debt", "Marta Conti")
        client.post(f"/applications/denied/{row.denial_id}/lift/")
        assert queries_fraud.denials()[0].lifted_by == "Marta Conti"
        assert "lifted by" in client.get("/applications/denied/").content.decode()

    def test_says_what_is_missing(self, signed_in: SignedIn) -> None:
        answer = signed_in("credit_analyst").post("/applications/denied/", {"given_name": "Elio", "reason": "debt"})
        assert answer.status_code == 422
        assert "To deny somebody" in answer.content.decode()

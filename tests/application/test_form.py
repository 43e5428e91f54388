"""The form: its steps, drafts that keep what was typed, and handing in."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.application import (
    IBAN,
    accepted_application,
    company_form,
    filled_application,
    person_form,
    submitted_application,
)
from tests.factories.parties import AT
from utenza.application import operations, queries
from utenza.application.models import Application
from utenza.application.rules import NotADate, all_fields, faults_of, steps
from utenza.application.rules.validation import NotAnAmount, parsed_amount, parsed_date
from utenza.application.states import APPLICATION_MOVES, ApplicationStatus
from utenza.core.errors import Refusal
from utenza.country import rules as country_rules
from utenza.infra.states import ForbiddenMove

ITALY = country_rules("IT")


def codes_of(faults: list[Refusal]) -> dict[str | None, str]:
    return {fault.field: fault.code for fault in faults}


class TestTheSteps:
    def test_ask_a_person_for_means_unless_it_is_prepaid(self) -> None:
        assert [step.code for step in steps(kind="individual")] == [
            "who", "contact", "documents", "means", "offer", "consents", "summary",
        ]  # fmt: skip
        assert "income_monthly" in all_fields(steps(kind="individual", payment="postpaid"))
        assert "income_monthly" not in all_fields(steps(kind="individual", payment="prepaid"))

    def test_ask_a_company_for_branches_and_for_who_signs(self) -> None:
        fields = all_fields(steps(kind="company"))
        assert {"legal_name", "vat_number", "branches", "given_name", "tax_code", "turnover_yearly"} <= set(fields)
        assert "income_monthly" not in fields

    def test_ask_where_the_line_goes_unless_it_is_mobile(self) -> None:
        assert "installation_street" in all_fields(steps(kind="individual", market="fixed"))
        assert "installation_street" not in all_fields(steps(kind="individual", market="mobile"))

    @pytest.mark.parametrize(
        ("kind", "market", "payment"),
        list(product(["individual", "company"], ["", "mobile", "fixed"], ["", "prepaid", "postpaid"])),
    )
    def test_name_each_field_once_and_label_everything(self, kind: str, market: str, payment: str) -> None:
        form_steps = steps(kind=kind, market=market, payment=payment)
        fields = [field for step in form_steps for field in step.fields]
        assert len({field.name for field in fields}) == len(fields)
        assert all(str(field.label) and all(str(choice.label) for choice in field.choices) for field in fields)
        for field in fields:
            assert field.needed_when is None or field.needed_when[0] in all_fields(form_steps)


class TestValidation:
    def test_finds_nothing_in_a_complete_form(self) -> None:
        assert faults_of(steps=steps(kind="individual"), form=person_form(), country=ITALY) == []
        assert faults_of(steps=steps(kind="company"), form=company_form(), country=ITALY) == []

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("given_name", "", "answer_required"),
            ("family_name", "x" * 81, "answer_too_long"),
            ("sex", "X", "answer_not_chosen"),
            ("birth_date", "31/02/1980", "not_a_date"),
            ("email", "nobody", "invalid_email"),
            ("mobile", "12", "invalid_phone"),
            ("postcode", "185", "invalid_postcode"),
            ("province", "XX", "invalid_province"),
            ("tax_code", "RSSMRA80A01H501X", "invalid_tax_code"),
            ("document_number", "12", "invalid_document"),
            ("employment_years", "-3", "not_a_number"),
            ("employment_years", "99", "out_of_range"),
            ("income_monthly", "lots", "not_an_amount"),
            ("iban", "IT00", "invalid_iban"),
            ("bill_day", "32", "out_of_range"),
            ("terms_accepted", "no", "terms_not_accepted"),
            ("terms_accepted", "", "answer_required"),
            ("offers", "all", "answer_not_understood"),
            ("offers", [{"offer_version_id": "x"}], "answer_not_understood"),
            ("offers", [{"offer_version_id": 1, "parent": 0}], "answer_not_understood"),
        ],
    )
    def test_names_the_field_at_fault(self, field: str, value: Any, code: str) -> None:
        form = person_form(**{field: value})
        assert codes_of(faults_of(steps=steps(kind="individual"), form=form, country=ITALY)) == {field: code}

    def test_asks_for_an_iban_only_for_direct_debit(self) -> None:
        form = person_form(iban="", payment_method="transfer")
        assert faults_of(steps=steps(kind="individual"), form=form, country=ITALY) == []
        form = person_form(iban="", payment_method="direct_debit")
        assert codes_of(faults_of(steps=steps(kind="individual"), form=form, country=ITALY)) == {
            "iban": "answer_required"
        }

    def test_asks_for_the_other_address_only_if_there_is_one(self) -> None:
        form = person_form(installation_elsewhere="yes")
        faults = codes_of(faults_of(steps=steps(kind="individual", market="fixed"), form=form, country=ITALY))
        assert set(faults) == {f"installation_{name}" for name in ("street", "postcode", "city", "province")}

    @pytest.mark.parametrize(
        "branches", [[{"name": ""}], [{"name": "A", "node_kind": "planet"}], "Bologna", ["Bologna"]]
    )
    def test_looks_into_each_branch(self, branches: Any) -> None:
        faults = faults_of(steps=steps(kind="company"), form=company_form(branches=branches), country=ITALY)
        assert [fault.field for fault in faults] == ["branches"]

    @pytest.mark.parametrize("text", ["31/12/1980", "31.12.1980", "31-12-1980", "1980-12-31", "31 12 1980"])
    def test_reads_a_date_in_any_usual_form(self, text: str) -> None:
        assert parsed_date(text).isoformat() == "1980-12-31"

    @pytest.mark.parametrize("text", ["12/31/1980", "31/12/80", "1980", "ieri", "٣١/١٢/١٩٨٠"])
    def test_reads_no_date_where_there_is_none(self, text: str) -> None:
        with pytest.raises(NotADate):
            parsed_date(text)

    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("1800", "1800.00"), ("1800,5", "1800.50"), ("1.800,50", "1800.50"), ("1,800.50", "1800.50"),
            ("1.800", "1800.00"), ("€ 1 800,50", "1800.50"), ("1.250.000,00", "1250000.00"), ("0", "0.00"),
        ],
    )  # fmt: skip
    def test_reads_an_amount_however_it_is_marked(self, text: str, amount: str) -> None:
        assert parsed_amount(text) == amount

    @given(st.integers(0, 10**9), st.integers(0, 99))
    def test_reads_back_the_amount_that_it_wrote(self, whole: int, cents: int) -> None:
        italian = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
        assert parsed_amount(italian) == parsed_amount(f"{whole:,}.{cents:02d}") == f"{whole}.{cents:02d}"

    @pytest.mark.parametrize("text", ["", "-5", "1,2,3", "1.80.0", "12,345,6", "abc", "1e3"])
    def test_reads_no_amount_where_there_is_none(self, text: str) -> None:
        with pytest.raises(NotAnAmount):
            parsed_amount(text)

    @given(st.text(max_size=30))
    def test_of_any_text_in_any_field_is_a_refusal_or_a_written_form_that_stays(self, text: str) -> None:
        form_steps = steps(kind="company")
        for field in all_fields(form_steps).values():
            if field.needed_when is None and field.kind not in ("branches", "offers"):
                form = company_form(**{field.name: text})
                faults = faults_of(steps=form_steps, form=form, country=ITALY)
                assert all(isinstance(fault, Refusal) and fault.field for fault in faults)


@pytest.mark.django_db
class TestADraft:
    def start(self) -> int:
        return operations.start(kind="individual", channel="desk", at=AT, by="csr").application_id

    def test_keeps_wrong_answers_and_says_what_is_wrong(self) -> None:
        application_id = self.start()
        values = {"given_name": "Anna", "birth_date": "31/02/1980", "unknown": "x"}
        faults = operations.save_step(application_id=application_id, step="who", values=values, at=AT)
        assert codes_of(faults)["birth_date"] == "not_a_date"
        assert codes_of(faults)["family_name"] == "answer_required"
        view = queries.application(application_id)
        assert view.form["birth_date"] == "31/02/1980"
        assert "unknown" not in view.form
        assert (view.status, view.applicant) == ("draft", "Anna")

    def test_keeps_right_answers_in_their_written_form(self) -> None:
        ref = filled_application(
            person_form(birth_date="1/2/1980", income_monthly="1.900", iban="it60 x054 2811 1010 0000 0123 456")
        )
        form = queries.application(ref.application_id).form
        assert (form["birth_date"], form["income_monthly"], form["iban"]) == ("1980-02-01", "1900.00", IBAN)

    def test_is_not_handed_in_incomplete_and_says_every_fault(self) -> None:
        application_id = self.start()
        with pytest.raises(operations.ApplicationIncomplete) as refused:
            operations.submit(application_id=application_id, at=AT)
        assert len(refused.value.faults) == refused.value.data["count"] > 15
        assert [fault.field for fault in queries.faults(application_id, step="documents")] == [
            "tax_code", "document_kind", "document_number", "document_expiry",
        ]  # fmt: skip

    def test_is_encrypted_at_rest(self) -> None:
        ref = filled_application()
        with connection.cursor() as cursor:
            cursor.execute("SELECT form FROM application_application WHERE id = %s", [ref.application_id])
            stored = cursor.fetchone()[0]
            cursor.execute("SELECT string_agg(form, ' ') FROM application_applicationevent")
            history = cursor.fetchone()[0]
        assert "tax_code" not in stored + history

    def test_changes_its_wish_and_keeps_the_answers(self) -> None:
        ref = filled_application(payment="postpaid")
        operations.change_wish(application_id=ref.application_id, market="mobile", payment="prepaid", at=AT)
        view = queries.application(ref.application_id)
        assert "income_monthly" not in all_fields(view.steps)
        assert view.form["income_monthly"] == "1900.00"
        operations.submit(application_id=ref.application_id, at=AT)
        assert "income_monthly" not in queries.application(ref.application_id).form

    def test_is_started_with_known_words_only(self) -> None:
        with pytest.raises(operations.InvalidApplicationChoice):
            operations.start(kind="robot", channel="desk", at=AT, by="csr")
        with pytest.raises(operations.UnknownStep):
            operations.save_step(application_id=self.start(), step="hobbies", values={}, at=AT)
        with pytest.raises(operations.UnknownApplication):
            operations.submit(application_id=10**9, at=AT)

    def test_handed_in_cannot_be_changed(self) -> None:
        ref = submitted_application()
        operations.submit(application_id=ref.application_id, at=AT)
        with pytest.raises(operations.NotADraft):
            operations.save_step(application_id=ref.application_id, step="who", values={}, at=AT)


@pytest.mark.django_db
class TestTheQueue:
    def test_holds_what_waits_the_longest_waiting_first(self) -> None:
        filled_application()
        waiting = [submitted_application().number for _ in range(2)]
        in_review = submitted_application(person_form(family_name="Zuccarelli"))
        operations.decide(application_id=in_review.application_id, at=AT)
        assert [row.number for row in queries.queue()] == [*waiting, in_review.number]
        assert [row.number for row in queries.queue("review")] == [in_review.number]
        assert [row.number for row in queries.queue(text="zuccar")] == [in_review.number]
        assert queries.counts() == {"draft": 1, "submitted": 2, "review": 1}

    def test_is_read_in_one_query_without_decrypting(self, django_assert_num_queries: Any) -> None:
        for _ in range(3):
            submitted_application()
        with django_assert_num_queries(1):
            assert len(queries.queue()) == 3

    def test_knows_the_applications_of_a_customer(self) -> None:
        ref = accepted_application()
        customer_id = queries.application_by_number(ref.number).customer_id
        assert customer_id is not None
        assert [row.number for row in queries.applications_of(customer_id)] == [ref.number]


@pytest.mark.django_db
def test_checks_speak_the_readers_language_where_it_is_translated() -> None:
    ref = submitted_application(person_form(family_name="Zuccarelli"))
    operations.decide(application_id=ref.application_id, at=AT)
    with translation.override("en"):
        sentences = [check.sentence for check in queries.application(ref.application_id).checks]
    assert "The tax code contradicts what the form says of: family name." in sentences


S = ApplicationStatus
TRIGGERS = {
    "submit": lambda pk: operations.submit(application_id=pk, at=AT),
    "decide": lambda pk: operations.decide(application_id=pk, at=AT),
    "send_back": lambda pk: operations.send_back(application_id=pk, at=AT, by="ann", why="Wrong."),
    "withdraw": lambda pk: operations.withdraw(application_id=pk, at=AT, by="csr"),
    "mark_ordered": lambda pk: operations.mark_ordered(application_id=pk, at=AT),
    "refuse": lambda pk: operations.override(application_id=pk, outcome="refused", at=AT, by="ann", why="Wrong."),
    "accept": lambda pk: operations.override(
        application_id=pk, outcome="accepted", credit_class="C", at=AT, by="ann", why="Known."
    ),
}
# What each trigger makes of each state; a state that is not named refuses it.
BECOMES = {
    "submit": {S.DRAFT: S.SUBMITTED, **{s: s for s in S if s not in (S.DRAFT, S.WITHDRAWN)}},
    "decide": {S.SUBMITTED: S.ACCEPTED, **{s: s for s in S if s not in (S.DRAFT, S.SUBMITTED, S.WITHDRAWN)}},
    "send_back": {S.DRAFT: S.DRAFT, S.SUBMITTED: S.DRAFT, S.REVIEW: S.DRAFT},
    "withdraw": dict.fromkeys((S.DRAFT, S.SUBMITTED, S.REVIEW, S.WITHDRAWN), S.WITHDRAWN),
    "mark_ordered": {S.ACCEPTED: S.ORDERED, S.ORDERED: S.ORDERED},
    "refuse": {S.REVIEW: S.REFUSED, S.REFUSED: S.REFUSED},
    "accept": {S.REVIEW: S.ACCEPTED, S.REFUSED: S.ACCEPTED, S.ACCEPTED: S.ACCEPTED},
}


@pytest.mark.django_db
@pytest.mark.parametrize(("trigger", "state"), list(product(TRIGGERS, S)))
def test_every_state_answers_every_trigger(trigger: str, state: ApplicationStatus) -> None:
    ref = accepted_application() if state in (S.ACCEPTED, S.ORDERED) else submitted_application()
    outcome = {S.ACCEPTED: "accepted", S.ORDERED: "accepted", S.REFUSED: "refused", S.REVIEW: "review"}.get(state, "")
    Application.objects.filter(pk=ref.application_id).update(status=state, outcome=outcome, credit_class="C")
    wanted = BECOMES[trigger].get(state)
    if wanted is None:
        with pytest.raises((ForbiddenMove, operations.OverrideNotOpen)):
            TRIGGERS[trigger](ref.application_id)
    else:
        TRIGGERS[trigger](ref.application_id)
    assert queries.application(ref.application_id).status == (wanted or state)


def test_every_state_has_its_moves_and_two_are_final() -> None:
    assert set(APPLICATION_MOVES) == set(S)
    assert {state for state, moves in APPLICATION_MOVES.items() if not moves} == {S.WITHDRAWN, S.ORDERED}

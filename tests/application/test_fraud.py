"""Fraud screening: each rule hits for what it is about and for nothing else, and four eyes decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.factories.application import person_form, submitted_application
from tests.factories.parties import AT, PersonFacts, account_of, person_customer, person_facts
from utenza.application import operations, queries, queries_fraud
from utenza.application.models import FraudScreening, ScreenedPerson, ScreeningKey
from utenza.application.rules.fraud import (
    DEFAULTS,
    REFUSED_TEXT,
    Found,
    FraudRules,
    FraudRulesWrong,
    RuleValues,
    ThresholdsWrong,
    from_json,
    refuse_wrong,
    screen,
)
from utenza.core.events.parties import CustomerChanged
from utenza.core.events.termination import TerminationCompleted
from utenza.country.italy.tax_code import compute
from utenza.infra.outbox import announce
from utenza.infra.work import drain_all
from utenza.parties import operations as parties

LATER = AT + timedelta(hours=1)


def decided(*, at: Any = AT, started: dict[str, Any] | None = None, **changes: Any) -> int:
    """Hand an application in and decide it; `started` changes how it was begun."""
    ref = submitted_application(person_form(changes.pop("facts", None), **changes), at=at)
    if started:
        from utenza.application.models import Application

        Application.objects.filter(pk=ref.application_id).update(**started)
    operations.decide(application_id=ref.application_id, at=at)
    return ref.application_id


def hits(application_id: int) -> dict[str, int]:
    found = queries_fraud.last_screening(application_id)
    assert found is not None
    return {hit.code: hit.points for hit in found.hits}


def respelled(facts: PersonFacts, **changes: Any) -> dict[str, Any]:
    """Return the form of the same person with a fault, its tax code made to fit, and papers of its own."""
    facts = replace(facts, **changes)
    code = compute(
        given_name=facts.given_name,
        family_name=facts.family_name,
        birth_date=facts.birth_date,
        sex=facts.sex,
        place_code="F205",
    )
    other = person_facts()
    own = replace(other, given_name=facts.given_name, family_name=facts.family_name, birth_date=facts.birth_date)
    return person_form(replace(own, sex=facts.sex, tax_code=code, birth_place="Milano"))


class TestTheSum:
    @pytest.mark.parametrize(
        ("found", "points", "result"),
        [
            ({}, 0, "pass"),
            ({"document": Found(1, ("P1",))}, 60, "review"),
            ({"email": Found(2)}, 0, "pass"),
            ({"email": Found(3)}, 25, "pass"),
            ({"email": Found(3), "phone": Found(3)}, 50, "review"),
            ({"denied_same": Found(1)}, 100, "fail"),
            ({"document": Found(1), "iban": Found(3), "address": Found(6)}, 105, "fail"),
        ],
    )
    def test_passes_reviews_or_refuses(self, found: dict[str, Found], points: int, result: str) -> None:
        screened = screen(found, DEFAULTS)
        assert (screened.points, screened.result) == (points, result)

    def test_leaves_a_rule_out_whose_weight_is_nothing(self) -> None:
        off = replace(DEFAULTS, rules={**DEFAULTS.rules, "document": RuleValues(0, 0, 1)})
        assert screen({"document": Found(9)}, off).hits == ()

    def test_keeps_ten_references_at_most(self) -> None:
        [hit] = screen({"document": Found(40, tuple(f"P{n}" for n in range(40)))}, DEFAULTS).hits
        assert (hit.data["count"], len(hit.data["numbers"])) == (40, 10)


class TestTheValues:
    def test_are_read_back_as_they_were_kept(self) -> None:
        assert from_json(DEFAULTS.as_json()) == DEFAULTS

    def test_of_a_rule_that_came_later_have_its_default(self) -> None:
        kept = DEFAULTS.as_json()
        del kept["rules"]["iban"]
        assert from_json(kept) == DEFAULTS

    @pytest.mark.parametrize(
        ("values", "refusal"),
        [
            (replace(DEFAULTS, rules={**DEFAULTS.rules, "iban": RuleValues(201, 0, 1)}), FraudRulesWrong),
            (replace(DEFAULTS, rules={**DEFAULTS.rules, "iban": RuleValues(1, -1, 1)}), FraudRulesWrong),
            (replace(DEFAULTS, rules={**DEFAULTS.rules, "iban": RuleValues(1, 0, 0)}), FraudRulesWrong),
            (replace(DEFAULTS, rules={**DEFAULTS.rules, "shoe": RuleValues(1, 0, 1)}), FraudRulesWrong),
            (FraudRules({}), FraudRulesWrong),
            (replace(DEFAULTS, review_from=100), ThresholdsWrong),
            (replace(DEFAULTS, likeness=40), ThresholdsWrong),
        ],
    )
    def test_that_cannot_be_are_refused(self, values: FraudRules, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            refuse_wrong(values)


@pytest.mark.django_db
class TestARule:
    def test_hits_for_nothing_where_people_have_nothing_in_common(self) -> None:
        decided()
        assert hits(decided()) == {}

    def test_finds_one_document_on_two_persons(self) -> None:
        first = person_facts()
        number = queries.application(decided(facts=first)).number
        second = decided(document_number=first.document_number)
        assert hits(second) == {"document": 60}
        found = queries_fraud.last_screening(second)
        assert found is not None
        assert found.hits[0].references == (number,)

    def test_does_not_find_the_same_person_applying_again(self) -> None:
        facts = person_facts()
        decided(facts=facts)
        assert hits(decided(facts=facts)) == {}

    def test_forgets_after_its_window(self) -> None:
        first = person_facts()
        decided(facts=first)
        assert hits(decided(document_number=first.document_number, at=AT + timedelta(days=91))) == {}

    @pytest.mark.parametrize(
        ("rule", "changes", "limit"),
        [
            ("email", {"email": "anello@posta.example"}, 2),
            ("phone", {"mobile": "+393339999999"}, 2),
            ("iban", {"iban": "IT60X0542811101000000123456"}, 2),
            ("address", {"street": "V.le dell’Anello", "house_number": "7/b"}, 5),
        ],
    )
    def test_counts_other_persons_beyond_its_limit(self, rule: str, changes: dict[str, str], limit: int) -> None:
        for _person in range(limit):
            decided(**changes)
        assert rule not in hits(decided(**changes))
        if rule == "address":
            changes = {"street": "viale dell'anello n. 7 B", "house_number": ""}
        assert rule in hits(decided(**changes))

    def test_knows_a_device_again_without_keeping_it(self) -> None:
        for _person in range(3):
            ref = operations.start(kind="individual", channel="web", at=AT, by="web", device="a browser's mark")
        from utenza.application.models import Application

        key = Application.objects.get(pk=ref.application_id).device_key
        assert "browser" not in key
        for _person in range(3):
            decided(started={"device_key": key})
        assert hits(decided(started={"device_key": key})) == {"device": 30}

    def test_counts_the_applications_of_one_agent_and_one_shop(self) -> None:
        values = {**DEFAULTS.rules, "agent_velocity": RuleValues(20, 2, 1), "shop_velocity": RuleValues(20, 1, 1)}
        operations.set_fraud_rules(values=replace(DEFAULTS, rules=values), why="few", by="ann", at=AT)
        decided(started={"shop": "Centro"})
        assert hits(decided(started={"shop": "Centro"})) == {"shop_velocity": 20}
        assert hits(decided()) == {"agent_velocity": 20}
        assert hits(decided(started={"started_by": "another"})) == {}
        assert hits(decided(at=AT + timedelta(hours=2))) == {}

    def test_counts_applications_of_one_person(self) -> None:
        facts = person_facts()
        for day in range(4):
            assert hits(decided(facts=facts, at=AT + timedelta(hours=day))) == {}
        assert hits(decided(facts=facts, at=AT + timedelta(hours=5))) == {"many_applications": 20}

    def test_limits_prepaid_sims_of_one_person(self) -> None:
        facts = person_facts()

        def sims(count: int, at: Any) -> str:
            form = person_form(facts, offers=[{"offer_version_id": n + 1} for n in range(count)])
            ref = submitted_application(form, market="mobile", payment="prepaid", at=at)
            return operations.decide(application_id=ref.application_id, at=at).status

        assert sims(6, AT) == "accepted"
        assert sims(1, AT + timedelta(days=30)) == "review"


@pytest.mark.django_db
class TestAnotherSpelling:
    def customer(self, then: Callable[[int], None] = lambda _id: None) -> PersonFacts:
        facts = person_facts()
        ref = person_customer(n=int(facts.mobile[-7:]))
        then(ref.customer_id)
        drain_all(at=AT)
        return facts

    def of(self, facts: PersonFacts, **changes: Any) -> dict[str, int]:
        ref = submitted_application(respelled(facts, **changes))
        operations.decide(application_id=ref.application_id, at=AT)
        return hits(ref.application_id)

    def test_of_a_customer_goes_to_a_person(self) -> None:
        facts = self.customer()
        assert self.of(facts, family_name=facts.family_name + "i") == {"alike_customer": 40}

    def test_of_a_customer_is_found_with_names_swapped_or_another_day(self) -> None:
        facts = self.customer()
        swapped = {"given_name": facts.family_name, "family_name": facts.given_name}
        assert "alike_customer" in self.of(facts, **swapped)
        born = facts.birth_date
        assert "alike_customer" in self.of(facts, birth_date=date(born.year + 1, born.month, born.day))

    def test_of_a_debtor_is_told_apart(self) -> None:
        def owe(customer_id: int) -> None:
            account = account_of(parties.CustomerRef(customer_id=customer_id, party_id=0, number=""))
            parties.record_payment_standing(
                account_id=account.account_id, overdue_micro=90_000_000, oldest_due_date=date(2025, 10, 1),
                reminders_12m=3, bills_paid_on_time=1, bills_paid_late=2, at=AT,
            )  # fmt: skip

        facts = self.customer(owe)
        assert self.of(facts, given_name=facts.given_name + "o") == {"alike_customer": 40, "debtor": 50}

    def test_of_a_customer_blocked_for_fraud_refuses(self) -> None:
        facts = self.customer(
            lambda customer_id: parties.place_block(
                customer_id=customer_id, kind="new_orders", reason="fraud", at=AT
            ) and None
        )  # fmt: skip
        assert self.of(facts, family_name=facts.family_name + "i") == {"alike_customer": 40, "fraudster": 70}

    def test_of_another_applicant_goes_to_a_person(self) -> None:
        facts = person_facts()
        operations.decide(
            application_id=submitted_application(
                person_form(facts, employment="none", income_monthly="0")
            ).application_id,
            at=AT,
        )
        assert self.of(facts, family_name=facts.family_name + "i") == {"alike_application": 40}

    def test_is_known_after_a_customers_name_was_corrected(self) -> None:
        facts = self.customer()
        customer_id = ScreenedPerson.objects.get().customer_id
        assert customer_id is not None
        announce(CustomerChanged(at=AT, customer_id=customer_id, what="party"))
        drain_all(at=AT)
        assert ScreenedPerson.objects.filter(customer=customer_id).count() == 1
        assert "alike_customer" in self.of(facts, family_name=facts.family_name + "i")


@pytest.mark.django_db
class TestTheDeniedList:
    def test_refuses_a_tax_code_with_a_sentence_that_reveals_nothing(self) -> None:
        facts = person_facts()
        operations.deny_person(facts={"tax_code": facts.tax_code.lower()}, reason="fraud", by="ann", at=AT)
        application_id = decided(facts=facts)
        view = queries.application(application_id)
        assert (view.status, view.customer_id, view.reason) == ("refused", None, REFUSED_TEXT)
        assert hits(application_id) == {"denied_same": 100}

    def test_refuses_a_document_and_reviews_a_likeness(self) -> None:
        facts = person_facts()
        denied = {
            "given_name": facts.given_name, "family_name": facts.family_name,
            "birth_date": facts.birth_date.isoformat(), "document_kind": "identity_card",
            "document_number": facts.document_number,
        }  # fmt: skip
        operations.deny_person(facts=denied, reason="identity", by="ann", at=AT)
        assert hits(decided(document_number=facts.document_number)) == {"denied_same": 100}
        ref = submitted_application(respelled(facts, family_name=facts.family_name + "i"))
        assert operations.decide(application_id=ref.application_id, at=AT).status == "review"
        assert hits(ref.application_id) == {"denied_alike": 60}

    def test_forgets_whom_it_lifts(self) -> None:
        facts = person_facts()
        ref = operations.deny_person(facts={"tax_code": facts.tax_code}, reason="debt", by="ann", at=AT)
        for _repeat in range(2):
            operations.lift_denial(denial_id=ref.denial_id, by="bob", at=AT)
        assert hits(decided(facts=facts)) == {}
        assert [row.lifted_by for row in queries_fraud.denials()] == ["bob"]
        with pytest.raises(operations.UnknownDenial):
            operations.lift_denial(denial_id=ref.denial_id + 1, by="bob", at=AT)

    def test_takes_who_was_ended_for_fraud_by_itself_once(self) -> None:
        facts = person_facts()
        ref = person_customer(n=int(facts.mobile[-7:]))
        for reason in ("moving", "fraud", "fraud"):
            announce(TerminationCompleted(at=AT, customer_id=ref.customer_id, termination_id=1, reason=reason))
        drain_all(at=AT)
        [row] = queries_fraud.denials()
        assert (row.customer_id, row.reason) == (ref.customer_id, "fraud")

    @pytest.mark.parametrize(
        ("facts", "reason", "refusal"),
        [
            ({"given_name": "Mario"}, "fraud", operations.DenialIncomplete),
            ({"family_name": "Rossi"}, "fraud", operations.DenialIncomplete),
            ({"tax_code": "X"}, "dislike", operations.DenialReasonUnknown),
        ],
    )
    def test_takes_nobody_who_could_not_be_found(
        self, facts: dict[str, str], reason: str, refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            operations.deny_person(facts=facts, reason=reason, by="ann", at=AT)


@pytest.mark.django_db
class TestTheReview:
    def suspected(self, **changes: Any) -> int:
        first = person_facts()
        decided(facts=first)
        return decided(document_number=first.document_number, **changes)

    def test_waits_in_a_queue_until_it_is_done(self) -> None:
        application_id = self.suspected()
        assert [row.application_id for row in queries_fraud.reviews()] == [application_id]
        operations.clear_fraud(application_id=application_id, why="Two brothers.", by="ann", at=LATER)
        assert queries_fraud.reviews() == []

    def test_is_not_for_who_took_the_application(self) -> None:
        application_id = self.suspected()
        for review in (operations.clear_fraud, operations.confirm_fraud):
            with pytest.raises(operations.FourEyes):
                review(application_id=application_id, why="Fine.", by="csr", at=LATER)

    def test_cleared_accepts_what_nothing_else_speaks_against(self) -> None:
        application_id = self.suspected()
        for _repeat in range(2):
            done = operations.clear_fraud(application_id=application_id, why="A typing error.", by="ann", at=LATER)
        assert (done.status, done.credit_class) == ("accepted", "A")
        view = queries.application(application_id)
        assert [(each.by, each.why) for each in view.decisions] == [("scorecard", ""), ("ann", "A typing error.")]
        person = ScreenedPerson.objects.get(application=application_id)
        assert person.customer_id == view.customer_id

    def test_cleared_leaves_other_doubts_to_an_analyst(self) -> None:
        application_id = self.suspected(province="MI")
        assert operations.clear_fraud(application_id=application_id, why="Fine.", by="ann", at=LATER).status == "review"
        done = operations.override(application_id=application_id, outcome="accepted", why="Moved.", by="ann", at=LATER)
        assert done.status == "accepted"

    def test_must_come_before_anybody_accepts(self) -> None:
        application_id = self.suspected()
        with pytest.raises(operations.FraudNotCleared):
            operations.override(application_id=application_id, outcome="accepted", why="Nice.", by="ann", at=LATER)

    def test_confirmed_refuses_and_denies_only_if_asked(self) -> None:
        application_id = self.suspected()
        done = operations.confirm_fraud(application_id=application_id, why="A ring.", by="ann", at=LATER, deny=True)
        view = queries.application(application_id)
        assert (done.status, view.reason) == ("refused", REFUSED_TEXT)
        assert [row.note for row in queries_fraud.denials()] == [f"{view.number}: A ring."]
        with pytest.raises(operations.FraudNotCleared):
            operations.override(
                application_id=application_id, outcome="accepted", credit_class="A", why="Nice.", by="ann", at=LATER
            )
        other = self.suspected()
        operations.confirm_fraud(application_id=other, why="Stolen identity.", by="ann", at=LATER)
        assert len(queries_fraud.denials()) == 1

    def test_needs_a_reason_and_something_to_review(self) -> None:
        with pytest.raises(operations.WhyMissing):
            operations.clear_fraud(application_id=self.suspected(), why=" ", by="ann", at=LATER)
        with pytest.raises(operations.NoFraudToReview):
            operations.clear_fraud(application_id=decided(), why="Fine.", by="ann", at=LATER)

    def test_looks_at_the_form_as_it_was_corrected(self) -> None:
        application_id = self.suspected()
        operations.send_back(application_id=application_id, at=LATER, by="ann", why="Read the number again.")
        right = {"document_number": "CA99999ZZ"}
        operations.save_step(application_id=application_id, step="documents", values=right, at=LATER)
        operations.submit(application_id=application_id, at=LATER)
        assert operations.decide(application_id=application_id, at=LATER).status == "accepted"
        assert queries_fraud.reviews() == []


@pytest.mark.django_db
class TestWhatIsKept:
    def test_is_no_personal_data_in_clear(self) -> None:
        facts = person_facts()
        decided(facts=facts)
        decided(document_number=facts.document_number)
        kept = repr(list(ScreeningKey.objects.values())) + repr(list(FraudScreening.objects.values()))
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT description::text FROM application_screenedperson")
            kept += repr(cursor.fetchall())
        for secret in (facts.family_name, facts.tax_code, facts.document_number, facts.email, facts.mobile, facts.iban):
            assert secret not in kept

    def test_names_the_version_of_the_rules(self) -> None:
        stricter = replace(DEFAULTS, review_from=20)
        assert operations.set_fraud_rules(values=stricter, why="A ring was seen.", by="ann", at=AT) == 1
        assert operations.set_fraud_rules(values=stricter, why="", by="ann", at=AT) == 1
        with pytest.raises(operations.WhyMissing):
            operations.set_fraud_rules(values=DEFAULTS, why="", by="ann", at=AT)
        found = queries_fraud.last_screening(decided())
        assert found is not None
        assert found.rules_version == 1
        assert [(one.version, one.why) for one in queries_fraud.rule_versions()] == [(1, "A ring was seen.")]

"""Applications are decided by identity and credit, and an acceptance makes the customer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.factories.application import (
    accepted_application,
    company_form,
    filled_application,
    person_form,
    submitted_application,
)
from tests.factories.parties import AT, account_of, person_customer, person_facts
from utenza.application import operations, queries
from utenza.infra.models import OutboxEvent
from utenza.infra.states import ForbiddenMove
from utenza.parties import operations as parties
from utenza.parties import queries as known

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def result_of(application_id: int, code: str) -> str:
    return next(check.result for check in queries.application(application_id).checks if check.code == code)


class TestAPersonWithMeans:
    def test_becomes_an_active_customer_in_class_a_with_an_account(self) -> None:
        facts = person_facts()
        ref = submitted_application(person_form(facts))
        decided = operations.decide(application_id=ref.application_id, at=LATER)
        assert (decided.status, decided.outcome, decided.credit_class) == ("accepted", "accepted", "A")
        assert decided.customer_id is not None
        customer = known.customer(decided.customer_id)
        assert (customer.status, customer.credit_class, customer.kind) == ("active", "A", "individual")
        assert customer.email.endswith("@posta.example")
        assert customer.address("residence") is not None
        account = known.paying_account(decided.customer_id)
        assert account.account_id == decided.account_id
        masked = f"IT•• •••• {facts.iban[-4:]}"
        assert (account.payment_method, account.bill_day, account.iban_masked) == ("direct_debit", 1, masked)

    def test_has_the_consents_given_and_no_others(self) -> None:
        ref = accepted_application()
        customer_id = queries.application(ref.application_id).customer_id
        assert customer_id is not None
        assert [(each.purpose, each.source) for each in known.consents(customer_id)] == [
            ("marketing", f"application {ref.number}")
        ]

    def test_is_the_head_of_a_household_if_the_form_says_so(self) -> None:
        ref = accepted_application(person_form(household="yes"))
        customer_id = queries.application(ref.application_id).customer_id
        assert customer_id is not None
        assert known.customer(customer_id).node_kind == "household"

    def test_gets_a_decision_that_explains_its_points(self) -> None:
        ref = accepted_application()
        decision = queries.application(ref.application_id).decisions[-1]
        assert decision.score == sum(reason.points for reason in decision.reasons) >= 75
        assert "Has 1900.00 a month." in [reason.sentence for reason in decision.reasons]
        assert (decision.scorecard, decision.by) == ("2026-1", "scorecard")

    def test_is_told_of_by_one_event_only_though_decided_twice(self) -> None:
        ref = submitted_application()
        first = operations.decide(application_id=ref.application_id, at=LATER)
        assert operations.decide(application_id=ref.application_id, at=LATER) == first
        told = OutboxEvent.objects.filter(subject=f"application:{ref.application_id}").order_by("id")
        assert [event.name for event in told] == ["application.submitted", "application.accepted"]


class TestIdentity:
    def test_a_tax_code_of_another_birth_date_refuses(self) -> None:
        facts = person_facts()
        other = facts.birth_date + timedelta(days=1)
        ref = submitted_application(person_form(facts, birth_date=other.isoformat()))
        decided = operations.decide(application_id=ref.application_id, at=LATER)
        assert (decided.status, decided.customer_id) == ("refused", None)
        assert result_of(ref.application_id, "tax_code_agrees") == "fail"

    def test_a_tax_code_of_another_name_goes_to_a_person(self) -> None:
        ref = submitted_application(person_form(family_name="Zuccarelli"))
        assert operations.decide(application_id=ref.application_id, at=LATER).status == "review"
        assert result_of(ref.application_id, "tax_code_agrees") == "review"

    @pytest.mark.parametrize(("expiry", "status"), [("2026-01-14", "refused"), ("2026-01-15", "accepted")])
    def test_a_document_counts_until_its_last_day(self, expiry: str, status: str) -> None:
        ref = submitted_application(person_form(document_expiry=expiry))
        assert operations.decide(application_id=ref.application_id, at=AT).status == status

    def test_a_document_valid_longer_than_any_goes_to_a_person(self) -> None:
        ref = submitted_application(person_form(document_expiry="2037-02-01"))
        assert operations.decide(application_id=ref.application_id, at=AT).status == "review"

    def test_a_minor_is_refused_and_nobody_can_override_it(self) -> None:
        from utenza.country.italy.tax_code import compute

        born = date(2008, 1, 16)
        code = compute(given_name="Nina", family_name="Corvaro", birth_date=born, sex="F", place_code="H501")
        form = person_form(
            given_name="Nina", family_name="Corvaro", birth_date=born.isoformat(), sex="F", tax_code=code
        )
        ref = submitted_application(form)
        assert operations.decide(application_id=ref.application_id, at=AT).status == "refused"
        with pytest.raises(operations.MinorsCannotContract):
            operations.override(
                application_id=ref.application_id, outcome="accepted", credit_class="A", at=AT, by="ann", why="nice"
            )

    def test_a_fraud_block_on_the_customer_refuses(self) -> None:
        facts = person_facts(7001)
        customer = person_customer(n=7001)
        parties.place_block(customer_id=customer.customer_id, kind="new_orders", reason="fraud", at=AT)
        ref = submitted_application(person_form(facts))
        assert operations.decide(application_id=ref.application_id, at=AT).status == "refused"

    def test_the_same_person_under_another_tax_code_goes_to_a_person(self) -> None:
        from utenza.country.italy.tax_code import with_homocody

        facts = person_facts(7002)
        person_customer(n=7002)
        ref = submitted_application(person_form(facts, tax_code=with_homocody(facts.tax_code, level=1)))
        assert operations.decide(application_id=ref.application_id, at=AT).status == "review"
        assert result_of(ref.application_id, "other_customers") == "review"


class TestCredit:
    weak = {"employment": "none", "income_monthly": "0", "employment_years": "0", "payment_method": "transfer"}

    def test_class_e_is_refused_postpaid_and_offered_prepaid(self) -> None:
        ref = submitted_application(person_form(**self.weak))
        decided = operations.decide(application_id=ref.application_id, at=LATER)
        assert (decided.status, decided.outcome, decided.credit_class) == ("refused", "prepaid_only", "E")

    def test_prepaid_taken_instead_makes_the_customer(self) -> None:
        ref = submitted_application(person_form(**self.weak))
        operations.decide(application_id=ref.application_id, at=LATER)
        offers = [{"offer_version_id": 5, "parent": None, "node": 0}]
        taken = operations.take_prepaid(application_id=ref.application_id, offers=offers, at=LATER, by="csr")
        assert (taken.status, taken.credit_class) == ("accepted", "E")
        assert operations.take_prepaid(application_id=ref.application_id, offers=offers, at=LATER, by="csr") == taken
        view = queries.application(ref.application_id)
        assert (view.payment, [each.offer_version_id for each in view.offers]) == ("prepaid", [5])

    def test_prepaid_is_not_taken_where_it_was_not_offered(self) -> None:
        ref = submitted_application()
        with pytest.raises(operations.PrepaidNotOffered):
            operations.take_prepaid(application_id=ref.application_id, offers=[], at=LATER, by="csr")

    def test_prepaid_asks_for_no_means_and_is_accepted_without(self) -> None:
        ref = submitted_application(person_form(**self.weak), market="mobile", payment="prepaid")
        assert "employment" not in queries.application(ref.application_id).form
        assert operations.decide(application_id=ref.application_id, at=LATER).status == "accepted"

    def test_class_d_is_accepted_against_a_deposit(self) -> None:
        form = person_form(
            employment="fixed_term", employment_years="0", income_monthly="900", payment_method="transfer"
        )
        ref = submitted_application(form)
        decided = operations.decide(application_id=ref.application_id, at=LATER)
        assert (decided.status, decided.credit_class) == ("accepted", "D")
        assert queries.application(ref.application_id).deposit_micro == 100_000_000

    def test_a_customer_who_owes_gets_no_more_credit(self) -> None:
        facts = person_facts(7003)
        customer = person_customer(n=7003)
        account = account_of(customer)
        parties.record_payment_standing(
            account_id=account.account_id,
            overdue_micro=45_000_000,
            oldest_due_date=date(2025, 12, 1),
            reminders_12m=2,
            bills_paid_on_time=3,
            bills_paid_late=2,
            at=AT,
        )
        ref = submitted_application(person_form(facts))
        assert operations.decide(application_id=ref.application_id, at=AT).outcome == "prepaid_only"


class TestAKnownCustomer:
    def test_is_taken_as_it_is_and_not_admitted_twice(self) -> None:
        facts = person_facts(7004)
        customer = person_customer(n=7004)
        account = account_of(customer)
        ref = accepted_application(person_form(facts, email="nuova@posta.example"))
        view = queries.application(ref.application_id)
        assert (view.customer_id, view.account_id) == (customer.customer_id, account.account_id)
        assert known.customer(customer.customer_id).email == "nuova@posta.example"

    def test_keeps_its_class_when_it_adds_prepaid(self) -> None:
        facts = person_facts(7005)
        customer = person_customer(n=7005)
        parties.assign_credit_class(customer_id=customer.customer_id, credit_class="B", at=AT)
        accepted_application(person_form(facts), payment="prepaid")
        assert known.customer(customer.customer_id).credit_class == "B"


class TestACompany:
    def test_becomes_a_tree_in_which_each_payer_has_an_account(self) -> None:
        form = company_form(offers=[{"offer_version_id": 3, "node": 2}, {"offer_version_id": 4, "node": 1}])
        ref = accepted_application(form, kind="company")
        view = queries.application(ref.application_id)
        assert view.customer_id is not None
        tree = known.tree(view.customer_id)
        assert [(node.name, node.depth, node.pays_itself, node.status) for node in tree] == [
            ("Vetreria Collefiorito", 0, True, "active"),
            ("Sede di Bologna", 1, False, "active"),
            ("Sede di Torino", 1, True, "active"),
        ]
        assert [len(known.accounts_of(node.customer_id)) for node in tree] == [1, 0, 1]
        turin = known.paying_account(tree[2].customer_id)
        assert [(each.customer_id, each.account_id) for each in view.offers] == [
            (tree[2].customer_id, turin.account_id),
            (tree[1].customer_id, view.account_id),
        ]
        assert known.billed_party(turin.account_id).vat_number == form["vat_number"]
        assert known.billed_party(turin.account_id).attention == "Sede di Torino"

    def test_known_by_its_vat_number_gets_only_the_branches_it_lacks(self) -> None:
        form = company_form()
        first = accepted_application(form, kind="company")
        branches = [*form["branches"], {"name": "Magazzino", "node_kind": "cost_centre", "pays_itself": False}]
        second = accepted_application({**form, "branches": branches}, kind="company")
        one, two = queries.application(first.application_id), queries.application(second.application_id)
        assert one.customer_id is not None
        assert one.customer_id == two.customer_id
        assert [node.name for node in known.tree(one.customer_id)][1:] == [
            "Sede di Bologna",
            "Sede di Torino",
            "Magazzino",
        ]


class TestAPersonsDecision:
    def in_review(self) -> int:
        ref = submitted_application(person_form(family_name="Zuccarelli"))
        operations.decide(application_id=ref.application_id, at=AT)
        return ref.application_id

    def test_accepts_what_is_for_review_and_is_kept_with_its_reason(self) -> None:
        application_id = self.in_review()
        done = operations.override(
            application_id=application_id, outcome="accepted", at=LATER, by="ann", why="Name after marriage."
        )
        assert done.status == "accepted"
        decisions = queries.application(application_id).decisions
        assert [(each.round, each.by, each.why) for each in decisions] == [
            (1, "scorecard", ""),
            (2, "ann", "Name after marriage."),
        ]

    def test_refuses_what_is_for_review(self) -> None:
        done = operations.override(
            application_id=self.in_review(), outcome="refused", at=LATER, by="ann", why="Invented."
        )
        assert (done.status, done.customer_id) == ("refused", None)

    def test_repeated_changes_nothing(self) -> None:
        application_id = self.in_review()
        for _ in range(2):
            operations.override(application_id=application_id, outcome="refused", at=LATER, by="ann", why="Invented.")
        assert len(queries.application(application_id).decisions) == 2

    def test_needs_a_reason(self) -> None:
        with pytest.raises(operations.WhyMissing):
            operations.override(application_id=self.in_review(), outcome="accepted", at=LATER, by="ann", why=" ")

    def test_cannot_give_postpaid_in_class_e(self) -> None:
        ref = submitted_application(person_form(**TestCredit.weak))
        operations.decide(application_id=ref.application_id, at=AT)
        with pytest.raises(operations.WrongClass):
            operations.override(application_id=ref.application_id, outcome="accepted", at=AT, by="ann", why="Known.")
        done = operations.override(
            application_id=ref.application_id, outcome="accepted", credit_class="D", at=AT, by="ann", why="Known."
        )
        assert (done.status, queries.application(ref.application_id).deposit_micro) == ("accepted", 100_000_000)

    def test_sends_the_form_back_to_be_corrected_and_decided_anew(self) -> None:
        application_id = self.in_review()
        operations.send_back(application_id=application_id, at=LATER, by="ann", why="Check the family name.")
        original = queries.application(application_id).form["tax_code"]
        assert queries.application(application_id).status == "draft"
        facts = next(facts for n in range(9000) if (facts := person_facts(n)).tax_code == original)
        operations.save_step(
            application_id=application_id, step="who", values={"family_name": facts.family_name}, at=LATER
        )
        operations.submit(application_id=application_id, at=LATER)
        assert operations.decide(application_id=application_id, at=LATER).status == "accepted"


def test_an_accepted_application_is_marked_as_ordered_once() -> None:
    ref = accepted_application()
    operations.mark_ordered(application_id=ref.application_id, at=LATER)
    operations.mark_ordered(application_id=ref.application_id, at=LATER)
    assert queries.application(ref.application_id).status == "ordered"


def test_a_draft_cannot_be_decided() -> None:
    ref = filled_application()
    with pytest.raises(ForbiddenMove):
        operations.decide(application_id=ref.application_id, at=AT)

"""People and companies are admitted once, activated, corrected and ended."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Event, Thread
from time import monotonic

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories.parties import (
    AT,
    account_of,
    company_customer,
    company_with_branches,
    person_customer,
    person_facts,
    vat_number,
)
from utenza.core.errors import Refusal
from utenza.country import InvalidTaxCode, InvalidVatNumber
from utenza.infra import search
from utenza.infra.models import OutboxEvent
from utenza.infra.transactions import transaction as opened
from utenza.parties import operations, queries
from utenza.parties.operations import CustomerRef

LATER = AT + timedelta(days=40)


def events_of(customer_id: int) -> list[str]:
    rows = OutboxEvent.objects.filter(subject=f"customer:{customer_id}").order_by("id")
    return [row.name for row in rows]


def admit(n: int) -> CustomerRef:
    facts = person_facts(n)
    return operations.admit_person(
        given_name=facts.given_name, family_name=facts.family_name, tax_code=facts.tax_code, at=AT
    )


@pytest.mark.django_db
class TestAPerson:
    def test_is_a_prospect_until_activated_on_the_operators_day(self) -> None:
        ref = person_customer(active=False)
        assert queries.customer(ref.customer_id).status == "prospect"
        # 23:30 UTC is the next day in Rome.
        operations.activate_customer(customer_id=ref.customer_id, at=AT.replace(hour=23, minute=30))
        view = queries.customer(ref.customer_id)
        assert (view.status, view.since_date) == ("active", date(2026, 1, 16))
        assert view.number.startswith("C")
        operations.activate_customer(customer_id=ref.customer_id, at=LATER)
        assert queries.customer(ref.customer_id).since_date == date(2026, 1, 16)
        assert events_of(ref.customer_id).count("parties.customer_admitted") == 1

    def test_is_refused_twice_with_the_number_of_the_first(self) -> None:
        first = admit(5001)
        with pytest.raises(operations.DuplicateCustomer) as refused:
            admit(5001)
        assert first.number in str(refused.value)
        assert refused.value.field == "tax_code"

    def test_who_ended_comes_back_as_another_customer_of_the_same_party(self) -> None:
        first = admit(5002)
        operations.end_customer(customer_id=first.customer_id, at=LATER, reason="moved away")
        second = admit(5002)
        assert second.party_id == first.party_id
        assert second.customer_id != first.customer_id

    def test_who_trades_is_one_party_with_two_customers(self) -> None:
        person = person_customer(n=5003)
        facts = person_facts(5003)
        firm = operations.admit_company(
            legal_name="Ditta Bellandi", vat_number=vat_number(), tax_code=facts.tax_code, at=AT
        )
        assert firm.party_id == person.party_id
        assert queries.customer(firm.customer_id).given_name == facts.given_name

    def test_with_a_wrong_tax_code_or_no_name_is_refused(self) -> None:
        with pytest.raises(InvalidTaxCode):
            operations.admit_person(given_name="Anna", family_name="Rossi", tax_code="RSSNNA80A41H501X", at=AT)
        with pytest.raises(operations.NameMissing):
            operations.admit_person(given_name="Anna", family_name="  ", at=AT)
        with pytest.raises(operations.NotARootNode):
            operations.admit_person(given_name="Anna", family_name="Rossi", node_kind="branch", at=AT)

    def test_is_found_by_name_number_tax_code_mail_and_telephone(self) -> None:
        ref = person_customer(n=5004)
        facts = person_facts(5004)
        for text in (
            f"{facts.family_name} {facts.given_name}", ref.number, facts.tax_code.lower(), facts.email, facts.mobile,
        ):  # fmt: skip
            hits = search.search(text=text)
            assert ref.number in [hit.key for hit in hits], text

    def test_corrected_is_found_by_the_new_name_and_keeps_history(self) -> None:
        ref = person_customer()
        operations.correct_party(customer_id=ref.customer_id, family_name="Zanzottera", at=LATER)
        assert ref.number in [hit.key for hit in search.search(text="zanzottera")]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM parties_partyevent WHERE pgh_obj_id = %s", [ref.party_id])
            assert cursor.fetchone()[0] >= 2

    def test_cannot_be_given_anothers_tax_code(self) -> None:
        other = person_customer(n=5005)
        ref = person_customer(n=5006)
        with pytest.raises(operations.IdentifierTaken) as refused:
            operations.correct_party(customer_id=ref.customer_id, tax_code=person_facts(5005).tax_code, at=LATER)
        assert other.number in str(refused.value)


@pytest.mark.django_db
class TestACompany:
    def test_is_refused_twice_by_vat_number(self) -> None:
        number = vat_number()
        operations.admit_company(legal_name="Uno S.r.l.", vat_number=number, at=AT)
        with pytest.raises(operations.DuplicateCustomer):
            operations.admit_company(legal_name="Due S.r.l.", vat_number=f"IT{number}", at=AT)

    def test_with_numbers_of_two_parties_is_refused(self) -> None:
        one, two = vat_number(), vat_number()
        operations.admit_company(legal_name="Uno S.r.l.", vat_number=one, at=AT)
        operations.admit_company(legal_name="Due S.r.l.", tax_code=two, at=AT)
        with pytest.raises(operations.IdentifiersDisagree):
            operations.admit_company(legal_name="Tre S.r.l.", vat_number=one, tax_code=two, at=AT)

    def test_with_a_wrong_vat_number_is_refused(self) -> None:
        with pytest.raises(InvalidVatNumber):
            operations.admit_company(legal_name="Uno S.r.l.", vat_number="12345678901", at=AT)


@pytest.mark.django_db
class TestTheEnd:
    def test_waits_for_accounts_and_branches(self) -> None:
        made = company_with_branches()
        account = account_of(made.company)
        with pytest.raises(operations.AccountStillActive) as refused:
            operations.end_customer(customer_id=made.company.customer_id, at=LATER, reason="closed")
        assert account.number in str(refused.value)
        operations.close_account(account_id=account.account_id, at=LATER)
        with pytest.raises(operations.NodesStillLiving):
            operations.end_customer(customer_id=made.company.customer_id, at=LATER, reason="closed")
        for node in (made.paid_branch, made.paying_branch, made.company):
            operations.end_customer(customer_id=node.customer_id, at=LATER, reason="closed")
        assert queries.customer(made.company.customer_id).ended_date == date(2026, 2, 24)

    def test_is_announced_once_and_closes_the_customer_to_changes(self) -> None:
        ref = person_customer()
        for _ in range(2):
            operations.end_customer(customer_id=ref.customer_id, at=LATER, reason="moved away")
        assert events_of(ref.customer_id).count("parties.customer_ended") == 1
        for change in (
            lambda: operations.activate_customer(customer_id=ref.customer_id, at=LATER),
            lambda: operations.change_contact(customer_id=ref.customer_id, kind="email", value="a@b.it", at=LATER),
            lambda: operations.open_account(customer_id=ref.customer_id, bill_day=1, at=LATER),
            lambda: operations.assign_credit_class(customer_id=ref.customer_id, credit_class="A", at=LATER),
        ):
            with pytest.raises(operations.CustomerHasEnded):
                change()


@pytest.mark.django_db
def test_a_credit_class_reaches_every_node_below() -> None:
    made = company_with_branches()
    operations.assign_credit_class(customer_id=made.company.customer_id, credit_class="B", at=AT)
    assert {queries.customer(node.customer_id).credit_class for node in (made.company, made.paid_branch)} == {"B"}
    with pytest.raises(operations.InvalidCreditClass):
        operations.assign_credit_class(customer_id=made.company.customer_id, credit_class="F", at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("kind = 'individual'", "parties_customer_node_kind"),
        ("status = 'gone'", "parties_customer_status"),
        ("since_date = NULL", "parties_customer_active_since"),
        ("credit_class = 'F'", "parties_customer_credit_class"),
        ("path = '/0000000001/'", "parties_customer_path"),
        ("parent_id = NULL", "parties_customer_"),
    ],
)
def test_the_database_itself_refuses_what_contradicts(change: str, constraint: str) -> None:
    branch = company_with_branches().paid_branch.customer_id
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE parties_customer SET {change} WHERE id = %s", [branch])


@pytest.mark.django_db
def test_the_database_itself_refuses_a_payer_beside_the_node() -> None:
    made = company_with_branches()
    with (
        pytest.raises(IntegrityError, match="payer_is_itself_or_above"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE parties_customer SET paid_by_id = %s WHERE id = %s",
            [made.paying_branch.customer_id, made.paid_branch.customer_id],
        )


@pytest.mark.django_db
def test_likenesses_are_found_strongest_first() -> None:
    ref = person_customer(n=5010)
    facts = person_facts(5010)
    found = queries.find_duplicates(
        tax_code=facts.tax_code,
        email=facts.email.upper(),
        mobile=facts.mobile.removeprefix("+39"),
        family_name=facts.family_name.upper(),
        given_name=facts.given_name,
        birth_date=facts.birth_date,
    )
    assert [(each.number, each.by) for each in found] == [(ref.number, "tax_code")]
    by_name = queries.find_duplicates(
        family_name=facts.family_name.upper(), given_name=facts.given_name, birth_date=facts.birth_date
    )
    assert [(each.number, each.by) for each in by_name] == [(ref.number, "person")]
    assert queries.find_duplicates(email="nobody@posta.example") == []


def test_of_two_admissions_in_the_same_instant_one_is_refused(committed_db: object) -> None:
    start, outcomes = Barrier(2), []

    def admit_at_once() -> None:
        try:
            with opened():
                start.wait(timeout=10)
                admit(5020)
            outcomes.append("admitted")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=admit_at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["admitted", "duplicate_customer"]


@pytest.mark.django_db
def test_an_unknown_customer_is_refused_by_queries_and_operations() -> None:
    for ask in (
        lambda: queries.customer(10**9),
        lambda: queries.customer_by_number("C9999999"),
        lambda: queries.tree(10**9),
        lambda: queries.blocks(10**9),
        lambda: queries.paying_account(10**9),
        lambda: operations.activate_customer(customer_id=10**9, at=AT),
    ):
        with pytest.raises(operations.UnknownCustomer):
            ask()


@pytest.mark.django_db
def test_many_customers_are_read_in_one_query(django_assert_num_queries: object) -> None:
    ids = [company_customer(name=f"Officine {n}").customer_id for n in range(4)]
    with django_assert_num_queries(1):  # type: ignore[operator] - a fixture of pytest-django
        found = queries.customers([*ids, 10**9])
    assert sorted(found) == sorted(ids)
    assert found[ids[0]].address("registered_office").lines() == ("Viale dei Cantieri 7", "20121 Milano (MI)")


def test_a_locked_customer_waits_for_the_first_to_finish(committed_db: object) -> None:
    with opened():
        customer_id = admit(5030).customer_id
    held, order = Event(), []

    def change_after() -> None:
        held.wait(timeout=10)
        try:
            with opened():
                operations.assign_credit_class(customer_id=customer_id, credit_class="B", at=AT)
                order.append("second")
        finally:
            connection.close()

    thread = Thread(target=change_after)
    thread.start()
    with opened():
        operations.lock_customer(customer_id=customer_id)
        held.set()
        wait_for_a_waiting_lock()
        order.append("first")
    thread.join(timeout=30)
    assert order == ["first", "second"]


def wait_for_a_waiting_lock() -> None:
    """Return once another session waits for a lock, or fail after ten seconds."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    pytest.fail("nobody waited for the lock")

"""Accounts, contacts, addresses, consents, blocks and payment standing of customers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from tests.factories.application import IBAN
from tests.factories.parties import AT, account_of, company_with_branches, person_customer, person_with_account
from utenza.core.errors import Refusal
from utenza.country import InvalidIban, InvalidPhone, InvalidPostcode, rules
from utenza.infra.models import OutboxEvent
from utenza.parties import operations, queries
from utenza.parties.rules import InvalidEmail, normalise_contact
from utenza.parties.states import (
    ACCOUNT_MOVES,
    CUSTOMER_MOVES,
    AccountStatus,
    BlockKind,
    BlockReason,
    CustomerStatus,
)

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=10)


class TestAnAccount:
    def test_follows_customer_and_operator_where_nothing_is_said(self) -> None:
        customer = person_customer()
        ref = operations.open_account(customer_id=customer.customer_id, bill_day=31, at=AT)
        view = queries.account(ref.account_id)
        assert (view.name, view.language) == (queries.customer(customer.customer_id).name, "it")
        assert (view.currency, view.bill_day, view.cycle_months, view.delivery_channel) == ("EUR", 31, 1, "portal")
        assert queries.account_by_number(ref.number.lower()) == view
        assert queries.payment_standing(ref.account_id).overdue_micro == 0

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"bill_day": 0}, operations.InvalidBillDay),
            ({"bill_day": 32}, operations.InvalidBillDay),
            ({"cycle_months": 3}, operations.InvalidCycle),
            ({"payment_terms_days": 366}, operations.InvalidTerms),
            ({"language": "fr"}, operations.InvalidChoice),
            ({"delivery_channel": "pigeon"}, operations.InvalidChoice),
            ({"payment_method": "gold"}, operations.InvalidChoice),
            ({"delivery_channel": "email", "email": ""}, operations.EmailNeeded),
            ({"payment_method": "direct_debit"}, operations.IbanNeeded),
            ({"iban": "IT60X0542811101000000123457"}, InvalidIban),
            ({"email": "not an address"}, InvalidEmail),
        ],
    )
    def test_refuses_what_no_account_can_have(self, change: dict[str, object], refusal: type[Refusal]) -> None:
        _, ref = person_with_account()
        with pytest.raises(refusal) as refused:
            operations.change_account(account_id=ref.account_id, at=AT, **change)  # type: ignore[arg-type] - varied
        assert refused.value.field in change or refused.value.field in ("iban", "email")

    def test_keeps_its_iban_encrypted_and_shows_four_signs(self) -> None:
        _, ref = person_with_account()
        operations.change_account(account_id=ref.account_id, iban=IBAN, payment_method="direct_debit", at=AT)
        assert queries.account(ref.account_id).iban_masked == "IT•• •••• 3456"
        assert queries.account_iban(ref.account_id) == IBAN
        with connection.cursor() as cursor:
            cursor.execute("SELECT iban FROM parties_billingaccount WHERE id = %s", [ref.account_id])
            assert IBAN not in cursor.fetchone()[0]
            cursor.execute("SELECT string_agg(iban, ' ') FROM parties_billingaccountevent")
            assert IBAN not in cursor.fetchone()[0]

    def test_closes_and_opens_again_on_its_days(self) -> None:
        customer, ref = person_with_account()
        for _ in range(2):
            operations.close_account(account_id=ref.account_id, at=LATER)
        assert queries.account(ref.account_id).closed_date == date(2026, 1, 25)
        with pytest.raises(operations.AccountIsClosed):
            operations.change_account(account_id=ref.account_id, bill_day=5, at=LATER)
        with pytest.raises(queries.NoPayingAccount):
            queries.paying_account(customer.customer_id)
        for _ in range(2):
            operations.reopen_account(account_id=ref.account_id, at=LATER)
        assert (queries.account(ref.account_id).status, queries.account(ref.account_id).closed_date) == ("active", None)

    def test_is_found_by_its_bill_day_while_open(self) -> None:
        _, ref = person_with_account(bill_day=17)
        assert [each.account_id for each in queries.accounts_with_bill_day(bill_days=[17])] == [ref.account_id]
        operations.close_account(account_id=ref.account_id, at=LATER)
        assert queries.accounts_with_bill_day(bill_days=[17]) == []

    def test_has_a_payment_standing_that_is_replaced(self) -> None:
        customer, ref = person_with_account()
        figures = {"reminders_12m": 1, "bills_paid_on_time": 4, "bills_paid_late": 1}
        operations.record_payment_standing(
            account_id=ref.account_id, overdue_micro=7, oldest_due_date=date(2026, 1, 1), at=LATER, **figures
        )
        standing = queries.payment_standing(ref.account_id)
        assert (standing.overdue_micro, standing.oldest_due_date, standing.updated_at) == (7, date(2026, 1, 1), LATER)
        assert queries.payment_standings_of(customer.customer_id) == [standing]
        for overdue, oldest in ((-1, date(2026, 1, 1)), (5, None), (0, date(2026, 1, 1))):
            with pytest.raises(operations.InvalidStanding):
                operations.record_payment_standing(
                    account_id=ref.account_id, overdue_micro=overdue, oldest_due_date=oldest, at=LATER, **figures
                )


class TestContacts:
    def test_have_one_in_use_and_keep_the_former(self) -> None:
        customer = person_customer().customer_id
        for _ in range(2):
            operations.change_contact(customer_id=customer, kind="email", value=" Nuova@Posta.Example ", at=LATER)
        assert queries.customer(customer).email == "nuova@posta.example"
        mails = [each for each in queries.contacts(customer) if each.kind == "email"]
        assert [each.valid_to for each in mails] == [None, date(2026, 1, 25)]

    def test_are_taken_away_by_nothing(self) -> None:
        customer = person_customer().customer_id
        operations.change_contact(customer_id=customer, kind="mobile", value="", at=LATER)
        assert queries.customer(customer).mobile == ""

    @pytest.mark.parametrize(
        ("kind", "value", "refusal"),
        [
            ("email", "a b@c.it", InvalidEmail),
            ("phone", "casa", InvalidPhone),
            ("fax", "1", operations.UnknownContactKind),
        ],
    )
    def test_are_refused_in_another_form(self, kind: str, value: str, refusal: type[Refusal]) -> None:
        with pytest.raises(refusal):
            operations.change_contact(customer_id=person_customer().customer_id, kind=kind, value=value, at=AT)

    @pytest.mark.parametrize(
        "value", ["@x.it", "a@", "a@x", "a..b@x.it", "a@x..it", f"{'a' * 250}@x.it", "a@x.it, b@x.it"]
    )
    def test_know_what_is_no_mail_address(self, value: str) -> None:
        with pytest.raises(InvalidEmail):
            normalise_contact(kind="email", value=value, country=rules("IT"))


class TestAddresses:
    def test_of_one_purpose_follow_each_other(self) -> None:
        customer = person_customer().customer_id
        new = {
            "street": "Corso  Vela",
            "house_number": "3",
            "postcode": "20121",
            "city": "Milano",
            "province": "Milano",
        }
        for _ in range(2):
            operations.change_address(customer_id=customer, purpose="residence", at=LATER, **new)
        address = queries.customer(customer).address("residence")
        assert address is not None
        assert address.lines() == ("Corso Vela 3", "20121 Milano (MI)")
        assert address.valid_from == date(2026, 1, 25)

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"street": " "}, operations.AddressIncomplete),
            ({"postcode": "123"}, InvalidPostcode),
            ({"purpose": "holiday"}, operations.UnknownAddressPurpose),
        ],
    )
    def test_are_refused_incomplete(self, change: dict[str, str], refusal: type[Refusal]) -> None:
        facts = {"purpose": "billing", "street": "Via Vela", "postcode": "20121", "city": "Milano", **change}
        with pytest.raises(refusal):
            operations.change_address(customer_id=person_customer().customer_id, at=AT, **facts)


class TestConsents:
    def test_are_given_once_renewed_for_new_words_and_withdrawn(self) -> None:
        customer = person_customer().customer_id
        for version in ("2025-01", "2025-01", "2026-01"):
            operations.give_consent(
                customer_id=customer, purpose="marketing", text_version=version, source="desk", at=AT
            )
        assert [(each.text_version, each.withdrawn_at) for each in queries.consents(customer)] == [
            ("2026-01", None),
            ("2025-01", AT),
        ]
        for _ in range(2):
            operations.withdraw_consent(customer_id=customer, purpose="marketing", at=LATER)
        assert queries.consents(customer)[0].withdrawn_at == LATER
        names = list(OutboxEvent.objects.filter(subject=f"customer:{customer}").values_list("name", flat=True))
        assert (names.count("parties.consent_given"), names.count("parties.consent_withdrawn")) == (2, 1)

    def test_may_be_withdrawn_after_the_end(self) -> None:
        customer = person_customer().customer_id
        operations.give_consent(customer_id=customer, purpose="profiling", text_version="1", source="desk", at=AT)
        operations.end_customer(customer_id=customer, at=LATER, reason="moved away")
        operations.withdraw_consent(customer_id=customer, purpose="profiling", at=LATER)
        assert queries.consents(customer)[0].withdrawn_at == LATER

    def test_are_for_known_purposes(self) -> None:
        with pytest.raises(operations.UnknownConsentPurpose):
            operations.give_consent(
                customer_id=person_customer().customer_id, purpose="all", text_version="1", source="desk", at=AT
            )


class TestBlocks:
    def test_stack_by_reason_and_lifting_one_leaves_the_others(self) -> None:
        customer = person_customer().customer_id
        assert operations.place_block(customer_id=customer, kind="new_orders", reason="debt", at=AT)
        assert operations.place_block(customer_id=customer, kind="new_orders", reason="fraud", at=AT)
        assert not operations.place_block(customer_id=customer, kind="new_orders", reason="debt", at=LATER)
        assert operations.lift_block(customer_id=customer, kind="new_orders", reason="debt", at=LATER)
        assert not operations.lift_block(customer_id=customer, kind="new_orders", reason="debt", at=LATER)
        assert [block.reason for block in queries.blocks(customer, kind="new_orders")] == ["fraud"]
        assert queries.blocks(customer, kind="recharge") == []

    def test_can_be_placed_again_after_they_were_lifted(self) -> None:
        customer = person_customer().customer_id
        for _ in range(2):
            operations.place_block(customer_id=customer, kind="new_orders", reason="debt", at=AT)
            operations.lift_block(customer_id=customer, kind="new_orders", reason="debt", at=LATER)
        assert queries.blocks(customer) == []

    def test_of_debt_follow_the_payer_and_others_the_tree(self) -> None:
        made = company_with_branches()
        top, paid, paying = (ref.customer_id for ref in (made.company, made.paid_branch, made.paying_branch))
        operations.place_block(customer_id=top, kind="new_orders", reason="debt", at=AT)
        assert [block.customer_id for block in queries.blocks(paid)] == [top]
        assert queries.blocks(paying) == []
        operations.place_block(customer_id=top, kind="new_orders", reason="court", at=AT)
        assert [block.reason for block in queries.blocks(paying)] == ["court"]
        operations.place_block(customer_id=paying, kind="new_orders", reason="debt", at=AT)
        assert [block.reason for block in queries.blocks(top)] == ["debt", "court"]

    def test_are_of_known_kinds_and_reasons(self) -> None:
        customer = person_customer().customer_id
        for kind, reason in (("breathing", BlockReason.DEBT), (BlockKind.NEW_ORDERS, "mood")):
            with pytest.raises(operations.UnknownBlock):
                operations.place_block(customer_id=customer, kind=kind, reason=reason, at=AT)
            with pytest.raises(operations.UnknownBlock):
                operations.lift_block(customer_id=customer, kind=kind, reason=reason, at=AT)


def test_every_status_has_its_moves() -> None:
    assert set(CUSTOMER_MOVES) == set(CustomerStatus)
    assert set(ACCOUNT_MOVES) == set(AccountStatus)
    assert CUSTOMER_MOVES[CustomerStatus.ENDED] == frozenset()


def test_an_account_of_a_branch_counts_in_the_standings_of_the_tree() -> None:
    made = company_with_branches()
    accounts = [account_of(made.company).account_id, account_of(made.paying_branch).account_id]
    assert [each.account_id for each in queries.payment_standings_of(made.paid_branch.customer_id)] == accounts

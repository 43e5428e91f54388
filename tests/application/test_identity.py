"""Identity checks say pass, review or fail, with what disagrees and nothing that is secret."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories.application import company_form, person_form, submitted_application
from tests.factories.documents import card_lines, passport_lines
from tests.factories.parties import AT, person_facts
from utenza.application import operations, queries
from utenza.application.rules import ContactProof, Surroundings, identity_checks
from utenza.application.rules.checks import Check
from utenza.country import rules
from utenza.country.italy.tax_code import compute

ITALY = rules("IT")
DAY = date(2026, 1, 15)
ROSSI = {
    "given_name": "Mario", "family_name": "D’Amò", "sex": "M", "birth_date": "1980-01-01", "birth_place": "Roma",
    "tax_code": compute(
        given_name="Mario", family_name="D’Amò", birth_date=date(1980, 1, 1), sex="M", place_code="H501"
    ),
    "document_kind": "passport", "document_number": "YA1234567", "document_expiry": "2030-06-30",
    "postcode": "00185", "province": "RM", "payment_method": "transfer",
}  # fmt: skip


def check_of(code: str, *, on_date: date = DAY, proofs: tuple[ContactProof, ...] = (), **changes: Any) -> Check:
    checks = identity_checks(
        kind="company" if "vat_number" in changes else "individual",
        form={**ROSSI, **changes},
        on_date=on_date,
        country=ITALY,
        surroundings=Surroundings(proofs=proofs),
    )
    return next(check for check in checks if check.code == code)


def lines(**changes: Any) -> str:
    facts = {"names": "DAMO<<MARIO", "number": "YA1234567", "birth": date(1980, 1, 1), "sex": "M", **changes}
    return passport_lines(**facts)


class TestTheMachineReadableLines:
    def test_are_not_judged_where_they_were_not_given(self) -> None:
        with pytest.raises(StopIteration):
            check_of("mrz")

    def test_that_agree_pass(self) -> None:
        assert check_of("mrz", mrz=lines()).result == "pass"

    @pytest.mark.parametrize(
        ("changes", "result", "facts"),
        [
            ({"names": "DAMO<<MARCO"}, "review", ["given name"]),
            ({"number": "YA1234568"}, "review", ["number of the document"]),
            ({"expiry": date(2031, 6, 30)}, "review", ["expiry of the document"]),
            ({"birth": date(1981, 1, 1)}, "fail", ["date of birth"]),
            ({"sex": "F", "names": "DAMO<<MARIA"}, "fail", ["given name", "sex"]),
        ],
    )
    def test_that_contradict_say_what(self, changes: dict[str, Any], result: str, facts: list[str]) -> None:
        check = check_of("mrz", mrz=lines(**changes))
        assert (check.result, check.data["facts"]) == (result, facts)

    def test_with_wrong_digits_go_to_a_person(self) -> None:
        wrong = lines().replace("8001014", "8001015")
        check = check_of("mrz", mrz=wrong)
        assert (check.result, check.data["facts"]) == ("review", ["date of birth", "the whole"])

    def test_of_a_card_agree_too(self) -> None:
        card = card_lines(names="DAMO<<MARIO", number="CA12345AB", birth=date(1980, 1, 1), sex="M")
        assert check_of("mrz", mrz=card, document_kind="identity_card", document_number="CA12345AB").result == "pass"


class TestTheOtherChecks:
    @pytest.mark.parametrize(
        ("code", "changes", "result"),
        [
            ("tax_code_agrees", {}, "pass"),
            ("tax_code_agrees", {"birth_place": "Milano"}, "review"),
            ("document", {"document_number": "YA111111"}, "fail"),
            ("document", {"document_number": "YA1111111"}, "review"),
            ("address", {}, "pass"),
            ("address", {"province": "MI"}, "review"),
            ("iban", {"payment_method": "direct_debit", "iban": "IT60X0542811101000000123456"}, "pass"),
            ("iban", {"payment_method": "direct_debit", "iban": "BR1800360305000010009795493C1"}, "review"),
            ("iban", {"payment_method": "direct_debit", "iban": "IT61X0542811101000000123456"}, "fail"),
            ("register", {"vat_number": "12345678903", "register_number": "RM-1234567"}, "pass"),
            ("register", {"vat_number": "12345678903", "register_number": "ZZ-1"}, "fail"),
        ],
    )
    def test_judge(self, code: str, changes: dict[str, Any], result: str) -> None:
        assert check_of(code, **changes).result == result

    def test_refuse_a_paper_card_from_its_last_day_on(self) -> None:
        paper = {"document_kind": "identity_card", "document_number": "AX1234567"}
        assert check_of("document_valid", on_date=date(2026, 8, 2), **paper).result == "pass"
        assert check_of("document_valid", on_date=date(2026, 8, 3), **paper).result == "fail"

    def test_keep_no_personal_data_as_evidence(self) -> None:
        facts = person_facts()
        form = person_form(facts)
        checks = identity_checks(kind="individual", form=form, on_date=DAY, country=ITALY, surroundings=Surroundings())
        kept = repr([dict(check.data) for check in checks])
        for secret in (facts.tax_code, facts.iban, facts.document_number, facts.email, facts.mobile, facts.family_name):
            assert secret not in kept


@pytest.mark.django_db
class TestAnOverride:
    def test_is_kept_with_each_check_that_was_not_passed(self) -> None:
        ref = submitted_application(person_form(province="MI", birth_place="Milano"))
        operations.decide(application_id=ref.application_id, at=AT)
        operations.override(
            application_id=ref.application_id, outcome="accepted", at=AT, by="ann", why="Papers seen at the desk."
        )
        checks = queries.application(ref.application_id).checks
        overridden = {
            check.code: (check.overridden_by, check.overridden_why) for check in checks if check.overridden_by
        }
        assert set(overridden) == {"address", "tax_code_agrees"}
        assert set(overridden.values()) == {("ann", "Papers seen at the desk.")}
        assert all(check.result != "pass" for check in checks if check.overridden_at)

    def test_that_refuses_overrides_no_check(self) -> None:
        ref = submitted_application(person_form(province="MI"))
        operations.decide(application_id=ref.application_id, at=AT)
        operations.override(application_id=ref.application_id, outcome="refused", at=AT, by="ann", why="Invented.")
        assert not any(check.overridden_by for check in queries.application(ref.application_id).checks)


@pytest.mark.django_db
class TestTheForm:
    def test_keeps_the_lines_as_they_are_printed(self) -> None:
        facts = person_facts()
        names = f"{facts.family_name}<<{facts.given_name}".upper().replace("'", "").replace("Ò", "O")
        printed = card_lines(names=names, number=facts.document_number, birth=facts.birth_date, sex=facts.sex)
        ref = submitted_application(person_form(facts, mrz=printed.replace("\n", "\r\n").lower()))
        view = queries.application(ref.application_id)
        assert view.form["mrz"] == printed
        operations.decide(application_id=ref.application_id, at=AT)
        assert {check.code: check.result for check in queries.application(ref.application_id).checks}["mrz"] == "pass"

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [("mrz", "P<ITAROSSI", "mrz_not_understood"), ("document_country", "XX", "invalid_country")],
    )
    def test_names_the_field_at_fault(self, field: str, value: str, code: str) -> None:
        from tests.factories.application import filled_application

        ref = filled_application(person_form(**{field: value}))
        assert {fault.field: fault.code for fault in queries.faults(ref.application_id)} == {field: code}

    def test_takes_a_company_with_its_number_in_the_register(self) -> None:
        ref = submitted_application(company_form(register_number="rm 1234567"), kind="company")
        assert queries.application(ref.application_id).form["register_number"] == "RM-1234567"

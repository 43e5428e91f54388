"""What stands on paper."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest
from pypdf import PdfReader

from tests.factories.bill_views import bill_view, draft_line
from utenza.delivery import paper
from utenza.delivery.words import BILL, LETTERS
from utenza.infra.documents import render
from utenza.infra.operator import OperatorProfile

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
OPERATOR = OperatorProfile(
    brand="Lumen Fibra",
    legal_name="Lumen Fibra S.p.A.",
    vat_number="01234567890",
    address_lines=("Via dell'Industria 12", "20138 Milano (MI)"),
    iban="IT60X0542811101000000123456",
    email="clienti@lumen.example",
    phone="800 123 456",
)


def pages_of(data: dict[str, Any], template: str = "bill", language: str = "en") -> list[str]:
    reader = PdfReader(io.BytesIO(render(template=template, data=data, language=language, at=AT)))
    return [" ".join(page.extract_text().replace("\N{NO-BREAK SPACE}", " ").split()) for page in reader.pages]


class TestPageOne:
    def test_answers_how_much_by_when_how_and_why(self) -> None:
        bill = bill_view(draft_line("Fibra 100", 2990), difference=("This bill is €1.00 higher.",))
        first = pages_of(paper.bill_data(bill=bill, operator=OPERATOR))[0]
        for answer in ("€29.90", "21 March 2026", "IT60 X054 2811 1010 0000 0123 456", "F-2026-000123", "€1.00 higher"):
            assert answer in first

    def test_of_a_credit_asks_for_nothing(self) -> None:
        data = paper.bill_data(bill=bill_view(draft_line("Fibra 100", -1929)), operator=OPERATOR)
        assert (data["answer"]["amount_label"], data["answer"]["amount"]) == ("Your credit", "€19.29")
        assert "IBAN" not in str(data["answer"]["how"])

    def test_with_direct_debit_tells_that_there_is_nothing_to_do(self) -> None:
        bill = bill_view(draft_line("Fibra 100", 2990))
        bill = replace(bill, addressee={**bill.addressee, "payment_method": "direct_debit", "iban": "IT60…3456"})
        data = paper.bill_data(bill=bill, operator=OPERATOR)
        assert data["answer"]["how"][0][1].startswith("Nothing to do")
        assert data["answer"]["due_note"] == ""

    def test_holds_a_sum_of_ten_digits_and_a_name_of_many_words(self) -> None:
        bill = bill_view(draft_line("Fibra 100", 123_456_789_012))
        bill = replace(bill, addressee={**bill.addressee, "name": "Officine " * 12}, language="it")
        first = pages_of(paper.bill_data(bill=bill, operator=OPERATOR), language="it")[0]
        assert "1.234.567.890,12 €" in first


class TestAmounts:
    def test_that_all_include_tax_are_shown_so_and_add_up_to_the_total(self) -> None:
        data = paper.bill_data(
            bill=bill_view(draft_line("Fibra", 2990), draft_line("Off", -500, kind="discount")), operator=OPERATOR
        )
        assert data["summary"] == [["Plans and options", "€29.90"], ["Discounts", "−€5.00"]]
        assert data["summary_total"] == ["Total", "€24.90"]
        assert data["summary_note"] == "The total includes €4.49 of VAT."

    def test_of_both_kinds_are_shown_without_tax(self) -> None:
        data = paper.bill_data(
            bill=bill_view(draft_line("Gross", 1220), draft_line("Net", 1000, tax_included=False)), operator=OPERATOR
        )
        assert data["summary"] == [["Plans and options", "€20.00"], ["VAT", "€4.40"]]
        assert data["amount_head"] == "without VAT"

    def test_of_two_nodes_stand_in_sections_with_subtotals(self) -> None:
        bill = bill_view(draft_line("Line", 4500), draft_line("Line", 2177, node_id=2), names={1: "Sede", 2: "Milano"})
        sections = paper.bill_data(bill=bill, operator=OPERATOR)["sections"]
        assert [(one["name"], one["subtotal"]) for one in sections] == [("Sede", "€45.00"), ("Milano", "€21.77")]

    def test_of_usage_are_drawn_in_proportion_to_the_dearest(self) -> None:
        usage = {"kind": "usage", "unit": "second", "quantity": 3605}
        bill = bill_view(
            draft_line("Calls", 400, **usage, explanation={"usage_kind": "voice"}),
            draft_line("Data", 100, kind="usage", unit="octet", quantity=10**9, explanation={"usage_kind": "data"}),
        )
        shown = paper.bill_data(bill=bill, operator=OPERATOR)["usage"]
        assert [(row["text"], row["share"], row["quantity"]) for row in shown] == [
            ("Data", 0.25, "1.00 GB"),
            ("Calls", 1.0, "60:05 min"),
        ]


class TestLetters:
    @pytest.mark.parametrize("language", ["en", "it"])
    @pytest.mark.parametrize("template", sorted(LETTERS["en"]))
    def test_are_typeset_in_both_languages(self, template: str, language: str) -> None:
        data = paper.letter_data(
            template=template,
            language=language,
            data={
                "overdue_micro": 75_550_000,
                "amount_micro": 75_550_000,
                "currency": "EUR",
                "days_overdue": 16,
                "bills": [{"number": "F-2026-000001", "due_date": "2026-03-21", "open_micro": 75_550_000}],
                "lines": ["L0000001"],
                "name": "Anna",
                "customer_number": "C0000042",
                "date": "2026-04-02",
                "subject": "Notice",
                "text": "A notice.",
            },
            operator=OPERATOR,
            addressee={"name": "Anna #Bianchi", "lines": ["Via Roma 1"]},
            facts=[["Date", "2 April 2026"]],
        )
        pages = pages_of(data, template="letter", language=language)
        assert len(pages) == 1
        assert "Anna #Bianchi" in pages[0]
        assert "{" not in pages[0]

    def test_speak_both_languages_with_the_same_slots(self) -> None:
        def slots(words: dict[str, Any]) -> set[str]:
            texts = [words["subject"], *words["paragraphs"], *words["after"]]
            return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}

        assert {key: slots(words) for key, words in LETTERS["en"].items()} == {
            key: slots(words) for key, words in LETTERS["it"].items()
        }

    def test_a_name_with_braces_is_no_slot(self) -> None:
        texts = paper.letter_texts(template="welcome", language="en", data={"name": "{text}", "customer_number": "C1"})
        assert texts["subject"] == "Welcome, {text}"


def test_the_words_of_bills_are_the_same_in_both_languages() -> None:
    assert BILL["en"].keys() == BILL["it"].keys()


def test_the_mail_tells_the_four_answers() -> None:
    subject, text = paper.bill_mail(bill=bill_view(draft_line("Fibra 100", 2990)), operator=OPERATOR)
    assert subject == "Your bill F-2026-000123: €29.90 by 21 March 2026"
    assert all(part in text for part in ("€29.90", "21 March 2026", "IBAN", "A first bill."))

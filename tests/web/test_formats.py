"""How values read, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from utenza.core.errors import Refusal
from utenza.core.money import Money
from utenza.web import acting, formats
from utenza.web.refusals import sentence

pytestmark = pytest.mark.django_db


class TestMoney:
    @pytest.mark.parametrize(
        ("value", "english", "italian"),
        [
            ("24.90", "€24.90", "24,90 €"),
            ("-1234567.80", "−€1,234,567.80", "−1.234.567,80 €"),
            ("0.003125", "€0.003125", "0,003125 €"),
            ("0.0375", "€0.0375", "0,0375 €"),
        ],
    )
    def test_is_written_as_the_locale_does(self, value: str, english: str, italian: str) -> None:
        with translation.override("en"):
            assert formats.money_text(Money.of(value, "EUR")) == english
        with translation.override("it"):
            assert formats.money_text(Money.of(value, "EUR")).replace("\u00a0", " ") == italian

    def test_shows_a_credit_with_the_minus_and_the_word(self) -> None:
        with translation.override("en"):
            text = str(formats.money(Money.of("-5", "EUR"), credit=True))
        assert "−€5.00" in text
        assert "credit" in text


class TestTime:
    def test_shows_an_instant_in_the_operators_zone(self) -> None:
        with translation.override("en"):
            assert formats.instant(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2 Jul 2026, 00:30"

    def test_writes_what_is_charged_once_by_its_day(self) -> None:
        once = date(2026, 9, 25)
        assert formats.period(once, once) == formats.period(once, date(2026, 9, 26)) == formats.day(once)

    def test_writes_a_half_open_period_by_its_last_day(self) -> None:
        with translation.override("en"):
            assert formats.period(date(2026, 4, 1), date(2026, 5, 1)).replace("\u2009", "") == "1–30 Apr 2026"

    def test_counts_octets_and_seconds(self) -> None:
        with translation.override("it"):
            assert formats.octets(5_360_000_000) == "5,36 GB"
        assert formats.duration(4350) == "1:12:30"
        assert formats.duration(59) == "0:59"


class TestReadingWhatAPersonTyped:
    @pytest.mark.parametrize(
        ("typed", "value"),
        [("24.90", "24.90"), ("24,90", "24.90"), ("€ 1.234,50", "1234.50"), ("1,234.50", "1234.50"), (" 7 ", "7")],
    )
    def test_takes_an_amount_with_either_decimal_sign(self, typed: str, value: str) -> None:
        assert acting.read_amount(typed, "EUR") == Money.of(value, "EUR")

    @pytest.mark.parametrize("typed", ["", "ten", "1.2.3,4,5", "inf", "nan"])
    def test_refuses_what_is_no_amount(self, typed: str) -> None:
        with pytest.raises(Refusal) as refused:
            acting.read_amount(typed, "EUR")
        assert refused.value.field == "amount"
        assert sentence(refused.value)

    @pytest.mark.parametrize("typed", ["2026-12-31", "31/12/2026", "31.12.2026", "31-12-2026", "31 12 2026"])
    def test_takes_a_day_in_any_usual_form(self, typed: str) -> None:
        assert acting.read_day(typed) == date(2026, 12, 31)

    def test_refuses_what_is_no_day(self) -> None:
        with pytest.raises(Refusal):
            acting.read_day("31/02/2026")


class TestNames:
    @pytest.mark.parametrize(
        ("name", "letters"), [("Giulia Bianchi", "GB"), ("Tim", "TI"), ("", "?"), ("Anna Maria De Luca", "AL")]
    )
    def test_are_shortened_to_initials(self, name: str, letters: str) -> None:
        assert formats.initials(name) == letters

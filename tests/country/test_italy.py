"""Italy's rules: rates, terms, calendar, numbers and places, each on its day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.parties import vat_number
from utenza.country import (
    DatedRule,
    DatedValue,
    InvalidDocument,
    InvalidIban,
    InvalidPhone,
    InvalidPostcode,
    InvalidProvince,
    InvalidVatNumber,
    RuleNotInForce,
    known_countries,
    rules,
)
from utenza.country.italy import calendar, terms

ITALY = rules("IT")


class TestDatedRules:
    @pytest.mark.parametrize(
        ("day", "rate"),
        [
            (date(2011, 9, 16), 2000),
            (date(2011, 9, 17), 2100),
            (date(2013, 9, 30), 2100),
            (date(2013, 10, 1), 2200),
            (date(2026, 7, 1), 2200),
        ],
    )
    def test_the_standard_rate_of_vat_changes_on_its_day(self, day: date, rate: int) -> None:
        assert ITALY.vat_rate("standard", day) == rate

    def test_every_category_has_a_rate_today(self) -> None:
        rates = {category: ITALY.vat_rate(category, date(2026, 1, 1)) for category in ITALY.vat_categories()}
        assert rates == {
            "standard": 2200,
            "reduced": 1000,
            "reduced_5": 500,
            "reduced_4": 400,
            "exempt": 0,
            "out_of_scope": 0,
            "reverse_charge": 0,
        }

    def test_every_value_names_its_source(self) -> None:
        for rule in (*terms.VAT_RATES.values(), *terms.TERMS.values()):
            assert rule.values
            assert all(len(value.source) > 10 for value in rule.values)
            days = [value.from_date for value in rule.values]
            assert days == sorted(set(days))

    def test_before_the_first_value_no_rule_is_known(self) -> None:
        with pytest.raises(RuleNotInForce):
            ITALY.vat_rate("standard", date(1990, 1, 1))
        with pytest.raises(RuleNotInForce):
            ITALY.vat_rate("imaginary", date(2026, 1, 1))
        with pytest.raises(RuleNotInForce):
            ITALY.term("imaginary", date(2026, 1, 1))

    def test_an_operator_overrides_a_rule_from_a_day_on(self) -> None:
        overrides = {"vat.standard": [DatedValue(2300, date(2027, 1, 1), "law to come")]}
        assert ITALY.vat_rate("standard", date(2026, 12, 31), overrides=overrides) == 2200
        assert ITALY.vat_rate("standard", date(2027, 1, 1), overrides=overrides) == 2300

    @given(st.lists(st.dates(date(2000, 1, 1), date(2030, 1, 1)), min_size=1, unique=True), st.dates())
    def test_the_latest_value_not_after_the_day_holds(self, days: list[date], day: date) -> None:
        rule = DatedRule("any", *(DatedValue(each, each, "a source") for each in days))
        earlier = [each for each in days if each <= day]
        if earlier:
            assert rule.at(day) == max(earlier)
        else:
            with pytest.raises(RuleNotInForce):
                rule.at(day)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("legal_age_years", 18),
            ("cooling_off_days", 14),
            ("cooling_off_doorstep_days", 30),
            ("usage_retention_months", 6),
            ("notice_max_days", 30),
            ("commitment_max_months", 24),
            ("suspension_notice_days", 40),
            ("invoice_ahead_of_due_days", 15),
            ("late_payment_compensation_micro", 40_000_000),
            ("legal_interest_bp", 200),
        ],
    )
    def test_a_term_has_its_figure(self, name: str, value: int) -> None:
        assert ITALY.term(name, date(2025, 6, 1)) == value


class TestTheCalendar:
    # From the tables of the almanac.
    @pytest.mark.parametrize(
        "sunday",
        [
            date(1954, 4, 18), date(1981, 4, 19), date(2000, 4, 23), date(2008, 3, 23), date(2011, 4, 24),
            date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25), date(2049, 4, 18),
        ],
    )  # fmt: skip
    def test_knows_easter(self, sunday: date) -> None:
        assert calendar.easter(sunday.year) == sunday

    @given(st.integers(1583, 4000))
    def test_easter_is_a_sunday_between_its_bounds(self, year: int) -> None:
        sunday = calendar.easter(year)
        assert sunday.weekday() == 6
        assert date(year, 3, 22) <= sunday <= date(year, 4, 25)

    def test_has_the_holidays_of_a_year_in_order(self) -> None:
        days = [holiday.day for holiday in ITALY.holidays(2025)]
        assert days == [
            date(2025, 1, 1), date(2025, 1, 6), date(2025, 4, 20), date(2025, 4, 21), date(2025, 4, 25),
            date(2025, 5, 1), date(2025, 6, 2), date(2025, 8, 15), date(2025, 11, 1), date(2025, 12, 8),
            date(2025, 12, 25), date(2025, 12, 26),
        ]  # fmt: skip

    def test_gives_saint_francis_back_from_2026(self) -> None:
        assert not [day for day in ITALY.holidays(2025) if (day.day.month, day.day.day) == (10, 4)]
        assert [day.name for day in ITALY.holidays(2026) if (day.day.month, day.day.day) == (10, 4)]

    def test_tells_working_days(self) -> None:
        assert ITALY.is_working_day(date(2026, 4, 7))
        assert not ITALY.is_working_day(date(2026, 4, 6))
        assert not ITALY.is_working_day(date(2026, 4, 11))


class TestNumbers:
    @given(st.integers(0, 9_999_999))
    def test_a_vat_number_with_one_wrong_digit_is_refused(self, n: int) -> None:
        number = vat_number(n + 1 if n < 9_999_999 else n)
        assert ITALY.validate_vat_number(f"IT {number}") == number
        wrong = str((int(number[3]) + 1) % 10)
        with pytest.raises(InvalidVatNumber):
            ITALY.validate_vat_number(number[:3] + wrong + number[4:])

    def test_an_iban_is_read_with_blanks_and_may_be_foreign(self) -> None:
        assert ITALY.validate_iban("it60 x054 2811 1010 0000 0123 456") == "IT60X0542811101000000123456"
        assert ITALY.validate_iban("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"
        for wrong in ("IT60X0542811101000000123457", "IT60", "", "XX60X0542811101000000123456"):
            with pytest.raises(InvalidIban):
                ITALY.validate_iban(wrong)

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("06 1234 5678", "+390612345678"),
            ("333 1234567", "+393331234567"),
            ("39 333 1234567", "+393331234567"),
            ("+39 333.123.4567", "+393331234567"),
            ("0039-06-1234567", "+39061234567"),
            ("392 1234567", "+393921234567"),
            ("0033 1 23 45 67 89", "+33123456789"),
            ("(02) 8899/123", "+39028899123"),
        ],
    )
    def test_a_telephone_number_is_written_in_international_form(self, text: str, number: str) -> None:
        assert ITALY.normalise_phone(text) == number
        assert ITALY.normalise_phone(number) == number

    @pytest.mark.parametrize("text", ["", "12", "06 123O 4567", "+39 333 123456789012", "+0123456789", "٣٣٣١٢٣٤٥٦٧"])
    def test_what_is_no_telephone_number_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidPhone):
            ITALY.normalise_phone(text)


class TestPlaces:
    def test_a_postcode_has_five_digits(self) -> None:
        assert ITALY.normalise_postcode(" 00185 ") == "00185"
        for wrong in ("185", "0018A", "001855", "", "٠٠١٨٥"):
            with pytest.raises(InvalidPostcode):
                ITALY.normalise_postcode(wrong)

    def test_a_province_is_known_by_its_letters_or_its_name(self) -> None:
        assert ITALY.normalise_province("rm") == "RM"
        assert ITALY.normalise_province("forlì-cesena") == "FC"
        assert len(ITALY.provinces()) == 107
        with pytest.raises(InvalidProvince):
            ITALY.normalise_province("XX")


class TestDocuments:
    @pytest.mark.parametrize(
        ("kind", "number"),
        [
            ("identity_card", "ca 12345 ab"),
            ("identity_card", "AX1234567"),
            ("identity_card", "1234567AA"),
            ("passport", "YA1234567"),
            ("driving_licence", "RM1234567X"),
            ("driving_licence", "U1A23B456C"),
            ("residence_permit", "I12345678"),
            ("foreign_passport", "C01X00T47"),
        ],
    )
    def test_have_numbers_of_their_form(self, kind: str, number: str) -> None:
        assert ITALY.validate_document(kind, number) == number.replace(" ", "").upper()

    @pytest.mark.parametrize(
        ("kind", "number"),
        [("identity_card", "A1234567"), ("passport", "1234567YA"), ("library_card", "AX1234567"), ("passport", "")],
    )
    def test_of_another_form_are_refused(self, kind: str, number: str) -> None:
        with pytest.raises(InvalidDocument):
            ITALY.validate_document(kind, number)


class TestAnotherCountry:
    def test_has_lenient_rules_and_checks_what_the_union_checks(self) -> None:
        germany = rules("DE")
        assert germany.validate_vat_number("DE 136 695 976") == "136695976"
        with pytest.raises(InvalidVatNumber):
            germany.validate_vat_number("DE136695977")
        assert germany.normalise_phone("+49 30 1234567") == "+49301234567"
        with pytest.raises(InvalidPhone):
            germany.normalise_phone("030 12")

    def test_has_no_law_but_what_the_operator_sets(self) -> None:
        germany, day = rules("DE"), date(2026, 1, 1)
        with pytest.raises(RuleNotInForce):
            germany.vat_rate("standard", day)
        overrides = {"vat.standard": [DatedValue(1900, date(2021, 1, 1), "UStG par. 12")]}
        assert germany.vat_rate("standard", day, overrides=overrides) == 1900
        assert germany.is_working_day(day)
        assert germany.holidays(2026) == ()

    @pytest.mark.parametrize("code", ["it", "ITA", "", "I1"])
    def test_has_a_code_of_two_capitals(self, code: str) -> None:
        with pytest.raises(ValueError, match="ISO 3166"):
            rules(code)

    def test_is_not_among_the_known_ones(self) -> None:
        assert known_countries() == ("IT",)

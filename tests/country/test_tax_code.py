"""The Italian tax code is verified sign by sign and compared with the person."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from utenza.country import InvalidTaxCode, Person, rules
from utenza.country.italy import tax_code

ITALY = rules("IT")
letters = st.text(string.ascii_letters + " 'àèéìòù", min_size=1, max_size=24).filter(lambda text: text.strip(" '"))
places = st.builds(lambda letter, digits: f"{letter}{digits:03d}", st.sampled_from("ABCDEFGHILMZ"), st.integers(1, 999))


@st.composite
def people(draw: st.DrawFn) -> tuple[Person, str]:
    person = Person(
        given_name=draw(letters),
        family_name=draw(letters),
        birth_date=draw(st.dates(date(1927, 1, 1), date(2025, 12, 31))),
        sex=draw(st.sampled_from("FM")),
    )
    assert person.birth_date is not None
    code = tax_code.compute(
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date,
        sex=person.sex,
        place_code=draw(places),
    )
    return person, code


class TestACodeMadeForAPerson:
    @given(people())
    def test_is_valid_and_agrees(self, made: tuple[Person, str]) -> None:
        person, code = made
        assert ITALY.validate_tax_code(code, holder="person") == code
        assert ITALY.tax_code_disagreements(code, person) == ()

    @given(people(), st.integers(1, 7))
    def test_agrees_although_digits_were_replaced_to_tell_two_people_apart(
        self, made: tuple[Person, str], level: int
    ) -> None:
        person, code = made
        other = tax_code.with_homocody(code, level=level)
        assert other != code
        assert ITALY.validate_tax_code(other) == other
        assert ITALY.tax_code_disagreements(other, person) == ()
        assert tax_code.without_homocody(other) == code[:15]

    @given(people(), st.integers(0, 15), st.sampled_from(string.ascii_uppercase + string.digits))
    def test_with_one_wrong_sign_is_refused(self, made: tuple[Person, str], position: int, sign: str) -> None:
        code = made[1]
        assume(code[position] != sign)
        with pytest.raises(InvalidTaxCode):
            ITALY.validate_tax_code(code[:position] + sign + code[position + 1 :])

    @given(people())
    def test_contradicts_another_birth_date_and_the_other_sex(self, made: tuple[Person, str]) -> None:
        person, code = made
        assert person.birth_date is not None
        born = date(person.birth_date.year, person.birth_date.month % 12 + 1, 5)
        other = Person(person.given_name, person.family_name, born, "M" if person.sex == "F" else "F")
        assert ITALY.tax_code_disagreements(code, other) == ("birth_date", "sex")

    @given(people())
    def test_is_read_with_blanks_and_small_letters(self, made: tuple[Person, str]) -> None:
        code = made[1]
        assert ITALY.validate_tax_code(f" {code[:6].lower()} {code[6:11]}-{code[11:]} ") == code


@pytest.mark.parametrize(
    ("family_name", "signs"),
    [
        ("Rossi", "RSS"), ("Fo", "FOX"), ("Aiello", "LLA"), ("D'Amico", "DMC"), ("De Luca", "DLC"), ("Ai", "AIX"),
        ("Bò", "BOX"), ("Ünal", "NLU"), ("Žižek", "ZZK"), ("Re", "REX"),
    ],
)  # fmt: skip
def test_a_family_name_gives_consonants_then_vowels_then_x(family_name: str, signs: str) -> None:
    assert tax_code.surname_signs(family_name) == signs


@pytest.mark.parametrize(
    ("given_name", "signs"),
    [
        ("Mario", "MRA"), ("Gianfranco", "GFR"), ("Anna", "NNA"), ("Luca", "LCU"), ("Maria Teresa", "MTR"),
        ("Nicolò", "NCL"), ("Ugo", "GUO"), ("Giulia", "GLI"), ("Bo", "BOX"), ("Alessandra", "LSN"),
    ],
)  # fmt: skip
def test_a_given_name_with_four_consonants_skips_the_second(given_name: str, signs: str) -> None:
    assert tax_code.name_signs(given_name) == signs


def test_a_woman_is_known_by_forty_added_to_the_day() -> None:
    made = tax_code.compute(
        given_name="Anna", family_name="Rossi", birth_date=date(1980, 1, 1), sex="F", place_code="H501"
    )
    assert made[:15] == "RSSNNA80A41H501"


class TestWhoseCodeItIs:
    def test_a_person_has_no_code_of_eleven_digits(self) -> None:
        with pytest.raises(InvalidTaxCode):
            ITALY.validate_tax_code("00743110157", holder="person")

    def test_an_organisation_has_eleven_digits_with_a_check_digit(self) -> None:
        assert ITALY.validate_tax_code("00743110157", holder="organisation") == "00743110157"
        with pytest.raises(InvalidTaxCode):
            ITALY.validate_tax_code("00743110158", holder="organisation")
        with pytest.raises(InvalidTaxCode):
            ITALY.validate_tax_code("RSSMRA80A01H501U", holder="organisation")

    def test_a_sole_trader_may_give_either(self) -> None:
        assert ITALY.validate_tax_code("RSSMRA80A01H501U", holder="any") == "RSSMRA80A01H501U"


@pytest.mark.parametrize("text", ["", "RSSMRA80A01H501", "RSSMRA80A01H501UU", "RSSMRA80F01H501U", "12345", "٣" * 11])
def test_what_is_no_code_is_refused_with_the_input_in_the_sentence(text: str) -> None:
    with pytest.raises(InvalidTaxCode) as refused:
        ITALY.validate_tax_code(text)
    assert f"'{text}'" in str(refused.value)
    assert refused.value.field == "tax_code"


def test_a_day_that_no_month_has_is_refused_although_the_check_digit_is_right() -> None:
    from stdnum.it import codicefiscale

    first = "RSSMRA80B30H501"
    with pytest.raises(InvalidTaxCode):
        ITALY.validate_tax_code(first + codicefiscale.calc_check_digit(first))


@pytest.mark.parametrize(("sex", "place"), [("X", "H501"), ("F", "501H"), ("M", "")])
def test_a_code_is_not_made_from_what_has_no_place_in_it(sex: str, place: str) -> None:
    with pytest.raises(ValueError, match="is n"):
        tax_code.compute(given_name="A", family_name="B", birth_date=date(1990, 1, 1), sex=sex, place_code=place)

"""The Italian tax code (codice fiscale): how it is made, and whether it agrees with a person.

    R S S   M R A   8 0 A 0 1   H 5 0 1   U
    surname  name   birth, sex   place   check
    0 1 2   3 4 5   6 7 8 9 10  11-14    15

Two people who would get the same code are told apart by homocody: digits are replaced by letters, from the right.
Source: D.M. Finanze 23 December 1976, "Sistemi di codificazione dei soggetti da iscrivere all'anagrafe tributaria".
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.it import codicefiscale, iva

from utenza.country.base import Holder, InvalidTaxCode, Person
from utenza.country.italy import municipalities

LENGTH = 16
MONTHS = "ABCDEHLMPRST"
HOMOCODY = "LMNPQRSTUV"
DIGIT_POSITIONS = (6, 7, 9, 10, 12, 13, 14)
WOMEN_DAY_OFFSET = 40
_SHAPE = re.compile(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]")
_FOLDED = str.maketrans({"Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Æ": "AE", "Œ": "OE", "Þ": "TH", "ß": "SS"})


def validate(text: str, *, holder: Holder = "any") -> str:
    """Return a tax code in capitals without blanks, its check digit verified.

    A person's has 16 signs; an organisation's is 11 digits; `holder` says which are taken. (A sole trader is a person
    and keeps the 16 signs. Provisional codes of 11 digits exist for persons and are not taken, since identity could
    not be checked against them.)

    :raises InvalidTaxCode: if length, form, birth date or check digit is wrong.
    """
    code = codicefiscale.compact(text)
    if len(code) == LENGTH and holder != "organisation" and _well_formed(code):
        return code
    if len(code) != LENGTH and holder != "person" and iva.is_valid(code):
        return str(iva.compact(code))
    raise InvalidTaxCode(field="tax_code", value=text)


def _well_formed(code: str) -> bool:
    if not _SHAPE.fullmatch(code) or codicefiscale.calc_check_digit(code[:-1]) != code[-1]:
        return False
    try:
        codicefiscale.get_birth_date(code)
    except ValidationError:
        # 29 February of a year '00' is read in this century, where it exists; other days exist in both or in none.
        return False
    return True


def without_homocody(code: str) -> str:
    """Return the 15 signs before the check digit with homocody undone, so that they can be compared."""
    signs = list(code[:15])
    for position in DIGIT_POSITIONS:
        if signs[position] in HOMOCODY:
            signs[position] = str(HOMOCODY.index(signs[position]))
    return "".join(signs)


def with_homocody(code: str, *, level: int) -> str:
    """Return the code with its `level` rightmost digits replaced (1 to 7) and a new check digit."""
    signs = list(code[:15])
    for position in DIGIT_POSITIONS[len(DIGIT_POSITIONS) - level :]:
        if signs[position].isdigit():
            signs[position] = HOMOCODY[int(signs[position])]
    return _checked("".join(signs))


def disagreements(code: str, person: Person) -> tuple[str, ...]:
    """Return which facts of a person the code contradicts: family_name, given_name, birth_date, sex, birth_place.

    The place of birth contradicts where its code was never given out, had ceased before the birth, or is that of
    another town or state than the person names (nothing is compared where none is named).
    """
    plain = without_homocody(code)
    found: list[str] = []
    if plain[0:3] != surname_signs(person.family_name):
        found.append("family_name")
    if plain[3:6] != name_signs(person.given_name):
        found.append("given_name")
    day = int(plain[9:11])
    if person.birth_date is not None:
        written = (int(plain[6:8]), MONTHS.index(plain[8]) + 1, day % WOMEN_DAY_OFFSET)
        birth = person.birth_date
        if written != (birth.year % 100, birth.month, birth.day):
            found.append("birth_date")
    if person.sex and person.sex != ("F" if day > WOMEN_DAY_OFFSET else "M"):
        found.append("sex")
    if person.birth_place and not _place_agrees(plain[11:15], person):
        found.append("birth_place")
    return tuple(found)


def _place_agrees(place_code: str, person: Person) -> bool:
    if not municipalities.places_of(place_code):
        return False
    if person.birth_date is not None and not municipalities.existed_on(place_code, person.birth_date):
        return False
    return municipalities.agrees(place_code, person.birth_place) is not False


def compute(*, given_name: str, family_name: str, birth_date: date, sex: str, place_code: str) -> str:
    """Return the tax code that a person gets before any homocody; `place_code` is the land register's, such as H501.

    :raises ValueError: if `place_code` or `sex` has not its form.
    """
    if not re.fullmatch(r"[A-Z][0-9]{3}", place_code):
        raise ValueError(f"'{place_code}' is not a place code such as H501")
    if sex not in ("F", "M"):
        raise ValueError(f"'{sex}' is neither F nor M")
    day = birth_date.day + (WOMEN_DAY_OFFSET if sex == "F" else 0)
    birth = f"{birth_date.year % 100:02d}{MONTHS[birth_date.month - 1]}{day:02d}"
    return _checked(surname_signs(family_name) + name_signs(given_name) + birth + place_code)


def _checked(first: str) -> str:
    return first + str(codicefiscale.calc_check_digit(first))


def surname_signs(family_name: str) -> str:
    """Return the three signs of a family name: consonants, then vowels, then X."""
    consonants, vowels = _letters(family_name)
    return (consonants + vowels + "XXX")[:3]


def name_signs(given_name: str) -> str:
    """Return the three signs of a given name: with four consonants or more the first, third and fourth."""
    consonants, vowels = _letters(given_name)
    if len(consonants) >= 4:
        return consonants[0] + consonants[2] + consonants[3]
    return (consonants + vowels + "XXX")[:3]


def _letters(name: str) -> tuple[str, str]:
    capitals = unicodedata.normalize("NFKD", name.upper().translate(_FOLDED))
    letters = [sign for sign in capitals if "A" <= sign <= "Z"]
    vowels = "".join(sign for sign in letters if sign in "AEIOU")
    return "".join(sign for sign in letters if sign not in "AEIOU"), vowels

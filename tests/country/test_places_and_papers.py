"""Birthplaces, postcodes, addresses in one form, and numbers of documents and registers."""

from __future__ import annotations

from datetime import date

import pytest

from utenza.country import InvalidDocument, InvalidRegisterNumber, Person, documents, rules
from utenza.country.italy import municipalities, postal
from utenza.country.italy.places import PROVINCES
from utenza.country.italy.tax_code import compute, with_homocody

ITALY = rules("IT")


def facts_against(place_code: str, birth_place: str, born: date = date(1980, 1, 1), *, homocody: int = 0) -> set[str]:
    code = compute(given_name="Mario", family_name="Rossi", birth_date=born, sex="M", place_code=place_code)
    if homocody:
        code = with_homocody(code, level=homocody)
    return set(ITALY.tax_code_disagreements(code, Person("Mario", "Rossi", born, "M", birth_place)))


class TestTheBirthplace:
    @pytest.mark.parametrize(
        ("place_code", "birth_place"),
        [
            ("H501", "Roma"),
            ("H501", "ROMA (RM)"),
            ("F205", "Milano, MI"),
            ("H919", "S. Giovanni in Fiore"),
            ("H223", "Reggio Emilia"),
            ("A952", "Bolzano"),
            ("A952", "Bozen"),
            ("A345", "L’Aquila"),
            ("H753", "Samone (TO)"),
            ("Z129", "Romania"),
            ("Z129", "Bucarest"),  # a town abroad is not in the table, and is no contradiction
            ("Z118", "Jugoslavia"),  # a state that is no more
            ("A002", municipalities.places_of("A002")[0].name),
            ("H501", ""),
        ],
    )
    def test_agrees_with_the_code_however_it_is_written(self, place_code: str, birth_place: str) -> None:
        born = date(1920, 1, 1) if place_code == "A002" else date(1980, 1, 1)
        assert facts_against(place_code, birth_place, born) == set()

    @pytest.mark.parametrize(
        ("place_code", "birth_place"),
        [
            ("H501", "Milano"),
            ("H501", "Romania"),
            ("Z129", "Roma"),
            ("Z129", "Francia"),
            ("H754", "Samone (TO)"),
            ("H501", "Rooma"),
            ("A000", "Roma"),  # a code that was never given out
        ],
    )
    def test_contradicts_where_it_is_another(self, place_code: str, birth_place: str) -> None:
        assert facts_against(place_code, birth_place) == {"birth_place"}

    def test_is_read_through_homocody(self) -> None:
        assert facts_against("H501", "Roma", homocody=3) == set()
        assert facts_against("H501", "Milano", homocody=3) == {"birth_place"}

    def test_contradicts_where_the_municipality_had_ceased_before_the_birth(self) -> None:
        ceased = next(
            place for code in ("A002", "A003", "A009") for place in municipalities.places_of(code)[-1:] if place.to_date
        )
        assert ceased.to_date is not None
        assert facts_against(ceased.code, ceased.name, date(ceased.to_date.year - 1, 1, 1)) == set()
        assert facts_against(ceased.code, ceased.name, date(1990, 1, 1)) == {"birth_place"}

    def test_of_every_provinces_chief_town_is_known(self) -> None:
        # Sud Sardegna and three of two towns are not called by one of them.
        towns = {name for code, name in PROVINCES.items() if code not in ("SU", "BT", "VB", "FC", "MS", "PU", "MB")}
        assert [name for name in sorted(towns) if not municipalities.codes_named(name)] == []


class TestPostcodes:
    def test_lie_in_every_province(self) -> None:
        assert set(PROVINCES) == {province for zone in postal.ZONES.values() for province in zone}

    @pytest.mark.parametrize(
        ("postcode", "province", "fits"),
        [("00185", "RM", True), ("20900", "MB", True), ("07026", "SS", True), ("00185", "MI", False),
         ("99999", "RM", False)],
    )  # fmt: skip
    def test_fit_their_province(self, postcode: str, province: str, fits: bool) -> None:
        assert ITALY.postcode_fits(postcode, province) is fits


class TestAddresses:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("V.le S. Giovanni", "12/A"), ("Viale San Giovanni", "12 a")),
            (("P.zza Garibaldi, 5", ""), ("piazza  Garibaldi", "5")),
            (("C.so Vittorio Emanuele", "n. 7"), ("Corso Vittorio Emanuele", "07")),
            (("Via XX Settembre n. 3", ""), ("VIA XX SETTEMBRE", "3")),
            (("L.go dell’Olmo", "snc"), ("Largo dell'Olmo", "")),
            (("F.lli Rosselli", "1"), ("Fratelli Rosselli", "1")),
        ],
    )
    def test_written_in_two_ways_are_one(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        forms = {
            ITALY.address_form(postcode="00185", city="Roma", street=street, number=number)
            for street, number in (one, other)
        }
        assert len(forms) == 1

    def test_that_differ_stay_apart(self) -> None:
        forms = {
            ITALY.address_form(postcode=postcode, city=city, street=street, number=number)
            for postcode, city, street, number in (
                ("00185", "Roma", "Via Roma", "1"), ("00185", "Roma", "Via Roma", "1a"),
                ("00185", "Roma", "Viale Roma", "1"), ("00186", "Roma", "Via Roma", "1"),
                ("00185", "Romano", "Via Roma", "1"), ("00185", "Roma", "Via Roma", ""),
            )
        }  # fmt: skip
        assert len(forms) == 6


class TestDocuments:
    @pytest.mark.parametrize(
        ("kind", "number", "issuer"),
        [
            ("identity_card", "AX 1234567", ""), ("identity_card", "ca12345ab", ""), ("identity_card", "1234567AB", ""),
            ("passport", "YA1234567", ""), ("driving_licence", "RM1234567X", ""), ("driving_licence", "U1A23456BC", ""),
            ("residence_permit", "I12345678", ""), ("foreign_passport", "12AB34567", "FR"),
            ("foreign_passport", "C01X00T47", "DE"), ("foreign_passport", "X1234567", "AR"),
            ("eu_identity_card", "T220001293", "DE"), ("eu_identity_card", "54362315K", "ES"),
            ("eu_identity_card", "ABS123456", "PL"), ("eu_identity_card", "880692310285", "FR"),
            ("eu_identity_card", "123456789", "GR"),
        ],
    )  # fmt: skip
    def test_have_the_form_of_their_kind_and_state(self, kind: str, number: str, issuer: str) -> None:
        if number == "ABS123456":
            number = next(f"ABS{check}23456" for check in "0123456789" if documents.right_form(
                f"ABS{check}23456", kind="card", issuer="PL"))  # fmt: skip
        written = ITALY.validate_document(kind, number, issuer=issuer)
        assert written == number.replace(" ", "").upper()

    @pytest.mark.parametrize(
        ("kind", "number", "issuer"),
        [
            ("identity_card", "A1234567", ""), ("passport", "YA123456", ""), ("driving_licence", "U2A23456BC", ""),
            ("foreign_passport", "AB1234567", "FR"), ("eu_identity_card", "T220001294", "DE"),
            ("eu_identity_card", "54362315L", "ES"), ("eu_identity_card", "ABCDEFGHI", "GR"),
            ("library_card", "AX1234567", ""),
        ],
    )  # fmt: skip
    def test_of_another_form_are_refused(self, kind: str, number: str, issuer: str) -> None:
        with pytest.raises(InvalidDocument):
            ITALY.validate_document(kind, number, issuer=issuer)

    def test_on_paper_cease_on_their_day(self) -> None:
        paper, electronic = "AX1234567", "CA12345AB"
        assert not ITALY.document_ceased("identity_card", paper, date(2026, 8, 2))
        assert ITALY.document_ceased("identity_card", paper, date(2026, 8, 3))
        assert not ITALY.document_ceased("identity_card", electronic, date(2026, 8, 3))
        assert not ITALY.document_ceased("passport", "YA1234567", date(2026, 8, 3))


class TestRegistersOfCompanies:
    @pytest.mark.parametrize(
        ("country", "given", "written"),
        [("IT", "REA rm 1234567", "RM-1234567"), ("FR", "552 008 443", "552008443"), ("AT", "FN 122119m", "122119m"),
         ("GR", "GEMI 123", "GEMI 123")],
    )  # fmt: skip
    def test_have_numbers_in_a_written_form(self, country: str, given: str, written: str) -> None:
        assert rules(country).validate_register_number(given) == written

    @pytest.mark.parametrize(("country", "given"), [("IT", "XX-1234567"), ("FR", "552008444"), ("GR", "?")])
    def test_refuse_what_is_none(self, country: str, given: str) -> None:
        with pytest.raises(InvalidRegisterNumber):
            rules(country).validate_register_number(given)

"""Machine-readable lines: the specimens of the standard are read, wrong digits are found, names are compared."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.documents import passport_lines
from utenza.country import mrz

# The specimens of ICAO Doc 9303 parts 4, 5 and 6.
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
ANNA = mrz.Holder("Anna Maria", "Eriksson", date(1974, 8, 12), "F", "L898902C3", date(2012, 4, 15))


class TestReading:
    @pytest.mark.parametrize(
        ("text", "form", "number"), [(TD3, "TD3", "L898902C3"), (TD1, "TD1", "D23145890"), (TD2, "TD2", "D23145890")]
    )
    def test_takes_the_specimens_of_the_standard(self, text: str, form: str, number: str) -> None:
        read = mrz.read(text)
        assert (read.form, read.number, read.birth, read.sex, read.expiry) == (form, number, "740812", "F", "120415")
        assert (read.family_name, read.given_names, read.wrong) == ("ERIKSSON", ("ANNA", "MARIA"), ())

    def test_takes_lines_pasted_as_one_in_small_letters_with_blanks(self) -> None:
        assert mrz.read(" " + TD3.lower().replace("\n", " ") + " ") == mrz.read(TD3)

    @pytest.mark.parametrize("text", ["", "P<UTO", TD3[:-1], TD3.replace("ERIKSSON", "ERIKSSÖN"), TD1 + "<"])
    def test_takes_nothing_else(self, text: str) -> None:
        with pytest.raises(mrz.MrzNotUnderstood):
            mrz.read(text)

    def test_takes_a_number_of_more_than_nine_signs(self) -> None:
        # Doc 9303 part 5 section 4.2.2, note j: the rest and the check digit stand in the optional field.
        number = "D23145890734"
        first = f"I<UTO{number[:9]}<{number[9:]}{mrz.check_digit(number)}".ljust(30, "<")
        second = "7408122F1204159UTO<<<<<<<<<<<"
        whole = mrz.check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
        read = mrz.read(f"{first}\n{second}{whole}\nERIKSSON<<ANNA<MARIA<<<<<<<<<<")
        assert (read.number, read.wrong) == (number, ())

    @pytest.mark.parametrize(
        ("text", "line", "covered"),
        [
            (TD1, 0, (*range(5, 30),)),
            (TD1, 1, (*range(7), *range(8, 15), *range(18, 30))),
            (TD2, 1, (*range(10), *range(13, 20), *range(21, 36))),
            (TD3, 1, (*range(10), *range(13, 20), *range(21, 44))),
        ],
    )
    def test_finds_any_one_sign_that_was_changed(self, text: str, line: int, covered: tuple[int, ...]) -> None:
        # The next sign in order: signs whose values differ by ten (B and L) the digits cannot tell apart.
        following = dict(
            zip("<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "1123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0", strict=True)
        )
        for at in covered:
            lines = text.split("\n")
            lines[line] = lines[line][:at] + following[lines[line][at]] + lines[line][at + 1 :]
            assert mrz.read("\n".join(lines)).wrong, f"sign {at + 1} of line {line + 1}"

    @given(st.sampled_from([(2, 44), (3, 30), (2, 36)]), st.data())
    def test_takes_any_signs_of_the_right_count_and_compares_them(
        self, shape: tuple[int, int], data: st.DataObject
    ) -> None:
        count = shape[0] * shape[1]
        signs = data.draw(st.text("<<<<<A0Z9", min_size=count, max_size=count))
        mrz.disagreements(mrz.read(signs), ANNA)


class TestComparing:
    def test_finds_nothing_where_all_agrees(self) -> None:
        assert mrz.disagreements(mrz.read(TD3), ANNA) == ()

    @pytest.mark.parametrize(
        ("holder", "facts"),
        [
            (mrz.Holder("Anna", "Eriksson", date(1974, 8, 12), "F", "l 898902 c3", None), ()),
            (mrz.Holder("Maria", "Eriksson", None, "", "", None), ("given_name",)),
            (mrz.Holder("Anna", "Erikson", date(1974, 8, 12), "F", "L898902C3", None), ("family_name",)),
            (mrz.Holder("Anna", "Eriksson", date(1974, 12, 8), "M", "L898902C4", date(2012, 4, 16)),
             ("birth_date", "sex", "expiry", "number")),
        ],
    )  # fmt: skip
    def test_names_what_disagrees(self, holder: mrz.Holder, facts: tuple[str, ...]) -> None:
        assert mrz.disagreements(mrz.read(TD3), holder) == facts

    @pytest.mark.parametrize(
        ("family", "given", "printed"),
        [
            ("D’Amò", "Nicolò", "DAMO<<NICOLO"),
            ("De Luca", "Maria Chiara", "DE<LUCA<<MARIA<CHIARA"),
            ("Smith-Jones", "Susie Margaret", "SMITH<JONES<<SUSIE<MARGARET"),
            ("Müller", "Jürgen", "MUELLER<<JUERGEN"),
            ("Müller", "Jürgen", "MULLER<<JURGEN"),
            ("Núñez", "Begoña", "NUNXXEZ<<BEGONXXA"),
            ("Núñez", "Begoña", "NUNEZ<<BEGONA"),
            ("Strauß", "Åse", "STRAUSS<<AASE"),
            ("Łukasiewicz", "Żaneta", "LUKASIEWICZ<<ZANETA"),
            ("Þórðardóttir", "Æsa", "THORDARDOTTIR<<AESA"),
        ],
    )
    def test_knows_how_letters_with_marks_are_written(self, family: str, given: str, printed: str) -> None:
        read = mrz.read(passport_lines(names=printed, number="YA1234567", birth=date(1980, 1, 1), sex="F"))
        assert mrz.disagreements(read, mrz.Holder(given, family, None, "", "", None)) == ()

    def test_knows_that_long_names_are_cut(self) -> None:
        # Doc 9303 part 4, example of truncation: the field of 39 signs is full.
        read = mrz.read(
            passport_lines(
                names="NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", number="YA1234567", birth=date(1980, 1, 1), sex="F"
            )
        )
        whole = mrz.Holder("Chayapa Dejthamrong Krasuang", "Nilavadhanananda", None, "", "", None)
        other = mrz.Holder("Chayapa Dejthamrong Prasuang", "Nilavadhanananda", None, "", "", None)
        assert (mrz.disagreements(read, whole), mrz.disagreements(read, other)) == ((), ("given_name",))

    def test_lets_an_unknown_day_of_birth_agree_with_any(self) -> None:
        read = mrz.read(TD3.replace("7408122", "7408<<4"))
        assert "birth_date" not in mrz.disagreements(read, ANNA)

    @given(st.dates(date(1930, 1, 1), date(2008, 1, 1)), st.sampled_from("FM"), st.integers(0, 9_999_999))
    def test_agrees_with_the_holder_it_was_made_for(self, birth: date, sex: str, serial: int) -> None:
        number = f"YB{serial:07d}"
        read = mrz.read(passport_lines(names="ROSSI<<MARIO", number=number, birth=birth, sex=sex))
        assert read.wrong == ()
        assert mrz.disagreements(read, mrz.Holder("Mario", "Rossi", birth, sex, number, date(2030, 6, 30))) == ()

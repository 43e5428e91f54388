"""Who is nearly the same person, whatever a pen or a fraudster did to the name."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.application.rules.fraud import DEFAULTS
from utenza.application.rules.likeness import Described, blocking_keys, likeness, sound, words_of
from utenza.bench.acquisition import likeness_figures
from utenza.bench.people import TUNING_SEED

LEAST = DEFAULTS.likeness / 100
BORN = date(1980, 3, 12)
ROSSI = Described("Giuseppe", "De Luca", BORN, "M")


def met_and_alike(one: Described, other: Described) -> bool:
    return bool(set(blocking_keys(one)) & set(blocking_keys(other))) and likeness(one, other) >= LEAST


class TestAnotherSpelling:
    @pytest.mark.parametrize(
        "other",
        [
            Described("Giuseppe", "Deluca", BORN, "M"),
            Described("Beppe", "De Luca", BORN, "M"),
            Described("De Luca", "Giuseppe", BORN, "M"),
            Described("Giuseppe", "De Lucca", BORN, "M"),
            Described("Gisueppe", "De Luca", BORN, "M"),
            Described("Giuseppe", "De Luca", date(1980, 12, 3), "M"),
            Described("Giuseppe", "De Luca", date(1981, 3, 12), "M"),
            Described("Giuseppe", "De Luca", date(1980, 3, 13), "M"),
            Described("Giuseppe Maria", "De Luca", BORN, "M"),
            Described("GIUSEPPE", "de luca", BORN, ""),
            Described("Giuseppè", "D’Luca", BORN, "M"),
        ],
    )
    def test_of_one_person_is_found(self, other: Described) -> None:
        assert met_and_alike(ROSSI, other)
        assert likeness(ROSSI, other) == likeness(other, ROSSI)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("Mohamed", "El Amrani"), ("Mohammed", "Elamrani")),
            (("Jürgen", "Müller"), ("Jurgen", "Muller")),
            (("Łukasz", "Wójcik"), ("Lukasz", "Wojcik")),
            (("Olena", "Kovalenko"), ("Olena", "Kovalenco")),
            (("Nicolò", "D'Amò"), ("Niccolo", "Damo")),
        ],
    )
    def test_of_names_from_elsewhere_is_found(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        assert met_and_alike(Described(*one, BORN), Described(*other, BORN))

    @pytest.mark.parametrize(
        "other",
        [
            Described("Antonio", "De Luca", BORN, "M"),  # a twin
            Described("Giuseppina", "De Luca", BORN, "F"),
            Described("Giuseppe", "De Luca", date(1954, 7, 30), "M"),  # a namesake
            Described("Giuseppe", "Marchetti", BORN, "M"),
            Described("Giuseppe", "De Santis", BORN, "M"),
            Described("", "", None),
        ],
    )
    def test_of_another_person_is_not(self, other: Described) -> None:
        assert likeness(ROSSI, other) < LEAST


class TestKeys:
    @given(st.text(max_size=12), st.text(max_size=12), st.dates())
    def test_are_made_of_any_text(self, given: str, family: str, born: date) -> None:
        one = Described(given, family, born)
        assert 0.0 <= likeness(one, Described("Mario", "Rossi", BORN)) <= 1.0
        assert blocking_keys(one)

    def test_name_nobody_without_a_name_or_date(self) -> None:
        assert blocking_keys(Described("", "")) == ()

    @pytest.mark.parametrize(
        ("one", "other"), [("chiara", "kiara"), ("rossi", "rosi"), ("philipp", "filip"), ("giuseppe", "gisepe")]
    )
    def test_sound_alike(self, one: str, other: str) -> None:
        assert sound(one) == sound(other)

    def test_join_particles_to_their_names(self) -> None:
        assert words_of("De la Cruz-Pérez") == ("delacruz", "perez")


def test_a_small_generated_register_is_searched_as_well_as_the_great_one_must_be() -> None:
    figures = likeness_figures(register=1_500, queries=1_500, seed=TUNING_SEED)
    assert figures["recall"] >= 0.97
    assert figures["precision"] >= 0.95

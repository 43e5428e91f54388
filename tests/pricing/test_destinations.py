"""The digits that are kept of a number price it exactly as the whole number does."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from utenza.pricing import compile_tariff, digits_needed, is_decided, prefix_nodes
from utenza.pricing.price import _longest_prefix

DIGITS = st.text("0123", max_size=12)
PREFIXES = st.sets(st.text("0123", min_size=1, max_size=8), min_size=1, max_size=8)


def _tariff(prefixes: set[str]) -> Any:
    return compile_tariff(
        {
            "tariff": "t",
            "currency": "EUR",
            "prices": "net",
            "time_zone": "Europe/Rome",
            "zones": {f"z{prefix}": [prefix] for prefix in sorted(prefixes)},
            "voice": [{"zone": "any", "price_per_minute": "0.01", "next_increment": 1}],
        }
    )


@given(one=PREFIXES, other=PREFIXES, number=DIGITS)
def test_what_is_kept_finds_the_zone_in_every_tariff(one: set[str], other: set[str], number: str) -> None:
    tariffs = [_tariff(one), _tariff(other)]
    nodes = prefix_nodes(tariffs[0]) | prefix_nodes(tariffs[1])
    kept = number[: digits_needed(number, nodes)]
    for tariff in tariffs:
        assert _longest_prefix(tariff, kept.encode()) == _longest_prefix(tariff, number.encode())
        assert kept == number or is_decided(tariff, kept)


@given(prefixes=PREFIXES, kept=DIGITS, rest=DIGITS)
def test_digits_said_to_decide_the_zone_decide_it_whatever_follows(prefixes: set[str], kept: str, rest: str) -> None:
    tariff = _tariff(prefixes)
    if is_decided(tariff, kept):
        assert _longest_prefix(tariff, (kept + rest).encode()) == _longest_prefix(tariff, kept.encode())


def test_no_more_is_kept_than_prices_need() -> None:
    nodes = prefix_nodes(_tariff({"39", "3933", "398991234"}))
    assert digits_needed("390612345678", nodes) == 3
    assert digits_needed("393351234567", nodes) == 5
    assert digits_needed("3989912345", nodes) == 10
    assert digits_needed("49301234567", nodes) == 1
    assert digits_needed("", nodes) == 0

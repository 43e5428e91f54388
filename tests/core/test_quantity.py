"""Quantities are whole and of one unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.core.quantity import Quantity, Unit

wholes = st.integers(0, 10**15)


@given(wholes, wholes, st.sampled_from(list(Unit)))
def test_quantities_of_one_unit_add_up(one: int, two: int, unit: Unit) -> None:
    assert Quantity(one, unit) + Quantity(two, unit) == Quantity(one + two, unit)


def test_seconds_and_octets_are_not_added() -> None:
    with pytest.raises(ValueError, match="cannot be added"):
        Quantity(1, Unit.SECOND) + Quantity(1, Unit.OCTET)


@pytest.mark.parametrize("value", [-1, 0.5, True, "3"])
def test_a_quantity_is_a_whole_number_and_not_negative(value: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Quantity(value, Unit.SECOND)  # type: ignore[arg-type] - the point of the test

"""Shares add up to the whole."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.core.allocation import allocate

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)
totals = st.integers(-(10**15), 10**15)
steps = st.sampled_from([1, 10_000, 1_000_000])


@given(totals, weights, steps)
def test_the_shares_add_up_to_the_whole(units: int, parts: list[int], step: int) -> None:
    shares = allocate(total=units * step, weights=parts, step=step)
    assert sum(shares) == units * step
    assert all(share % step == 0 for share in shares)
    assert len(shares) == len(parts)


@given(totals, weights, steps)
def test_no_share_is_a_whole_step_off_its_exact_part(units: int, parts: list[int], step: int) -> None:
    shares = allocate(total=units * step, weights=parts, step=step)
    for share, weight in zip(shares, parts, strict=True):
        assert abs(share - Fraction(units * step * weight, sum(parts))) < step


@given(totals, weights)
def test_a_credit_is_split_as_the_debit_was(units: int, parts: list[int]) -> None:
    assert allocate(total=-units, weights=parts) == [-share for share in allocate(total=units, weights=parts)]


@given(st.integers(0, 10**12), weights)
def test_a_heavier_weight_never_gets_less(units: int, parts: list[int]) -> None:
    shares = allocate(total=units, weights=parts)
    for one, share in zip(parts, shares, strict=True):
        assert all(share >= other_share for other, other_share in zip(parts, shares, strict=True) if other < one)


@given(st.integers(0, 10**12), weights)
def test_a_weight_of_nothing_gets_nothing_and_takes_nothing(units: int, parts: list[int]) -> None:
    shares = allocate(total=units, weights=parts)
    assert all(share == 0 for share, weight in zip(shares, parts, strict=True) if weight == 0)
    assert allocate(total=units, weights=[*parts, 0]) == [*shares, 0]


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 9))
def test_equal_weights_differ_by_one_step_and_the_earlier_gets_more(units: int, count: int, weight: int) -> None:
    shares = allocate(total=units, weights=[weight] * count)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


def test_nothing_is_split_over_weights_of_nothing() -> None:
    assert allocate(total=0, weights=[0, 0]) == [0, 0]
    assert allocate(total=0, weights=[]) == []


@pytest.mark.parametrize(
    ("total", "parts", "step"), [(1, [0, 0], 1), (1, [], 1), (5, [1], 2), (1, [1, -1], 1), (1, [1], 0), (1, [1], -1)]
)
def test_what_cannot_be_split_is_refused(total: int, parts: list[int], step: int) -> None:
    with pytest.raises(ValueError, match=r"split|steps|negative"):
        allocate(total=total, weights=parts, step=step)

"""A refusal is a sentence with its data."""

from __future__ import annotations

import pickle

from utenza.core.errors import N_, Refusal
from utenza.core.money import InvalidAmount


def test_a_refusal_fills_its_sentence_and_keeps_its_data() -> None:
    refusal = InvalidAmount(field="amount", value="12,5o", digits=2)
    assert str(refusal) == "'12,5o' is not an amount: write digits with at most 2 decimals, for example 12.50."
    assert (refusal.code, refusal.field, refusal.data) == ("invalid_amount", "amount", {"value": "12,5o", "digits": 2})
    assert refusal.retryable is False


def test_a_refusal_without_data_says_its_sentence_as_it_stands() -> None:
    class Full(Refusal):
        text = N_("The disk is 100 % full.")

    assert str(Full()) == "The disk is 100 % full."


def test_a_refusal_travels_between_processes() -> None:
    again = pickle.loads(pickle.dumps(InvalidAmount(field="amount", value="x", digits=2)))
    assert (str(again), again.field, again.data["value"]) == (
        "'x' is not an amount: write digits with at most 2 decimals, for example 12.50.",
        "amount",
        "x",
    )

"""Addresses that are kept are the ones that the shell would work out anew."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch, reverse

from utenza.web.addresses import address, has_page


class TestAnAddress:
    @pytest.mark.parametrize("number", [0, 7, 987_654_321_012, 10**15])
    def test_holds_the_id_whatever_it_is(self, number: int) -> None:
        assert address("customer", number) == reverse("customer", args=[number]) == f"/customers/{number}/"

    def test_holds_words_beside_ids(self) -> None:
        assert address("customer_fact", 7, "tax_code") == reverse("customer_fact", args=[7, "tax_code"])

    def test_takes_none_that_the_page_does_not_take(self) -> None:
        for args in [(1, 2), (-1,), ()]:
            with pytest.raises(NoReverseMatch):
                address("customer", *args)

    def test_is_missing_for_a_page_that_is_not_there(self) -> None:
        assert has_page("customers")
        assert not has_page("customer")
        assert not has_page("nothing")

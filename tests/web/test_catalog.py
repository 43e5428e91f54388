"""The offers on sale, as pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.catalog import catalogue, fibre_offer, simple_offer

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_offer_of_the_day_is_listed_with_its_price(signed_in: SignedIn) -> None:
    catalogue()
    text = page(signed_in("product"), "/offers/")
    assert "Fibra 100" in text
    assert "€24.90" in text
    assert "Mobile Ricarica" in text


def test_a_filter_shows_one_market(signed_in: SignedIn) -> None:
    catalogue()
    text = page(signed_in("product"), "/offers/?market=mobile")
    assert "Mobile Plus" in text
    assert "Fibra 1000" not in text


def test_a_day_before_the_first_sale_says_what_to_do(signed_in: SignedIn) -> None:
    catalogue()
    assert "utenza catalog import FILE" in page(signed_in("product"), "/offers/?day=2020-01-01")


def test_a_day_that_cannot_be_read_is_a_sentence(signed_in: SignedIn) -> None:
    assert 'class="error"' in page(signed_in("product"), "/offers/?day=someday")


def test_an_offer_shows_prices_promotion_and_conditions(signed_in: SignedIn) -> None:
    address = f"/offers/{fibre_offer().offer_version_id}/"
    text = page(signed_in("product"), address)
    for words in ("Monthly fee", "€29.00", "Welcome discount", "for the first 3 months", "fibra-dati/1", "On sale"):
        assert words in text, words
    assert "Canone mensile" in page(signed_in("product", language="it"), address)


def test_a_draft_says_so(signed_in: SignedIn) -> None:
    ref = simple_offer(launched=False)
    assert "Draft" in page(signed_in("product"), f"/offers/{ref.offer_version_id}/")


def test_an_offer_that_does_not_exist_is_not_found(signed_in: SignedIn) -> None:
    assert signed_in("product").get("/offers/424242/").status_code == 404


def test_the_pages_are_for_those_who_may_see_offers(signed_in: SignedIn) -> None:
    assert signed_in().get("/offers/").status_code == 403

"""The catalogue file: taken whole or not at all, and safe to take again."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from importlib import resources
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.catalog import business_offer, catalogue, fibre_offer, prepaid_mobile_offer, voice_addon
from tests.factories.parties import AT
from utenza.catalog import operations, queries
from utenza.catalog.rules import net_and_gross

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 15)


@pytest.fixture
def document() -> dict[str, Any]:
    text = resources.files("utenza.demo").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return operations.parse_text(text)


def refused_at(document: dict[str, Any]) -> set[str]:
    with pytest.raises(operations.CatalogueRefused) as caught:
        operations.import_catalogue(document=document, at=AT)
    assert queries.all_versions() == []
    return {fault.path for fault in caught.value.faults}


class TestTheFile:
    def test_creates_and_launches_what_is_new(self, document: dict[str, Any]) -> None:
        report = operations.import_catalogue(document=document, at=AT)
        assert len(report.tariffs_created) == len(document["tariffs"])
        assert len(report.versions_launched) == len(document["offers"])
        assert report.unchanged == ()

    def test_changes_nothing_when_it_is_taken_again(self, document: dict[str, Any]) -> None:
        operations.import_catalogue(document=document, at=AT)
        before = queries.all_versions()
        report = operations.import_catalogue(document=document, at=AT)
        assert (report.tariffs_created, report.versions_launched) == ((), ())
        assert queries.all_versions() == before

    def test_is_refused_when_it_contradicts_what_was_launched(self, document: dict[str, Any]) -> None:
        operations.import_catalogue(document=document, at=AT)
        other = deepcopy(document)
        other["offers"][0]["versions"][0]["prices"][0]["amount"] = "19.90"
        with pytest.raises(operations.CatalogueContradiction, match=r"offers\.0\.versions\.0\.prices\.0"):
            operations.import_catalogue(document=other, at=AT)

    def test_is_refused_when_a_tariff_is_rewritten(self, document: dict[str, Any]) -> None:
        operations.import_catalogue(document=document, at=AT)
        other = deepcopy(document)
        other["tariffs"][0]["document"]["title"] = "Another"
        with pytest.raises(operations.CatalogueContradiction, match=r"tariffs\.0\.document"):
            operations.import_catalogue(document=other, at=AT)

    def test_names_every_fault_with_its_place(self, document: dict[str, Any]) -> None:
        version = document["offers"][0]["versions"][0]
        version["prices"][0]["amount"] = 24.9
        version["prices"][1]["tax"] = "perhaps"
        document["offers"][1]["colour"] = "blue"
        assert refused_at(document) == {
            "offers.0.versions.0.prices.0.amount",
            "offers.0.versions.0.prices.1.tax",
            "offers.1.colour",
        }

    def test_says_where_a_tariff_cannot_be_priced(self, document: dict[str, Any]) -> None:
        document["tariffs"][0]["document"]["data"][0]["block"] = "1 parsec"
        assert refused_at(document) == {"tariffs.0.document.data[0].block"}

    def test_cannot_sell_a_tariff_before_its_first_day(self, document: dict[str, Any]) -> None:
        document["tariffs"][0]["valid_from"] = date(2025, 2, 1)
        with pytest.raises(operations.CatalogueRefused, match=r"versions\.0\.tariff: .* valid only from 2025-02-01"):
            operations.import_catalogue(document=document, at=AT)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("a: 1\na: 2\n", "line 2: 'a' is written twice"),
            ("- 1\n", "a catalogue is a mapping"),
            ("a: [1\n", "this is not YAML"),
            ("\x00", "this is not YAML"),
        ],
    )
    def test_that_cannot_be_read_is_a_sentence(self, text: str, sentence: str) -> None:
        with pytest.raises(operations.CatalogueRefused, match=sentence):
            operations.parse_text(text)


KEYS = ["format", "currency", "tariffs", "offers", "code", "versions", "prices", "amount", "name"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda item: st.lists(item) | st.dictionaries(st.sampled_from(KEYS), item),
    max_leaves=12,
)


@given(ANYTHING)
def test_no_content_of_a_file_is_worse_than_a_refusal(value: Any) -> None:
    document = {"format": 1, "currency": "EUR", "tariffs": [], "offers": [value]}
    with pytest.raises(operations.CatalogueRefused):
        operations.import_catalogue(document=document, at=AT)


class TestOffersOnSale:
    def test_of_class_e_are_prepaid_only(self) -> None:
        catalogue()
        found = queries.offers_on_sale(on_date=DAY, credit_class="E")
        assert {view.payment for view in found} == {"prepaid"}
        assert {view.code for view in found} == {"mobile-ricarica", "mobile-mese", "fwa-ricarica"}

    def test_follow_market_and_payment(self) -> None:
        catalogue()
        found = queries.offers_on_sale(on_date=DAY, market="mobile", payment="postpaid")
        assert [view.code for view in found] == ["mobile-plus"]

    def test_come_with_plans_before_addons(self) -> None:
        catalogue()
        kinds = [view.kind for view in queries.offers_on_sale(on_date=DAY)]
        assert kinds == ["plan"] * 7 + ["addon"]

    def test_for_companies_are_not_for_private_customers(self) -> None:
        catalogue()
        private = {view.code for view in queries.offers_on_sale(on_date=DAY, customer_kind="individual")}
        company = {view.code for view in queries.offers_on_sale(on_date=DAY, customer_kind="company")}
        assert "business-fibra" in company - private
        assert "fibra-100" in private - company

    def test_of_a_day_before_the_first_are_none(self) -> None:
        catalogue()
        assert queries.offers_on_sale(on_date=date(2024, 12, 31)) == []

    def test_are_read_in_a_number_of_reads_that_does_not_grow(self) -> None:
        catalogue()
        ids = [view.offer_version_id for view in queries.all_versions()]
        with CaptureQueriesContext(connection) as reads:
            assert len(queries.offer_versions(ids)) == len(ids) == 8
        assert len(reads) <= 5


class TestAVersion:
    def test_shows_its_prices_and_discounts_in_order(self) -> None:
        view = fibre_offer()
        assert [(price.kind, price.amount_micro, price.tax_included) for price in view.prices] == [
            ("recurring", 24_900_000, True),
            ("one_off", 29_000_000, True),
        ]
        assert [(one.kind, one.amount_micro, one.duration_months) for one in view.discounts] == [
            ("amount", 5_000_000, 3)
        ]

    def test_that_is_an_addon_names_its_plans(self) -> None:
        assert voice_addon().requires == ("fibra-100", "fibra-1000")

    def test_has_a_tariff_that_is_compiled_once(self) -> None:
        view = prepaid_mobile_offer()
        assert view.tariff_version_id is not None
        tariff = queries.tariff(view.tariff_version_id)
        assert queries.tariff(view.tariff_version_id) is tariff
        assert set(tariff.zone_names) == {"any", "free", "national", "europe", "premium", "switzerland"}
        assert queries.tariff_code(view.tariff_version_id) == "ricarica/1"

    def test_sums_up_what_a_month_costs_now_and_later(self) -> None:
        summary = queries.money_summary(fibre_offer(), on_date=DAY)
        assert (summary.monthly_gross_micro, summary.monthly_net_micro) == (24_900_000, 20_410_000)
        assert (summary.promotional_gross_micro, summary.promotional_months) == (19_900_000, 3)
        assert summary.once_gross_micro == 29_000_000

    def test_of_a_company_is_summed_up_from_net(self) -> None:
        summary = queries.money_summary(business_offer(), on_date=DAY)
        assert (summary.monthly_net_micro, summary.monthly_gross_micro) == (39_000_000, 47_580_000)
        assert not summary.has_promotion


@given(st.integers(0, 10**6), st.integers(0, 10_000), st.booleans())
def test_net_and_gross_agree_with_the_price_that_was_written(cents: int, rate_bp: int, tax_included: bool) -> None:
    amount = cents * 10_000
    net, gross = net_and_gross(amount_micro=amount, tax_included=tax_included, rate_bp=rate_bp, currency="EUR")
    assert amount == (gross if tax_included else net)
    assert net <= gross
    assert abs(gross * 10_000 - net * (10_000 + rate_bp)) <= 5_000 * (10_000 + rate_bp)

"""Versions of offers: sold one at a time, and never changed once they were launched."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories.catalog import simple_offer
from tests.factories.parties import AT
from utenza.catalog import operations, queries
from utenza.infra.states import ForbiddenMove

pytestmark = pytest.mark.django_db


def run(statement: str, *values: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


class TestALaunchedVersion:
    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("UPDATE catalog_offer_version SET name_en = 'Other' WHERE id = %s", "catalog_offer_version_unchanged"),
            ("UPDATE catalog_offer_version SET notice_days = 1 WHERE id = %s", "catalog_offer_version_unchanged"),
            ("UPDATE catalog_offer_version SET status = 'draft' WHERE id = %s", "catalog_offer_version_unchanged"),
            ("DELETE FROM catalog_price WHERE version_id = %s", "catalog_price_unchanged"),
            ("UPDATE catalog_price SET amount_micro = 1 WHERE version_id = %s", "catalog_price_unchanged"),
            (
                "INSERT INTO catalog_discount (version_id, position, kind, basis_points, name_en, name_it)"
                " VALUES (%s, 9, 'percentage', 100, 'x', 'x')",
                "catalog_discount_unchanged",
            ),
        ],
    )
    def test_is_kept_by_the_database_as_it_was_sold(self, statement: str, rule: str) -> None:
        ref = simple_offer()
        with pytest.raises(IntegrityError, match="was launched") as caught:
            run(statement, ref.offer_version_id)
        assert caught.value.__cause__.diag.constraint_name == rule  # type: ignore[union-attr]  # psycopg's own error

    def test_is_refused_when_it_is_written_otherwise(self) -> None:
        simple_offer(monthly="10.00")
        with pytest.raises(operations.CatalogueContradiction, match=r"prices\.0"):
            simple_offer(monthly="11.00")

    def test_may_be_written_again_in_the_same_words(self) -> None:
        first = simple_offer()
        assert simple_offer() == first

    def test_gives_way_to_the_next_on_its_first_day(self) -> None:
        first = simple_offer()
        second = simple_offer(version=2, valid_from=date(2026, 3, 1), monthly="12.00")
        before = queries.version_on_sale(code="semplice", on_date=date(2026, 2, 28))
        after = queries.version_on_sale(code="semplice", on_date=date(2026, 3, 1))
        assert before is not None
        assert after is not None
        assert (before.offer_version_id, after.offer_version_id) == (first.offer_version_id, second.offer_version_id)
        assert before.valid_to == date(2026, 3, 1)

    def test_cannot_begin_before_one_that_was_launched(self) -> None:
        simple_offer(version=1, valid_from=date(2026, 3, 1))
        with pytest.raises(operations.AlreadyOnSale):
            simple_offer(version=2, valid_from=date(2026, 2, 1))

    def test_shares_no_day_with_another_whoever_writes(self) -> None:
        simple_offer()
        draft = simple_offer(version=2, valid_from=date(2026, 3, 1), launched=False)
        with pytest.raises(IntegrityError, match="catalog_offer_version_one_on_sale"):
            run("UPDATE catalog_offer_version SET status = 'launched' WHERE id = %s", draft.offer_version_id)


class TestADraft:
    def test_may_be_written_anew(self) -> None:
        simple_offer(launched=False, monthly="10.00")
        ref = simple_offer(launched=False, monthly="12.00")
        assert [price.amount_micro for price in queries.offer_version(ref.offer_version_id).prices] == [12_000_000]

    def test_is_not_on_sale(self) -> None:
        simple_offer(launched=False)
        assert queries.offers_on_sale(on_date=date(2026, 1, 15)) == []

    def test_cannot_be_retired(self) -> None:
        ref = simple_offer(launched=False)
        with pytest.raises(ForbiddenMove):
            operations.retire(offer_version_id=ref.offer_version_id, valid_to=date(2026, 2, 1), at=AT)


class TestTheEndOfASale:
    def test_in_the_future_is_kept_until_its_day(self) -> None:
        ref = simple_offer()
        operations.retire(offer_version_id=ref.offer_version_id, valid_to=date(2026, 2, 1), at=AT)
        assert queries.offer_version(ref.offer_version_id).status == "launched"
        assert queries.is_on_sale(offer_version_id=ref.offer_version_id, on_date=date(2026, 1, 31))
        assert not queries.is_on_sale(offer_version_id=ref.offer_version_id, on_date=date(2026, 2, 1))
        assert operations.retire_expired(on_date=date(2026, 2, 1)) == 1
        assert operations.retire_expired(on_date=date(2026, 2, 1)) == 0
        assert queries.offer_version(ref.offer_version_id).status == "retired"

    def test_cannot_lie_before_its_beginning(self) -> None:
        ref = simple_offer()
        with pytest.raises(operations.SaleEndsBeforeItBegins):
            operations.retire(offer_version_id=ref.offer_version_id, valid_to=date(2024, 1, 1), at=AT)


def test_a_version_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(operations.UnknownVersion, match="no offer version 424242"):
        queries.offer_version(424242)
    assert queries.offer_versions([424242]) == {}

"""Orders become agreements when the network has confirmed; what may not be ordered is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from tests.factories.catalog import fibre_offer, prepaid_mobile_offer, voice_addon
from tests.factories.parties import person_with_account
from tests.factories.provisioning import number_range, technicians_confirm
from utenza.core.errors import Refusal
from utenza.infra.idempotency import IdempotencyConflict
from utenza.infra.models.outbox import OutboxEvent
from utenza.ordering import operations, queries
from utenza.ordering.models import AgreementVersion
from utenza.ordering.rules import CreditClassForbids, ItemSpec, OfferNotOnSale, OrderEmpty, PlanMissing, PlanUnfit
from utenza.parties import operations as parties
from utenza.provisioning import queries as network

AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> int:
    number_range(at=AT)
    number_range(at=AT, kind="mobile", first="393330000000")
    return person_with_account(at=AT)[0].customer_id


def order(customer_id: int, *items: ItemSpec, key: str = "web-1", at: datetime = AT) -> operations.OrderRef:
    return operations.place_order(customer_id=customer_id, items=items, at=at, idempotency_key=key)


def fibre_with_voice(customer_id: int) -> operations.OrderRef:
    return order(
        customer_id, ItemSpec(fibre_offer().offer_version_id), ItemSpec(voice_addon().offer_version_id, parent=0)
    )


def confirm(line_id: int, *, at: datetime) -> None:
    """Have technicians do what is asked, and ordering hear of it."""
    technicians_confirm(at=at)
    operations.complete_line(line_id=line_id, at=at)


def announced() -> list[str]:
    rows = OutboxEvent.objects.filter(name__startswith="ordering.").order_by("id")
    return list(rows.values_list("name", flat=True))


class TestPlacing:
    def test_a_plan_and_its_addon_share_one_line_and_wait_for_the_network(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        assert len(ref.line_ids) == 1
        assert {service.kind for service in network.line(ref.line_ids[0]).services} == {"internet", "voice"}
        placed = queries.order(ref.order_id)
        assert placed.status == "in_progress"
        plan, addon = placed.agreements
        assert (plan.status, addon.status, addon.parent_id) == ("pending", "pending", plan.agreement_id)
        assert plan.start_date is None
        assert queries.agreements_of_account(plan.account_id or 0) == []
        assert announced() == ["ordering.order_placed"]

    def test_a_repeated_order_makes_nothing_twice(self, customer: int) -> None:
        assert fibre_with_voice(customer) == fibre_with_voice(customer)
        assert len(queries.orders(customer_id=customer)) == 1
        assert len(network.lines_of(customer)) == 1

    def test_another_order_with_the_same_key_is_refused(self, customer: int) -> None:
        fibre_with_voice(customer)
        with pytest.raises(IdempotencyConflict):
            order(customer, ItemSpec(fibre_offer().offer_version_id))

    def test_a_prepaid_offer_is_paid_by_no_account(self, customer: int) -> None:
        ref = order(customer, ItemSpec(prepaid_mobile_offer().offer_version_id))
        assert queries.order(ref.order_id).agreements[0].account_id is None


class TestRefusing:
    def test_nothing_ordered(self, customer: int) -> None:
        with pytest.raises(OrderEmpty):
            order(customer)

    def test_an_addon_without_its_plan(self, customer: int) -> None:
        with pytest.raises(PlanMissing):
            order(customer, ItemSpec(voice_addon().offer_version_id))

    def test_an_addon_with_a_plan_that_it_does_not_go_with(self, customer: int) -> None:
        mobile = ItemSpec(prepaid_mobile_offer().offer_version_id)
        with pytest.raises(PlanUnfit):
            order(customer, mobile, ItemSpec(voice_addon().offer_version_id, parent=0))

    def test_an_offer_that_is_not_sold_yet(self, customer: int) -> None:
        offer = fibre_offer()
        before = datetime(offer.valid_from.year - 1, 12, 1, 12, tzinfo=UTC)
        with pytest.raises(OfferNotOnSale):
            order(customer, ItemSpec(offer.offer_version_id), at=before)

    def test_a_bill_for_class_e_but_not_a_prepaid_plan(self, customer: int) -> None:
        parties.assign_credit_class(customer_id=customer, credit_class="E", at=AT)
        with pytest.raises(CreditClassForbids), transaction.atomic():
            order(customer, ItemSpec(fibre_offer().offer_version_id))
        assert order(customer, ItemSpec(prepaid_mobile_offer().offer_version_id)).line_ids

    def test_a_customer_whose_new_orders_are_blocked(self, customer: int) -> None:
        parties.place_block(customer_id=customer, kind="new_orders", reason="debt", at=AT)
        with pytest.raises(operations.CustomerBlocked):
            order(customer, ItemSpec(fibre_offer().offer_version_id))

    def test_a_refused_order_leaves_nothing_and_its_key_free(self, customer: int) -> None:
        with pytest.raises(Refusal), transaction.atomic():
            order(customer, ItemSpec(voice_addon().offer_version_id))
        assert queries.orders(customer_id=customer) == []
        assert network.lines_of(customer) == []
        assert order(customer, ItemSpec(fibre_offer().offer_version_id)).line_ids


class TestFulfilling:
    def test_agreements_start_on_the_operators_day_of_the_confirmation(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        # Half past eleven at night in UTC is the next day in Rome.
        at = datetime(2026, 1, 20, 23, 30, tzinfo=UTC)
        confirm(ref.line_ids[0], at=at)
        done = queries.order(ref.order_id)
        assert done.status == "completed"
        assert {(row.status, row.start_date) for row in done.agreements} == {("active", date(2026, 1, 21))}
        assert announced() == [
            "ordering.order_placed",
            "ordering.agreement_started",
            "ordering.agreement_started",
            "ordering.order_completed",
        ]

    def test_a_confirmation_heard_twice_changes_nothing(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        confirm(ref.line_ids[0], at=AT)
        before = announced()
        operations.complete_line(line_id=ref.line_ids[0], at=AT + timedelta(days=3))
        assert announced() == before
        assert queries.order(ref.order_id).agreements[0].start_date == date(2026, 1, 15)

    def test_an_order_that_fell_out_shows_why_and_is_completed_after_all(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        operations.fall_out(line_id=ref.line_ids[0], why="the element does not answer")
        fallen = queries.order(ref.order_id)
        assert (fallen.status, fallen.problem) == ("fallout", "the element does not answer")
        confirm(ref.line_ids[0], at=AT)
        mended = queries.order(ref.order_id)
        assert (mended.status, mended.problem) == ("completed", "")

    def test_a_cancelled_order_gives_its_line_back(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        for _ in range(2):
            operations.cancel_order(order_id=ref.order_id, reason="changed mind", at=AT)
        assert queries.order(ref.order_id).status == "cancelled"
        assert {row.status for row in queries.agreements_of(customer)} == {"cancelled"}
        technicians_confirm(at=AT)
        assert network.line(ref.line_ids[0]).status == "ceased"
        assert announced().count("ordering.order_cancelled") == 1

    def test_a_completed_order_cannot_be_cancelled(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        confirm(ref.line_ids[0], at=AT)
        with pytest.raises(operations.OrderIsDone):
            operations.cancel_order(order_id=ref.order_id, reason="late", at=AT)


class TestTheTimeLine:
    def test_a_line_is_priced_by_the_tariff_of_each_agreement_that_has_one(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        assert queries.tariff_timeline(ref.line_ids) == []
        confirm(ref.line_ids[0], at=AT)
        stays = queries.tariff_timeline(ref.line_ids)
        assert [stay.tariff_version_id for stay in stays] == [
            fibre_offer().tariff_version_id,
            voice_addon().tariff_version_id,
        ]
        assert {(stay.from_date, stay.to_date) for stay in stays} == {(date(2026, 1, 15), None)}

    def test_an_end_closes_the_time_line_and_is_said_once(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        confirm(ref.line_ids[0], at=AT)
        plan = queries.order(ref.order_id).agreements[0]
        for _ in range(2):
            operations.end_agreement(
                agreement_id=plan.agreement_id, end_date=date(2026, 2, 10), at=AT, reason="moved away"
            )
        ended = queries.agreement(plan.agreement_id)
        assert (ended.status, ended.end_date, ended.end_reason) == ("ended", date(2026, 2, 10), "moved away")
        assert queries.agreement_versions(plan.agreement_id)[-1].to_date == date(2026, 2, 10)
        assert announced().count("ordering.agreement_ended") == 1

    def test_the_database_refuses_two_versions_on_one_day(self, customer: int) -> None:
        ref = fibre_with_voice(customer)
        confirm(ref.line_ids[0], at=AT)
        plan = queries.order(ref.order_id).agreements[0]
        with pytest.raises(IntegrityError, match="ordering_agreement_version_one_a_day"), transaction.atomic():
            AgreementVersion.objects.create(
                agreement_id=plan.agreement_id,
                offer_version_id=fibre_offer().offer_version_id,
                from_date=date(2026, 3, 1),
            )

"""A plan is changed for another of the same service, from today or a past day on; anything else is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.factories.catalog import business_offer, fibre_offer, offer_on_sale, prepaid_mobile_offer, voice_addon
from tests.factories.parties import person_with_account
from tests.factories.provisioning import number_range, technicians_confirm
from utenza.infra.models.outbox import OutboxEvent
from utenza.ordering import operations, queries
from utenza.ordering.rules import ChangeUnfit, CreditClassForbids, ItemSpec, OfferForOthers
from utenza.parties import operations as parties
from utenza.provisioning import queries as network

AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> int:
    number_range(at=AT)
    return person_with_account(at=AT)[0].customer_id


@pytest.fixture
def fibre(customer: int) -> queries.AgreementView:
    """Fibre with the voice add-on, in force from 15 January; return the plan's agreement."""
    ref = operations.place_order(
        customer_id=customer,
        items=[ItemSpec(fibre_offer().offer_version_id), ItemSpec(voice_addon().offer_version_id, parent=0)],
        at=AT,
        idempotency_key="web-1",
    )
    technicians_confirm(at=AT)
    operations.complete_line(line_id=ref.line_ids[0], at=AT)
    return queries.order(ref.order_id).agreements[0]


def change(agreement: queries.AgreementView, code: str, *, on: date = date(2026, 2, 10)) -> None:
    operations.change_offer(
        agreement_id=agreement.agreement_id,
        offer_version_id=offer_on_sale(code).offer_version_id,
        from_date=on,
        at=LATER,
    )


def stretches(agreement: queries.AgreementView) -> list[tuple[int, date, date | None]]:
    rows = queries.agreement_versions(agreement.agreement_id)
    return [(row.offer_version_id, row.from_date, row.to_date) for row in rows]


def test_a_change_of_plan_follows_on_the_time_line_and_in_the_network(fibre: queries.AgreementView) -> None:
    faster = offer_on_sale("fibra-1000")
    for _ in range(2):
        change(fibre, "fibra-1000")
    assert stretches(fibre) == [
        (fibre.offer_version_id, date(2026, 1, 15), date(2026, 2, 10)),
        (faster.offer_version_id, date(2026, 2, 10), None),
    ]
    assert queries.agreement(fibre.agreement_id).offer_code == "fibra-1000"
    profiles = {service.kind: service.profile for service in network.line(fibre.line_id or 0).services}
    assert profiles["internet"] == faster.network_profile
    assert OutboxEvent.objects.filter(name="ordering.agreement_changed").count() == 1


def test_a_change_from_the_first_day_replaces_the_plan(fibre: queries.AgreementView) -> None:
    change(fibre, "fibra-1000", on=date(2026, 1, 15))
    assert stretches(fibre) == [(offer_on_sale("fibra-1000").offer_version_id, date(2026, 1, 15), None)]


def test_a_change_before_the_beginning_or_ahead_of_today_is_refused(fibre: queries.AgreementView) -> None:
    with pytest.raises(operations.ChangeInThePast):
        change(fibre, "fibra-1000", on=date(2026, 1, 14))
    with pytest.raises(operations.ChangeAhead):
        change(fibre, "fibra-1000", on=date(2026, 2, 11))
    assert len(stretches(fibre)) == 1


def test_a_plan_paid_by_bill_does_not_become_one_paid_ahead(fibre: queries.AgreementView) -> None:
    with pytest.raises(ChangeUnfit):
        change(fibre, "fwa-ricarica")


def test_an_addon_does_not_become_a_plan(fibre: queries.AgreementView) -> None:
    addon = next(row for row in queries.agreements_of_line(fibre.line_id or 0) if row.parent_id is not None)
    with pytest.raises(ChangeUnfit):
        change(addon, "fibra-1000")


def test_a_person_does_not_get_the_plan_of_companies(fibre: queries.AgreementView, customer: int) -> None:
    with pytest.raises(OfferForOthers):
        change(fibre, "business-fibra")
    with pytest.raises(OfferForOthers):
        operations.place_order(
            customer_id=customer,
            items=[ItemSpec(business_offer().offer_version_id)],
            at=AT,
            idempotency_key="web-2",
        )


def test_who_may_not_be_billed_cannot_change_to_another_bill(fibre: queries.AgreementView, customer: int) -> None:
    parties.assign_credit_class(customer_id=customer, credit_class="E", at=AT)
    with pytest.raises(CreditClassForbids):
        change(fibre, "fibra-1000")


def test_an_agreement_that_is_not_in_force_is_not_changed(customer: int) -> None:
    number_range(at=AT, kind="mobile", first="393330000000")
    ref = operations.place_order(
        customer_id=customer,
        items=[ItemSpec(prepaid_mobile_offer().offer_version_id)],
        at=AT,
        idempotency_key="web-3",
    )
    with pytest.raises(operations.AgreementNotInForce):
        change(queries.order(ref.order_id).agreements[0], "mobile-plus")

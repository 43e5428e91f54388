"""Changing and ending agreements."""

from __future__ import annotations

from datetime import date, datetime

from utenza.catalog import queries as catalog
from utenza.catalog.queries import OfferVersionView
from utenza.core.errors import N_, Refusal
from utenza.core.events.ordering import AgreementChanged, AgreementEnded
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ordering.models import Agreement, AgreementVersion
from utenza.ordering.operations._facts import credit_class_of, facts_of
from utenza.ordering.queries import UnknownAgreement
from utenza.ordering.queries import agreement as agreement_view
from utenza.ordering.rules import OfferFacts, check_change, check_offer
from utenza.ordering.states import AGREEMENT_MOVES, AgreementStatus
from utenza.parties import queries as people
from utenza.provisioning import operations as provisioning


class AgreementNotInForce(Refusal):
    code = "agreement_not_in_force"
    text = N_("Agreement %(agreement)s is not in force: reload the page to see what it is now.")


class ChangeInThePast(Refusal):
    code = "change_in_the_past"
    text = N_("An agreement cannot be changed before it began (%(start_date)s): choose a later day.")


class ChangeAhead(Refusal):
    code = "change_ahead"
    text = N_("%(from_date)s lies ahead: ask for the change on that day, since the network changes at once.")


@demands_transaction
def change_offer(*, agreement_id: int, offer_version_id: int, from_date: date, at: datetime) -> None:
    """Hold an agreement in another offer version from a day on, and tell the network its profile.

    The day is today or a past one since which the customer was promised the change. Safe to repeat: a change that
    stands already changes nothing.

    :raises UnknownAgreement: if there is none.
    :raises AgreementNotInForce: if it is not active.
    :raises ChangeInThePast: if the day lies before the present stretch began.
    :raises ChangeAhead: if the day has not come yet.
    :raises OfferNotOnSale, OfferForOthers, CreditClassForbids: if the customer cannot have the offer.
    :raises ChangeUnfit, PlanUnfit: if it cannot take the place of the present one.
    """
    row = _locked(agreement_id)
    if row.status != AgreementStatus.ACTIVE:
        raise AgreementNotInForce(agreement=row.number)
    present = AgreementVersion.objects.filter(agreement=row).order_by("-from_date").first()
    if present is None or present.from_date is None:
        raise AgreementNotInForce(agreement=row.number)
    if present.offer_version_id == offer_version_id:
        return
    if from_date < present.from_date:
        raise ChangeInThePast(field="from_date", start_date=present.from_date.isoformat())
    if from_date > local_date(at):
        raise ChangeAhead(field="from_date", from_date=from_date.isoformat())
    offer = catalog.offer_version(offer_version_id)
    _check_change(row, present=present, offer=offer, on_date=local_date(at))
    if from_date == present.from_date:
        # No day was lived in the present version: it is replaced, since a stretch without days tells nothing.
        present.offer_version_id = offer_version_id
        present.save(update_fields=["offer_version"])
    else:
        present.to_date = from_date
        present.save(update_fields=["to_date"])
        AgreementVersion.objects.create(agreement=row, offer_version_id=offer_version_id, from_date=from_date)
    if offer.network_profile and row.line_id is not None:
        provisioning.modify_profile(line_id=row.line_id, profile=offer.network_profile, at=at, kind=offer.service_kind)
    announce(
        AgreementChanged(
            at=at,
            customer_id=row.customer_id,
            account_id=row.account_id or 0,
            agreement_id=row.pk,
            line_id=row.line_id or 0,
            from_date=from_date,
        )
    )


@demands_transaction
def end_agreement(*, agreement_id: int, end_date: date, at: datetime, reason: str) -> None:
    """End an agreement; `end_date` is the first day that is not charged. Safe to repeat.

    Does not cease the service: who ends the agreement asks provisioning too.

    :raises UnknownAgreement: if there is none.
    :raises AgreementNotInForce: if it never came into force.
    """
    row = _locked(agreement_id)
    if row.status == AgreementStatus.ENDED:
        return
    if row.status != AgreementStatus.ACTIVE or row.start_date is None:
        raise AgreementNotInForce(agreement=row.number)
    row.end_date = max(end_date, row.start_date)
    row.end_reason = reason
    row.save(update_fields=["end_date", "end_reason"])
    move(row, table=AGREEMENT_MOVES, to=AgreementStatus.ENDED)
    versions = AgreementVersion.objects.filter(agreement=row)
    versions.filter(from_date__gt=row.end_date).delete()
    for stretch in versions.filter(to_date__isnull=True) | versions.filter(to_date__gt=row.end_date):
        stretch.to_date = row.end_date
        stretch.save(update_fields=["to_date"])
    announce(
        AgreementEnded(
            at=at,
            customer_id=row.customer_id,
            account_id=row.account_id or 0,
            agreement_id=row.pk,
            line_id=row.line_id or 0,
            end_date=row.end_date,
            reason=reason,
        )
    )


def _check_change(row: Agreement, *, present: AgreementVersion, offer: OfferVersionView, on_date: date) -> None:
    customer = people.customer(row.customer_id)
    facts = facts_of(offer, on_date=on_date)
    check_offer(offer=facts, credit_class=credit_class_of(customer), customer_kind=customer.kind)
    addons = Agreement.objects.filter(parent=row, status__in=[AgreementStatus.PENDING, AgreementStatus.ACTIVE])
    check_change(
        present=facts_of(catalog.offer_version(present.offer_version_id), on_date=on_date),
        offer=facts,
        plan=None if row.parent_id is None else _held(row.parent_id, on_date=on_date),
        addons=[_held(addon_id, on_date=on_date) for addon_id in addons.order_by("pk").values_list("pk", flat=True)],
    )


def _held(agreement_id: int, *, on_date: date) -> OfferFacts:
    return facts_of(catalog.offer_version(agreement_view(agreement_id).offer_version_id), on_date=on_date)


def _locked(agreement_id: int) -> Agreement:
    row = Agreement.objects.select_for_update().filter(pk=agreement_id).first()
    if row is None:
        raise UnknownAgreement(agreement=agreement_id)
    return row

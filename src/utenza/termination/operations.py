"""Public writes of termination; each demands an open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q

from utenza.billing import operations as billing
from utenza.core.errors import N_, Refusal
from utenza.core.events.termination import TerminationCompleted, TerminationRequested
from utenza.delivery import operations as delivery
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ordering import operations as ordering
from utenza.ordering import queries as agreements
from utenza.ordering.queries import AgreementView
from utenza.parties import operations as parties
from utenza.parties import queries as people
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network
from utenza.termination.models import Termination
from utenza.termination.rules import check_request
from utenza.termination.states import TERMINATION_MOVES, TerminationStatus


class NothingToEnd(Refusal):
    code = "nothing_to_end"
    text = N_("There is no active service to end here: look at the customer's lines.")


class TerminationAlreadyRequested(Refusal):
    code = "termination_already_requested"
    text = N_("A termination for %(effective_date)s is open already: withdraw it first to choose another day.")


LIVING = frozenset({"pending", "active"})
OPEN = (TerminationStatus.REQUESTED, TerminationStatus.CEASING)


@demands_transaction
def request_termination(
    *,
    customer_id: int,
    line_id: int | None,
    reason: str,
    effective_date: date,
    by: str,
    at: datetime,
    note: str = "",
) -> int:
    """Take down that a line, or with `line_id` None everything a customer has, ends on a day; return its id.

    Everything is what the node and every node below it have. `effective_date` is the first day not charged. Services
    stay as they are until then; a letter confirms the day.

    :raises TerminationReasonUnknown: if the reason is not known.
    :raises TerminationInThePast: if the day lies before today.
    :raises TerminationTooFar: if it lies more than a year ahead.
    :raises NothingToEnd: if no agreement is in force there.
    :raises TerminationAlreadyRequested: if one is open for the same line or customer.
    """
    parties.lock_customer(customer_id=customer_id)
    check_request(reason=reason, effective_date=effective_date, today=local_date(at))
    if not _agreements(customer_id=customer_id, line_id=line_id):
        raise NothingToEnd(field="line_id")
    standing = Termination.objects.filter(customer_id=customer_id, status__in=OPEN)
    scope = Q(line_id__isnull=True) if line_id is None else Q(line_id=line_id)
    earlier = standing.filter(scope).first()
    if earlier is not None:
        raise TerminationAlreadyRequested(effective_date=earlier.effective_date.isoformat())
    termination = Termination.objects.create(
        customer_id=customer_id,
        line_id=line_id,
        reason=reason,
        note=note[:500],
        requested_at=at,
        effective_date=effective_date,
        requested_by=by,
    )
    delivery.send_letter(
        customer_id=customer_id,
        template="termination_confirmed",
        data={"effective_date": effective_date},
        key=f"termination:{termination.pk}",
        at=at,
    )
    announce(
        TerminationRequested(
            at=at,
            customer_id=customer_id,
            termination_id=termination.pk,
            effective_date=effective_date,
            reason=reason,
        )
    )
    return termination.pk


@demands_transaction
def withdraw_termination(*, termination_id: int) -> None:
    """Take a request back, so that everything stays as it is.

    :raises ForbiddenMove: if its services are being ceased already.
    """
    termination = Termination.objects.select_for_update().get(pk=termination_id)
    move(termination, table=TERMINATION_MOVES, to=TerminationStatus.WITHDRAWN)


@demands_transaction
def begin_termination(*, termination_id: int, at: datetime) -> None:
    """End the agreements and ask the network to cease the lines. Safe to repeat: what has begun is left alone."""
    termination = Termination.objects.select_for_update().get(pk=termination_id)
    if termination.status != TerminationStatus.REQUESTED:
        return
    rows = _agreements(customer_id=termination.customer_id, line_id=termination.line_id)
    # Add-ons before their plans, so that no plan is ended from under an add-on.
    for row in sorted(rows, key=lambda row: row.parent_id is None):
        ordering.end_agreement(
            agreement_id=row.agreement_id, end_date=termination.effective_date, at=at, reason=termination.reason
        )
    for line_id in _line_ids(rows):
        provisioning.cease(line_id=line_id, at=at)
    move(termination, table=TERMINATION_MOVES, to=TerminationStatus.CEASING)


@demands_transaction
def complete_termination(*, termination_id: int, at: datetime) -> bool:
    """Issue the final bill and end the customer, once every line is gone; return whether it is completed.

    An account that still pays for something gets no final bill: its next bill carries what is left over.
    """
    termination = Termination.objects.select_for_update().get(pk=termination_id)
    if termination.status != TerminationStatus.CEASING:
        return termination.status == TerminationStatus.COMPLETED
    ended = [
        row
        for row in _all_agreements(customer_id=termination.customer_id, line_id=termination.line_id)
        if row.end_date is not None and row.end_date >= termination.effective_date
    ]
    if any(network.line(line_id).status != "ceased" for line_id in _line_ids(ended)):
        return False
    for account_id in sorted({row.account_id for row in ended if row.account_id is not None}):
        if not agreements.account_is_needed(account_id):
            billing.issue_final_bill(account_id=account_id, on_date=termination.effective_date, at=at)
    move(termination, table=TERMINATION_MOVES, to=TerminationStatus.COMPLETED)
    termination.completed_at = at
    termination.save(update_fields=["completed_at"])
    _end_customer(termination=termination, at=at)
    announce(
        TerminationCompleted(
            at=at, customer_id=termination.customer_id, termination_id=termination.pk, reason=termination.reason
        )
    )
    return True


def _all_agreements(*, customer_id: int, line_id: int | None) -> list[AgreementView]:
    """Return every agreement, ended ones too: of one line, or of a customer and all nodes below."""
    nodes = [node.customer_id for node in people.subtree(customer_id)]
    return [row for row in agreements.agreements_of_customers(nodes) if line_id in (None, row.line_id)]


def _agreements(*, customer_id: int, line_id: int | None) -> list[AgreementView]:
    return [row for row in _all_agreements(customer_id=customer_id, line_id=line_id) if row.status == "active"]


def _line_ids(rows: Sequence[AgreementView]) -> list[int]:
    return sorted({row.line_id for row in rows if row.line_id is not None})


def _end_customer(*, termination: Termination, at: datetime) -> None:
    """Close the accounts and end the customer with its nodes, the lowest first, when no agreement is left there.

    The end of one line leaves a branch as it is: only a whole customer ends with its last line.
    """
    customer = people.customer(termination.customer_id)
    if termination.line_id is not None and customer.parent_id is not None:
        return
    if any(row.status in LIVING for row in _all_agreements(customer_id=customer.customer_id, line_id=None)):
        return
    for node in reversed(people.subtree(customer.customer_id)):
        for account in people.accounts_of(node.customer_id):
            parties.close_account(account_id=account.account_id, at=at)
        parties.end_customer(customer_id=node.customer_id, reason=termination.reason, at=at)

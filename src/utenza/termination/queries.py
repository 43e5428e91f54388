"""Public reads of termination."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from utenza.termination.models import Termination
from utenza.termination.states import TerminationStatus


@dataclass(frozen=True, slots=True)
class TerminationView:
    """One request to leave, as it is shown."""

    termination_id: int
    customer_id: int
    line_id: int | None
    reason: str
    note: str
    requested_at: datetime
    effective_date: date
    status: str
    completed_at: datetime | None


def terminations_of(customer_id: int) -> list[TerminationView]:
    """Return a customer's requests to leave, the newest first."""
    return [_view(row) for row in Termination.objects.filter(customer_id=customer_id).order_by("-requested_at", "-pk")]


def due_terminations(on_date: date) -> list[int]:
    """Return the ids of requests whose day has come and whose services are not being ceased yet."""
    due = Termination.objects.filter(status=TerminationStatus.REQUESTED, effective_date__lte=on_date)
    return list(due.order_by("pk").values_list("pk", flat=True))


def ceasing_terminations(customer_ids: Collection[int] | None = None) -> list[int]:
    """Return the ids of terminations that wait for the network, of some customers or of all."""
    rows = Termination.objects.filter(status=TerminationStatus.CEASING)
    if customer_ids is not None:
        rows = rows.filter(customer_id__in=customer_ids)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _view(row: Termination) -> TerminationView:
    return TerminationView(
        termination_id=row.pk,
        customer_id=row.customer_id,
        line_id=row.line_id,
        reason=row.reason,
        note=row.note,
        requested_at=row.requested_at,
        effective_date=row.effective_date,
        status=row.status,
        completed_at=row.completed_at,
    )

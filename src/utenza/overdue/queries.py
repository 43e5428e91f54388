"""Public reads of overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from utenza.infra.waiting import Waiting
from utenza.overdue.models import CaseStep, OverdueCase
from utenza.overdue.states import CaseStatus


@dataclass(frozen=True, slots=True)
class StepView:
    """A step that was taken; the sum in micro-units."""

    code: str
    taken_at: datetime
    overdue_micro: int
    days_overdue: int
    letter_id: int | None
    withdrew: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A dunning case as it is shown; the sum in micro-units."""

    case_id: int
    account_id: int
    account_number: str
    customer_id: int
    status: str
    opened_at: datetime
    cleared_at: datetime | None
    oldest_due_date: date
    overdue_micro: int
    currency: str
    steps: tuple[StepView, ...]


def cases(*, status: str | None = CaseStatus.OPEN, limit: int = 50, offset: int = 0) -> list[CaseView]:
    """Return cases, the largest debt first."""
    rows = OverdueCase.objects.select_related("account").prefetch_related("steps").order_by("-overdue_micro", "pk")
    if status is not None:
        rows = rows.filter(status=status)
    return [_view(case) for case in rows[offset : offset + limit]]


def open_cases() -> Waiting:
    """Return the open cases, to be counted."""
    return Waiting(OverdueCase.objects.filter(status=CaseStatus.OPEN))


def cases_of_customer(customer_id: int) -> list[CaseView]:
    """Return every case of a customer's accounts, the newest first."""
    rows = OverdueCase.objects.filter(account__customer_id=customer_id).select_related("account")
    return [_view(case) for case in rows.prefetch_related("steps").order_by("-opened_at", "-pk")]


def _view(case: OverdueCase) -> CaseView:
    return CaseView(
        case_id=case.pk,
        account_id=case.account_id,
        account_number=case.account.number,
        customer_id=case.account.customer_id,
        status=case.status,
        opened_at=case.opened_at,
        cleared_at=case.cleared_at,
        oldest_due_date=case.oldest_due_date,
        overdue_micro=case.overdue_micro,
        currency=case.currency,
        steps=tuple(_step(step) for step in sorted(case.steps.all(), key=lambda step: step.pk)),
    )


def _step(step: CaseStep) -> StepView:
    return StepView(
        code=step.code,
        taken_at=step.taken_at,
        overdue_micro=step.overdue_micro,
        days_overdue=step.days_overdue,
        letter_id=step.letter_id,
        withdrew=step.withdrew,
    )

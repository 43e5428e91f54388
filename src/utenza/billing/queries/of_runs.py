"""Reads of bill runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, Sum

from utenza.billing.models import Bill, BillRun, BillRunAccount
from utenza.billing.states import RunAccountStatus, RunStatus
from utenza.infra.operator import setting
from utenza.infra.waiting import Waiting
from utenza.parties import queries as parties


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A bill run with its counts. `total_micro` sums the bills in it, by currency."""

    run_id: int
    cycle_date: date
    status: str
    planned_at: datetime
    planned_by: int | None
    checked_at: datetime | None
    approved_at: datetime | None
    approved_by: int | None
    issue_date: date | None
    issued_at: datetime | None
    accounts: int
    waiting: int
    calculated: int
    nothing: int
    held: int
    issued: int
    totals_micro: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAccountView:
    account_id: int
    account_number: str
    account_name: str
    status: str
    bill_id: int | None
    total_micro: int | None
    currency: str
    previous_total_micro: int | None
    hold_code: str
    hold_reason: str
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheck:
    """What to look at before a run is approved: those held, and bills that stand out, each with its remark."""

    held: tuple[RunAccountView, ...]
    outliers: tuple[RunAccountView, ...]


def runs(*, limit: int = 50) -> list[RunView]:
    """Return the bill runs, newest first."""
    return [_run_view(row) for row in BillRun.objects.order_by("-cycle_date", "-pk")[:limit]]


def run(run_id: int) -> RunView:
    """Return a bill run with its counts."""
    return _run_view(BillRun.objects.get(pk=run_id))


def unfinished_runs() -> Waiting:
    """Return the bill runs that wait for their next step, to be counted."""
    steps = (RunStatus.PLANNED, RunStatus.CALCULATED, RunStatus.CHECKED, RunStatus.APPROVED)
    return Waiting(BillRun.objects.filter(status__in=steps))


def latest_run(cycle_date: date) -> RunView | None:
    """Return the newest run of a cycle date, if there is one."""
    row = BillRun.objects.filter(cycle_date=cycle_date).order_by("-pk").first()
    return _run_view(row) if row else None


def run_accounts(run_id: int, *, status: str | None = None, limit: int = 200, offset: int = 0) -> list[RunAccountView]:
    """Return the accounts of a run in order of account."""
    rows = BillRunAccount.objects.filter(run_id=run_id)
    if status:
        rows = rows.filter(status=status)
    return _run_accounts(rows.order_by("account_id")[offset : offset + limit])


def run_check(run_id: int, *, limit: int = 200) -> RunCheck:
    """Return what to look at before a run is approved: held accounts, and first, zero, negative or unlike bills."""
    limit_percent = int(setting("billing.outlier_percent", 50))
    rows = BillRunAccount.objects.filter(run_id=run_id, bill__isnull=False)
    odd = rows.filter(
        Q(bill__previous_total_micro__isnull=True)
        | Q(bill__total_micro__lte=0)
        | Q(bill__total_micro__gt=F("bill__previous_total_micro") * (100 + limit_percent) / 100)
        | Q(bill__total_micro__lt=F("bill__previous_total_micro") * (100 - limit_percent) / 100)
    )
    return RunCheck(
        held=tuple(run_accounts(run_id, status=RunAccountStatus.HELD, limit=limit)),
        outliers=tuple(_run_accounts(odd.order_by("account_id")[:limit])),
    )


def _run_accounts(rows: Iterable[BillRunAccount]) -> list[RunAccountView]:
    found = list(rows)
    bills = Bill.objects.in_bulk([row.bill_id for row in found if row.bill_id])
    accounts = parties.accounts([row.account_id for row in found])
    views = []
    for row in found:
        one = bills.get(row.bill_id) if row.bill_id else None
        account = accounts[row.account_id]
        views.append(
            RunAccountView(
                account_id=row.account_id,
                account_number=account.number,
                account_name=account.name,
                status=row.status,
                bill_id=row.bill_id,
                total_micro=one.total_micro if one else None,
                currency=account.currency,
                previous_total_micro=one.previous_total_micro if one else None,
                hold_code=row.hold_code,
                hold_reason=row.hold_reason,
                remark=_remark(one),
            )
        )
    return views


def _remark(row: Bill | None) -> str:
    if row is None:
        return ""
    if row.total_micro < 0:
        return "negative"
    if row.total_micro == 0:
        return "zero"
    if row.previous_total_micro is None:
        return "first"
    return "higher" if row.total_micro > row.previous_total_micro else "lower"


def _run_view(row: BillRun) -> RunView:
    counts: dict[str, int] = dict(
        BillRunAccount.objects.filter(run=row).values_list("status").annotate(count=Count("pk"))
    )
    totals = Bill.objects.filter(run=row).values_list("currency").annotate(sum=Sum("total_micro"))
    return RunView(
        run_id=row.pk,
        cycle_date=row.cycle_date,
        status=row.status,
        planned_at=row.planned_at,
        planned_by=row.planned_by_id,
        checked_at=row.checked_at,
        approved_at=row.approved_at,
        approved_by=row.approved_by_id,
        issue_date=row.issue_date,
        issued_at=row.issued_at,
        accounts=sum(counts.values()),
        waiting=counts.get(RunAccountStatus.PLANNED, 0),
        calculated=counts.get(RunAccountStatus.CALCULATED, 0),
        nothing=counts.get(RunAccountStatus.NOTHING, 0),
        held=counts.get(RunAccountStatus.HELD, 0),
        issued=counts.get(RunAccountStatus.ISSUED, 0),
        totals_micro=dict(totals),
    )

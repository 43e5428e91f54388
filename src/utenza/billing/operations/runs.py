"""The bill run: planned, calculated, checked, approved by a second person, issued; a chunk of accounts at a time.

Every step may be interrupted and taken up again: an account's row says what is done, and its bill is written in the
same transaction. Two workers never take the same account (FOR UPDATE SKIP LOCKED).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.utils.translation import gettext, pgettext

from utenza.billing import sources
from utenza.billing.models import Bill, BillRun, BillRunAccount
from utenza.billing.operations.drafting import calculate_regular, save_draft
from utenza.billing.operations.issuing import issue_draft, record_moves
from utenza.billing.refusals import AnotherPersonApproves, CycleInTheFuture, NothingToPlan, RunNotReady
from utenza.billing.rules.charges import BillingCalendar
from utenza.billing.states import RUN_ACCOUNT_MOVES, RUN_MOVES, BillKind, RunAccountStatus, RunStatus
from utenza.core.errors import Refusal
from utenza.core.period import DayPeriod
from utenza.infra.logs import get_logger
from utenza.infra.operator import local_date, setting
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction, savepoint, transaction
from utenza.infra.work import wake

CHUNK = 100

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a long step has come."""

    done: int
    total: int


@demands_transaction
def plan_run(*, cycle_date: date, at: datetime, by: int | None = None) -> int:
    """List the accounts whose billing period ends on `cycle_date` and return the run's id.

    Accounts already billed for the period are left out, so that a second run of a day takes up those that were held.
    Safe to repeat: while a run of the day is open, that one is returned.

    :raises NothingToPlan: if no account is due.
    :raises CycleInTheFuture: if the day has not come.
    """
    if cycle_date > local_date(at):
        raise CycleInTheFuture(field="cycle_date", cycle_date=cycle_date.isoformat())
    open_run = BillRun.objects.select_for_update().filter(cycle_date=cycle_date).exclude(status=RunStatus.ISSUED)
    known = open_run.values_list("pk", flat=True).first()
    if known is not None:
        return int(known)
    due = _due(cycle_date)
    if not due:
        raise NothingToPlan(field="cycle_date", cycle_date=cycle_date.isoformat())
    run = BillRun.objects.create(cycle_date=cycle_date, planned_at=at, planned_by_id=by)
    BillRunAccount.objects.bulk_create(
        (
            BillRunAccount(run=run, account_id=account_id, period_start=period.start, period_end=period.end)
            for account_id, period in due
        ),
        batch_size=1000,
    )
    return run.pk


def _due(cycle_date: date) -> list[tuple[int, DayPeriod]]:
    """Return the accounts with a period that ends on the day and that no run has taken up, with that period."""
    covered = set(
        BillRunAccount.objects.filter(
            run__cycle_date=cycle_date, status__in=[RunAccountStatus.ISSUED, RunAccountStatus.NOTHING]
        ).values_list("account_id", flat=True)
    )
    due = []
    for account in sources.accounts_that_may_be_due(cycle_date):
        calendar = BillingCalendar(bill_day=account.bill_day, cycle_months=account.cycle_months)
        period = calendar.ending_on(cycle_date)
        if period is not None and account.account_id not in covered:
            due.append((account.account_id, period))
    return due


@demands_transaction
def start_calculation(*, run_id: int, at: datetime) -> None:
    """Have a run calculated, by the worker or by `calculate`; drafts of an earlier calculation are made anew.

    :raises RunNotReady: if the run is approved already.
    """
    run = BillRun.objects.select_for_update().get(pk=run_id)
    if run.status == RunStatus.CALCULATING:
        return
    if RunStatus.CALCULATING not in RUN_MOVES[run.status]:
        raise _not_ready(
            run,
            wish=pgettext("bill run", "calculated"),
            way_out=gettext("its bills are approved; correct single ones by credit note"),
        )
    # Set-based, for runs of any size; the table of moves allows it from each of these states.
    BillRunAccount.objects.filter(run=run).update(
        status=RunAccountStatus.PLANNED, bill=None, hold_code="", hold_reason=""
    )
    Bill.objects.filter(run=run).delete()
    move(run, table=RUN_MOVES, to=RunStatus.CALCULATING)
    wake()
    _log.info("bill_run_calculation_started", run=run_id, at=at.isoformat())


def calculate(*, run_id: int, at: datetime, progress: Callable[[Progress], None] | None = None) -> None:
    """Calculate a run to its end, a transaction for each chunk. Interrupted, it goes on where it was.

    :raises RunNotReady: if the run is approved already.
    """
    with transaction():
        start_calculation(run_id=run_id, at=at)
    while True:
        with transaction():
            done = calculate_chunk(run_id=run_id, at=at)
        if progress:
            progress(_progress(run_id, RunAccountStatus.PLANNED))
        if not done:
            return


@demands_transaction
def calculate_chunk(*, run_id: int, at: datetime, limit: int = CHUNK) -> int:
    """Calculate the next accounts of a run and return how many; the last chunk makes the run calculated.

    An account that cannot be billed is held with its reason, and the others go on.
    """
    run = BillRun.objects.get(pk=run_id)
    if run.status != RunStatus.CALCULATING:
        return 0
    rows = _claim(run_id, RunAccountStatus.PLANNED, limit)
    on_date = max(run.cycle_date, local_date(at))
    for row in rows:
        _hold_on_refusal(row, partial(_calculate_account, row, run, on_date))
    if not rows:
        _finish(run_id, RunAccountStatus.PLANNED, RunStatus.CALCULATING, RunStatus.CALCULATED)
    return len(rows)


def _calculate_account(row: BillRunAccount, run: BillRun, on_date: date) -> None:
    facts = sources.account_facts(row.account_id)
    period = DayPeriod(row.period_start, row.period_end)
    draft, usage = calculate_regular(facts=facts, period=period, on_date=on_date)
    if not (draft.lines or draft.coverage or draft.usage):
        move(row, table=RUN_ACCOUNT_MOVES, to=RunAccountStatus.NOTHING)
        return
    sources.demand_billable(facts)
    row.bill = save_draft(
        facts=facts,
        draft=draft,
        usage=usage,
        kind=BillKind.REGULAR,
        period=(period.start, period.end),
        run_id=run.pk,
    )
    row.save(update_fields=["bill"])
    move(row, table=RUN_ACCOUNT_MOVES, to=RunAccountStatus.CALCULATED)


@demands_transaction
def check_run(*, run_id: int, at: datetime) -> None:
    """Mark a calculated run as looked through: `queries.run_check` shows what to look at.

    :raises RunNotReady: if it is not calculated.
    """
    run = BillRun.objects.select_for_update().get(pk=run_id)
    if run.status != RunStatus.CALCULATED:
        raise _not_ready(run, wish=pgettext("bill run", "checked"), way_out=gettext("calculate it first"))
    run.checked_at = at
    run.save(update_fields=["checked_at"])
    move(run, table=RUN_MOVES, to=RunStatus.CHECKED)


@demands_transaction
def approve(*, run_id: int, at: datetime, by: int | None = None) -> None:
    """Allow a calculated run to be issued; `by` is not the one who planned it (setting `billing.four_eyes`).

    Safe to repeat.

    :raises RunNotReady: if it is not calculated.
    :raises AnotherPersonApproves: if the same person planned it.
    """
    run = BillRun.objects.select_for_update().get(pk=run_id)
    if run.status in {RunStatus.APPROVED, RunStatus.ISSUING, RunStatus.ISSUED}:
        return
    if setting("billing.four_eyes", True) and by == run.planned_by_id:
        raise AnotherPersonApproves()
    if run.status == RunStatus.CALCULATED:
        check_run(run_id=run_id, at=at)
        run.refresh_from_db()
    if run.status != RunStatus.CHECKED:
        raise _not_ready(run, wish=pgettext("bill run", "approved"), way_out=gettext("calculate and check it first"))
    run.approved_at, run.approved_by_id = at, by
    run.save(update_fields=["approved_at", "approved_by"])
    move(run, table=RUN_MOVES, to=RunStatus.APPROVED)


@demands_transaction
def start_issuing(*, run_id: int, at: datetime) -> None:
    """Have an approved run issued, by the worker or by `issue`. Safe to repeat.

    All its bills bear the operator's day of this moment, though the issuing may go on past midnight.

    :raises RunNotReady: if it is not approved.
    """
    run = BillRun.objects.select_for_update().get(pk=run_id)
    if run.status in {RunStatus.ISSUING, RunStatus.ISSUED}:
        return
    if run.status != RunStatus.APPROVED:
        raise _not_ready(run, wish=pgettext("bill run", "issued"), way_out=gettext("have it approved first"))
    run.issue_date = max(run.cycle_date, local_date(at))
    run.save(update_fields=["issue_date"])
    move(run, table=RUN_MOVES, to=RunStatus.ISSUING)
    wake()


def issue(*, run_id: int, at: datetime, progress: Callable[[Progress], None] | None = None) -> None:
    """Issue an approved run to its end, a transaction for each chunk. Interrupted, it goes on where it was.

    :raises RunNotReady: if it is not approved.
    """
    with transaction():
        start_issuing(run_id=run_id, at=at)
    while True:
        with transaction():
            done = issue_chunk(run_id=run_id, at=at)
        if progress:
            progress(_progress(run_id, RunAccountStatus.CALCULATED))
        if not done:
            return


@demands_transaction
def issue_chunk(*, run_id: int, at: datetime, limit: int = CHUNK) -> int:
    """Issue the next drafts of a run and return how many; the last chunk makes the run issued.

    Numbers, postings and news are committed with the bills: all of a chunk, or nothing.
    """
    run = BillRun.objects.get(pk=run_id)
    if run.status != RunStatus.ISSUING or run.issue_date is None:
        return 0
    issue_date = run.issue_date
    rows = _claim(run_id, RunAccountStatus.CALCULATED, limit)
    for row in rows:
        _hold_on_refusal(row, partial(_issue_account, row, issue_date, at))
    if not rows and _finish(run_id, RunAccountStatus.CALCULATED, RunStatus.ISSUING, RunStatus.ISSUED):
        BillRun.objects.filter(pk=run_id).update(issued_at=at)
    return len(rows)


def _issue_account(row: BillRunAccount, issue_date: date, at: datetime) -> None:
    bill = Bill.objects.select_for_update().get(run_account=row)
    if bill.total_micro == 0 and not setting("billing.issue_zero_bills", False):
        record_moves(bill=bill, billed_on=None)
        move(row, table=RUN_ACCOUNT_MOVES, to=RunAccountStatus.NOTHING)
        row.bill = None
        row.save(update_fields=["bill"])
        bill.delete()
        return
    issue_draft(bill=bill, issue_date=issue_date, at=at)
    move(row, table=RUN_ACCOUNT_MOVES, to=RunAccountStatus.ISSUED)


def _claim(run_id: int, status: str, limit: int) -> list[BillRunAccount]:
    waiting = BillRunAccount.objects.filter(run_id=run_id, status=status).order_by("account_id")
    return list(waiting.select_for_update(skip_locked=True, of=("self",))[:limit])


def _hold_on_refusal(row: BillRunAccount, work: Callable[[], None]) -> None:
    """Do the work for one account; whatever goes wrong with it is undone, and the account held with the reason."""
    try:
        with savepoint():
            work()
        return
    except Refusal as refusal:
        code, reason = refusal.code, str(refusal)
    except Exception as error:
        _log.exception("account_held", account=row.account_id, run=row.run_id)
        code, reason = "unexpected", f"{type(error).__name__}: {error}"
    row.refresh_from_db()
    draft_id = row.bill_id
    row.hold_code, row.hold_reason = code[:60], reason[:2000]
    row.save(update_fields=["hold_code", "hold_reason"])
    move(row, table=RUN_ACCOUNT_MOVES, to=RunAccountStatus.HELD)
    row.bill = None
    row.save(update_fields=["bill"])
    if draft_id is not None:
        Bill.objects.filter(pk=draft_id).delete()


def _finish(run_id: int, waiting: str, current: str, to: str) -> bool:
    """Move the run on when no account waits any more, not even with another worker."""
    run = BillRun.objects.select_for_update().get(pk=run_id)
    if run.status != current or BillRunAccount.objects.filter(run=run, status=waiting).exists():
        return False
    move(run, table=RUN_MOVES, to=to)
    return True


def _progress(run_id: int, waiting: str) -> Progress:
    rows = BillRunAccount.objects.filter(run_id=run_id)
    total = rows.count()
    return Progress(done=total - rows.filter(status=waiting).count(), total=total)


def _not_ready(run: BillRun, *, wish: str, way_out: str) -> RunNotReady:
    return RunNotReady(
        cycle_date=run.cycle_date.isoformat(), status=run.get_status_display(), wish=wish, way_out=way_out
    )

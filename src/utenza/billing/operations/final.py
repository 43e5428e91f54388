"""The final bill: what is left to charge, and what was charged too far."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from utenza.billing import sources
from utenza.billing.models import Bill, BillRunAccount
from utenza.billing.operations.drafting import calculate_final, save_draft
from utenza.billing.operations.issuing import issue_draft
from utenza.billing.states import RUN_ACCOUNT_MOVES, BillKind, BillStatus, RunAccountStatus
from utenza.infra.operator import local_date
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction


@demands_transaction
def issue_final_bill(*, account_id: int, on_date: date, at: datetime) -> int | None:
    """Issue the last bill of an account whose agreements end by `on_date` (the first day not charged); return its id.

    Charges up to that day what was not charged yet, gives back what was charged beyond it, and bills all usage rated
    so far, that of the last day included. What the books hold as a deposit is given back as a line of it: it pays what
    the bill charges, and the rest is credit. Where nothing at all is left there is no bill, and None is returned. A
    negative total lowers what the account owes. Safe to repeat: the same day gives the same bill.

    :raises CannotBeBilled: if the account lacks what a bill needs.
    """
    facts = sources.account_facts(account_id, lock=True)
    today = local_date(at)
    done = Bill.objects.filter(account_id=account_id, kind=BillKind.FINAL, period_end=on_date).first()
    if done is not None:
        return done.pk
    _drop_drafts(account_id)
    draft, usage = calculate_final(facts=facts, end_date=on_date, on_date=max(today, on_date))
    if not (draft.lines or draft.coverage or draft.usage):
        return None
    sources.demand_billable(facts)
    bill = save_draft(
        facts=facts,
        draft=draft,
        usage=usage,
        kind=BillKind.FINAL,
        period=(
            _period_start(account_id, on_date, facts.calendar.containing(on_date - timedelta(days=1)).start),
            on_date,
        ),
    )
    issue_draft(bill=bill, issue_date=today, at=at)
    return bill.pk


def _period_start(account_id: int, on_date: date, default: date) -> date:
    """Return where the last bill ended, or the start of the running period."""
    last = (
        Bill.objects.filter(account_id=account_id, status=BillStatus.ISSUED, kind=BillKind.REGULAR)
        .order_by("-period_end")
        .values_list("period_end", flat=True)
        .first()
    )
    return min(last, on_date) if last else default


def _drop_drafts(account_id: int) -> None:
    """Take the account out of runs that are not issued: their drafts know nothing of the end."""
    rows = BillRunAccount.objects.select_for_update(of=("self",)).filter(
        account_id=account_id, status=RunAccountStatus.CALCULATED
    )
    for row in rows:
        draft = Bill.objects.get(run_account=row)
        move(row, table=RUN_ACCOUNT_MOVES, to=RunAccountStatus.NOTHING)
        row.bill = None
        row.save(update_fields=["bill"])
        draft.delete()

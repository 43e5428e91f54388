"""Public writes of overdue; each demands an open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from utenza.billing import queries as bills
from utenza.core.events.overdue import DebtCleared, ReminderSent, ServicesWithdrawn
from utenza.country import RuleNotInForce
from utenza.country import rules as country_rules
from utenza.delivery import operations as delivery
from utenza.delivery import queries as dispatches
from utenza.infra.operator import local_date, profile, setting
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.ordering import queries as ordering
from utenza.overdue.models import CaseStep, OverdueCase
from utenza.overdue.rules import (
    DEFAULT_LADDER,
    DEFAULT_POST_DAYS,
    DEFAULT_THRESHOLD_MICRO,
    Notice,
    Step,
    days_overdue,
    ladder_from_setting,
    next_step,
)
from utenza.overdue.states import CASE_MOVES, CaseStatus
from utenza.parties import operations as parties
from utenza.parties import queries as people
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network

DEBT = "debt"
NEW_ORDERS = "new_orders"


@dataclass(frozen=True, slots=True)
class Debt:
    """What an account owes past its due date, less what is in dispute."""

    overdue_micro: int
    oldest_due_date: date | None
    currency: str


def ladder(*, on_date: date | None = None) -> tuple[Step, ...]:
    """Return the operator's dunning ladder, the earliest step first."""
    rows = setting("overdue.ladder", None)
    if not rows:
        return DEFAULT_LADDER
    return ladder_from_setting(rows, notice_days=notice_days(on_date) if on_date else 0)


def notice_days(on_date: date) -> int:
    """Return the days between the notice and a suspension: the operator's setting, else the country's term, else 0."""
    own = setting("overdue.suspension_notice_days", None)
    if own is not None:
        return int(own)
    try:
        return country_rules(profile().country).term("suspension_notice_days", on_date)
    except RuleNotInForce:
        return 0


@demands_transaction
def climb(*, account_id: int, at: datetime) -> str | None:
    """Take the next due step against one account's debt and return its code, or None if nothing is due.

    Opens the case on the first day overdue and clears it when nothing overdue is left. Safe to repeat on the same
    day: a step is taken once a case.
    """
    account = people.account(account_id)
    debt = _debt(account_id=account_id, currency=account.currency, on_date=local_date(at))
    case = OverdueCase.objects.select_for_update().filter(account_id=account_id, status=CaseStatus.OPEN).first()
    if debt.oldest_due_date is None or debt.overdue_micro < setting("overdue.threshold_micro", DEFAULT_THRESHOLD_MICRO):
        if case is not None and debt.oldest_due_date is None:
            _clear(case=case, customer_id=account.customer_id, at=at)
        _write_standing(account_id=account_id, debt=debt, at=at)
        return None
    if case is None:
        case = OverdueCase.objects.create(
            account_id=account_id,
            opened_at=at,
            oldest_due_date=debt.oldest_due_date,
            overdue_micro=debt.overdue_micro,
            currency=debt.currency,
        )
    else:
        case.oldest_due_date, case.overdue_micro = debt.oldest_due_date, debt.overdue_micro
        case.save(update_fields=["oldest_due_date", "overdue_micro"])
    today = local_date(at)
    late = days_overdue(due_date=debt.oldest_due_date, on_date=today)
    steps = ladder(on_date=today)
    step = next_step(
        ladder=steps,
        taken=list(case.steps.values_list("code", flat=True)),
        days_overdue=late,
        notice=Notice(notice_days(today), _noticed(case, steps)),
        on_date=today,
    )
    if step is not None:
        _take(case=case, step=step, debt=debt, customer_id=account.customer_id, days_late=late, at=at)
    _write_standing(account_id=account_id, debt=debt, at=at)
    return step.code if step else None


@demands_transaction
def settle(*, account_id: int, at: datetime) -> bool:
    """Clear the account's case if nothing overdue is left, and give its services back; return whether it did.

    Lifts the reason `debt` alone: a line that is also barred for another reason stays barred. Safe to repeat.
    """
    case = OverdueCase.objects.select_for_update().filter(account_id=account_id, status=CaseStatus.OPEN).first()
    account = people.account(account_id)
    debt = _debt(account_id=account_id, currency=account.currency, on_date=local_date(at))
    _write_standing(account_id=account_id, debt=debt, at=at)
    if case is None or debt.oldest_due_date is not None:
        return False
    _clear(case=case, customer_id=account.customer_id, at=at)
    return True


def _debt(*, account_id: int, currency: str, on_date: date) -> Debt:
    late = [bill for bill in bills.open_bills(account_id) if bill.due_date < on_date and bill.undisputed_micro > 0]
    return Debt(
        overdue_micro=sum(bill.undisputed_micro for bill in late),
        oldest_due_date=min((bill.due_date for bill in late), default=None),
        currency=currency,
    )


def _noticed(case: OverdueCase, steps: Sequence[Step]) -> date | None:
    """Return the day on which the debtor counts as having the notice; a letter on paper is some days on its way.

    A notice that was not delivered is none.
    """
    codes = [step.code for step in steps if step.notice]
    taken = case.steps.filter(code__in=codes).order_by("-taken_at").first()
    if taken is None:
        return None
    if taken.letter_id is None:
        return local_date(taken.taken_at)
    letter = dispatches.dispatch(taken.letter_id)
    if letter.delivered_at is None:
        return None
    post_days = int(setting("overdue.post_days", DEFAULT_POST_DAYS)) if letter.channel == "paper" else 0
    return local_date(letter.delivered_at) + timedelta(days=post_days)


def _take(*, case: OverdueCase, step: Step, debt: Debt, customer_id: int, days_late: int, at: datetime) -> None:
    withdrawn = _withdraw(account_id=case.account_id, what=step.withdraw, at=at) if step.withdraw else []
    letter_id = delivery.send_letter(
        customer_id=customer_id,
        account_id=case.account_id,
        template=step.letter,
        registered=step.notice,
        data={
            "overdue_micro": debt.overdue_micro,
            "currency": debt.currency,
            "days_overdue": days_late,
            "notice_days": notice_days(local_date(at)),
            "bills": [
                {"number": bill.number, "due_date": bill.due_date.isoformat(), "open_micro": bill.undisputed_micro}
                for bill in bills.open_bills(case.account_id)
                if bill.due_date < local_date(at) and bill.undisputed_micro > 0
            ],
            "lines": [network.line(line_id).number for line_id in withdrawn],
        },
        at=at,
    )
    CaseStep.objects.create(
        case=case,
        code=step.code,
        taken_at=at,
        overdue_micro=debt.overdue_micro,
        days_overdue=days_late,
        letter_id=letter_id,
        withdrew=step.withdraw,
    )
    event = ServicesWithdrawn if step.withdraw else ReminderSent
    announce(
        event(
            at=at,
            customer_id=customer_id,
            account_id=case.account_id,
            case_id=case.pk,
            step=step.code,
            overdue_micro=debt.overdue_micro,
            currency=debt.currency,
        )
    )
    if step.withdraw:
        parties.place_block(customer_id=customer_id, kind=NEW_ORDERS, reason=DEBT, at=at)


def _withdraw(*, account_id: int, what: str, at: datetime) -> list[int]:
    """Suspend lines of the account for debt: the newest still open, or all; return their ids."""
    chosen = [line_id for line_id in _lines(account_id) if DEBT not in network.line(line_id).bar_reasons]
    if what == "one":
        chosen = chosen[:1]
    for line_id in chosen:
        provisioning.suspend(line_id=line_id, reason=DEBT, at=at, note="")
    return chosen


def _lines(account_id: int) -> Sequence[int]:
    """Return the lines that the account pays for and that are not on their way out, the newest first."""
    agreements = ordering.agreements_of_account(account_id)
    paid = {row.line_id for row in agreements if row.line_id is not None and row.status == "active"}
    return sorted(
        (
            line.line_id
            for line in network.lines(paid)
            if any(service.desired_state != "ceased" for service in line.services)
        ),
        reverse=True,
    )


def _clear(*, case: OverdueCase, customer_id: int, at: datetime) -> None:
    barred = [line_id for line_id in _lines(case.account_id) if DEBT in network.line(line_id).bar_reasons]
    for line_id in barred:
        provisioning.resume(line_id=line_id, reason=DEBT, at=at)
    # A line that another reason still closes does not work again: nothing is promised then.
    if barred and not any(network.line(line_id).bar_reasons for line_id in barred):
        delivery.send_letter(
            customer_id=customer_id,
            account_id=case.account_id,
            template="services_restored",
            data={},
            key=f"overdue:{case.pk}:restored",
            at=at,
        )
    case.cleared_at = at
    case.overdue_micro = 0
    case.save(update_fields=["cleared_at", "overdue_micro"])
    move(case, table=CASE_MOVES, to=CaseStatus.CLEARED)
    if not OverdueCase.objects.filter(account__customer_id=customer_id, status=CaseStatus.OPEN).exists():
        parties.lift_block(customer_id=customer_id, kind=NEW_ORDERS, reason=DEBT, at=at)
    announce(DebtCleared(at=at, customer_id=customer_id, account_id=case.account_id, case_id=case.pk))


def _write_standing(*, account_id: int, debt: Debt, at: datetime) -> None:
    history = bills.payment_history(account_id)
    parties.record_payment_standing(
        account_id=account_id,
        overdue_micro=debt.overdue_micro,
        oldest_due_date=debt.oldest_due_date,
        reminders_12m=CaseStep.objects.filter(
            case__account_id=account_id, taken_at__gte=at.replace(year=at.year - 1, day=min(at.day, 28))
        ).count(),
        bills_paid_on_time=history.paid_on_time,
        bills_paid_late=history.paid_late,
        at=at,
    )

"""The scorecard: points with reasons, from which follow the credit class and the deposit.

It judges by means and by how the applicant has paid, never by age, sex, birthplace or address, which the law forbids
(Codice del consumo and Regulation (EU) 2016/679 art. 22 ask that an automatic decision be explained and reviewable:
each point has its sentence, and an analyst may override).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from utenza.application.rules.checks import check_sentence
from utenza.application.rules.validation import Form
from utenza.application.states import ApplicationKind
from utenza.core.errors import N_

# Change a figure below, change this name: every decision keeps the name of the scorecard that made it.
SCORECARD = "2026-1"


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """How the applicant, already a customer, has paid: sums over all accounts."""

    overdue_micro: int = 0
    reminders_12m: int = 0
    bills_paid_on_time: int = 0
    bills_paid_late: int = 0
    debt_block: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Points given for one fact; `text` is a marked sentence with slots for `data`."""

    code: str
    points: int
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreditResult:
    scorecard: str
    score: int
    credit_class: str
    reasons: tuple[Reason, ...]


EMPLOYMENT_POINTS: dict[str, int] = {
    "permanent": 30,
    "pension": 28,
    "self_employed": 22,
    "fixed_term": 15,
    "student": 6,
    "none": 0,
}
_EMPLOYMENT_TEXTS: dict[str, str] = {
    "permanent": N_("Has a permanent employment."),
    "pension": N_("Has a pension."),
    "self_employed": N_("Is self-employed."),
    "fixed_term": N_("Is employed for a fixed term."),
    "student": N_("Is a student."),
    "none": N_("Has no work."),
}
# Least value (whole currency units, or years), points: the last row that is reached counts.
INCOME_POINTS = ((0, 0), (600, 8), (900, 16), (1300, 24), (1800, 30), (2500, 36))
EMPLOYMENT_YEARS_POINTS = ((0, 0), (1, 5), (3, 10), (8, 14))
TURNOVER_POINTS = ((0, 0), (50_000, 14), (250_000, 24), (1_000_000, 32), (10_000_000, 38))
COMPANY_YEARS_POINTS = ((0, 0), (2, 12), (5, 22), (10, 30))
EMPLOYEES_POINTS = ((0, 0), (3, 6), (10, 10))
DIRECT_DEBIT_POINTS = 8
# Least score, class: the first row that is reached counts.
CLASSES = ((75, "A"), (58, "B"), (42, "C"), (26, "D"))
LOWEST_CLASS = "E"
DEPOSITS_MICRO: dict[str, int] = {"D": 100_000_000}


def _banded(bands: tuple[tuple[int, int], ...], value: Decimal | int) -> int:
    return max((points for least, points in bands if value >= least), default=0)


def score(*, kind: str, form: Form, on_date: date, known: KnownPayment | None) -> CreditResult:
    """Return points, class and reasons of a complete form; `known` is None for someone who is no customer yet."""
    means = _company(form, on_date) if kind == ApplicationKind.COMPANY else _person(form)
    reasons = [*means, *_payment(form, known)]
    total = sum(reason.points for reason in reasons)
    credit_class = next((name for least, name in CLASSES if total >= least), LOWEST_CLASS)
    if known is not None and (known.debt_block or known.overdue_micro > 0):
        # Whoever owes now gets no more credit, whatever the means.
        credit_class = LOWEST_CLASS
    return CreditResult(SCORECARD, total, credit_class, tuple(reasons))


def _amount(form: Form, name: str) -> Decimal:
    return Decimal(str(form.get(name) or "0"))


def _whole(form: Form, name: str) -> int:
    return int(str(form.get(name) or "0"))


def _person(form: Form) -> list[Reason]:
    employment = str(form.get("employment") or "none")
    income, years = _amount(form, "income_monthly"), _whole(form, "employment_years")
    found = [
        Reason(
            "employment", EMPLOYMENT_POINTS.get(employment, 0), _EMPLOYMENT_TEXTS.get(employment, N_("Has no work."))
        ),
        Reason("income", _banded(INCOME_POINTS, income), N_("Has %(amount)s a month."), {"amount": f"{income:.2f}"}),
    ]
    if EMPLOYMENT_POINTS.get(employment, 0):
        points = _banded(EMPLOYMENT_YEARS_POINTS, years)
        found.append(Reason("employment_years", points, N_("In it for %(years)s years."), {"years": years}))
    return found


def _company(form: Form, on_date: date) -> list[Reason]:
    turnover, employees = _amount(form, "turnover_yearly"), _whole(form, "employees")
    years = max(on_date.year - _whole(form, "founded_year"), 0)
    return [
        Reason(
            "turnover",
            _banded(TURNOVER_POINTS, turnover),
            N_("Turns over %(amount)s a year."),
            {"amount": f"{turnover:.2f}"},
        ),
        Reason(
            "company_years",
            _banded(COMPANY_YEARS_POINTS, years),
            N_("In business for %(years)s years."),
            {"years": years},
        ),
        Reason(
            "employees", _banded(EMPLOYEES_POINTS, employees), N_("Employs %(count)s people."), {"count": employees}
        ),
    ]


def _payment(form: Form, known: KnownPayment | None) -> list[Reason]:
    found: list[Reason] = []
    if form.get("payment_method") == "direct_debit":
        found.append(Reason("direct_debit", DIRECT_DEBIT_POINTS, N_("Pays by direct debit.")))
    if known is None:
        return found
    if known.overdue_micro > 0 or known.debt_block:
        found.append(Reason("overdue", -60, N_("Owes money that is overdue.")))
    if known.reminders_12m:
        points = -min(5 * known.reminders_12m, 20)
        found.append(
            Reason("reminders", points, N_("Was reminded %(count)s times in a year."), {"count": known.reminders_12m})
        )
    paid = known.bills_paid_on_time + known.bills_paid_late
    if paid and 4 * known.bills_paid_late > paid:
        found.append(
            Reason(
                "late", -15, N_("Paid %(late)s of %(paid)s bills late."), {"late": known.bills_paid_late, "paid": paid}
            )
        )
    elif known.bills_paid_on_time >= 6:
        found.append(Reason("on_time", 20, N_("Paid %(count)s bills on time."), {"count": known.bills_paid_on_time}))
    return found


def deposit_micro(credit_class: str) -> int:
    """Return the deposit (micro-units) that a class is asked for before postpaid service starts."""
    return DEPOSITS_MICRO.get(credit_class, 0)


def reason_sentence(reason: Reason) -> str:
    """Return the sentence of a reason in the reader's language."""
    return check_sentence(text=reason.text, data=reason.data)

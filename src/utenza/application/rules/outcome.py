"""From identity checks and credit result to what becomes of the application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from utenza.application.rules.checks import Check
from utenza.application.rules.credit import LOWEST_CLASS, CreditResult, deposit_micro
from utenza.application.rules.fraud import REFUSED_TEXT, REVIEW_TEXT
from utenza.application.states import CheckResult, Outcome
from utenza.core.errors import N_


@dataclass(frozen=True, slots=True)
class Decision:
    """`text` is the marked sentence for the applicant; `deposit_micro` is in micro-units."""

    outcome: str
    credit_class: str
    deposit_micro: int
    text: str


def decide(*, checks: Sequence[Check], credit: CreditResult, prepaid: bool, fraud: str = CheckResult.PASS) -> Decision:
    """Return the decision: a failed check refuses, a doubtful one is reviewed, the class does the rest.

    `fraud` is the result of the screening; its sentences are the same whatever rule hit.

    Prepaid needs an identity and no credit, so that class E is accepted there; elsewhere it is refused and prepaid is
    offered instead.
    """
    results = {check.result for check in checks}
    credit_class = credit.credit_class
    if CheckResult.FAIL in results:
        return Decision(Outcome.REFUSED, credit_class, 0, N_("The identity could not be confirmed."))
    if fraud == CheckResult.FAIL:
        return Decision(Outcome.REFUSED, credit_class, 0, REFUSED_TEXT)
    if fraud == CheckResult.REVIEW:
        return Decision(Outcome.REVIEW, credit_class, 0, REVIEW_TEXT)
    if CheckResult.REVIEW in results:
        return Decision(Outcome.REVIEW, credit_class, 0, N_("A person must look at the identity."))
    if prepaid:
        return Decision(Outcome.ACCEPTED, credit_class, 0, N_("Identity confirmed; prepaid needs no credit."))
    if credit_class == LOWEST_CLASS:
        return Decision(
            Outcome.PREPAID_ONLY, credit_class, 0, N_("The credit check allows no postpaid offer: prepaid is offered.")
        )
    deposit = deposit_micro(credit_class)
    if deposit:
        return Decision(
            Outcome.ACCEPTED, credit_class, deposit, N_("Identity and credit confirmed, against a deposit.")
        )
    return Decision(Outcome.ACCEPTED, credit_class, 0, N_("Identity and credit confirmed."))

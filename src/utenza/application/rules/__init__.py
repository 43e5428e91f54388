"""Pure decisions of application: the form as data, its validation, the identity checks, the scorecard."""

from utenza.application.rules.checks import Check, check_sentence
from utenza.application.rules.credit import (
    SCORECARD,
    CreditResult,
    KnownPayment,
    Reason,
    deposit_micro,
    reason_sentence,
    score,
)
from utenza.application.rules.fields import Field, Step, all_fields, step_named, steps
from utenza.application.rules.identity import Surroundings, identity_checks
from utenza.application.rules.outcome import Decision, decide
from utenza.application.rules.reach import ContactProof
from utenza.application.rules.validation import (
    AnswerNotChosen,
    AnswerNotUnderstood,
    AnswerRequired,
    NotADate,
    NotANumber,
    faults_of,
    written,
)

__all__ = [
    "SCORECARD",
    "AnswerNotChosen",
    "AnswerNotUnderstood",
    "AnswerRequired",
    "Check",
    "ContactProof",
    "CreditResult",
    "Decision",
    "Field",
    "KnownPayment",
    "NotADate",
    "NotANumber",
    "Reason",
    "Step",
    "Surroundings",
    "all_fields",
    "check_sentence",
    "decide",
    "deposit_micro",
    "faults_of",
    "identity_checks",
    "reason_sentence",
    "score",
    "step_named",
    "steps",
    "written",
]

"""Fraud screening: rules with weights, from what stands around an application to pass, review or refuse.

A rule gives its points when its limit is passed. Points add up; sums from `review_from` on go to a person, and from
`refuse_from` on refuse. Every hit keeps references (numbers of applications and customers) and no personal data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from utenza.application.states import CheckResult
from utenza.core.errors import N_, Refusal


class MarkKind(StrEnum):
    """What two applications may share; a mark is kept as a keyed hash."""

    DOCUMENT = "document"
    DEVICE = "device"
    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    ADDRESS = "address"


class FraudRulesWrong(Refusal):
    code = "fraud_rules_wrong"
    text = N_("'%(rule)s' cannot be so: weights go from 0 to 200, limits from 0 to 1000, windows from 1 to 8760 hours.")


class ThresholdsWrong(Refusal):
    code = "thresholds_wrong"
    text = N_("Refusing must begin at more points than reviewing, and likeness lies between 70 and 100.")


@dataclass(frozen=True, slots=True)
class RuleValues:
    """What the operator tunes: the rule hits where its count is more than `limit` within the last `window_h` hours."""

    weight: int
    limit: int
    window_h: int


_MONTHS_3 = 90 * 24
# Code, label, sentence of a hit, the values it begins with, and whether a window has a meaning for it.
_RULES: tuple[tuple[str, str, str, RuleValues, bool], ...] = (
    (
        "document",
        N_("Same document, other persons"),
        N_("The document also serves %(count)s other persons: %(numbers)s."),
        RuleValues(60, 0, _MONTHS_3),
        True,
    ),
    (
        "device",
        N_("Same device, other persons"),
        N_("The device also served %(count)s other persons: %(numbers)s."),
        RuleValues(30, 2, 30 * 24),
        True,
    ),
    (
        "email",
        N_("Same e-mail, other persons"),
        N_("The e-mail also serves %(count)s other persons: %(numbers)s."),
        RuleValues(25, 2, _MONTHS_3),
        True,
    ),
    (
        "phone",
        N_("Same telephone, other persons"),
        N_("The telephone also serves %(count)s other persons: %(numbers)s."),
        RuleValues(25, 2, _MONTHS_3),
        True,
    ),
    (
        "iban",
        N_("Same bank account, other persons"),
        N_("The account also serves %(count)s other persons: %(numbers)s."),
        RuleValues(30, 2, _MONTHS_3),
        True,
    ),
    (
        "address",
        N_("Same address, other persons"),
        N_("The address also serves %(count)s other persons: %(numbers)s."),
        RuleValues(15, 5, _MONTHS_3),
        True,
    ),
    (
        "alike_customer",
        N_("Nearly the same as a customer"),
        N_("Nearly the same person as customer: %(numbers)s."),
        RuleValues(40, 0, 1),
        False,
    ),
    (
        "alike_application",
        N_("Nearly the same as an applicant"),
        N_("Nearly the same person as applicant: %(numbers)s."),
        RuleValues(40, 0, _MONTHS_3),
        True,
    ),
    (
        "debtor",
        N_("Former debtor under another spelling"),
        N_("Looks like a customer who owes: %(numbers)s."),
        RuleValues(50, 0, 1),
        False,
    ),
    (
        "fraudster",
        N_("Customer blocked for fraud, another spelling"),
        N_("Looks like a customer blocked for fraud: %(numbers)s."),
        RuleValues(70, 0, 1),
        False,
    ),
    (
        "denied_same",
        N_("On the denied list"),
        N_("Shares tax code or document with the denied list: %(numbers)s."),
        RuleValues(100, 0, 1),
        False,
    ),
    (
        "denied_alike",
        N_("Nearly somebody on the denied list"),
        N_("Looks like somebody on the denied list: %(numbers)s."),
        RuleValues(60, 0, 1),
        False,
    ),
    (
        "many_applications",
        N_("Many applications of one person"),
        N_("The same person applied %(count)s times lately."),
        RuleValues(20, 4, 7 * 24),
        True,
    ),
    (
        "prepaid_sims",
        N_("Prepaid SIMs of one person"),
        N_("The person would hold %(count)s prepaid SIMs."),
        RuleValues(50, 6, 1),
        False,
    ),
    (
        "agent_velocity",
        N_("Many applications of one agent"),
        N_("The agent took %(count)s applications in a short time."),
        RuleValues(20, 25, 1),
        True,
    ),
    (
        "shop_velocity",
        N_("Many applications of one shop"),
        N_("The shop took %(count)s applications in a short time."),
        RuleValues(20, 60, 1),
        True,
    ),
)
LABELS: dict[str, str] = {code: label for code, label, _text, _values, _window in _RULES}
TEXTS: dict[str, str] = {code: text for code, _label, text, _values, _window in _RULES}
WINDOWED: frozenset[str] = frozenset(code for code, _label, _text, _values, window in _RULES if window)
# What the applicant is told: the right to have a person look again (Regulation (EU) 2016/679 art. 22), and no rule.
REFUSED_TEXT = N_(
    "We cannot accept this application. You may ask that a person look at it again, and say what speaks for you."
)
REVIEW_TEXT = N_("A person must look at the application.")


@dataclass(frozen=True, slots=True)
class FraudRules:
    """All values of one version; `likeness` is in hundredths."""

    rules: Mapping[str, RuleValues]
    review_from: int = 40
    refuse_from: int = 100
    likeness: int = 84

    def as_json(self) -> dict[str, Any]:
        """Return the values as they are kept."""
        rules = {code: [each.weight, each.limit, each.window_h] for code, each in self.rules.items()}
        return {
            "rules": rules,
            "review_from": self.review_from,
            "refuse_from": self.refuse_from,
            "likeness": self.likeness,
        }


DEFAULTS = FraudRules({code: values for code, _label, _text, values, _window in _RULES})


def from_json(kept: Mapping[str, Any]) -> FraudRules:
    """Return kept values; a rule that they do not have yet has its default."""
    rules = {
        code: RuleValues(*kept["rules"][code]) if code in kept["rules"] else values
        for code, values in DEFAULTS.rules.items()
    }
    return replace(
        DEFAULTS,
        rules=rules,
        review_from=int(kept["review_from"]),
        refuse_from=int(kept["refuse_from"]),
        likeness=int(kept["likeness"]),
    )


def refuse_wrong(values: FraudRules) -> None:
    """Let values pass that can be.

    :raises FraudRulesWrong: if a weight, limit or window is out of range, or a rule is missing or unknown.
    :raises ThresholdsWrong: if the thresholds are out of order.
    """
    for code in {*values.rules, *DEFAULTS.rules}:
        each = values.rules.get(code)
        fits = each is not None and 0 <= each.weight <= 200 and 0 <= each.limit <= 1000 and 1 <= each.window_h <= 8760
        if not fits or code not in DEFAULTS.rules:
            raise FraudRulesWrong(field=code, rule=code)
    if not 0 < values.review_from < values.refuse_from <= 1000 or not 70 <= values.likeness <= 100:
        raise ThresholdsWrong(field="review_from")


@dataclass(frozen=True, slots=True)
class Found:
    """What stands around an application, by rule: how many, and the references of some of them."""

    count: int
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that hit; `data` fills the slots of its sentence."""

    code: str
    points: int
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return TEXTS[self.code]


@dataclass(frozen=True, slots=True)
class Screened:
    """The sum of the points, what follows from it (pass, review or fail), and the hits, the heaviest first."""

    points: int
    result: str
    hits: tuple[Hit, ...]


REFERENCES_MAX = 10


def screen(found: Mapping[str, Found], values: FraudRules) -> Screened:
    """Return what the rules say of what was found; a rule with weight 0 is off."""
    hits = []
    for code, rule in values.rules.items():
        seen = found.get(code)
        if seen is not None and rule.weight and seen.count > rule.limit:
            shown: Sequence[str] = seen.references[:REFERENCES_MAX]
            hits.append(Hit(code, rule.weight, {"count": seen.count, "numbers": list(shown)}))
    points = sum(hit.points for hit in hits)
    if points >= values.refuse_from:
        result = CheckResult.FAIL
    elif points >= values.review_from:
        result = CheckResult.REVIEW
    else:
        result = CheckResult.PASS
    return Screened(points, result, tuple(sorted(hits, key=lambda hit: (-hit.points, hit.code))))

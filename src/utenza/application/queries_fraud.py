"""Public reads of fraud screening: findings, the queue of reviews, the rules and the denied list."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from utenza.application.models import DeniedPerson, FraudRuleSet, FraudScreening
from utenza.application.operations.screening import rules_in_force
from utenza.application.rules.checks import check_sentence
from utenza.application.rules.fraud import TEXTS, FraudRules, from_json
from utenza.application.states import ApplicationStatus, FraudReview
from utenza.infra.waiting import Waiting

__all__ = [
    "DenialView",
    "HitView",
    "RuleVersion",
    "ScreeningRow",
    "ScreeningView",
    "denials",
    "last_screening",
    "reviews",
    "rule_versions",
    "rules_in_force",
    "to_review",
]


@dataclass(frozen=True, slots=True)
class HitView:
    code: str
    points: int
    sentence: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScreeningView:
    """What the last screening of an application found; `review` is not_needed, open, cleared or confirmed."""

    points: int
    result: str
    rules_version: int
    screened_at: datetime
    hits: tuple[HitView, ...]
    review: str
    reviewed_by: str
    reviewed_why: str
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ScreeningRow:
    application_id: int
    number: str
    applicant: str
    taken_by: str
    points: int
    rules: tuple[str, ...]
    screened_at: datetime


@dataclass(frozen=True, slots=True)
class RuleVersion:
    version: int
    values: FraudRules
    why: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class DenialView:
    """An entry of the denied list, by the name that it bears."""

    denial_id: int
    number: str
    name: str
    reason: str
    note: str
    customer_id: int | None
    denied_by: str
    denied_at: datetime
    lifted_by: str
    lifted_at: datetime | None


def last_screening(application_id: int) -> ScreeningView | None:
    """Return what was found around an application when it was decided last; None if it never was."""
    row = FraudScreening.objects.filter(application=application_id).order_by("-round").first()
    if row is None:
        return None
    return ScreeningView(
        points=row.points,
        result=row.result,
        rules_version=row.rules_version,
        screened_at=row.screened_at,
        hits=tuple(
            HitView(
                code=hit["code"],
                points=hit["points"],
                sentence=check_sentence(text=TEXTS.get(hit["code"], hit["code"]), data=hit["data"]),
                references=tuple(hit["data"].get("numbers", ())),
            )
            for hit in row.hits
        ),
        review=row.review,
        reviewed_by=row.reviewed_by,
        reviewed_why=row.reviewed_why,
        reviewed_at=row.reviewed_at,
    )


def reviews(*, limit: int = 500) -> list[ScreeningRow]:
    """Return the applications that wait for a review of fraud, the longest waiting first."""
    rows = (
        FraudScreening.objects.filter(review=FraudReview.OPEN, application__status=ApplicationStatus.REVIEW)
        .select_related("application")
        .order_by("screened_at", "pk")[:limit]
    )
    return [
        ScreeningRow(
            application_id=row.application_id,
            number=row.application.number,
            applicant=row.application.applicant,
            taken_by=row.application.started_by,
            points=row.points,
            rules=tuple(hit["code"] for hit in row.hits),
            screened_at=row.screened_at,
        )
        for row in rows
    ]


def to_review() -> Waiting:
    """Return the applications that wait for a review of fraud, to be counted."""
    waiting = FraudScreening.objects.filter(review=FraudReview.OPEN, application__status=ApplicationStatus.REVIEW)
    return Waiting(waiting)


def rule_versions(*, limit: int = 20) -> list[RuleVersion]:
    """Return the versions of the rules' values that were set, newest first."""
    return [
        RuleVersion(row.version, from_json(row.values), row.why, row.set_by, row.set_at)
        for row in FraudRuleSet.objects.order_by("-version")[:limit]
    ]


def denials(*, limit: int = 500) -> list[DenialView]:
    """Return the denied list, newest first, what was lifted at the end."""
    rows = DeniedPerson.objects.order_by(F("lifted_at").desc(nulls_first=True), "-pk")[:limit]
    return [_denial(row) for row in rows]


def _denial(row: DeniedPerson) -> DenialView:
    facts = json.loads(row.facts)
    name = " ".join(str(facts.get(part) or "") for part in ("given_name", "family_name")).strip()
    return DenialView(
        denial_id=row.pk,
        number=row.number,
        name=name or str(facts.get("tax_code") or ""),
        reason=row.reason,
        note=row.note,
        customer_id=row.customer_id,
        denied_by=row.denied_by,
        denied_at=row.denied_at,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )

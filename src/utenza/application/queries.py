"""Public reads of application. They return frozen dataclasses and change nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext

from utenza.application.models import Application, CreditDecision, IdentityCheck
from utenza.application.operations import UnknownApplication
from utenza.application.operations.proving import contact_proofs
from utenza.application.rules import Reason, Step, check_sentence, faults_of, reason_sentence, steps
from utenza.application.states import ApplicationStatus
from utenza.core.errors import Refusal
from utenza.country import rules as country_rules
from utenza.infra.waiting import Waiting
from utenza.parties import queries as parties

WAITING = (ApplicationStatus.SUBMITTED, ApplicationStatus.CHECKING, ApplicationStatus.REVIEW)


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """An offer that the applicant takes; once accepted, with the node that uses it and the account that pays.

    `parent` is the index, among the application's offers, of the plan that an add-on belongs to.
    """

    offer_version_id: int
    parent: int | None
    node: int
    customer_id: int | None
    account_id: int | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check of the last round; the names and reason of who accepted all the same are '' unless somebody did."""

    code: str
    result: str
    sentence: str
    overridden_by: str = ""
    overridden_why: str = ""
    overridden_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReasonView:
    code: str
    points: int
    sentence: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One round of decision; `by` is a user, or 'scorecard'."""

    round: int
    scorecard: str
    score: int
    credit_class: str
    outcome: str
    reasons: tuple[ReasonView, ...]
    why: str
    decided_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application; `proven_at` says since when its e-mail address counts as proven by a code."""

    application_id: int
    number: str
    kind: str
    channel: str
    market: str
    payment: str
    country: str
    status: str
    applicant: str
    form: Mapping[str, Any]
    steps: tuple[Step, ...]
    offers: tuple[OfferChoice, ...]
    customer_id: int | None
    account_id: int | None
    outcome: str
    credit_class: str
    deposit_micro: int
    reason: str
    started_by: str
    started_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    checks: tuple[CheckView, ...]
    decisions: tuple[DecisionView, ...]
    proven_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    application_id: int
    number: str
    kind: str
    channel: str
    market: str
    payment: str
    status: str
    applicant: str
    customer_id: int | None
    credit_class: str
    started_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    started_by: str


def application(application_id: int) -> ApplicationView:
    """Return an application with its form, its last checks and every decision, sentences in the reader's language.

    :raises UnknownApplication: if there is none.
    """
    row = Application.objects.filter(pk=application_id).first()
    if row is None:
        raise UnknownApplication(application=application_id)
    return _view(row)


def application_by_number(number: str) -> ApplicationView:
    """Return the application with this number.

    :raises UnknownApplication: if there is none.
    """
    row = Application.objects.filter(number=number.strip().upper()).first()
    if row is None:
        raise UnknownApplication(application=number)
    return _view(row)


def faults(application_id: int, *, step: str | None = None) -> list[Refusal]:
    """Return what is missing or wrong in the form, or in one step of it, field by field.

    :raises UnknownApplication: if there is none.
    """
    view = application(application_id)
    return faults_of(steps=view.steps, form=view.form, country=country_rules(view.country), only=step)


def queue(
    status: str | Collection[str] | None = None, *, limit: int = 50, offset: int = 0, text: str = ""
) -> list[ApplicationRow]:
    """Return applications with a status (by default those that wait for a decision), the longest waiting first.

    `text` keeps those whose applicant's name or number contains it.
    """
    rows = Application.objects.filter(status__in=_statuses(status))
    if text.strip():
        rows = rows.filter(applicant__icontains=text.strip()) | rows.filter(number__icontains=text.strip())
    return [_row(row) for row in rows.defer("form").order_by("submitted_at", "pk")[offset : offset + limit]]


def counts() -> dict[str, int]:
    """Return how many applications there are by status; a status without any is left out."""
    rows = Application.objects.values("status").annotate(count=Count("pk")).order_by("status")
    return {row["status"]: row["count"] for row in rows}


def to_review() -> Waiting:
    """Return the applications that a person must look at, to be counted."""
    return Waiting(Application.objects.filter(status=ApplicationStatus.REVIEW))


def applications_of(customer_id: int) -> list[ApplicationRow]:
    """Return the applications that made or extended a customer, newest first."""
    return [_row(row) for row in Application.objects.filter(customer=customer_id).defer("form").order_by("-pk")]


def _statuses(status: str | Collection[str] | None) -> list[str]:
    if status is None:
        return list(WAITING)
    return [status] if isinstance(status, str) else list(status)


def _row(row: Application) -> ApplicationRow:
    return ApplicationRow(
        application_id=row.pk,
        number=row.number,
        kind=row.kind,
        channel=row.channel,
        market=row.market,
        payment=row.payment,
        status=row.status,
        applicant=row.applicant,
        customer_id=row.customer_id,
        credit_class=row.credit_class,
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        started_by=row.started_by,
    )


def _view(row: Application) -> ApplicationView:
    form = json.loads(row.form)
    decisions = tuple(_decision(each) for each in row.decisions.order_by("round"))
    last = row.checks.order_by("-round").values_list("round", flat=True).first() or 0
    checks = tuple(_check(each) for each in row.checks.filter(round=last).order_by("pk"))
    return ApplicationView(
        application_id=row.pk,
        number=row.number,
        kind=row.kind,
        channel=row.channel,
        market=row.market,
        payment=row.payment,
        country=row.country,
        status=row.status,
        applicant=row.applicant,
        form=form,
        steps=steps(kind=row.kind, market=row.market, payment=row.payment, country=row.country),
        offers=_offers(row, form),
        customer_id=row.customer_id,
        account_id=row.account_id,
        outcome=row.outcome,
        credit_class=row.credit_class,
        deposit_micro=row.deposit_micro,
        reason=gettext(row.reason) if row.reason else "",
        started_by=row.started_by,
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        checks=checks,
        decisions=decisions,
        proven_at=next((proof.proven_at for proof in contact_proofs(row) if proof.kind == "email"), None),
    )


def _offers(row: Application, form: Mapping[str, Any]) -> tuple[OfferChoice, ...]:
    choices = form.get("offers") or []
    if not isinstance(choices, list):
        return ()
    nodes: list[int] = list(row.node_ids)
    payers = {node: parties.paying_account(node).account_id for node in set(nodes)} if choices else {}
    found = []
    for choice in choices:
        # A wrong answer of a draft is kept as given and is no choice yet.
        if not isinstance(choice, dict) or not isinstance(choice.get("offer_version_id"), int):
            continue
        node = int(choice.get("node") or 0)
        customer_id = nodes[node] if node < len(nodes) else (nodes[0] if nodes else None)
        found.append(
            OfferChoice(
                offer_version_id=choice["offer_version_id"],
                parent=choice.get("parent"),
                node=node,
                customer_id=customer_id,
                account_id=payers.get(customer_id) if customer_id is not None else None,
            )
        )
    return tuple(found)


def _check(row: IdentityCheck) -> CheckView:
    return CheckView(
        code=row.check_code,
        result=row.result,
        sentence=check_sentence(text=row.evidence["text"], data=row.evidence["data"]),
        overridden_by=row.overridden_by,
        overridden_why=row.overridden_why,
        overridden_at=row.overridden_at,
    )


def _decision(row: CreditDecision) -> DecisionView:
    reasons = tuple(ReasonView(each["code"], each["points"], reason_sentence(Reason(**each))) for each in row.reasons)
    return DecisionView(
        round=row.round,
        scorecard=row.scorecard,
        score=row.score,
        credit_class=row.credit_class,
        outcome=row.outcome,
        reasons=reasons,
        why=row.why,
        decided_at=row.decided_at,
        by=row.by,
    )

"""Deciding an application: the rules, an analyst's override, and prepaid taken instead of postpaid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from utenza.application.models import Application, CreditDecision, IdentityCheck, ProviderCall, ScreenedPerson
from utenza.application.operations._acceptance import accept, known_customer_id, surroundings_of
from utenza.application.operations._acceptance import known_payment as payment_of
from utenza.application.operations.asking import calls_of, provider_checks, queue_calls
from utenza.application.operations.filling import form_of, locked_application, steps_of
from utenza.application.operations.screening import screen_application
from utenza.application.rules import CreditResult, Decision, all_fields, identity_checks, score, written
from utenza.application.rules import decide as rule_decide
from utenza.application.rules.credit import LOWEST_CLASS, deposit_micro
from utenza.application.rules.fraud import REFUSED_TEXT
from utenza.application.states import (
    APPLICATION_MOVES,
    ApplicationStatus,
    CallStatus,
    CheckResult,
    FraudReview,
    Outcome,
    Payment,
)
from utenza.core.errors import N_, Refusal
from utenza.core.events.application import ApplicationAccepted, ApplicationReferred, ApplicationRefused
from utenza.country import rules as country_rules
from utenza.infra.operator import local_date
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction

SCORECARD_USER = "scorecard"
CLASSES = ("A", "B", "C", "D", "E")
_S = ApplicationStatus
_STATUS_OF: dict[str, str] = {
    Outcome.ACCEPTED: _S.ACCEPTED,
    Outcome.PREPAID_ONLY: _S.REFUSED,
    Outcome.REFUSED: _S.REFUSED,
    Outcome.REVIEW: _S.REVIEW,
}


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """What became of an application; the ids are None unless it was accepted."""

    application_id: int
    status: str
    outcome: str
    credit_class: str
    customer_id: int | None
    account_id: int | None


class WhyMissing(Refusal):
    code = "why_missing"
    text = N_("A decision against the rules needs its reason: write why.")


class OverrideNotOpen(Refusal):
    code = "override_not_open"
    text = N_("Application %(number)s is %(status)s: only one for review or refused can be decided by a person.")


class MinorsCannotContract(Refusal):
    code = "minors_cannot_contract"
    text = N_("The applicant of %(number)s is not of age, which nobody can override: a parent may apply instead.")


class FraudNotCleared(Refusal):
    code = "fraud_not_cleared"
    text = N_("Application %(number)s is suspected of fraud: an analyst who did not take it must clear it first.")


class WrongClass(Refusal):
    code = "wrong_class"
    text = N_("Postpaid cannot be accepted in class '%(value)s': choose A to D, or let the applicant take prepaid.")


class PrepaidNotOffered(Refusal):
    code = "prepaid_not_offered"
    text = N_("Application %(number)s was not answered with a prepaid offer: decide it first.")


@demands_transaction
def decide(*, application_id: int, at: datetime, by: str = SCORECARD_USER) -> DecisionRef:
    """Check identity and credit of a submitted application, and accept, refuse or refer it to a person.

    Where providers of identity are set, it waits as `checking` until the last has answered or fallen silent. Accepting
    creates the customer, or takes the one that the applicant is already, with branches and accounts in parties. Safe
    to repeat: a decided application keeps its decision.

    :raises ForbiddenMove: if it is still a draft, or withdrawn.
    """
    application = locked_application(application_id)
    if application.status not in (_S.DRAFT, _S.SUBMITTED, _S.WITHDRAWN, _S.CHECKING):
        return ref_of(application)
    calls = _ended_calls(application, at=at)
    if calls is None:
        return ref_of(application)
    form, national, day = form_of(application), country_rules(application.country), local_date(at)
    known_id = known_customer_id(application, form)
    checks = identity_checks(
        kind=application.kind,
        form=form,
        on_date=day,
        country=national,
        surroundings=surroundings_of(application, form, known_id),
    )
    checks += tuple(provider_checks(calls))
    credit = score(kind=application.kind, form=form, on_date=day, known=payment_of(known_id))
    number = _next_round(application)
    screened = screen_application(application, form, known_id=known_id, number=number, at=at)
    prepaid = application.payment == Payment.PREPAID
    decision = rule_decide(checks=checks, credit=credit, prepaid=prepaid, fraud=screened.result)
    IdentityCheck.objects.bulk_create(
        IdentityCheck(
            application=application,
            round=number,
            check_code=check.code,
            result=check.result,
            evidence={"text": check.text, "data": dict(check.data)},
            checked_at=at,
        )
        for check in checks
    )
    _write(application, number, credit=credit, decision=decision, why="", at=at, by=by)
    return _conclude(application, form, decision, known_id=known_id, at=at, by=by)


@demands_transaction
def override(
    *, application_id: int, outcome: str, at: datetime, by: str, why: str, credit_class: str = ""
) -> DecisionRef:
    """Decide as a person, with a reason: accept or refuse what is for review, or accept what the rules refused.

    `outcome` is accepted or refused; `credit_class` replaces the scorecard's. Safe to repeat with the same outcome.

    :raises WhyMissing: without a reason.
    :raises OverrideNotOpen: if it is in another state, or would be refused twice.
    :raises MinorsCannotContract: if the applicant is not of age.
    :raises FraudNotCleared: if a suspicion of fraud was not cleared by another person.
    :raises WrongClass: if postpaid would be accepted in class E or without a class.
    """
    application = locked_application(application_id)
    if not why.strip():
        raise WhyMissing(field="why")
    if outcome not in (Outcome.ACCEPTED, Outcome.REFUSED):
        raise OverrideNotOpen(field="outcome", number=application.number, status=outcome)
    wanted = _STATUS_OF[outcome]
    if application.status == wanted and application.outcome == outcome:
        return ref_of(application)
    if application.status not in (_S.REVIEW, _S.REFUSED):
        raise OverrideNotOpen(number=application.number, status=application.status)
    form = form_of(application)
    prepaid = application.payment == Payment.PREPAID
    chosen = credit_class or application.credit_class
    if outcome == Outcome.ACCEPTED:
        _refuse_minor(application)
        _refuse_unreviewed(application)
        if chosen not in CLASSES or (chosen == LOWEST_CLASS and not prepaid):
            raise WrongClass(field="credit_class", value=chosen)
    deposit = deposit_micro(chosen) if outcome == Outcome.ACCEPTED and not prepaid else 0
    decision = Decision(outcome, chosen, deposit, N_("Decided by a person."))
    if outcome == Outcome.ACCEPTED:
        _override_checks(application, why=why, at=at, by=by)
    _write_by_person(application, decision, why=why, at=at, by=by)
    if application.status == wanted:
        # Refused by the rules with prepaid offered, and now refused altogether.
        application.outcome, application.reason = outcome, why
        application.decided_at, application.decided_by = at, by
        application.save(update_fields=["outcome", "reason", "decided_at", "decided_by"])
        return ref_of(application)
    known_id = known_customer_id(application, form)
    return _conclude(application, form, decision, known_id=known_id, at=at, by=by, why=why)


@demands_transaction
def take_prepaid(*, application_id: int, offers: Sequence[dict[str, Any]], at: datetime, by: str) -> DecisionRef:
    """Accept an application that was answered with prepaid, with the prepaid `offers` taken instead. Safe to repeat.

    :raises PrepaidNotOffered: if prepaid was not the answer.
    """
    application = locked_application(application_id)
    if application.payment == Payment.PREPAID and application.status in (_S.ACCEPTED, _S.ORDERED):
        return ref_of(application)
    if application.outcome != Outcome.PREPAID_ONLY or application.status != _S.REFUSED:
        raise PrepaidNotOffered(number=application.number)
    form = form_of(application)
    field = all_fields(steps_of(application))["offers"]
    national = country_rules(application.country)
    form["offers"] = written(field=field, value=list(offers), form=form, country=national)
    application.payment = Payment.PREPAID
    application.form = json.dumps(form, ensure_ascii=False, sort_keys=True)
    application.save(update_fields=["payment", "form"])
    decision = Decision(Outcome.ACCEPTED, LOWEST_CLASS, 0, N_("Prepaid was taken instead."))
    _write_by_person(application, decision, why="", at=at, by=by)
    return _conclude(application, form, decision, known_id=known_customer_id(application, form), at=at, by=by)


def _override_checks(application: Application, *, why: str, at: datetime, by: str) -> None:
    """Write on each check of the last round that was not passed who accepted the applicant all the same, and why."""
    _doubtful_checks(application).update(overridden_by=by, overridden_why=why, overridden_at=at)


def _refuse_minor(application: Application) -> None:
    last = application.checks.filter(check_code="adult").order_by("-round").first()
    if last is not None and last.result == CheckResult.FAIL:
        raise MinorsCannotContract(number=application.number)


def _ended_calls(application: Application, *, at: datetime) -> list[ProviderCall] | None:
    """Begin the checks of what was handed in, and return the answers of providers; None while one is awaited."""
    if application.status != _S.CHECKING:
        move(application, table=APPLICATION_MOVES, to=_S.CHECKING)
        queue_calls(application, at=at)
        calls = calls_of(application)
        return None if calls else []
    calls = calls_of(application)
    return None if not calls or any(call.status == CallStatus.WAITING for call in calls) else calls


def _refuse_unreviewed(application: Application) -> None:
    last = application.screenings.order_by("-round").first()
    if last is not None and last.review in (FraudReview.OPEN, FraudReview.CONFIRMED):
        raise FraudNotCleared(number=application.number)


@demands_transaction
def conclude_review(application: Application, *, cleared: bool, why: str, at: datetime, by: str) -> DecisionRef:
    """Decide what a review for fraud leaves open: refuse what was confirmed; accept, if no check is in doubt, the rest.

    The applicant is told the same sentence whatever the rule was; `why` is kept with the decision.
    """
    if application.status != _S.REVIEW:
        return ref_of(application)
    form = form_of(application)
    known_id = known_customer_id(application, form)
    if not cleared:
        decision = Decision(Outcome.REFUSED, application.credit_class, 0, REFUSED_TEXT)
    elif _doubtful_checks(application).exists():
        return ref_of(application)
    else:
        credit = score(kind=application.kind, form=form, on_date=local_date(at), known=payment_of(known_id))
        decision = rule_decide(checks=(), credit=credit, prepaid=application.payment == Payment.PREPAID)
    _write_by_person(application, decision, why=why, at=at, by=by)
    return _conclude(application, form, decision, known_id=known_id, at=at, by=by)


def _doubtful_checks(application: Application) -> QuerySet[IdentityCheck]:
    last = application.checks.order_by("-round").values_list("round", flat=True).first() or 0
    return application.checks.filter(round=last).exclude(result=CheckResult.PASS)


def _next_round(application: Application) -> int:
    return int(application.decisions.count()) + 1


def _write(
    application: Application, number: int, *, credit: CreditResult, decision: Decision, why: str, at: datetime, by: str
) -> None:
    reasons = [{**asdict(reason), "data": dict(reason.data)} for reason in credit.reasons]
    CreditDecision.objects.create(
        application=application,
        round=number,
        scorecard=credit.scorecard,
        score=credit.score,
        credit_class=decision.credit_class,
        outcome=decision.outcome,
        reasons=reasons,
        why=why,
        decided_at=at,
        by=by,
    )


def _write_by_person(application: Application, decision: Decision, *, why: str, at: datetime, by: str) -> None:
    """Write a person's decision as a round of its own, with the points of the last one by the scorecard."""
    last = application.decisions.order_by("-round").first()
    CreditDecision.objects.create(
        application=application,
        round=_next_round(application),
        scorecard=last.scorecard if last else "",
        score=last.score if last else 0,
        credit_class=decision.credit_class,
        outcome=decision.outcome,
        reasons=last.reasons if last else [],
        why=why,
        decided_at=at,
        by=by,
    )


def _conclude(
    application: Application,
    form: dict[str, Any],
    decision: Decision,
    *,
    known_id: int | None,
    at: datetime,
    by: str,
    why: str = "",
) -> DecisionRef:
    if decision.outcome == Outcome.ACCEPTED:
        taken = accept(application, form, decision, known_id=known_id, at=at)
        application.customer_id, application.account_id = taken.customer_id, taken.account_id
        application.node_ids = list(taken.node_ids)
        ScreenedPerson.objects.filter(application=application).update(customer=taken.customer_id)
    application.outcome = decision.outcome
    application.credit_class = decision.credit_class
    application.deposit_micro = decision.deposit_micro
    application.reason = why or decision.text
    application.decided_at, application.decided_by = at, by
    application.save()
    move(application, table=APPLICATION_MOVES, to=_STATUS_OF[decision.outcome])
    _announce(application, at=at)
    return ref_of(application)


def _announce(application: Application, *, at: datetime) -> None:
    number, reason = application.number, application.reason
    if application.status == _S.ACCEPTED and application.customer_id is not None:
        announce(
            ApplicationAccepted(
                at=at,
                customer_id=application.customer_id,
                application_id=application.pk,
                application_number=number,
                credit_class=application.credit_class,
            )
        )
        return
    told = ApplicationReferred if application.status == _S.REVIEW else ApplicationRefused
    announce(
        told(
            at=at,
            customer_id=application.customer_id,
            application_id=application.pk,
            application_number=number,
            reason=reason,
        )
    )


def ref_of(application: Application) -> DecisionRef:
    return DecisionRef(
        application_id=application.pk,
        status=application.status,
        outcome=application.outcome,
        credit_class=application.credit_class,
        customer_id=application.customer_id,
        account_id=application.account_id,
    )

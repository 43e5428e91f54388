"""Filling the form in: start, save step by step, submit, send back, withdraw, and the mark that it was ordered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from utenza.application.models import Application
from utenza.application.rules import all_fields, faults_of, step_named, steps, written
from utenza.application.states import APPLICATION_MOVES, ApplicationKind, ApplicationStatus, Channel, Market, Payment
from utenza.core.errors import N_, Refusal
from utenza.core.events.application import ApplicationSubmitted, ApplicationWithdrawn
from utenza.country import rules as country_rules
from utenza.infra.encryption import blind_index
from utenza.infra.numbering import next_code
from utenza.infra.operator import profile
from utenza.infra.outbox import announce
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction


@dataclass(frozen=True, slots=True)
class ApplicationRef:
    application_id: int
    number: str


class UnknownApplication(Refusal):
    code = "unknown_application"
    text = N_("There is no application %(application)s: check the number.")


class InvalidApplicationChoice(Refusal):
    code = "invalid_application_choice"
    text = N_("An application cannot be of '%(value)s': choose one of %(choices)s.")


class NotADraft(Refusal):
    code = "not_a_draft"
    text = N_("Application %(number)s was handed in and can no longer be changed: send it back to draft first.")


class UnknownStep(Refusal):
    code = "unknown_step"
    text = N_("The form has no step '%(step)s': it has %(known)s.")


class ApplicationIncomplete(Refusal):
    """The form cannot be handed in; `faults` holds one refusal for each field at fault, in order."""

    code = "application_incomplete"
    text = N_("Application %(number)s cannot be handed in yet: %(count)s answers are missing or wrong.")

    def __init__(self, *, number: str, faults: Sequence[Refusal]) -> None:
        self.faults = tuple(faults)
        super().__init__(number=number, count=len(self.faults))


def locked_application(application_id: int) -> Application:
    """Return the application, its row locked until the transaction ends.

    :raises UnknownApplication: if there is none.
    """
    try:
        return Application.objects.select_for_update().get(pk=application_id)
    except Application.DoesNotExist:
        raise UnknownApplication(application=application_id) from None


def form_of(application: Application) -> dict[str, Any]:
    """Return the answers by field name."""
    answers = json.loads(application.form)
    return dict(answers)


@demands_transaction
def start(
    *,
    kind: str,
    channel: str,
    at: datetime,
    by: str,
    market: str = Market.ANY,
    payment: str = Payment.ANY,
    country: str = "",
    shop: str = "",
    device: str = "",
) -> ApplicationRef:
    """Open a draft for an individual or a company; what market and payment are wished for shapes the form.

    `shop` is where it is taken, `device` what tells one browser or telephone from another; of it a keyed hash is kept.

    :raises InvalidApplicationChoice: if one of the words is not in its list.
    """
    _check_words(kind=kind, channel=channel, market=market, payment=payment)
    application = Application.objects.create(
        number=next_code(series="application", prefix="P", width=7),
        kind=kind,
        channel=channel,
        market=market,
        payment=payment,
        country=country or profile().country,
        shop=" ".join(shop.split())[:80],
        device_key=blind_index(f"device:{device}") if device.strip() else "",
        started_by=by,
        started_at=at,
    )
    return ApplicationRef(application.pk, application.number)


def _check_words(*, kind: str, channel: str, market: str, payment: str) -> None:
    for field, value, choices in (
        ("kind", kind, ApplicationKind.values),
        ("channel", channel, Channel.values),
        ("market", market, Market.values),
        ("payment", payment, Payment.values),
    ):
        if value not in choices:
            listed = ", ".join(choice for choice in choices if choice)
            raise InvalidApplicationChoice(field=field, value=value, choices=listed)


def _locked_draft(application_id: int) -> Application:
    application = locked_application(application_id)
    if application.status != ApplicationStatus.DRAFT:
        raise NotADraft(number=application.number)
    return application


@demands_transaction
def change_wish(*, application_id: int, market: str, payment: str, at: datetime) -> None:  # noqa: ARG001 - as all writes
    """Change which market and payment a draft is for; answers given so far are kept. Safe to repeat.

    :raises NotADraft: if it was handed in.
    """
    application = _locked_draft(application_id)
    _check_words(kind=application.kind, channel=application.channel, market=market, payment=payment)
    application.market, application.payment = market, payment
    application.save(update_fields=["market", "payment"])


@demands_transaction
def save_step(
    *,
    application_id: int,
    step: str,
    values: Mapping[str, Any],
    at: datetime,  # noqa: ARG001 - as all writes
) -> list[Refusal]:
    """Keep the answers of one step of a draft, and return what is wrong with them, field by field.

    Right answers are kept in their written form and wrong ones as given, so that nothing typed is lost. Values of
    fields that the step does not have are left out. Safe to repeat.

    :raises NotADraft: if it was handed in.
    :raises UnknownStep: if the form has no such step.
    """
    application = _locked_draft(application_id)
    form_steps = steps_of(application)
    found = step_named(form_steps, step)
    if found is None:
        raise UnknownStep(step=step, known=", ".join(each.code for each in form_steps))
    form = form_of(application)
    form.update({field.name: values[field.name] for field in found.fields if field.name in values})
    national = country_rules(application.country)
    for field in found.fields:
        try:
            form[field.name] = written(field=field, value=form.get(field.name), form=form, country=national)
        except Refusal:
            continue
    application.form = json.dumps(form, ensure_ascii=False, sort_keys=True)
    application.applicant = applicant_name(application.kind, form)
    application.save(update_fields=["form", "applicant"])
    return faults_of(steps=form_steps, form=form, country=national, only=step)


def steps_of(application: Application) -> tuple[Any, ...]:
    """Return the steps of the form that this application has."""
    return steps(
        kind=application.kind,
        market=application.market,
        payment=application.payment,
        country=application.country,
    )


def applicant_name(kind: str, form: Mapping[str, Any]) -> str:
    """Return by which name an application is listed; '' as long as none was given."""
    if kind == ApplicationKind.COMPANY:
        return str(form.get("legal_name") or "").strip()[:200]
    return f"{form.get('given_name') or ''} {form.get('family_name') or ''}".strip()[:200]


@demands_transaction
def submit(*, application_id: int, at: datetime) -> None:
    """Hand the form in, if every answer is right. Safe to repeat: one handed in already stays as it is.

    :raises ApplicationIncomplete: with the faults, if answers are missing or wrong.
    :raises ForbiddenMove: if it was withdrawn.
    """
    application = locked_application(application_id)
    if application.status not in (ApplicationStatus.DRAFT, ApplicationStatus.WITHDRAWN):
        return
    form, form_steps = form_of(application), steps_of(application)
    national = country_rules(application.country)
    faults = faults_of(steps=form_steps, form=form, country=national)
    if faults and application.status == ApplicationStatus.DRAFT:
        raise ApplicationIncomplete(number=application.number, faults=faults)
    application.submitted_at = at
    application.save(update_fields=["submitted_at"])
    move(application, table=APPLICATION_MOVES, to=ApplicationStatus.SUBMITTED)
    # Only what the form still asks goes on to the checks: answers to questions that a change of wish took away do not.
    asked = all_fields(form_steps)
    application.form = json.dumps(
        {name: value for name, value in form.items() if name in asked}, ensure_ascii=False, sort_keys=True
    )
    application.save(update_fields=["form"])
    announce(
        ApplicationSubmitted(
            at=at,
            customer_id=application.customer_id,
            application_id=application.pk,
            application_number=application.number,
        )
    )


@demands_transaction
def send_back(*, application_id: int, at: datetime, by: str, why: str) -> None:
    """Make a form that waits for its decision a draft again, so that answers can be corrected. Safe to repeat.

    :raises ForbiddenMove: if it was decided or withdrawn.
    """
    application = locked_application(application_id)
    if application.status == ApplicationStatus.DRAFT:
        return
    move(application, table=APPLICATION_MOVES, to=ApplicationStatus.DRAFT)
    application.reason = why
    application.outcome = ""
    application.decided_at, application.decided_by = at, by
    application.save(update_fields=["reason", "outcome", "decided_at", "decided_by"])


@demands_transaction
def withdraw(*, application_id: int, at: datetime, by: str, why: str = "") -> None:
    """Put an application that is not decided aside, at the applicant's wish. Safe to repeat.

    :raises ForbiddenMove: if it was decided.
    """
    application = locked_application(application_id)
    if application.status == ApplicationStatus.WITHDRAWN:
        return
    move(application, table=APPLICATION_MOVES, to=ApplicationStatus.WITHDRAWN)
    application.reason = why
    application.decided_at, application.decided_by = at, by
    application.save(update_fields=["reason", "decided_at", "decided_by"])
    announce(
        ApplicationWithdrawn(
            at=at,
            customer_id=application.customer_id,
            application_id=application.pk,
            application_number=application.number,
            reason=why,
        )
    )


@demands_transaction
def mark_ordered(*, application_id: int, at: datetime) -> None:  # noqa: ARG001 - every write is told its instant
    """Note that what an accepted application asks for was ordered. Safe to repeat.

    :raises ForbiddenMove: if it is not accepted.
    """
    application = locked_application(application_id)
    if application.status == ApplicationStatus.ORDERED:
        return
    move(application, table=APPLICATION_MOVES, to=ApplicationStatus.ORDERED)

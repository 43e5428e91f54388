"""What people do about fraud: tune the rules, keep the denied list, and review findings with four eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from utenza.application.models import Application, DeniedPerson, FraudRuleSet, FraudScreening
from utenza.application.operations.deciding import DecisionRef, WhyMissing, conclude_review, ref_of
from utenza.application.operations.describing import describe_denied
from utenza.application.operations.filling import form_of, locked_application
from utenza.application.operations.screening import rules_in_force
from utenza.application.rules.checks import day_of
from utenza.application.rules.fraud import FraudRules, refuse_wrong
from utenza.application.states import DenialReason, FraudReview
from utenza.core.errors import N_, Refusal
from utenza.infra.numbering import next_code
from utenza.infra.transactions import demands_transaction
from utenza.parties import queries as parties


class NoFraudToReview(Refusal):
    code = "no_fraud_to_review"
    text = N_("Nothing of application %(number)s is to be reviewed for fraud: reload the page.")


class FourEyes(Refusal):
    code = "four_eyes"
    text = N_("Whoever took application %(number)s cannot review it for fraud: another analyst must.")


class DenialIncomplete(Refusal):
    code = "denial_incomplete"
    text = N_("To deny somebody, give a family name with the date of birth, or a tax code.")


class DenialReasonUnknown(Refusal):
    code = "denial_reason_unknown"
    text = N_("'%(value)s' is no reason to deny somebody: choose one of %(choices)s.")


class UnknownDenial(Refusal):
    code = "unknown_denial"
    text = N_("There is no entry %(denial)s in the denied list: reload it.")


@dataclass(frozen=True, slots=True)
class DenialRef:
    denial_id: int
    number: str


@demands_transaction
def set_fraud_rules(*, values: FraudRules, why: str, by: str, at: datetime) -> int:
    """Set the values of all rules as a new version, and return its number; the same values again change nothing.

    :raises FraudRulesWrong, ThresholdsWrong: if they cannot be.
    :raises WhyMissing: without a reason.
    """
    refuse_wrong(values)
    version, current = rules_in_force()
    if values == current:
        return version
    if not why.strip():
        raise WhyMissing(field="why")
    FraudRuleSet.objects.create(version=version + 1, values=values.as_json(), why=why.strip(), set_by=by, set_at=at)
    return version + 1


@demands_transaction
def deny_person(
    *, facts: Mapping[str, Any], reason: str, by: str, at: datetime, note: str = "", customer_id: int | None = None
) -> DenialRef:
    """Put somebody on the denied list. `facts` are answers by the form's field names, as many as are known.

    Safe to repeat for a customer: one that is on the list stays as it is.

    :raises DenialReasonUnknown: if the reason is none of the list.
    :raises DenialIncomplete: if nobody could be found by the facts.
    """
    if reason not in DenialReason.values:
        raise DenialReasonUnknown(field="reason", value=reason, choices=", ".join(DenialReason.values))
    kept = {name: str(value).strip() for name, value in facts.items() if str(value or "").strip()}
    if not kept.get("tax_code") and not (kept.get("family_name") and day_of(kept.get("birth_date"))):
        raise DenialIncomplete(field="family_name")
    kept["tax_code"] = "".join(kept.get("tax_code", "").split()).upper()
    if customer_id is not None:
        standing = DeniedPerson.objects.filter(customer=customer_id, lifted_at__isnull=True).first()
        if standing is not None:
            return DenialRef(standing.pk, standing.number)
    row = DeniedPerson.objects.create(
        number=next_code(series="denial", prefix="D", width=6),
        facts=json.dumps(kept, ensure_ascii=False, sort_keys=True),
        reason=reason,
        note=note,
        customer_id=customer_id,
        denied_by=by,
        denied_at=at,
    )
    describe_denied(row, at=at)
    return DenialRef(row.pk, row.number)


@demands_transaction
def deny_customer(*, customer_id: int, reason: str, by: str, at: datetime, note: str = "") -> DenialRef:
    """Put a customer on the denied list as parties know it. Safe to repeat.

    :raises UnknownCustomer: if there is none.
    """
    view = parties.customer(customer_id)
    names = ("given_name", "family_name", "sex", "tax_code", "email", "mobile", "country")
    facts = {name: getattr(view, name) for name in names} | {"birth_date": view.birth_date}
    if view.legal_name:
        facts |= {"family_name": view.legal_name, "tax_code": view.vat_number or view.tax_code}
    return deny_person(facts=facts, reason=reason, by=by, at=at, note=note, customer_id=customer_id)


@demands_transaction
def lift_denial(*, denial_id: int, by: str, at: datetime) -> None:
    """Take somebody off the denied list; the entry is kept with who lifted it. Safe to repeat.

    :raises UnknownDenial: if there is no such entry.
    """
    row = DeniedPerson.objects.select_for_update().filter(pk=denial_id).first()
    if row is None:
        raise UnknownDenial(denial=denial_id)
    if row.lifted_at is not None:
        return
    row.lifted_by, row.lifted_at = by, at
    row.save(update_fields=["lifted_by", "lifted_at"])
    describe_denied(row, at=at)


@demands_transaction
def clear_fraud(*, application_id: int, why: str, by: str, at: datetime) -> DecisionRef:
    """Note that a person found no fraud; what waited for nothing else is decided as the scorecard said.

    Safe to repeat: what was cleared stays so.

    :raises NoFraudToReview: if nothing is to be reviewed, or fraud was confirmed.
    :raises FourEyes: if the reviewer took the application.
    :raises WhyMissing: without a reason.
    """
    application = locked_application(application_id)
    screening = _last(application)
    if screening is not None and screening.review == FraudReview.CLEARED:
        return ref_of(application)
    _review(application, screening, FraudReview.CLEARED, why=why, by=by, at=at)
    return conclude_review(application, cleared=True, why=why, by=by, at=at)


@demands_transaction
def confirm_fraud(*, application_id: int, why: str, by: str, at: datetime, deny: bool = False) -> DecisionRef:
    """Note that a person found fraud: the application is refused and, with `deny`, its applicant is denied.

    Whose identity was stolen must not be denied: hence only when it is asked for. Safe to repeat: what was
    confirmed stays so.

    :raises NoFraudToReview: if nothing is to be reviewed, or it was cleared.
    :raises FourEyes: if the reviewer took the application.
    :raises WhyMissing: without a reason.
    """
    application = locked_application(application_id)
    screening = _last(application)
    if screening is not None and screening.review == FraudReview.CONFIRMED:
        return ref_of(application)
    _review(application, screening, FraudReview.CONFIRMED, why=why, by=by, at=at)
    if deny:
        form = form_of(application)
        names = ("given_name", "family_name", "birth_date", "sex", "tax_code", "document_kind", "document_number",
                 "iban", "email", "mobile")  # fmt: skip
        facts = {name: form.get(name) for name in names} | {"country": application.country}
        deny_person(facts=facts, reason=DenialReason.FRAUD, by=by, at=at, note=f"{application.number}: {why}")
    return conclude_review(application, cleared=False, why=why, by=by, at=at)


def _last(application: Application) -> FraudScreening | None:
    return application.screenings.select_for_update().order_by("-round").first()


def _review(
    application: Application, screening: FraudScreening | None, to: str, *, why: str, by: str, at: datetime
) -> None:
    if screening is None or screening.review != FraudReview.OPEN:
        raise NoFraudToReview(number=application.number)
    if by == application.started_by:
        raise FourEyes(number=application.number)
    if not why.strip():
        raise WhyMissing(field="why")
    screening.review, screening.reviewed_by, screening.reviewed_why, screening.reviewed_at = to, by, why.strip(), at
    screening.save(update_fields=["review", "reviewed_by", "reviewed_why", "reviewed_at"])

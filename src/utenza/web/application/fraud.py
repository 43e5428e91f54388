"""Reviewing applications that are suspected of fraud, tuning the rules, and the denied list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from utenza.application import operations, queries_fraud
from utenza.application.rules.fraud import LABELS, WINDOWED, FraudRules, RuleValues
from utenza.application.states import DenialReason
from utenza.infra import clock
from utenza.infra.permissions import Permission
from utenza.web import acting
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

override = requires(Permission.APPLICATION_OVERRIDE)
DENIAL_FIELDS: tuple[tuple[str, Any, str], ...] = (
    ("given_name", _("Given name"), "m"),
    ("family_name", _("Family name"), "m"),
    ("birth_date", _("Date of birth"), "s"),
    ("tax_code", _("Tax code"), "m"),
    ("email", _("E-mail"), "l"),
    ("mobile", _("Mobile phone"), "m"),
    ("iban", _("IBAN"), "l"),
)


@require_GET
@override
def reviews(request: HttpRequest) -> HttpResponse:
    """List the applications that wait for a review of fraud, the longest waiting first."""
    columns = [
        Column("number", gettext("Application"), sort=lambda row: row.number),
        Column("applicant", gettext("Applicant"), sort=lambda row: row.applicant),
        Column("points", gettext("Points"), sort=lambda row: row.points, number=True),
        Column("rules", gettext("Rules that hit")),
        Column("taken_by", gettext("Begun by"), sort=lambda row: row.taken_by),
        Column("since", gettext("Since"), sort=lambda row: row.screened_at),
    ]
    rows = queries_fraud.reviews()
    listing = Listing(request, columns, rows, search=lambda row: f"{row.number} {row.applicant} {row.taken_by}")
    return render(request, "application/reviews.html", {"listing": listing, "labels": LABELS})


@require_POST
@override
def review(request: HttpRequest, application_id: int) -> HttpResponse:
    """Clear a suspicion of fraud, or confirm it."""
    at, by, why = clock.now(), acting.name_of(request.user), request.POST.get("why", "")
    if request.POST.get("outcome") == "confirmed":
        deny = request.POST.get("deny") == "yes"
        came = acting.attempt(
            lambda: operations.confirm_fraud(application_id=application_id, why=why, by=by, at=at, deny=deny)
        )
        words = gettext("Fraud is confirmed: the application is refused.")
    else:
        came = acting.attempt(lambda: operations.clear_fraud(application_id=application_id, why=why, by=by, at=at))
        words = gettext("The suspicion is cleared.")
    words = next(iter(came.errors.values()), words)
    return redirect(request, "application", application_id, toast=words, tone="success" if came.done else "error")


@require_http_methods(["GET", "POST"])
@requires(Permission.SETTINGS_CHANGE, Permission.APPLICATION_OVERRIDE)
def rules(request: HttpRequest) -> HttpResponse:
    """Show the rules with their values, and set a new version of them."""
    version, values = queries_fraud.rules_in_force()
    typed = _typed(values)
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in typed}
        read, errors = _read(typed, values)
        if not errors:
            at, by, why = clock.now(), acting.name_of(request.user), request.POST.get("why", "")
            came = acting.attempt(lambda: operations.set_fraud_rules(values=read, why=why, by=by, at=at))
            errors = came.errors
            if came.value is not None:
                words = gettext("Saved as version %(number)s.") % {"number": came.value}
                return redirect(request, "fraud_rules", toast=words)
    context = {
        "version": version,
        "versions": queries_fraud.rule_versions(),
        "rows": [(code, LABELS[code], code in WINDOWED) for code in values.rules],
        "typed": typed,
        "why": request.POST.get("why", ""),
        "errors": errors,
    }
    return render(request, "application/fraud_rules.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@override
def denied(request: HttpRequest) -> HttpResponse:
    """Show the denied list, and put somebody on it."""
    typed = {name: request.POST.get(name, "").strip() for name, *_rest in DENIAL_FIELDS}
    errors: dict[str, str] = {}
    if request.method == "POST":
        came = acting.attempt(lambda: _deny(request, typed))
        errors = came.errors
        if came.done:
            return redirect(request, "denied", toast=gettext("Put on the denied list."))
    context = {
        "rows": queries_fraud.denials(),
        "fields": DENIAL_FIELDS,
        "typed": typed,
        "reasons": DenialReason.choices,
        "reason": request.POST.get("reason", "fraud"),
        "note": request.POST.get("note", ""),
        "errors": errors,
    }
    return render(request, "application/denied.html", context, status=422 if errors else 200)


@require_POST
@override
def lift(request: HttpRequest, denial_id: int) -> HttpResponse:
    """Take somebody off the denied list."""
    operations.lift_denial(denial_id=denial_id, by=acting.name_of(request.user), at=clock.now())
    return redirect(request, "denied", toast=gettext("Taken off the denied list."))


def _deny(request: HttpRequest, typed: dict[str, str]) -> operations.DenialRef:
    facts = dict(typed)
    if facts["birth_date"]:
        facts["birth_date"] = acting.read_day(facts["birth_date"], field="birth_date").isoformat()
    return operations.deny_person(
        facts=facts,
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
        by=acting.name_of(request.user),
        at=clock.now(),
    )


def _typed(values: FraudRules) -> dict[str, str]:
    typed = {
        "review_from": str(values.review_from),
        "refuse_from": str(values.refuse_from),
        "likeness": str(values.likeness),
    }
    for code, rule in values.rules.items():
        typed |= {f"{code}-weight": str(rule.weight), f"{code}-limit": str(rule.limit)}
        typed |= {f"{code}-window": str(rule.window_h)} if code in WINDOWED else {}
    return typed


def _read(typed: dict[str, str], values: FraudRules) -> tuple[FraudRules, dict[str, str]]:
    wrong = {name: gettext("Write a whole number here.") for name, text in typed.items() if not _whole(text)}
    if wrong:
        return values, wrong
    number = {name: int(text) for name, text in typed.items()}
    rules = {
        code: RuleValues(number[f"{code}-weight"], number[f"{code}-limit"], number.get(f"{code}-window", rule.window_h))
        for code, rule in values.rules.items()
    }
    thresholds = {name: number[name] for name in ("review_from", "refuse_from", "likeness")}
    return replace(values, rules=rules, **thresholds), {}


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6

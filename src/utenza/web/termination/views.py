"""Asking for the end of a customer or of one line: shows first what will happen."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from utenza.infra import clock
from utenza.infra.permissions import Permission
from utenza.parties import queries as parties
from utenza.provisioning import queries as provisioning
from utenza.termination import operations, queries
from utenza.web import acting, chips, formats
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

REASONS = ("moving", "dissatisfied", "price", "competitor", "cooling_off", "deceased", "other")


@require_http_methods(["GET", "POST"])
@requires(Permission.TERMINATION_REQUEST)
def request_termination(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what ending does, then ask for it."""
    customer = parties.customer(customer_id)
    lines = [line for line in provisioning.lines_of(customer_id) if line.status != "ceased"]
    values = {
        # What is sent without its line or its day ends nothing: both are then asked for.
        "line_id": request.POST.get("line_id", "?" if request.POST else request.GET.get("line", "")),
        "reason": request.POST.get("reason", ""),
        "effective_date": request.POST.get("effective_date", "" if request.POST else clock.today().isoformat()),
        "note": request.POST.get("note", "").strip(),
    }
    errors: dict[str, str] = {}
    if request.method == "POST":
        came = acting.attempt(lambda: _ask(customer_id, values, acting.name_of(request.user)))
        errors = came.errors
        if came.done:
            words = gettext("Termination is asked for. It can be withdrawn until its day.")
            return redirect(request, "customer_cases", customer_id, toast=words)
    effects = [
        ngettext("%(n)s line ends on the day you choose.", "%(n)s lines end on the day you choose.", len(lines))
        % {"n": formats.number(len(lines))},
        gettext("Its services stop and its logins are refused."),
        gettext("A final bill up to that day follows; what was paid ahead is given back on it."),
    ]
    context = {
        "customer": customer,
        "lines": [("", gettext("All of them")), *[(str(one.line_id), _name(one)) for one in lines]],
        "reasons": [(one, chips.chip_of("leaving", one).word) for one in REASONS],
        "values": values,
        "errors": errors,
        "effects": effects,
    }
    return render(request, "termination/request.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.TERMINATION_REQUEST)
def withdraw(request: HttpRequest, customer_id: int, termination_id: int) -> HttpResponse:
    """Show what stays when a termination is taken back, then take it back."""
    customer = parties.customer(customer_id)
    asked = next((one for one in queries.terminations_of(customer_id) if one.termination_id == termination_id), None)
    if asked is None:
        raise Http404
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = acting.attempt(lambda: operations.withdraw_termination(termination_id=termination_id)).errors
        if not errors:
            words = gettext("The termination is withdrawn: everything stays as it is.")
            return redirect(request, "customer_cases", customer_id, toast=words)
    lines = [one for one in provisioning.lines_of(customer_id) if asked.line_id in (None, one.line_id)]
    living = [_name(one) for one in lines if one.status != "ceased"]
    effects = [
        gettext("Nothing ends on %(day)s.") % {"day": formats.day(asked.effective_date)},
        gettext("The agreements and their charges go on as before."),
    ]
    if living:
        effects.insert(1, gettext("These stay in service: %(lines)s.") % {"lines": ", ".join(living)})
    context = {"customer": customer, "asked": asked, "effects": effects, "errors": errors}
    return render(request, "termination/withdraw.html", context, status=422 if errors else 200)


def _line_of(chosen: str) -> int | None:
    """Return the line that ends; None, for everything, only where that was chosen."""
    if not chosen:
        return None
    return int(chosen) if chosen.isdecimal() else 0


def _ask(customer_id: int, values: dict[str, str], by: str) -> int:
    return operations.request_termination(
        customer_id=customer_id,
        line_id=_line_of(values["line_id"]),
        reason=values["reason"],
        effective_date=acting.read_day(values["effective_date"], field="effective_date"),
        by=by,
        at=clock.now(),
        note=values["note"],
    )


def _name(line: provisioning.LineView) -> str:
    return f"{', '.join(line.identifiers)} ({line.number})" if line.identifiers else line.number

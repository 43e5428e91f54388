"""The acquisition wizard and the queue of applications."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from utenza.application import operations, queries, queries_fraud
from utenza.application.operations import ApplicationIncomplete
from utenza.application.queries import ApplicationView
from utenza.application.rules.fields import FieldKind, Step
from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.ordering import operations as ordering
from utenza.web import acting, refusals
from utenza.web.application import answers, offers
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

edit = requires(Permission.APPLICATION_EDIT)
MOST = 500
WISHES = (
    ("fixed:postpaid", _("Fixed line, billed"), _("Fibre, radio or voice at an address, paid by the bill.")),
    ("mobile:prepaid", _("Mobile, prepaid"), _("A SIM that is recharged before it is used.")),
    ("mobile:postpaid", _("Mobile, billed"), _("A SIM paid by the bill.")),
    ("fixed:prepaid", _("Fixed line, prepaid"), _("Internet at an address, recharged before it is used.")),
)
STATES = (
    ("review", _("To review")),
    ("draft", _("Drafts")),
    ("accepted", _("Accepted")),
    ("ordered", _("Ordered")),
    ("refused", _("Refused")),
    ("withdrawn", _("Withdrawn")),
)
NODE_KINDS = (("branch", _("Branch")), ("department", _("Department")), ("cost_centre", _("Cost centre")))


@require_GET
@requires(Permission.APPLICATION_EDIT, Permission.APPLICATION_DECIDE)
def applications(request: HttpRequest) -> HttpResponse:
    """List the applications of a state, the longest waiting first."""
    counts = queries.counts()
    taken = request.GET.get("status", "review" if counts.get("review") else "draft")
    taken = taken if taken in dict(STATES) else "draft"
    columns = [
        Column("number", gettext("Application"), sort=lambda row: row.number),
        Column("applicant", gettext("Applicant"), sort=lambda row: row.applicant),
        Column("wish", gettext("Wish")),
        Column("channel", gettext("Channel")),
        Column("since", gettext("Since"), sort=lambda row: row.submitted_at or row.started_at),
        Column("by", gettext("Begun by")),
        Column("state", gettext("State")),
    ]
    rows = queries.queue(taken, limit=MOST)
    listing = Listing(request, columns, rows, search=lambda row: f"{row.number} {row.applicant}")
    states = [
        {"address": f"{request.path}?status={key}", "label": word, "count": counts.get(key, 0), "here": key == taken}
        for key, word in STATES
    ]
    context = {"listing": listing, "states": states, "starts": may(request.user, Permission.APPLICATION_EDIT)}
    return render(request, "application/applications.html", context)


@require_http_methods(["GET", "POST"])
@edit
def new(request: HttpRequest) -> HttpResponse:
    """Ask who applies and for what, and open the draft."""
    kind, wish = request.POST.get("kind", "individual"), request.POST.get("wish", "fixed:postpaid")
    errors: dict[str, str] = {}
    if request.method == "POST":
        market, _colon, payment = wish.partition(":")
        came = acting.attempt(
            lambda: operations.start(
                kind=kind,
                channel="desk",
                market=market,
                payment=payment,
                at=clock.now(),
                by=acting.name_of(request.user),
            )
        )
        errors = came.errors
        if came.value is not None:
            return redirect(request, "application_step", came.value.application_id, "who")
    context = {"kind": kind, "wish": wish, "wishes": WISHES, "errors": errors}
    return render(request, "application/new.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@edit
def step(request: HttpRequest, application_id: int, code: str) -> HttpResponse:
    """Ask one step of the form. What is typed is kept, right or wrong, and nothing is lost by going back."""
    found = queries.application(application_id)
    if found.status != "draft":
        return redirect(request, "application", application_id)
    here = next((one for one in found.steps if one.code == code), None)
    if here is None:
        raise Http404
    if request.method == "POST":
        values = answers.read(here.fields, request.POST)
        faults = operations.save_step(application_id=application_id, step=code, values=values, at=clock.now())
        towards = request.POST.get("towards", "next")
        if towards == "later":
            return redirect(request, "applications", query="status=draft", toast=gettext("Kept as a draft."))
        if towards == "back":
            return redirect(request, "application_step", application_id, _beside(found.steps, code, -1))
        if not faults:
            return redirect(request, "application_step", application_id, _beside(found.steps, code, 1))
        found = queries.application(application_id)
        return _ask(request, found, here, refusals.by_field(faults), status=422)
    visited = any(name in found.form for name in (field.name for field in here.fields))
    errors = refusals.by_field(queries.faults(application_id, step=code)) if visited else {}
    return _ask(request, found, here, errors)


@require_POST
@edit
def submit(request: HttpRequest, application_id: int) -> HttpResponse:
    """Hand the form in and let the rules decide at once."""
    at, by = clock.now(), acting.name_of(request.user)
    try:
        operations.submit(application_id=application_id, at=at)
    except ApplicationIncomplete as refusal:
        return redirect(
            request, "application_step", application_id, "summary", toast=refusals.sentence(refusal), tone="error"
        )
    decided = operations.decide(application_id=application_id, at=at, by=by)
    words = {
        "accepted": gettext("Accepted."),
        "review": gettext("Handed in. A credit analyst must look at it."),
        "checking": gettext("Handed in. It is decided as soon as the identity was confirmed from outside."),
        "refused": gettext("Refused by the rules: see the reasons."),
    }
    tone = {"accepted": "success", "review": "info", "checking": "info"}.get(decided.status, "warning")
    return redirect(request, "application", application_id, toast=words.get(decided.status, ""), tone=tone)


@require_GET
@requires(Permission.APPLICATION_EDIT, Permission.APPLICATION_DECIDE)
def application(request: HttpRequest, application_id: int) -> HttpResponse:
    """Show an application, its checks and its decision with every reason."""
    found = queries.application(application_id)
    if found.status == "draft" and may(request.user, Permission.APPLICATION_EDIT):
        return redirect(request, "application_step", application_id, _first_open(found))
    context = {
        "found": found,
        "sections": _sections(found),
        "chosen": offers.chosen(found),
        "decides": may(request.user, Permission.APPLICATION_OVERRIDE) and found.status in ("review", "refused"),
        "edits": may(request.user, Permission.APPLICATION_EDIT),
        "classes": [(letter, letter) for letter in ("A", "B", "C", "D")],
        "orders": found.status == "accepted" and may(request.user, Permission.ORDER_PLACE),
        **_fraud(request, found),
        "proves": found.status in ("submitted", "review") and may(request.user, Permission.APPLICATION_EDIT),
    }
    return render(request, "application/application.html", context)


@require_POST
@requires(Permission.ORDER_PLACE)
def place_order(request: HttpRequest, application_id: int) -> HttpResponse:
    """Order what an accepted application asks for; pressed twice, it is ordered once."""
    came = acting.attempt(
        lambda: ordering.place_order_from_application(
            application_id=application_id, at=clock.now(), by=acting.name_of(request.user)
        )
    )
    if came.value is None:
        words = next(iter(came.errors.values()))
        return redirect(request, "application", application_id, toast=words, tone="error")
    placed = came.value
    words = ngettext("The order is placed.", "%(n)s orders are placed.", len(placed)) % {"n": len(placed)}
    if len(placed) == 1:
        return redirect(request, "order", placed[0].order_id, toast=words)
    return redirect(request, "orders", toast=words)


@require_POST
@requires(Permission.APPLICATION_OVERRIDE)
def override(request: HttpRequest, application_id: int) -> HttpResponse:
    """Decide as a person, with the reason."""
    came = acting.attempt(
        lambda: operations.override(
            application_id=application_id,
            outcome=request.POST.get("outcome", ""),
            credit_class=request.POST.get("credit_class", ""),
            why=request.POST.get("why", ""),
            at=clock.now(),
            by=acting.name_of(request.user),
        )
    )
    words = next(iter(came.errors.values()), gettext("Decided."))
    return redirect(request, "application", application_id, toast=words, tone="success" if came.done else "error")


@require_POST
@edit
def send_code(request: HttpRequest, application_id: int) -> HttpResponse:
    """Send a code to the e-mail address of the form."""
    came = acting.attempt(lambda: operations.send_code(application_id=application_id, at=clock.now()))
    words = next(iter(came.errors.values()), gettext("The code is on its way: it holds for ten minutes."))
    return _to_proof(request, application_id, words, "success" if came.done else "error")


@require_POST
@edit
def prove_code(request: HttpRequest, application_id: int) -> HttpResponse:
    """Take the code that the applicant tells."""
    code = request.POST.get("code", "")
    came = acting.attempt(lambda: operations.prove_code(application_id=application_id, code=code, at=clock.now()))
    wrong = refusals.sentence(came.value) if came.value else next(iter(came.errors.values()), "")
    tone = "error" if wrong else "success"
    return _to_proof(request, application_id, wrong or gettext("The e-mail address is proven."), tone)


def _to_proof(request: HttpRequest, application_id: int, words: str, tone: str) -> HttpResponse:
    """Return to where the code is asked for: the contact step of a draft, else the application's page."""
    if queries.application(application_id).status == "draft":
        return redirect(request, "application_step", application_id, "contact", toast=words, tone=tone)
    return redirect(request, "application", application_id, toast=words, tone=tone)


@require_POST
@edit
def withdraw(request: HttpRequest, application_id: int) -> HttpResponse:
    """Put an application aside at the applicant's wish."""
    operations.withdraw(application_id=application_id, at=clock.now(), by=acting.name_of(request.user))
    return redirect(request, "applications", toast=gettext("Withdrawn."))


def _ask(
    request: HttpRequest, found: ApplicationView, here: Step, errors: dict[str, str], *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "found": found,
        "here": here,
        "errors": errors,
        "steps": _steps(found, here.code),
        "fields": [(field, answers.inputs(field)) for field in here.fields],
        "chosen": offers.chosen(found),
        "first": found.steps[0].code == here.code,
        "node_kinds": NODE_KINDS,
        "kinds": FieldKind,
        "proves": here.code == "contact" and "@" in str(found.form.get("email") or "") and "email" not in errors,
    }
    if here.code == "offer":
        context["choices"] = offers.choices(found, on_date=clock.today())
    if here.code == "summary":
        context["sections"] = _sections(found)
        context["faulty"] = [one.code for one in found.steps if queries.faults(found.application_id, step=one.code)]
    if here.code == "branches":
        branches = list(found.form.get("branches") or [])
        context["branches"] = branches + [{}] * max(2, answers.BRANCH_ROWS - len(branches))
    return render(request, "application/step.html", context, status=status)


def _fraud(request: HttpRequest, found: ApplicationView) -> dict[str, Any]:
    """Return the last screening, for those who decide; others see that it is being looked at, and no rule."""
    if not may(request.user, Permission.APPLICATION_OVERRIDE):
        return {"screening": None, "reviews_fraud": False}
    screening = queries_fraud.last_screening(found.application_id)
    waits = screening is not None and screening.review == "open"
    return {
        "screening": screening,
        "reviews_fraud": waits and found.started_by != acting.name_of(request.user),
    }


def _steps(found: ApplicationView, here: str) -> list[dict[str, Any]]:
    rows = []
    wrong = {one.field for one in queries.faults(found.application_id)}
    for one in found.steps:
        names = {field.name for field in one.fields}
        visited = bool(names & set(found.form))
        state = "" if not visited else "wrong" if names & wrong else "done"
        address = reverse("application_step", args=[found.application_id, one.code])
        rows.append({"label": one.title, "state": state, "here": one.code == here, "address": address})
    return rows


def _sections(found: ApplicationView) -> list[dict[str, Any]]:
    """Return the answers given, by step, for the summary."""
    sections = []
    for one in found.steps:
        rows = [
            {"label": field.label, "value": answers.shown(field, found.form.get(field.name))}
            for field in one.fields
            if field.kind is not FieldKind.OFFERS and found.form.get(field.name) not in (None, "", [])
        ]
        if rows:
            address = reverse("application_step", args=[found.application_id, one.code])
            sections.append({"code": one.code, "title": one.title, "rows": rows, "address": address})
    return sections


def _beside(steps: tuple[Step, ...], code: str, by: int) -> str:
    codes = [one.code for one in steps]
    return codes[min(max(codes.index(code) + by, 0), len(codes) - 1)]


def _first_open(found: ApplicationView) -> str:
    """Return the first step that was not answered yet."""
    for one in found.steps:
        if one.fields and not any(field.name in found.form for field in one.fields):
            return one.code
    return found.steps[-1].code

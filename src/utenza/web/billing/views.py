"""Bills that explain themselves, and the board on which a bill run goes from plan to issue."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from utenza.billing import operations, queries
from utenza.care import queries as care
from utenza.core.errors import Refusal
from utenza.core.money import Money
from utenza.delivery import queries as delivery
from utenza.infra import clock
from utenza.infra.operator import profile
from utenza.infra.permissions import Permission, may
from utenza.parties import queries as parties
from utenza.web import acting, formats
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.refusals import sentence
from utenza.web.render import redirect, render

# The steps of a run in their order, and the states in which each is under way or done.
STEPS = ("planned", "calculated", "checked", "approved", "issued")
REACHED = {"planned": 1, "calculating": 1, "calculated": 2, "checked": 3, "approved": 4, "issuing": 4, "issued": 5}


@require_GET
@requires(Permission.BILL_VIEW)
def bill(request: HttpRequest, bill_id: int) -> HttpResponse:
    """Show a bill: how much, by when, how to pay, why it differs; then its lines, taxes and payments."""
    found = queries.bill(bill_id)
    customer = parties.customer(found.customer_id)
    operator = profile()
    context = {
        "bill": found,
        "customer": customer,
        "today": clock.today(),
        "operator": operator,
        "settlements": queries.settlements_of(bill_id),
        "pays": may(request.user, Permission.PAYMENT_TAKE) and found.open_micro > 0,
        "credits": may(request.user, Permission.BILLRUN_RUN)
        and found.status == "issued"
        and found.kind != "credit_note",
        "disputes": care.disputes_of_bill(bill_id),
        "doubts": may(request.user, Permission.CARE_WRITE) and bool(found.number) and found.kind != "credit_note",
        "answers": may(request.user, Permission.DISPUTE_ANSWER),
    }
    return render(request, "billing/bill.html", context)


@require_GET
@requires(Permission.BILL_VIEW)
def pdf(request: HttpRequest, bill_id: int) -> HttpResponse:  # noqa: ARG001 - every view is told its request
    """Give a bill's document, as it was sent or as it would be."""
    name, content = delivery.bill_pdf(bill_id)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


@require_GET
@requires(Permission.BILL_VIEW)
def explain(request: HttpRequest, bill_id: int, bill_line_id: int) -> HttpResponse:
    """Show how a line of a bill was worked out."""
    found = queries.explain_line(bill_line_id)
    if found.bill_id != bill_id:
        raise Http404
    context = {"explained": found, "bill_id": bill_id}
    return render(request, "billing/explain.html", context, block="explanation")


@require_GET
@requires(Permission.BILL_VIEW)
def bills(request: HttpRequest) -> HttpResponse:
    """List the bills that are open, the oldest due first; or only those that are late."""
    today = clock.today()
    late = queries.overdue_bills(today)
    names = parties.customer_names({row.customer_id for row in late})
    columns = [
        Column("number", gettext("Bill"), sort=lambda row: row.number),
        Column("customer", gettext("Customer"), sort=lambda row: names.get(row.customer_id, "")),
        Column("due", gettext("Due"), sort=lambda row: row.due_date),
        Column("late", gettext("Late"), number=True, unit=gettext("days"), sort=lambda row: row.due_date),
        Column("total", gettext("Total"), number=True, sort=lambda row: row.total_micro),
        Column("open", gettext("To pay"), number=True, sort=lambda row: row.open_micro),
    ]
    ages = Filter(
        "late",
        [("", gettext("All overdue")), ("30", gettext("Over 30 days")), ("90", gettext("Over 90 days"))],
        lambda row, choice: (today - row.due_date).days > int(choice),
    )
    listing = Listing(
        request, columns, late, (ages,), sort="due", search=lambda row: f"{row.number} {names.get(row.customer_id, '')}"
    )
    return render(request, "billing/bills.html", {"listing": listing, "names": names, "today": today})


@require_GET
@requires(Permission.BILLRUN_RUN, Permission.BILLRUN_APPROVE)
def runs(request: HttpRequest) -> HttpResponse:
    """List the bill runs and offer to plan the next."""
    columns = [
        Column("cycle", gettext("Bills of")),
        Column("state", gettext("State")),
        Column("accounts", gettext("Accounts"), number=True),
        Column("held", gettext("Held"), number=True),
        Column("total", gettext("Total"), number=True),
    ]
    listing = Listing(request, columns, queries.runs())
    context = {"listing": listing, "today": clock.today(), "plans": may(request.user, Permission.BILLRUN_RUN)}
    return render(request, "billing/runs.html", context)


@require_POST
@requires(Permission.BILLRUN_RUN)
def plan(request: HttpRequest) -> HttpResponse:
    """Plan the run of a day."""
    cycle_date = acting.read_day(request.POST.get("cycle_date", ""), field="cycle_date")
    run_id = operations.plan_run(cycle_date=cycle_date, at=clock.now(), by=request.user.pk)
    return redirect(request, "bill_run", run_id, toast=gettext("Planned."))


@require_GET
@requires(Permission.BILLRUN_RUN, Permission.BILLRUN_APPROVE)
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show where a run stands; while it works, the board refreshes itself."""
    found = queries.run(run_id)
    check = queries.run_check(run_id) if found.status in ("calculated", "checked", "approved", "issued") else None
    context: dict[str, Any] = {
        "run": found,
        "check": check,
        "steps": _steps(found),
        "working": found.status in ("calculating", "issuing"),
        "done": found.accounts - found.waiting if found.status == "calculating" else found.issued,
        "all": found.accounts if found.status == "calculating" else found.calculated + found.issued,
        "totals": [formats.money(Money(micro, currency)) for currency, micro in found.totals_micro.items()],
        "runs_it": may(request.user, Permission.BILLRUN_RUN),
        "approves": may(request.user, Permission.BILLRUN_APPROVE),
        "accounts": queries.run_accounts(run_id, limit=50),
    }
    return render(request, "billing/run.html", context, block="board")


@require_POST
@requires(Permission.BILLRUN_RUN, Permission.BILLRUN_APPROVE)
def step(request: HttpRequest, run_id: int, name: str) -> HttpResponse:
    """Take the run one step on. Calculating and issuing go on in the background, in chunks that resume."""
    at, by = clock.now(), request.user.pk
    if not may(request.user, Permission.BILLRUN_APPROVE if name == "approve" else Permission.BILLRUN_RUN):
        raise PermissionDenied
    acts: dict[str, tuple[Any, str]] = {
        "calculate": (lambda: operations.start_calculation(run_id=run_id, at=at), gettext("Calculation has begun.")),
        "check": (lambda: operations.check_run(run_id=run_id, at=at), gettext("Marked as checked.")),
        "approve": (lambda: operations.approve(run_id=run_id, at=at, by=by), gettext("Approved.")),
        "issue": (lambda: operations.start_issuing(run_id=run_id, at=at), gettext("The bills are being issued.")),
    }
    act, words = acts[name]
    try:
        act()
    except Refusal as refusal:
        return redirect(request, "bill_run", run_id, toast=sentence(refusal), tone="error")
    return redirect(request, "bill_run", run_id, toast=words)


def _steps(found: queries.RunView) -> list[dict[str, Any]]:
    reached = REACHED.get(found.status, 0)
    words = {
        "planned": (gettext("Planned"), found.planned_at),
        "calculated": (gettext("Calculated"), None),
        "checked": (gettext("Checked"), found.checked_at),
        "approved": (gettext("Approved"), found.approved_at),
        "issued": (gettext("Issued"), found.issued_at),
    }
    return [
        {"label": words[name][0], "at": words[name][1], "done": place < reached, "here": place == reached}
        for place, name in enumerate(STEPS)
    ]

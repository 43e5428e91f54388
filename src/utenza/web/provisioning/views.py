"""Lines, their bars, the technician's work orders and the commands that need a person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.parties import queries as parties
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries
from utenza.web import acting, chips
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

# Reasons that a person may give; debt and spend caps are the system's own.
SUSPEND_REASONS = ("lost", "customer", "fraud", "court")
PAGE = 50
RESUME_REASONS = (*SUSPEND_REASONS, "debt", "spend_cap")


@require_GET
@requires(Permission.LINE_VIEW)
def lines(request: HttpRequest) -> HttpResponse:
    """List the lines of a state, fifty a page, found by the beginning of a number or user name."""
    choices = [(one, chips.chip_of("line", one).word) for one in ("active", "suspended", "planned", "ceased")]
    group = Filter("status", [("all", gettext("All")), *choices], default="all")
    columns = [
        Column("line", gettext("Line")),
        Column("customer", gettext("Customer")),
        Column("market", gettext("Market")),
        Column("services", gettext("Services")),
        Column("state", gettext("State")),
        Column("since", gettext("Active since")),
    ]
    hint = gettext("Number or user name")
    asked = Listing(request, columns, (), (group,), search=str, search_hint=hint, known_total=0)
    taken = asked.taken(group)
    rows, total = queries.find_lines(
        status=None if taken == "all" else taken, beginning=asked.q, limit=PAGE, offset=(asked.page - 1) * PAGE
    )
    listing = Listing(request, columns, rows, (group,), search=str, search_hint=hint, known_total=total)
    context = {"listing": listing, "names": parties.customer_names({row.customer_id for row in rows})}
    return render(request, "provisioning/lines.html", context, block="listing")


@require_GET
@requires(Permission.LINE_VIEW)
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """Show a line: its services as wanted and as the network has them, its bars and what was asked of the network."""
    found = queries.line(line_id)
    customer = parties.customer(found.customer_id)
    context = {
        "line": found,
        "name": _name(found),
        "customer": customer,
        "commands": queries.commands_of(line_id)[:30],
        "suspends": may(request.user, Permission.LINE_SUSPEND) and found.status != "ceased",
        "operates": may(request.user, Permission.LINE_OPERATE),
    }
    return render(request, "provisioning/line.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.LINE_SUSPEND)
def suspend(request: HttpRequest, line_id: int) -> HttpResponse:
    """Show what a suspension does, then do it."""
    found = queries.line(line_id)
    reason = request.POST.get("reason", "")
    note = request.POST.get("note", "").strip()
    errors: dict[str, str] = {}
    if request.method == "POST":
        if reason not in SUSPEND_REASONS:
            errors["reason"] = gettext("Choose why the line is suspended.")
        else:
            came = acting.attempt(
                lambda: provisioning.suspend(line_id=line_id, reason=reason, at=clock.now(), note=note)
            )
            errors = came.errors
        if not errors:
            words = gettext("%(line)s is being suspended.") % {"line": _name(found)}
            return redirect(request, "line", line_id, toast=words)
    customer = parties.customer(found.customer_id)
    context = {
        "line": found,
        "name": _name(found),
        "customer": customer,
        "reasons": [(reason, chips.chip_of("bar", reason).word) for reason in SUSPEND_REASONS],
        "effects": _effects(found, customer.name),
        "reason": reason,
        "note": note,
        "errors": errors,
    }
    return render(request, "provisioning/suspend.html", context, status=422 if errors else 200)


@require_POST
@requires(Permission.LINE_SUSPEND)
def resume(request: HttpRequest, line_id: int) -> HttpResponse:
    """Lift one reason; the line opens only when none stands any more."""
    reason = request.POST.get("reason", "")
    outcome = provisioning.resume(line_id=line_id, reason=reason, at=clock.now())
    if outcome.standing:
        left = ", ".join(str(chips.chip_of("bar", one).word) for one in outcome.standing)
        words = gettext("Lifted. The line stays suspended for: %(reasons)s.") % {"reasons": left}
        return redirect(request, "line", line_id, toast=words, tone="warning")
    return redirect(request, "line", line_id, toast=gettext("Lifted. The line is being opened again."))


@require_GET
@requires(Permission.WORKORDER_CONFIRM)
def work_orders(request: HttpRequest) -> HttpResponse:
    """List what a technician must do by hand."""
    rows = queries.open_work_orders()
    names = parties.customer_names({row.customer_id for row in rows})
    columns = [
        Column("task", gettext("To do")),
        Column("line", gettext("Line"), sort=lambda row: row.line_number),
        Column("customer", gettext("Customer")),
        Column("opened", gettext("Since"), sort=lambda row: row.opened_at),
        Column("act", gettext("Done?")),
    ]
    listing = Listing(
        request, columns, rows, search=lambda row: f"{row.task} {row.line_number} {names.get(row.customer_id, '')}"
    )
    return render(request, "provisioning/work_orders.html", {"listing": listing, "names": names})


@require_POST
@requires(Permission.WORKORDER_CONFIRM)
def close_work_order(request: HttpRequest, work_order_id: int) -> HttpResponse:
    """Keep that the work was done, or why it could not be."""
    by, at = acting.name_of(request.user), clock.now()
    note = request.POST.get("note", "").strip()
    if request.POST.get("outcome") == "failed":
        if not note:
            words = gettext("Say in the note why it could not be done, so that the next person knows.")
            return redirect(request, "work_orders", toast=words, tone="error")
        provisioning.fail_work_order(work_order_id=work_order_id, by=by, why=note, at=at)
        return redirect(request, "work_orders", toast=gettext("Kept as not done."), tone="warning")
    provisioning.confirm_work_order(work_order_id=work_order_id, by=by, at=at, note=note)
    return redirect(request, "work_orders", toast=gettext("Done. The line follows at once."))


@require_GET
@requires(Permission.NETWORK_VIEW)
def commands(request: HttpRequest) -> HttpResponse:
    """List the commands that the network refused for good, and how each network element fares."""
    rows = queries.parked_commands()
    columns = [
        Column("line", gettext("Line"), sort=lambda row: row.line_number),
        Column("what", gettext("Command")),
        Column("why", gettext("What the network said")),
        Column("tries", gettext("Tries"), number=True, sort=lambda row: row.attempts),
        Column("since", gettext("Since"), sort=lambda row: row.created_at),
        Column("act", gettext("What to do")),
    ]
    context = {
        "listing": Listing(request, columns, rows),
        "elements": queries.elements(),
        "operates": may(request.user, Permission.LINE_OPERATE),
    }
    return render(request, "provisioning/commands.html", context)


@require_POST
@requires(Permission.LINE_OPERATE)
def retry(request: HttpRequest, command_id: int) -> HttpResponse:
    """Send a parked command again."""
    provisioning.retry_command(command_id=command_id, at=clock.now())
    return redirect(request, "commands", toast=gettext("It is being tried again."))


def _name(line: queries.LineView) -> str:
    return ", ".join(line.identifiers) or line.number


def _effects(line: queries.LineView, customer: str) -> list[str]:
    """Return what a suspension does, in sentences."""
    kinds = ", ".join(str(chips.chip_of("service", one.kind).word) for one in line.services)
    count = len(line.services)
    words = ngettext(
        "%(kinds)s stops at once; an open session is cut.", "%(kinds)s stop at once; open sessions are cut.", count
    )
    sentences = [
        gettext("Line %(number)s of %(customer)s is closed.") % {"number": line.number, "customer": customer},
        words % {"kinds": kinds},
        gettext("Recurring charges go on: the agreement stays in force."),
    ]
    if line.bars:
        standing = ", ".join(str(chips.chip_of("bar", one).word) for one in sorted(line.bar_reasons))
        sentences.append(
            gettext("It is closed already for: %(reasons)s. Each reason is lifted by itself.") % {"reasons": standing}
        )
    return sentences

"""What the house does by itself and could not: news that was not heard, jobs that failed, and their next try."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from utenza.infra import clock, outbox, timed
from utenza.infra.permissions import Permission
from utenza.web import acting, formats
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

MOST = 500


@require_GET
@requires(Permission.SETTINGS_CHANGE)
def background(request: HttpRequest) -> HttpResponse:
    """Show the backlog, the parked deliveries and the failing jobs."""
    columns = [
        Column("event", gettext("News"), sort=lambda row: row.event_name),
        Column("handler", gettext("Who should hear it"), sort=lambda row: row.handler),
        Column("about", gettext("About"), sort=lambda row: row.subject),
        Column("why", gettext("What went wrong")),
        Column("tries", gettext("Tries"), number=True, sort=lambda row: row.attempts),
        Column("since", gettext("Since"), sort=lambda row: row.announced_at),
    ]
    listing = Listing(
        request,
        columns,
        outbox.parked_deliveries(limit=MOST),
        search=lambda row: f"{row.event_name} {row.handler} {row.subject} {row.error}",
    )
    owed = outbox.backlog()
    context = {
        "listing": listing,
        "figures": _figures(owed),
        "jobs": timed.failing_jobs(),
        "all_jobs": len(timed.timed_jobs()),
    }
    return render(request, "background/background.html", context, block="listing")


@require_POST
@requires(Permission.SETTINGS_CHANGE)
def retry_deliveries(request: HttpRequest) -> HttpResponse:
    """Try the ticked deliveries again, each from its first attempt on."""
    ids = [int(one) for one in request.POST.getlist("tick") if one.isdecimal()][:MOST]
    done = sum(acting.attempt(_again(one)).done for one in ids)
    words = ngettext("%(n)s delivery is tried again.", "%(n)s deliveries are tried again.", done)
    tone = "success" if done else "warning"
    return redirect(request, "background", toast=words % {"n": formats.number(done)}, tone=tone)


@require_POST
@requires(Permission.SETTINGS_CHANGE)
def retry_job(request: HttpRequest) -> HttpResponse:
    """Try a failing job now rather than after its pause."""
    timed.try_now(name=request.POST.get("name", ""), at=clock.now())
    return redirect(request, "background", toast=gettext("It is being tried again."))


def _again(delivery_id: int) -> Any:
    return lambda: outbox.retry_delivery(delivery_id=delivery_id, at=clock.now())


def _figures(owed: outbox.Backlog) -> list[dict[str, Any]]:
    oldest = formats.ago(owed.oldest_at) if owed.oldest_at else ""
    return [
        {"label": gettext("Waiting"), "value": formats.number(owed.waiting), "note": oldest, "tone": "", "address": ""},
        {
            "label": gettext("Failed, tried again by itself"),
            "value": formats.number(owed.failing),
            "note": "",
            "tone": "",
            "address": "",
        },
        {
            "label": gettext("Given up, needs a person"),
            "value": formats.number(owed.parked),
            "note": "",
            "tone": "bad" if owed.parked else "",
            "address": "",
        },
    ]

"""Who owes for how long, and which step of the ladder was taken."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.overdue import operations, queries
from utenza.parties import queries as parties
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.render import render

MOST = 1000


@require_GET
@requires(Permission.DUNNING_VIEW, Permission.DUNNING_RUN)
def cases(request: HttpRequest) -> HttpResponse:
    """List the open cases, the longest overdue first."""
    rows = queries.cases(limit=MOST)
    names = parties.customer_names({row.customer_id for row in rows})
    today = clock.today()
    columns = [
        Column("customer", gettext("Customer"), sort=lambda row: names.get(row.customer_id, "")),
        Column("late", gettext("Late"), number=True, unit=gettext("days"), sort=lambda row: row.oldest_due_date),
        Column("step", gettext("Last step")),
        Column("taken", gettext("Taken")),
        Column("owed", gettext("Overdue"), number=True, sort=lambda row: row.overdue_micro),
        Column("act", gettext("What to do")),
    ]
    listing = Listing(
        request,
        columns,
        rows,
        sort="late",
        search=lambda row: f"{names.get(row.customer_id, '')} {row.account_number}",
    )
    context = {
        "listing": listing,
        "names": names,
        "today": today,
        "ladder": operations.ladder(),
        "pays": may(request.user, Permission.PAYMENT_TAKE),
    }
    return render(request, "overdue/cases.html", context)

"""What a customer's lines used in a month, by line, kind and destination, beside what their allowances grant."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.operator import profile
from utenza.infra.permissions import Permission
from utenza.provisioning.queries import LineView
from utenza.rating import queries as rating
from utenza.web.customer360.summary import summary
from utenza.web.customer360.views import head
from utenza.web.permissions import requires
from utenza.web.render import render
from utenza.web.usage import months


@require_GET
@requires(Permission.USAGE_VIEW)
def usage(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the rated usage of a month: a section for each line, its allowances, its sums."""
    today = clock.today()
    found = summary(customer_id, today=today)
    month = months.asked(request, today)
    totals = rating.usage_totals([line.line_id for line in found.lines], month.period)
    sections = [_section(line, month, totals.rows) for line in found.lines if _shown(line, totals.rows)]
    context = {
        "month": month,
        "sections": sections,
        "sums": months.sums(totals.rows),
        "events": sum(row.events for row in totals.rows),
        "waiting": rating.waiting(buckets={line.bucket for line in found.lines}),
    }
    return render(request, "customer360/usage.html", head(request, found, "customer_usage") | context)


def _shown(line: LineView, rows: tuple[rating.UsageTotalRow, ...]) -> bool:
    """Whether a line has a place in a month: it used something then, or it is served now."""
    return line.status in ("active", "suspended") or any(row.line_id == line.line_id for row in rows)


def _section(line: LineView, month: months.Month, rows: tuple[rating.UsageTotalRow, ...]) -> dict[str, Any]:
    own = [row for row in rows if row.line_id == line.line_id]
    return {
        "line": line,
        "name": ", ".join(line.identifiers) or line.number,
        "rows": own,
        "amount": Money(sum(row.amount_micro for row in own), profile().currency),
        "allowances": rating.allowances_of_line(line.line_id, on_date=month.last_known),
    }

"""A line's events of a month, each of which opens the way to its price."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from utenza.catalog import queries as catalog
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.parties import queries as parties
from utenza.pricing.document import OTHERWISE
from utenza.pricing.explanation import Explanation, Segment
from utenza.provisioning import queries as provisioning
from utenza.rating import queries as rating
from utenza.usage import queries as usage
from utenza.web import chips, formats
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.render import render
from utenza.web.usage import months

PAGE = 50
HIDDEN = "\u2022"
HIDDEN_DIGITS = 3
# How a price reads: for how many base units, and what they are called.
PRICED_PER = {"voice": (60, "min"), "data": (1_000_000, "MB"), "sms": (1, "")}


@require_GET
@requires(Permission.USAGE_VIEW)
def events(request: HttpRequest, line_id: int) -> HttpResponse:
    """List a line's events of a month, the newest first, fifty a page."""
    line = provisioning.line(line_id)
    month = months.asked(request, clock.today())
    kinds = [(kind, chips.chip_of("usage", kind).word) for kind in ("voice", "data", "sms")]
    group = Filter("kind", [("", gettext("All")), *kinds])
    columns = [
        Column("when", gettext("When")),
        Column("kind", gettext("Kind")),
        Column("number", gettext("Number")),
        Column("zone", gettext("Destination")),
        Column("quantity", gettext("Quantity"), number=True),
        Column("covered", gettext("From allowance"), number=True),
        Column("amount", gettext("Amount"), number=True),
    ]
    asked = Listing(request, columns, (), (group,), known_total=0)
    kind = asked.taken(group)
    offset = (asked.page - 1) * PAGE
    rows = rating.usage_of_line(line_id, month.period, kind=kind or None, limit=PAGE, offset=offset)
    totals = [row for row in rating.usage_totals([line_id], month.period).rows if not kind or row.kind == kind]
    # Events without a price stand in no total: the page that follows is known to be there by its own rows.
    total = max(sum(row.events for row in totals), offset + len(rows) + (len(rows) == PAGE))
    context = {
        "line": line,
        "name": ", ".join(line.identifiers) or line.number,
        "customer": parties.customer(line.customer_id),
        "month": month,
        "listing": Listing(request, columns, rows, (group,), known_total=total),
        "numbers": _numbers(request, line_id, rows),
        "sums": months.sums(totals),
    }
    return render(request, "usage/events.html", context)


@require_GET
@requires(Permission.USAGE_VIEW)
def event(request: HttpRequest, line_id: int, month: str, event_id: int) -> HttpResponse:
    """Show the way to the price of one event."""
    found = rating.rated_event(line_id=line_id, month=month, event_id=event_id)
    if found is None:
        raise Http404
    way = rating.explanation(line_id=line_id, event_id=event_id, month=month) if found.status != "charged" else None
    number = _numbers(request, line_id, [found])[event_id]
    line = provisioning.line(line_id)
    context: dict[str, Any] = {
        "line": line,
        "name": ", ".join(line.identifiers) or line.number,
        "customer": parties.customer(line.customer_id),
        "month": month,
        "event": found,
        "facts": _facts(found, way, number),
        "steps": [_step(found, one) for one in way.segments] if way else [],
        "fee": _exact(way.fee_micro, found.currency) if way and way.fee_micro else None,
    }
    return render(request, "usage/event.html", context, block="explanation")


def _numbers(request: HttpRequest, line_id: int, rows: list[rating.RatedEvent]) -> dict[int, str]:
    """Return the number that each event reached, its last three digits hidden from whom they do not concern."""
    clear = usage.unsealed(line_id=line_id, sealed=[row.sealed_number for row in rows])
    whole = may(request.user, Permission.SECRET_REVEAL)
    return {row.event_id: _number(row, text, whole=whole) for row, text in zip(rows, clear, strict=True)}


def _number(row: rating.RatedEvent, text: str, *, whole: bool) -> str:
    if not row.hidden_digits:
        return text or row.destination
    if not text:  # its key was destroyed: no more is left than prices depend on
        return f"+{row.destination}{HIDDEN * row.hidden_digits}"
    return text if whole else text[:-HIDDEN_DIGITS] + HIDDEN * HIDDEN_DIGITS


def _facts(event: rating.RatedEvent, way: Explanation | None, number: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"label": gettext("Began"), "value": formats.instant(event.started_at)},
        {"label": gettext("Number"), "value": number},
        {"label": gettext("Destination"), "value": _destination(event, way)},
        {"label": gettext("Quantity"), "value": formats.quantity(event.quantity, event.unit)},
    ]
    if way is None:
        return rows
    if way.charged_quantity != event.quantity:
        words = gettext("Counted, in whole increments")
        rows.append({"label": words, "value": formats.quantity(way.charged_quantity, event.unit)})
    if event.tariff_version_id is not None:
        tariff = catalog.tariff_code(event.tariff_version_id)
        rows.append({"label": gettext("Tariff"), "value": tariff})
    if way.reverses:
        rows.append({"label": gettext("Takes back"), "value": gettext("event %(id)s") % {"id": way.reverses}})
    for name, before in way.allowance_before.items():
        after = way.allowance_after[name]
        if before is None:
            rows.append({"label": formats.words_of(name), "value": gettext("without limit")})
        elif before or after:
            words = gettext("%(before)s left before, %(after)s after")
            left = {
                "before": formats.allowance(before, event.unit),
                "after": formats.allowance(after, event.unit),
            }
            rows.append({"label": formats.words_of(name), "value": words % left})
    return rows


def _destination(event: rating.RatedEvent, way: Explanation | None) -> str:
    if way is not None and way.prefix:
        return gettext("%(zone)s, by the prefix %(prefix)s") % {
            "zone": formats.words_of(event.zone),
            "prefix": way.prefix,
        }
    return formats.words_of(event.zone)


def _step(event: rating.RatedEvent, one: Segment) -> dict[str, Any]:
    """Return one stretch of an event as it is shown: increments, window, what allowances took, what is paid."""
    per, unit = PRICED_PER[event.kind]
    price = formats.money_text(_exact(one.unit_micro * per, event.currency))
    increments = ngettext("%(n)s increment of %(step)s", "%(n)s increments of %(step)s", one.count)
    return {
        "from": formats.quantity(one.begins, event.unit),
        "increments": increments % {"n": formats.number(one.count), "step": formats.quantity(one.step, event.unit)},
        "window": gettext("any other time") if one.window == OTHERWISE else one.window,
        "covered": [
            f"{formats.words_of(name)}: {formats.quantity(units, event.unit)}" for name, units in one.covered.items()
        ],
        "priced": formats.quantity(one.priced, event.unit) if one.priced else "",
        "price": (f"{price}/{unit}" if unit else price) if one.priced else "",
        "amount": _exact(one.priced * one.unit_micro, event.currency),
    }


def _exact(value: Fraction, currency: str) -> Money:
    """Return an exact price as it is shown, to the micro-unit; the event itself is rounded once from the whole."""
    return Money(round(value), currency)

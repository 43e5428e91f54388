"""Where usage comes from, and the records that could not become usage until somebody mends them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.rating import queries as rating
from utenza.usage import operations, queries
from utenza.web import acting, chips, formats
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render
from utenza.web.usage import months

PAGE = 50
# The fields of a record that a person may correct, as a form shows them.
FIELDS = (
    ("record_id", _("Identity of the record")),
    ("kind", _("Kind")),
    ("started_at", _("Began")),
    ("quantity", _("Quantity")),
    ("identifier", _("User name or number")),
    ("b_number", _("Called number")),
    ("zone_hint", _("Place or partner")),
    ("reverses", _("Takes back the record")),
)
see = requires(Permission.USAGE_VIEW, Permission.USAGE_MEND)


@require_GET
@see
def sources(request: HttpRequest) -> HttpResponse:
    """Show each source with its account, and how far the month is priced."""
    columns = [
        Column("code", gettext("Source")),
        Column("kind", gettext("Kind")),
        Column("state", gettext("State")),
        Column("last", gettext("Last collected")),
        Column("records", gettext("Records"), number=True),
        Column("landed", gettext("Landed"), number=True),
        Column("waiting", gettext("Waiting"), number=True),
        Column("duplicates", gettext("Duplicates"), number=True),
        Column("held", gettext("In quarantine"), number=True),
    ]
    month = months.asked(request, clock.today())
    account = rating.month_account(month.code)
    context = {
        "listing": Listing(request, columns, queries.sources()),
        "month": month,
        "priced": sum(one.events - one.unpriced for one in account),
        "unpriced": sum(one.unpriced for one in account),
        "waiting": rating.waiting(),
        "rated_at": max((one.rated_at for one in account if one.rated_at), default=None),
        "held": sum(queries.quarantine_counts().values()),
    }
    return render(request, "usage/sources.html", context)


@require_GET
@see
def quarantine(request: HttpRequest) -> HttpResponse:
    """List the records held back, by reason, the oldest first."""
    counts = queries.quarantine_counts()
    held = sum(counts.values())
    reasons = [(reason, chips.chip_of("quarantine", reason).word) for reason in sorted(counts)]
    group = Filter("reason", [("all", gettext("All")), *reasons], default="all", counts={**counts, "all": held})
    columns = [
        Column("record", gettext("Record")),
        Column("why", gettext("Why")),
        Column("who", gettext("User name or number")),
        Column("kind", gettext("Kind")),
        Column("began", gettext("Began")),
        Column("quantity", gettext("Quantity"), number=True),
        Column("source", gettext("Source")),
        Column("since", gettext("Since")),
    ]
    asked = Listing(request, columns, (), (group,), known_total=0)
    taken = asked.taken(group)
    reason = None if taken == "all" else taken
    rows = queries.quarantined(reason=reason, limit=PAGE, offset=(asked.page - 1) * PAGE)
    total = held if reason is None else counts.get(reason, 0)
    context = {
        "listing": Listing(request, columns, rows, (group,), known_total=total),
        "began": {row.quarantined_id: _began(str(row.record.get("started_at") or "")) for row in rows},
        "mends": may(request.user, Permission.USAGE_MEND),
    }
    return render(request, "usage/quarantine.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.USAGE_MEND)
def record(request: HttpRequest, quarantined_id: int) -> HttpResponse:
    """Show a record as it came, and send it again as it was corrected."""
    found = queries.quarantined_record(quarantined_id)
    values = {name: str(found.record.get(name) or "") for name, _label in FIELDS}
    if request.method == "POST":
        typed = {name: request.POST.get(name, values[name]).strip() for name in values}
        changed = {name: text for name, text in typed.items() if text != values[name]}
        ref = operations.resend(quarantined_id=quarantined_id, corrections=changed, at=clock.now())
        if ref.quarantined:
            words = gettext("It was sent again and is held back again: look at its new reason.")
            return redirect(request, "quarantine", toast=words, tone="warning")
        return redirect(request, "quarantine", toast=gettext("It became usage and is priced at once."))
    context = {
        "held": found,
        "fields": [{"name": name, "label": label, "value": values[name]} for name, label in FIELDS],
    }
    return render(request, "usage/record.html", context)


@require_POST
@requires(Permission.USAGE_MEND)
def resend_many(request: HttpRequest) -> HttpResponse:
    """Send the ticked records again as they are, after what stood in their way was mended."""
    ids = [int(one) for one in request.POST.getlist("tick") if one.isdecimal()][: 10 * PAGE]
    done = again = 0
    for quarantined_id in ids:
        came = acting.attempt(_sender(quarantined_id))
        if came.value is not None:
            done += came.value.events
            again += came.value.quarantined
    words = ngettext("%(n)s record became usage", "%(n)s records became usage", done) % {"n": formats.number(done)}
    if again:
        still = ngettext("%(n)s is held back still.", "%(n)s are held back still.", again)
        words = f"{words}; {still % {'n': formats.number(again)}}"
    return redirect(request, "quarantine", toast=words, tone="warning" if again else "success")


def _began(text: str) -> str:
    """Return an instant as it is read, or the text that is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return formats.instant(at) if at.utcoffset() is not None else text


def _sender(quarantined_id: int) -> Any:
    return lambda: operations.resend(quarantined_id=quarantined_id, corrections={}, at=clock.now())

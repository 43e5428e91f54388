"""A prepaid line's balance, what moved it, and its recharge."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from utenza.catalog import queries as catalog
from utenza.charging import queries
from utenza.infra import clock
from utenza.infra.operator import profile
from utenza.infra.permissions import Permission, may
from utenza.ordering import queries as agreements
from utenza.parties import queries as parties
from utenza.payments import operations as payments
from utenza.provisioning import queries as lines
from utenza.web import acting, chips, formats
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

METHODS = ("cash", "card", "transfer")


@require_GET
@requires(Permission.LINE_VIEW)
def balance(request: HttpRequest, line_id: int) -> HttpResponse:
    """Show what a prepaid line has left and what moved it."""
    return _page(request, line_id, values=_typed(request), errors={})


@require_POST
@requires(Permission.PAYMENT_TAKE)
def recharge(request: HttpRequest, line_id: int) -> HttpResponse:
    """Recharge a prepaid line; the same form sent twice recharges it once."""
    values = _typed(request)
    came = acting.attempt(lambda: _recharge(line_id, values, acting.name_of(request.user)))
    if came.value is None:
        return _page(request, line_id, values=values, errors=came.errors)
    held = queries.balance(line_id)
    words = gettext("Recharged. The balance is %(balance)s now.")
    now = formats.money_text(held.balance if held else came.value.balance)
    return redirect(request, "line_balance", line_id, toast=words % {"balance": now})


def _recharge(line_id: int, values: dict[str, str], by: str) -> payments.RechargeTaken:
    return payments.take_recharge(
        line_id=line_id,
        amount=acting.read_amount(values["amount"], profile().currency),
        method=values["method"],
        reference=values["reference"],
        idempotency_key=values["key"],
        at=clock.now(),
        by=by,
    )


def _price_names(line_id: int) -> dict[int, str]:
    """Return how each price that the line's agreements ever had is called, in the reader's language."""
    field = "name_it" if (get_language() or "en").startswith("it") else "name_en"
    versions = {
        stay.offer_version_id
        for agreement in agreements.agreements_of_line(line_id)
        for stay in agreements.agreement_versions(agreement.agreement_id)
    }
    return {
        price.price_id: str(getattr(price, field))
        for version_id in versions
        for price in catalog.offer_version(version_id).prices
    }


def _typed(request: HttpRequest) -> dict[str, str]:
    return {
        "amount": request.POST.get("amount", "").strip(),
        "method": request.POST.get("method", "cash"),
        "reference": request.POST.get("reference", "").strip()[:140],
        "key": request.POST.get("key") or uuid.uuid4().hex,
    }


def _page(request: HttpRequest, line_id: int, *, values: dict[str, str], errors: dict[str, str]) -> HttpResponse:
    line = lines.line(line_id)
    if line.payment != "prepaid":
        raise Http404
    context: dict[str, Any] = {
        "line": line,
        "name": ", ".join(line.identifiers) or line.number,
        "customer": parties.customer(line.customer_id),
        "held": queries.balance(line_id),
        "entries": queries.entries(line_id, limit=100),
        "names": _price_names(line_id),
        "currency": profile().currency,
        "recharges": may(request.user, Permission.PAYMENT_TAKE) and line.status != "ceased",
        "methods": [(method, chips.chip_of("method", method).word) for method in METHODS],
        "values": values,
        "errors": errors,
    }
    return render(request, "charging/balance.html", context, status=422 if errors else 200)

"""Taking the deposit that an order waits for."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.operator import local_midnight
from utenza.infra.permissions import Permission
from utenza.ordering import queries as orders
from utenza.parties import queries as parties
from utenza.payments import operations, queries
from utenza.web import acting, chips, formats
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

METHODS = ("cash", "card", "transfer")


@require_http_methods(["GET", "POST"])
@requires(Permission.PAYMENT_TAKE)
def take(request: HttpRequest, order_id: int) -> HttpResponse:
    """Take the deposit of an order; the same form sent twice takes it once."""
    order = orders.order(order_id)
    if order.deposit_account_id is None:
        raise Http404
    account = parties.account(order.deposit_account_id)
    missing_micro = queries.deposit_missing_micro(order_id)
    values = {
        "amount": request.POST.get("amount", formats.number(Money(missing_micro, account.currency).decimal, 2)),
        "method": request.POST.get("method", "card"),
        "reference": request.POST.get("reference", "").strip()[:140],
        "received": request.POST.get("received", clock.today().isoformat()),
        "key": request.POST.get("key", uuid.uuid4().hex),
    }
    errors: dict[str, str] = {}
    if request.method == "POST":
        came = acting.attempt(lambda: _take(order_id, account.currency, values, acting.name_of(request.user)))
        errors = came.errors
        if came.value is not None:
            return redirect(request, "order", order_id, toast=_came(came.value, account.currency))
    context: dict[str, Any] = {
        "order": order,
        "account": account,
        "customer": parties.customer(order.customer_id),
        "missing_micro": missing_micro,
        "taken_micro": queries.deposit_taken_micro(order_id),
        "values": values,
        "errors": errors,
        "methods": [(one, chips.chip_of("method", one).word) for one in METHODS],
    }
    return render(request, "payments/deposit.html", context, status=422 if errors else 200)


def _take(order_id: int, currency: str, values: dict[str, str], by: str) -> operations.DepositRef:
    at = clock.now()
    received = acting.read_day(values["received"], field="received")
    return operations.take_deposit(
        order_id=order_id,
        amount=acting.read_amount(values["amount"], currency),
        method=values["method"],
        reference=values["reference"],
        received_at=at if received == clock.today() else local_midnight(received),
        idempotency_key=values["key"],
        at=at,
        by=by,
    )


def _came(ref: operations.DepositRef, currency: str) -> str:
    if ref.missing_micro:
        words = gettext("Payment %(number)s taken; %(rest)s of the deposit is still missing.")
        return words % {"number": ref.number, "rest": formats.money_text_of(ref.missing_micro, currency)}
    return gettext("Payment %(number)s taken: the deposit is complete.") % {"number": ref.number}

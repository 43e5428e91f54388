"""What a customer does not accept of a bill: taken down on the bill, answered on a page of its own."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from utenza.billing import queries as billing
from utenza.care import operations, queries
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.permissions import Permission
from utenza.parties import queries as parties
from utenza.web import acting, formats
from utenza.web.permissions import requires
from utenza.web.render import redirect, render


@require_http_methods(["GET", "POST"])
@requires(Permission.CARE_WRITE)
def open_dispute(request: HttpRequest, bill_id: int, bill_line_id: int) -> HttpResponse:
    """Take down a dispute; the same form sent twice takes it down once."""
    bill = billing.bill(bill_id)
    line = next((one for one in bill.lines if one.bill_line_id == bill_line_id), None)
    if line is None or line.amount_micro <= 0 or not bill.number:
        raise Http404
    whole = Money(billing.line_with_tax_micro(bill_line_id), bill.currency)
    values = {
        "amount": request.POST.get("amount", formats.number(whole.decimal, 2)),
        "reason": request.POST.get("reason", "").strip(),
        "key": request.POST.get("key", uuid.uuid4().hex),
    }
    errors: dict[str, str] = {}
    if request.method == "POST":
        came = acting.attempt(
            lambda: operations.open_dispute(
                bill_line_id=bill_line_id,
                amount=acting.read_amount(values["amount"], bill.currency),
                reason=values["reason"],
                by=acting.name_of(request.user),
                idempotency_key=values["key"],
                at=clock.now(),
            )
        )
        errors = came.errors
        if came.value is not None:
            return redirect(request, "bill", bill_id, toast=gettext("The sum is in dispute and is not chased."))
    context: dict[str, Any] = {
        "bill": bill,
        "line": line,
        "whole": whole,
        "customer": parties.customer(bill.customer_id),
        "values": values,
        "errors": errors,
    }
    return render(request, "billing/dispute.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.DISPUTE_ANSWER)
def answer(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """Answer a dispute: for the customer with a credit note, or against."""
    dispute = queries.dispute(dispute_id)
    if dispute is None:
        raise Http404
    values = {
        "side": request.POST.get("side", ""),
        "amount": request.POST.get("amount", formats.number(Money(dispute.amount_micro, dispute.currency).decimal, 2)),
        "answer": request.POST.get("answer", "").strip(),
    }
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = acting.needed(values, "side", "answer")
        if not errors:
            errors = acting.attempt(lambda: _answer(dispute, values, acting.name_of(request.user))).errors
        if not errors:
            return redirect(request, "bill", dispute.bill_id, toast=gettext("The dispute is answered."))
    context: dict[str, Any] = {
        "dispute": dispute,
        "customer": parties.customer(dispute.customer_id),
        "sides": [
            ("customer", gettext("The customer is right: credit it")),
            ("operator", gettext("The bill is right: it is owed")),
        ],
        "values": values,
        "errors": errors,
    }
    return render(request, "billing/answer.html", context, status=422 if errors else 200)


def _answer(dispute: queries.DisputeView, values: dict[str, str], by: str) -> None:
    at = clock.now()
    if values["side"] == "customer":
        amount = acting.read_amount(values["amount"], dispute.currency)
        operations.uphold_dispute(dispute_id=dispute.dispute_id, answer=values["answer"], by=by, at=at, amount=amount)
    else:
        operations.reject_dispute(dispute_id=dispute.dispute_id, answer=values["answer"], by=by, at=at)

"""Issuing a credit note: all that is left of a bill, or so much of some of its lines, shown before it is done."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from utenza.billing import operations, queries
from utenza.billing.operations import CreditLine
from utenza.core.money import Money
from utenza.infra import clock, idempotency
from utenza.infra.permissions import Permission
from utenza.parties import queries as parties
from utenza.web import acting, formats
from utenza.web.permissions import requires
from utenza.web.render import redirect, render


@require_http_methods(["GET", "POST"])
@requires(Permission.BILLRUN_RUN)
def credit_note(request: HttpRequest, bill_id: int) -> HttpResponse:
    """Show what a credit note does, then issue it; the same form sent twice issues one."""
    bill = queries.bill(bill_id)
    if bill.status != "issued" or bill.kind == "credit_note":
        raise Http404
    values = {
        "what": request.POST.get("what", "all"),
        "reason": request.POST.get("reason", "").strip(),
        "key": request.POST.get("key") or uuid.uuid4().hex,
    }
    amounts = {line.bill_line_id: request.POST.get(f"line-{line.bill_line_id}", "").strip() for line in bill.lines}
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = acting.needed(values, "reason")
        if values["what"] == "lines" and not any(amounts.values()):
            errors["what"] = gettext("Write an amount beside at least one line, or credit all of it.")
        if not errors:
            came = acting.attempt(lambda: _issue(bill, values, amounts))
            errors = came.errors
            if came.value is not None:
                return redirect(request, "bill", came.value, toast=gettext("The credit note is issued."))
    context = {
        "bill": bill,
        "customer": parties.customer(bill.customer_id),
        "values": values,
        "amounts": amounts,
        "errors": errors,
        "effects": _effects(bill),
        "choices": [("all", gettext("All that is left of the bill")), ("lines", gettext("Some lines"))],
    }
    return render(request, "billing/credit.html", context, status=422 if errors else 200)


def _issue(bill: queries.BillView, values: dict[str, str], amounts: dict[int, str]) -> int:
    wanted = [
        CreditLine(
            bill_line_id=line_id, amount_micro=acting.read_amount(typed, bill.currency, field=f"line-{line_id}").micro
        )
        for line_id, typed in amounts.items()
        if typed and values["what"] == "lines"
    ]

    def issue() -> dict[str, Any]:
        note = operations.issue_credit_note(bill_id=bill.bill_id, lines=wanted, reason=values["reason"], at=clock.now())
        return {"bill_id": note}

    payload = {
        "bill_id": bill.bill_id,
        "lines": [[one.bill_line_id, one.amount_micro] for one in wanted],
        "reason": values["reason"],
    }
    result = idempotency.once(key=values["key"], scope="web.credit_note", payload=payload, operation=issue)
    return int(result["bill_id"])


def _effects(bill: queries.BillView) -> list[str]:
    """Return what a credit note does, in sentences."""
    sentences = [gettext("Bill %(number)s stays as it is; the note corrects it.") % {"number": bill.number}]
    if bill.open_micro > 0:
        unpaid = formats.money_text(Money(bill.open_micro, bill.currency))
        sentences.append(gettext("It first takes away what is still to pay of it: %(sum)s.") % {"sum": unpaid})
    sentences.append(gettext("What is more than that stands to the customer's credit, for the next bills."))
    sentences.append(gettext("Revenue and VAT go down by the note; it is sent to the customer at once."))
    return sentences

"""Taking a payment, and the list of those that came in."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from utenza.billing import queries as billing
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.operator import local_midnight
from utenza.infra.permissions import Permission, may
from utenza.parties import queries as parties
from utenza.payments import operations, queries
from utenza.web import acting, chips, formats
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

METHODS = ("cash", "card", "transfer", "direct_debit")
PAGE = 50


@require_GET
@requires(Permission.PAYMENT_VIEW, Permission.PAYMENT_TAKE)
def payments(request: HttpRequest) -> HttpResponse:
    """List the payments, the newest first."""
    typed = request.GET.get("page", "1")
    page = max(int(typed), 1) if typed.isdecimal() and len(typed) < 7 else 1
    rows = queries.payments(limit=PAGE + 1, offset=(page - 1) * PAGE)
    known = (page - 1) * PAGE + len(rows)
    columns = [
        Column("number", gettext("Payment")),
        Column("account", gettext("Account")),
        Column("received", gettext("Received")),
        Column("how", gettext("How")),
        Column("reference", gettext("Reference")),
        Column("state", gettext("State")),
        Column("by", gettext("Taken by")),
        Column("amount", gettext("Amount"), number=True),
    ]
    names = parties.customer_names({row.customer_id for row in rows})
    listing = Listing(request, columns, rows[:PAGE], known_total=known)
    return render(request, "payments/payments.html", {"listing": listing, "names": names})


@require_GET
@requires(Permission.PAYMENT_VIEW, Permission.PAYMENT_TAKE)
def payment(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Show a payment and the bills that it paid."""
    found = _payment(payment_id)
    context = {
        "payment": found,
        "customer": parties.customer(found.customer_id),
        "allocations": _allocations(payment_id),
        "returns": may(request.user, Permission.PAYMENT_TAKE) and found.status == "received",
    }
    return render(request, "payments/payment.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.PAYMENT_TAKE)
def give_back(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Show what the return of a payment does to bills and standing, then book it."""
    found = _payment(payment_id)
    reason = request.POST.get("reason", "").strip()
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = acting.needed({"reason": reason}, "reason")
        if not errors:
            came = acting.attempt(
                lambda: operations.return_payment(payment_id=payment_id, reason=reason[:140], at=clock.now())
            )
            errors = came.errors
        if not errors:
            words = gettext("The return of payment %(number)s is booked.") % {"number": found.number}
            return redirect(request, "payment", payment_id, toast=words, tone="warning")
    context = {
        "payment": found,
        "customer": parties.customer(found.customer_id),
        "effects": _effects(found),
        "reason": reason,
        "errors": errors,
    }
    return render(request, "payments/return.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.PAYMENT_TAKE)
def take(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take a payment for an account; the same form sent twice takes it once."""
    account = parties.account(account_id)
    customer = parties.customer(account.customer_id)
    open_bills = billing.open_bills(account_id)
    owed = sum((Money(bill.open_micro, bill.currency) for bill in open_bills), Money.zero(account.currency))
    values = {
        "amount": request.POST.get("amount", formats.number(owed.decimal, 2)),
        "method": request.POST.get("method", "card"),
        "reference": request.POST.get("reference", "").strip(),
        "received_at": request.POST.get("received_at", clock.today().isoformat()),
        "key": request.POST.get("key", uuid.uuid4().hex),
    }
    errors: dict[str, str] = {}
    if request.method == "POST":
        came = acting.attempt(lambda: _take(account_id, account.currency, values, acting.name_of(request.user)))
        errors = came.errors
        if came.value is not None:
            words = _came(came.value, account.currency)
            if may(request.user, Permission.CUSTOMER_VIEW):
                return redirect(request, "customer_bills", customer.customer_id, toast=words)
            return redirect(request, "payments", toast=words)
    context: dict[str, Any] = {
        "account": account,
        "customer": customer,
        "open_bills": open_bills,
        "owed": owed,
        "values": values,
        "errors": errors,
        "methods": [(one, chips.chip_of("method", one).word) for one in METHODS],
        "today": clock.today(),
    }
    return render(request, "payments/take.html", context, status=422 if errors else 200)


def _take(account_id: int, currency: str, values: dict[str, str], by: str) -> operations.PaymentRef:
    at = clock.now()
    received = acting.read_day(values["received_at"], field="received_at")
    return operations.take_payment(
        account_id=account_id,
        amount=acting.read_amount(values["amount"], currency),
        method=values["method"],
        reference=values["reference"],
        received_at=at if received == clock.today() else local_midnight(received),
        idempotency_key=values["key"],
        at=at,
        by=by,
    )


def _came(ref: operations.PaymentRef, currency: str) -> str:
    rest = Money(ref.unallocated_micro, currency)
    if rest:
        words = gettext("Payment %(number)s taken; %(rest)s stays to the customer's credit.")
        return words % {"number": ref.number, "rest": formats.money_text(rest)}
    return gettext("Payment %(number)s taken.") % {"number": ref.number}


def _payment(payment_id: int) -> queries.PaymentView:
    found = queries.payment(payment_id)
    if found is None:
        raise Http404
    return found


def _allocations(payment_id: int) -> list[dict[str, Any]]:
    """Return what a payment paid of which bill."""
    rows = queries.allocations_of_payment(payment_id)
    bills = {bill_id: billing.bill(bill_id) for bill_id in {row.bill_id for row in rows}}
    return [{"bill": bills[row.bill_id], "amount_micro": row.amount_micro, "at": row.at} for row in rows]


def _effects(found: queries.PaymentView) -> list[str]:
    """Return what a return does, in sentences: to the account, to each bill that the payment paid, to the standing."""
    amount = Money(found.amount_micro, found.currency)
    sentences = [
        gettext("Account %(account)s owes %(sum)s again.")
        % {"account": found.account_number, "sum": formats.money_text(amount)}
    ]
    today = clock.today()
    paid: dict[int, int] = {}
    for row in queries.allocations_of_payment(found.payment_id):
        paid[row.bill_id] = paid.get(row.bill_id, 0) + row.amount_micro
    for bill_id, micro in sorted(paid.items()):
        bill = billing.bill(bill_id)
        again = Money(bill.open_micro + micro, bill.currency)
        words = gettext("Bill %(number)s, due %(day)s, is open again: %(sum)s to pay.")
        if bill.due_date < today:
            words = gettext("Bill %(number)s, due %(day)s, is open again and overdue: %(sum)s to pay.")
        sentences.append(
            words % {"number": bill.number, "day": formats.day(bill.due_date), "sum": formats.money_text(again)}
        )
    if found.unallocated_micro:
        rest = Money(found.unallocated_micro, found.currency)
        sentences.append(gettext("Credit of %(sum)s is gone.") % {"sum": formats.money_text(rest)})
    sentences.append(gettext("It counts in the payment standing; a bill that is overdue then is chased anew."))
    return sentences

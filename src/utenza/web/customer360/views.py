"""The customer's page: who, what is owed, what needs doing now, and everything that happened."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from utenza.billing import queries as billing
from utenza.care import operations as care
from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.overdue import queries as overdue
from utenza.parties import queries as parties
from utenza.payments import queries as payments
from utenza.termination import queries as termination
from utenza.web import acting
from utenza.web.addresses import address
from utenza.web.customer360 import facts, story
from utenza.web.customer360.summary import Summary, doing, figures, marks, summary
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.render import is_fragment, redirect, render

see = requires(Permission.CUSTOMER_VIEW)
STATUSES = ("active", "prospect", "ended")


@require_GET
@see
def customers(request: HttpRequest) -> HttpResponse:
    """List the customers, fifty a page."""
    taken = request.GET.get("status", "active")
    wanted = [taken] if taken in STATUSES else list(STATUSES)
    ids = sorted(parties.customer_ids(statuses=wanted), reverse=True)
    page = request.GET.get("page", "1")
    first = (max(int(page), 1) - 1) * 50 if page.isdecimal() and len(page) < 7 else 0
    shown = ids[first : first + 50]
    found = parties.customers(shown)
    choices = [
        ("active", gettext("Active")),
        ("prospect", gettext("Prospects")),
        ("ended", gettext("Ended")),
        ("all", gettext("All")),
    ]
    columns = [
        Column("name", gettext("Name")),
        Column("number", gettext("Number")),
        Column("kind", gettext("Kind")),
        Column("city", gettext("City")),
        Column("since", gettext("Since")),
        Column("class", gettext("Class")),
        Column("status", gettext("State")),
    ]
    rows = [found[one] for one in shown if one in found]
    listing = Listing(request, columns, rows, (Filter("status", choices, default="active"),), known_total=len(ids))
    return render(request, "customer360/customers.html", {"listing": listing, "nodes": facts.NODES})


@require_GET
@see
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the time line beside the facts."""
    before = request.GET.get("before", "")
    choice = request.GET.get("show", "")
    last = int(before) if before.isdecimal() else None
    found = None if is_fragment(request) else summary(customer_id, today=clock.today())
    entries, following = story.entries(customer_id, choice=choice, before=last)
    context: dict[str, Any] = {"customer_id": customer_id, "entries": entries, "following": following, "show": choice}
    if found is None:
        block = "entries" if last else "story"
        return render(request, "customer360/customer.html", {**context, "choices": _choices(choice)}, block=block)
    edits = may(request.user, Permission.CUSTOMER_EDIT)
    held = facts.deposits(found.accounts)
    context |= head(request, found, "customer")
    context |= {
        "choices": _choices(choice),
        "doing": doing(found, request.user),
        "person": facts.person(found.customer, may_edit=edits),
        "billed": [
            (one, facts.account(found.customer, one, may_edit=edits, deposit=held[one.account_id]))
            for one in found.accounts
        ],
        "writes": may(request.user, Permission.CARE_WRITE),
        "note_key": uuid.uuid4().hex,
    }
    return render(request, "customer360/customer.html", context)


@require_POST
@requires(Permission.CARE_WRITE)
def add_note(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keep a note or a call; the same form sent twice is kept once."""
    text = request.POST.get("text", "").strip()
    kind = request.POST.get("kind", "note")
    key = request.POST.get("key", "") or uuid.uuid4().hex
    by, at = acting.name_of(request.user), clock.now()

    def keep() -> int:
        if kind in ("inbound", "outbound"):
            return care.log_call(customer_id=customer_id, direction=kind, text=text, by=by, key=key, at=at)
        return care.add_note(customer_id=customer_id, text=text, by=by, key=key, at=at)

    came = acting.attempt(keep)
    if not is_fragment(request):
        words = next(iter(came.errors.values()), gettext("Kept on the time line."))
        return redirect(request, "customer", customer_id, toast=words, tone="success" if came.done else "error")
    if not came.done:
        return HttpResponse(next(iter(came.errors.values())), status=422, content_type="text/plain; charset=utf-8")
    entries, following = story.entries(customer_id, choice="", before=None)
    context = {
        "customer_id": customer_id,
        "entries": entries,
        "following": following,
        "show": "",
        "choices": _choices(""),
        "note_key": uuid.uuid4().hex,
        "writes": True,
    }
    response = render(request, "customer360/customer.html", context, block="talk")
    response.headers["HX-Trigger"] = json.dumps({"draft-sent": f"customer-{customer_id}"})
    return response


@require_http_methods(["GET", "POST"])
@requires(Permission.CUSTOMER_EDIT)
def fact(request: HttpRequest, customer_id: int, name: str) -> HttpResponse:
    """Change one fact in place."""
    if name not in facts.FACTS:
        raise Http404
    one = facts.FACTS[name]
    customer = parties.customer(customer_id)
    account = next(iter(parties.accounts_of(customer_id)), None) if one.of_account else None
    value, error = one.read(customer, account), ""
    if request.method == "POST":
        value = request.POST.get("value", "").strip()
        came = acting.attempt(lambda: one.write(customer, account, value, clock.now()))
        if came.done and not is_fragment(request):
            return redirect(request, "customer", customer_id, toast=gettext("Saved."))
        if came.done:
            fresh = parties.customer(customer_id)
            fresh_account = parties.account(account.account_id) if account else None
            row = facts.row(name, fresh, fresh_account, may_edit=True)
            return render(request, "customer360/fact.html", {"row": row}, block="row")
        error = next(iter(came.errors.values()))
    elif request.GET.get("cancel") and is_fragment(request):
        row = facts.row(name, customer, account, may_edit=True)
        return render(request, "customer360/fact.html", {"row": row}, block="row")
    context = {"name": name, "fact": one, "value": value, "error": error, "customer": customer}
    return render(request, "customer360/fact.html", context, block="form", status=422 if error else 200)


@require_GET
@see
def lines(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the customer's lines, and those of the nodes below in a company."""
    found = summary(customer_id, today=clock.today())
    columns = [
        Column("line", gettext("Line")),
        Column("market", gettext("Market")),
        Column("services", gettext("Services")),
        Column("state", gettext("State")),
        Column("since", gettext("Active since"), number=True),
    ]
    listing = Listing(request, columns, found.lines)
    return render(request, "customer360/lines.html", head(request, found, "customer_lines") | {"listing": listing})


@require_GET
@requires(Permission.BILL_VIEW)
def bills(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what was billed and what was paid."""
    found = summary(customer_id, today=clock.today())
    ids = [account.account_id for account in found.accounts]
    columns = [
        Column("number", gettext("Bill")),
        Column("issued", gettext("Issued"), sort=lambda row: row.issue_date),
        Column("due", gettext("Due"), sort=lambda row: row.due_date),
        Column("state", gettext("State")),
        Column("total", gettext("Total"), number=True, sort=lambda row: row.total_micro),
        Column("open", gettext("To pay"), number=True, sort=lambda row: row.open_micro),
    ]
    listing = Listing(request, columns, billing.bills_of_customer(customer_id))
    context = {
        "listing": listing,
        "payments": payments.payments(account_ids=ids) if ids else [],
        "pays": may(request.user, Permission.PAYMENT_TAKE),
        "credits": {one: payments.credit_micro(one) for one in ids},
        "today": found.today,
    }
    return render(request, "customer360/bills.html", head(request, found, "customer_bills") | context)


@require_GET
@see
def cases(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what went wrong with paying, and what is being ended."""
    found = summary(customer_id, today=clock.today())
    context = {
        "cases": overdue.cases_of_customer(customer_id) if may(request.user, Permission.DUNNING_VIEW) else [],
        "terminations": termination.terminations_of(customer_id),
        "ends": may(request.user, Permission.TERMINATION_REQUEST),
    }
    return render(request, "customer360/cases.html", head(request, found, "customer_cases") | context)


@require_GET
@see
def tree(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the whole company, and who pays for whom."""
    found = summary(customer_id, today=clock.today())
    rows = parties.tree(customer_id)
    nodes: dict[int, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for row in rows:
        node = {
            "customer_id": row.customer_id,
            "name": row.name,
            "number": row.number,
            "kind": facts.NODES.get(row.node_kind, row.node_kind),
            "icon": "company" if row.depth == 0 else "tree",
            "address": address("customer", row.customer_id),
            "note": gettext("pays itself") if row.pays_itself and row.depth else "",
            "children": [],
        }
        nodes[row.customer_id] = node
        above = nodes.get(row.parent_id) if row.parent_id else None
        (above["children"] if above else roots).append(node)
    return render(request, "customer360/tree.html", head(request, found, "customer_tree") | {"nodes": roots})


def _choices(taken: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": word, "here": key == taken} for key, (word, _) in story.CHOICES.items()]


def head(request: HttpRequest, found: Summary, here: str) -> dict[str, Any]:
    """Return what stands above each tab."""
    one = found.customer
    sees_bills = may(request.user, Permission.BILL_VIEW)
    tabs = [
        ("customer", gettext("Time line"), None),
        ("customer_lines", gettext("Lines"), len(found.lines)),
        *([("customer_bills", gettext("Bills and payments"), None)] if sees_bills else []),
        *([("customer_usage", gettext("Usage"), None)] if may(request.user, Permission.USAGE_VIEW) else []),
        ("customer_cases", gettext("Cases"), None),
        ("customer_documents", gettext("Documents"), None),
    ]
    if one.kind == "company":
        tabs.append(("customer_tree", gettext("Tree"), None))
    account = found.accounts[0] if found.accounts else None
    takes = bool(account) and may(request.user, Permission.PAYMENT_TAKE)
    return {
        "customer": one,
        "node": facts.NODES.get(one.node_kind, one.node_kind),
        "marks": marks(found),
        "figures": figures(found) if sees_bills else [],
        "tabs": [
            {"address": address(name, one.customer_id), "label": label, "count": count, "here": name == here}
            for name, label, count in tabs
        ],
        "take_payment": address("payment_take", account.account_id) if account and takes else "",
        "payer": found.payer if not found.accounts else None,
    }

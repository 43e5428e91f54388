"""The board of orders: how old each is and what it waits for, down to the command that the network refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.ordering import operations, queries
from utenza.ordering.queries import AgreementView, OrderView
from utenza.parties import queries as parties
from utenza.payments import queries as payments
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as network
from utenza.web import acting, chips, formats
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

PAGE = 50
OPEN = ("awaiting_deposit", "in_progress", "fallout")
see = requires(Permission.ORDER_PLACE, Permission.LINE_VIEW)


@require_GET
@see
def orders(request: HttpRequest) -> HttpResponse:
    """List the orders of a state, the newest first, each with what it waits for."""
    counts = queries.order_counts()
    counts["open"] = sum(counts.get(one, 0) for one in OPEN)
    states = ("awaiting_deposit", "fallout", "completed", "cancelled")
    words = [(one, chips.chip_of("order", one).word) for one in states]
    group = Filter("status", [("open", gettext("Open")), *words], default="open", counts=counts)
    columns = [
        Column("number", gettext("Order")),
        Column("customer", gettext("Customer")),
        Column("what", gettext("What was ordered")),
        Column("state", gettext("State")),
        Column("waits", gettext("Waits for")),
        Column("placed", gettext("Placed")),
    ]
    listing = Listing(request, columns, (), (group,), known_total=0)
    taken = listing.taken(group)
    rows = queries.orders(statuses=OPEN if taken == "open" else [taken], limit=PAGE, offset=(listing.page - 1) * PAGE)
    listing = Listing(request, columns, rows, (group,), known_total=counts.get(taken, 0))
    waiting = _waiting([row for row in rows if row.status in OPEN])
    context = {
        "listing": listing,
        "names": parties.customer_names({row.customer_id for row in rows}),
        "waiting": waiting,
        "items": {row.order_id: ", ".join(_offer(one) for one in row.agreements) for row in rows},
    }
    return render(request, "ordering/orders.html", context)


@require_GET
@see
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show an order: what it brings on which line, what it waits for, and what happened so far."""
    found = queries.order(order_id)
    lines = network.lines(_line_ids([found]))
    waits = network.unfinished_commands([line.line_id for line in lines]) if found.status in OPEN else []
    tasks = {one.command_id: one for one in network.open_work_orders(line_ids=[line.line_id for line in lines])}
    context = {
        "order": found,
        "customer": parties.customer(found.customer_id),
        "lines": {line.line_id: line for line in lines},
        "offer": _offer,
        "element": _element,
        "waits": [(one, tasks.get(one.command_id)) for one in waits],
        "entries": _story(found, [line.line_id for line in lines]),
        "deposit": _deposit(found),
        "takes": may(request.user, Permission.PAYMENT_TAKE) and payments.deposit_missing_micro(order_id) > 0,
        "operates": may(request.user, Permission.LINE_OPERATE),
        "confirms": may(request.user, Permission.WORKORDER_CONFIRM),
        "cancels": may(request.user, Permission.ORDER_CANCEL) and found.status in OPEN,
    }
    return render(request, "ordering/order.html", context)


@require_POST
@requires(Permission.LINE_OPERATE)
def retry(request: HttpRequest, order_id: int, command_id: int) -> HttpResponse:
    """Send the refused command of an order again."""
    found = queries.order(order_id)
    if command_id not in {one.command_id for one in network.unfinished_commands(_line_ids([found]))}:
        raise Http404
    provisioning.retry_command(command_id=command_id, at=clock.now())
    return redirect(request, "order", order_id, toast=gettext("It is being tried again."))


@require_http_methods(["GET", "POST"])
@requires(Permission.ORDER_CANCEL)
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show what a cancellation does, then do it."""
    found = queries.order(order_id)
    reason = request.POST.get("reason", "").strip()
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = acting.needed({"reason": reason}, "reason")
        if not errors:
            came = acting.attempt(
                lambda: operations.cancel_order(order_id=order_id, reason=reason[:200], at=clock.now())
            )
            errors = came.errors
        if not errors:
            words = gettext("Order %(number)s is cancelled.") % {"number": found.number}
            return redirect(request, "order", order_id, toast=words)
    context = {
        "order": found,
        "customer": parties.customer(found.customer_id),
        "effects": _effects(found),
        "reason": reason,
        "errors": errors,
    }
    return render(request, "ordering/cancel.html", context, status=422 if errors else 200)


def _line_ids(rows: Iterable[OrderView]) -> list[int]:
    return sorted({one.line_id for row in rows for one in row.agreements if one.line_id is not None})


def _offer(one: AgreementView) -> str:
    return one.name_it if (get_language() or "en").startswith("it") else one.name_en


def _waiting(rows: list[OrderView]) -> dict[int, dict[str, Any]]:
    """Return what each open order waits for, in words: its refused command, its work order, or the network."""
    line_ids = _line_ids(rows)
    by_line: dict[int, list[network.CommandView]] = defaultdict(list)
    for command in network.unfinished_commands(line_ids):
        by_line[command.line_id].append(command)
    tasks = {one.command_id: one.task for one in network.open_work_orders(line_ids=line_ids)}
    found: dict[int, dict[str, Any]] = {}
    awaiting = [row for row in rows if row.status == "awaiting_deposit"]
    if awaiting:
        found |= _deposits_missing(awaiting)
    for row in rows:
        if row in awaiting:
            continue
        commands = [one for line_id in _line_ids([row]) for one in by_line[line_id]]
        if not commands:
            words = row.problem or gettext("Nothing of the network: it completes by itself.")
            found[row.order_id] = {"words": words, "state": "", "more": 0}
            continue
        first = next((one for one in commands if one.status == "parked"), commands[0])
        kind = chips.chip_of("command_kind", first.kind).word
        words = str(tasks.get(first.command_id) or f"{kind} · {_element(first.element)}")
        if first.status == "parked":
            words = first.last_error or row.problem or words
        found[row.order_id] = {"words": words, "state": first.status, "more": len(commands) - 1}
    return found


def _deposits_missing(rows: list[OrderView]) -> dict[int, dict[str, Any]]:
    taken = payments.deposits_taken_micro([row.order_id for row in rows])
    accounts = parties.accounts([row.deposit_account_id for row in rows if row.deposit_account_id is not None])
    found = {}
    for row in rows:
        unit = accounts[row.deposit_account_id].currency if row.deposit_account_id is not None else ""
        missing = formats.money_text_of(row.deposit_micro - taken.get(row.order_id, 0), unit)
        found[row.order_id] = {"words": gettext("A deposit of %(sum)s") % {"sum": missing}, "state": "", "more": 0}
    return found


def _currency(row: OrderView) -> str:
    return parties.account(row.deposit_account_id).currency if row.deposit_account_id else ""


def _deposit(found: OrderView) -> list[dict[str, str]]:
    """Return the facts of an order's deposit; none where it asks for none."""
    if not found.deposit_micro:
        return []
    unit = _currency(found)
    taken = payments.deposit_taken_micro(found.order_id)
    rows = [(gettext("Deposit asked for"), found.deposit_micro), (gettext("Deposit taken"), taken)]
    return [{"label": label, "value": formats.money_text_of(micro, unit)} for label, micro in rows]


def _story(found: OrderView, line_ids: list[int]) -> list[dict[str, Any]]:
    """Return what happened to an order, the newest first."""
    entries = [_entry(found.placed_at, "cart", "info", gettext("Order placed"), by=found.placed_by, rank=0)]
    for line_id in line_ids:
        for one in network.commands_of(line_id):
            if one.created_at < found.placed_at:
                continue
            kind = str(chips.chip_of("command_kind", one.kind).word)
            what = gettext("%(command)s asked of %(element)s") % {"command": kind, "element": _element(one.element)}
            entries.append(_entry(one.created_at, "network", "", what, text=one.identifier, rank=1))
            if one.ended_at is not None and one.status != "superseded":
                state = chips.chip_of("command", one.status)
                tone = "bad" if one.status == "parked" else "good"
                text = one.last_error if one.status == "parked" else ""
                entries.append(_entry(one.ended_at, state.icon, tone, f"{kind}: {state.word}", text=text))
        for task in network.work_orders_of(line_id):
            if task.closed_at is not None and task.closed_at >= found.placed_at:
                state = chips.chip_of("work_order", task.status)
                title = f"{gettext('Work order')}: {state.word}"
                text = f"{task.task}\n{task.note}".strip()
                entries.append(_entry(task.closed_at, "tool", state.tone, title, text=text, by=task.closed_by, rank=2))
    if found.deposit_confirmed_at is not None:
        entries.append(_entry(found.deposit_confirmed_at, "payment", "good", gettext("Deposit complete"), rank=1))
    if found.completed_at is not None:
        entries.append(_entry(found.completed_at, "check", "good", gettext("Order completed"), rank=4))
    # Things of one instant are told in the order of their causes: placed, asked, done by hand, confirmed, completed.
    return sorted(entries, key=lambda entry: (entry["at"], entry["rank"]), reverse=True)


def _element(code: str) -> str:
    """Return what a network element is called; what no element does is done by hand."""
    return gettext("technicians") if code == "manual" else code


def _entry(
    at: datetime, icon: str, tone: str, title: str, *, text: str = "", by: str = "", rank: int = 3
) -> dict[str, Any]:
    shown = {"at": at, "icon": icon, "tone": tone, "title": title, "text": text, "said": False, "by": by, "address": ""}
    return {**shown, "rank": rank}


def _effects(found: OrderView) -> list[str]:
    """Return what a cancellation does, in sentences."""
    lines = len(_line_ids([found]))
    in_force = [_offer(one) for one in found.agreements if one.status == "active"]
    sentences = [
        ngettext("%(n)s line is given back in the network.", "%(n)s lines are given back in the network.", lines)
        % {"n": formats.number(lines)},
        gettext("What waits is not started and never billed."),
    ]
    taken = payments.deposit_taken_micro(found.order_id)
    if taken:
        words = gettext(
            "The deposit of %(sum)s is given back: it pays open bills, and the rest is owed to the customer."
        )
        sentences.append(words % {"sum": formats.money_text_of(taken, _currency(found))})
    if in_force:
        sentences.append(gettext("In force already, and ended today: %(offers)s.") % {"offers": ", ".join(in_force)})
    return sentences

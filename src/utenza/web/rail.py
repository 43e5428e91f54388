"""The rail: the customer's story as sections, each entry shown to whom it serves, with what waits there."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from utenza.infra.permissions import Permission, may
from utenza.infra.waiting import Waiting, count
from utenza.web import waiting
from utenza.web.addresses import address, has_page

COUNTS_KEPT_S = 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the rail. `go` is the letter pressed after g; `count` says how many things wait there."""

    section: str
    label: str | Promise
    icon: str
    name: str
    permissions: tuple[Permission, ...]
    go: str = ""
    count: Callable[[], Waiting] | None = None


SECTIONS: dict[str, str | Promise] = {
    "start": "",
    "acquire": pgettext_lazy("rail", "Acquire"),
    "serve": pgettext_lazy("rail", "Serve"),
    "use": pgettext_lazy("rail", "Use"),
    "bill": pgettext_lazy("rail", "Bill"),
    "collect": pgettext_lazy("rail", "Collect"),
    "care": pgettext_lazy("rail", "Care"),
    "keep": pgettext_lazy("rail", "Keep"),
    "network": pgettext_lazy("rail", "Network"),
    "set_up": pgettext_lazy("rail", "Set up"),
}
P = Permission
ENTRIES: tuple[Entry, ...] = (
    Entry("start", _("Work waiting"), "home", "home", (), "h"),
    Entry("start", _("Customers"), "person", "customers", (P.CUSTOMER_VIEW,), "c"),
    Entry(
        "acquire",
        _("Applications"),
        "form",
        "applications",
        (P.APPLICATION_EDIT, P.APPLICATION_DECIDE),
        "a",
        waiting.applications,
    ),
    Entry(
        "acquire",
        _("Fraud reviews"),
        "alert",
        "fraud_reviews",
        (P.APPLICATION_OVERRIDE,),
        "z",
        waiting.fraud_reviews,
    ),
    Entry("serve", _("Orders"), "cart", "orders", (P.ORDER_PLACE, P.LINE_VIEW), "o", waiting.orders),
    Entry("serve", _("Lines"), "line", "lines", (P.LINE_VIEW,), "i"),
    Entry("use", _("Usage"), "usage", "usage", (P.USAGE_VIEW, P.USAGE_MEND), "e"),
    Entry("use", _("Quarantine"), "alert", "quarantine", (P.USAGE_VIEW, P.USAGE_MEND), "q", waiting.quarantine),
    Entry("bill", _("Bill runs"), "run", "bill_runs", (P.BILLRUN_RUN, P.BILLRUN_APPROVE), "r", waiting.bill_runs),
    Entry("bill", _("Bills"), "bill", "bills", (P.BILL_VIEW,), "b"),
    Entry("collect", _("Payments"), "payment", "payments", (P.PAYMENT_VIEW, P.PAYMENT_TAKE), "p"),
    Entry("collect", _("Overdue"), "overdue", "overdue", (P.DUNNING_VIEW, P.DUNNING_RUN), "d", waiting.overdue),
    Entry("network", _("Work orders"), "tool", "work_orders", (P.WORKORDER_CONFIRM,), "w", waiting.work_orders),
    Entry("network", _("Commands"), "network", "commands", (P.NETWORK_VIEW,), "k", waiting.commands),
    Entry("set_up", _("Offers"), "tag", "offers", (P.OFFER_VIEW, P.OFFER_EDIT), "f"),
    Entry("set_up", _("Ledger"), "book", "ledger", (P.LEDGER_VIEW,), "l"),
    Entry("set_up", _("History"), "audit", "audit", (P.AUDIT_VIEW,), "y"),
    Entry("set_up", _("Users"), "users", "users", (P.USER_MANAGE,), "u"),
    Entry("set_up", _("Background work"), "run", "background", (P.SETTINGS_CHANGE,), "j", waiting.background),
    Entry("set_up", _("Fraud rules"), "lock", "fraud_rules", (P.SETTINGS_CHANGE, P.APPLICATION_OVERRIDE), "t"),
    Entry("set_up", _("Settings"), "settings", "settings", (P.SETTINGS_CHANGE,), "s"),
)

_counts: dict[tuple[str, str], tuple[float, int]] = {}


def forget_counts() -> None:
    """Count anew at the next page: something was just done here."""
    _counts.clear()


def counts_of(entries: Iterable[Entry]) -> dict[str, int]:
    """Return how much waits at each of `entries` that counts, by name.

    Each is counted at most once in ten seconds in this process, and all that are due in one query.
    """
    database, now_s = str(connection.settings_dict["NAME"]), time.monotonic()
    asked = {entry.name: entry.count for entry in entries if entry.count is not None}
    due = [name for name in asked if now_s - _counts.get((database, name), (-COUNTS_KEPT_S, 0))[0] >= COUNTS_KEPT_S]
    for name, value in count({name: asked[name]() for name in due}).items():
        _counts[database, name] = (now_s, value)
    return {name: _counts[database, name][1] for name in asked}


def entries_for(user: Any) -> list[Entry]:
    """Return what the user's roles can open, in the order of the story."""
    return [entry for entry in ENTRIES if not entry.permissions or any(may(user, one) for one in entry.permissions)]


def rail(request: HttpRequest) -> tuple[Hashable, list[dict[str, Any]]]:
    """Return all that decides how the rail looks, and its sections with entries, counts and where the visitor is."""
    here = request.path
    sections: dict[str, dict[str, Any]] = {}
    best = ""
    entries = [entry for entry in entries_for(request.user) if has_page(entry.name)]
    counts = counts_of(entries)
    for entry in entries:
        there = address(entry.name)
        row = {
            "label": entry.label,
            "icon": entry.icon,
            "address": there,
            "go": entry.go,
            "count": counts.get(entry.name, 0),
            "here": False,
        }
        section = sections.setdefault(entry.section, {"title": SECTIONS[entry.section], "entries": []})
        section["entries"].append(row)
        if (here == there or (there != "/" and here.startswith(there))) and len(there) > len(best):
            best = there
    for section in sections.values():
        for row in section["entries"]:
            row["here"] = row["address"] == best
    key = (get_language(), best, tuple((entry.name, counts.get(entry.name, 0)) for entry in entries))
    return key, list(sections.values())

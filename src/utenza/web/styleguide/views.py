"""The style guide: each component in each state, in both themes, in the language asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from utenza.core.money import Money
from utenza.infra import clock
from utenza.web.chips import CHIPS
from utenza.web.formats import money, money_text, octets
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import signed_in
from utenza.web.render import render

TOKENS = ("paper", "raised", "sunken", "ink", "ink-soft", "line", "accent", "accent-soft")
MEANINGS = ("good", "good-soft", "warn", "warn-soft", "bad", "bad-soft", "info", "info-soft")
LONG_NAME = "Precipitevolissimevolmente & Figli Telecomunicazioni S.p.A."


@require_GET
@signed_in
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components. `language` in the address shows them in that language."""
    language = request.GET.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return render(request, "styleguide/styleguide.html", _specimens(request))
    with translation.override(language):
        return render(request, "styleguide/styleguide.html", _specimens(request))


def _specimens(request: HttpRequest) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"name": "Giulia Bianchi", "state": "active", "owed": Money.of("24.90", "EUR")},
        {"name": LONG_NAME, "state": "suspended", "owed": Money.of("1234567890.12", "EUR")},
        {"name": "Ötzi Àlvarez-D’Angelo", "state": "ceased", "owed": Money.of("-12.50", "EUR")},
    ]
    columns = [
        Column("name", gettext("Customer"), sort=lambda row: row["name"]),
        Column("state", gettext("State")),
        Column("owed", gettext("Owed"), number=True, sort=lambda row: row["owed"].micro),
    ]
    states = Filter(
        "state",
        [("", gettext("All")), ("active", gettext("In service")), ("suspended", gettext("Suspended"))],
        lambda row, choice: bool(row["state"] == choice),
    )
    return {
        "tokens": TOKENS,
        "meanings": MEANINGS,
        "states": {kind: list(states) for kind, states in CHIPS.items()},
        "listing": Listing(request, columns, rows, (states,), search=lambda row: str(row["name"])),
        "nothing": Listing(request, columns, []),
        "total": sum((row["owed"] for row in rows), Money.zero("EUR")),
        "amounts": [Money.of(value, "EUR") for value in ("0", "24.90", "-24.90", "1234567.89", "0.003125")],
        "now": clock.now(),
        "events": _events(),
        "facts": [
            {"label": gettext("Tax code"), "value": "RSSMRA85M01H501Q", "id": "tax", "edit": "#tax"},
            {"label": gettext("Address"), "value": "Via della Circonvallazione Nomentana 1234/bis, 00162 Roma RM"},
            {"label": gettext("Second phone"), "value": ""},
        ],
        "figures": [
            {"label": gettext("Balance"), "value": money(Money.of("49.80", "EUR")), "tone": "bad",
             "note": gettext("overdue since yesterday"), "address": "#balance"},
            {"label": gettext("Next bill"), "value": money(Money.of("24.90", "EUR")), "tone": "",
             "note": "", "address": ""},
        ],
        "bars": [
            {"label": label, "value": value, "text": octets(value), "quiet": False}
            for label, value in (("Mar", 310 * 10**9), ("Apr", 402 * 10**9), ("May", 187 * 10**9))
        ],
        "steps": [
            {"label": gettext("Who"), "state": "done", "here": False, "address": "#who"},
            {"label": gettext("Contact"), "state": "wrong", "here": False, "address": "#contact"},
            {"label": gettext("Offer"), "state": "", "here": True, "address": ""},
            {"label": gettext("Summary"), "state": "", "here": False, "address": ""},
        ],
        "price": money_text(Money.of("24.90", "EUR")),
    }  # fmt: skip


def _events() -> list[dict[str, Any]]:
    now = clock.now()
    base = {"address": "", "by": "", "said": False, "text": ""}
    return [
        {**base, "at": now - timedelta(minutes=4), "icon": "phone", "tone": "accent", "said": True, "by": "Marta Conti",
         "title": gettext("Call from the customer"), "text": "The router blinks red since the storm.\nWill call back."},
        {**base, "at": now - timedelta(days=1), "icon": "overdue", "tone": "bad",
         "title": gettext("First reminder sent"), "text": gettext("by e-mail")},
        {**base, "at": now - timedelta(days=40), "icon": "payment", "tone": "good",
         "title": gettext("Payment received"), "text": money_text(Money.of("24.90", "EUR"))},
    ]  # fmt: skip

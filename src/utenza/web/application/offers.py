"""The offers of an application: what can be chosen, what was chosen and what it costs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext

from utenza.application.queries import ApplicationView
from utenza.catalog import queries as catalog
from utenza.catalog.queries import OfferVersionView
from utenza.core.money import Money
from utenza.infra.operator import profile
from utenza.web import formats


def nodes(found: ApplicationView) -> list[str]:
    """Return who may use an offer: the applicant, then each branch."""
    branches = [str(row.get("name", "")) for row in found.form.get("branches") or []]
    return [found.applicant or gettext("The applicant"), *branches]


def choices(found: ApplicationView, *, on_date: date) -> list[dict[str, Any]]:
    """Return, for each node, the plans on sale with the add-ons that may follow them."""
    on_sale = catalog.offers_on_sale(
        on_date=on_date, market=found.market or None, payment=found.payment or None, credit_class=None
    )
    taken = _taken(found)
    plans = [one for one in on_sale if one.kind == "plan" and _fits(one, found.kind)]
    addons = [one for one in on_sale if one.kind == "addon"]
    return [
        {"name": name, "plans": [_plan(one, addons, node, taken) for one in plans]}
        for node, name in enumerate(nodes(found))
    ]


def chosen(found: ApplicationView) -> dict[str, Any]:
    """Return what was chosen with its prices, and the sums of what is charged monthly and once."""
    names = nodes(found)
    rows: list[dict[str, Any]] = []
    sums: dict[str, Money] = {}
    included = True
    for row in found.form.get("offers") or []:
        version = catalog.offer_version(int(row["offer_version_id"]))
        node = int(row.get("node") or 0)
        shown = names[node] if len(names) > 1 and node < len(names) else ""
        rows.append({"name": name_of(version), "node": shown, "price": price_text(version)})
        for price in version.prices:
            amount = Money(price.amount_micro, price.currency)
            sums[price.kind] = sums.get(price.kind, Money.zero(price.currency)) + amount
            included = included and price.tax_included
    words = {"recurring": gettext("A month"), "one_off": gettext("Once")}
    totals = [
        {"label": words.get(kind, kind), "price": formats.money(amount)}
        for kind, amount in sorted(sums.items())
        if amount
    ]
    note = gettext("VAT included.") if included else gettext("Without VAT.")
    return {"rows": rows, "totals": totals[::-1], "note": note}


def name_of(version: OfferVersionView) -> str:
    """Return an offer's name in the reader's language."""
    return version.name_it if (get_language() or "en").startswith("it") else version.name_en


def price_text(version: OfferVersionView) -> str:
    """Return what an offer costs a month, or once if nothing recurs."""
    recurring = [price for price in version.prices if price.kind == "recurring"]
    prices = recurring or list(version.prices)
    currency = prices[0].currency if prices else profile().currency
    return formats.money_text(Money(sum(price.amount_micro for price in prices), currency))


def _plan(plan: OfferVersionView, addons: list[OfferVersionView], node: int, taken: set[str]) -> dict[str, Any]:
    key = f"{plan.offer_version_id}:{node}"
    following = [one for one in addons if not one.requires or plan.code in one.requires]
    return {
        **_card(plan, key, taken),
        "addons": [_card(one, f"{one.offer_version_id}:{node}:{plan.offer_version_id}", taken) for one in following],
    }


def _card(version: OfferVersionView, key: str, taken: set[str]) -> dict[str, Any]:
    italian = (get_language() or "en").startswith("it")
    recurs = any(price.kind == "recurring" for price in version.prices)
    included = all(price.tax_included for price in version.prices)
    note = gettext("a month") if recurs else gettext("once")
    return {
        "key": key,
        "name": name_of(version),
        "description": version.description_it if italian else version.description_en,
        "price": price_text(version),
        "price_note": note if included else gettext("%(note)s, without VAT") % {"note": note},
        "taken": key in taken,
    }


def _taken(found: ApplicationView) -> set[str]:
    rows = found.form.get("offers") or []
    keys = set()
    for row in rows:
        node, parent = row.get("node") or 0, row.get("parent")
        key = f"{row['offer_version_id']}:{node}"
        keys.add(key if parent is None else f"{key}:{rows[int(parent)]['offer_version_id']}")
    return keys


def _fits(version: OfferVersionView, kind: str) -> bool:
    """Whether an offer is for this kind of applicant."""
    audience = getattr(version, "audience", "anyone")
    return audience in ("anyone", "", kind)

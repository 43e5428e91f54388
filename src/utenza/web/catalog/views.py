"""What is sold: the offers on sale on a day, and one version with all that it costs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from utenza.catalog import queries
from utenza.catalog.operations import UnknownVersion
from utenza.catalog.queries import DiscountView, OfferVersionView, PriceView
from utenza.core.errors import Refusal
from utenza.core.money import Money
from utenza.infra import clock
from utenza.infra.permissions import Permission
from utenza.web import acting, formats
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.refusals import sentence
from utenza.web.render import render

MARKETS = {"fixed": _("Fixed"), "mobile": _("Mobile")}
PAYMENTS = {"postpaid": _("Postpaid"), "prepaid": _("Prepaid")}
KINDS = {"plan": _("Plan"), "addon": _("Add-on")}
AUDIENCES = {"individual": _("Private customers"), "company": _("Companies"), "anyone": _("Anyone")}
SERVICES = {"internet": _("Internet"), "voice": _("Voice"), "mobile": pgettext_lazy("service", "Mobile")}


@require_GET
@requires(Permission.OFFER_VIEW, Permission.OFFER_EDIT)
def offers(request: HttpRequest) -> HttpResponse:
    """List the offers on sale on a day, today unless another is asked for."""
    typed = request.GET.get("day", "")
    day, error = clock.today(), ""
    if typed:
        try:
            day = acting.read_day(typed)
        except Refusal as refusal:
            error = sentence(refusal)
    columns = [
        Column("name", gettext("Offer"), sort=_name),
        Column("kind", gettext("Kind"), sort=lambda row: row.kind),
        Column("market", gettext("Market"), sort=lambda row: row.market),
        Column("payment", gettext("Payment"), sort=lambda row: row.payment),
        Column("monthly", gettext("A month"), number=True, sort=lambda row: _sum(row, "recurring")),
        Column("once", gettext("Once"), number=True, sort=lambda row: _sum(row, "one_off")),
        Column("tax", gettext("VAT")),
    ]
    groups = [
        Filter(
            "market", [("", _("All markets")), *MARKETS.items()], test=lambda row, key: not key or row.market == key
        ),
        Filter(
            "payment", [("", _("Any payment")), *PAYMENTS.items()], test=lambda row, key: not key or row.payment == key
        ),
    ]
    listing = Listing(
        request,
        columns,
        queries.offers_on_sale(on_date=day),
        groups=groups,
        search=lambda row: f"{row.code} {row.name_en} {row.name_it}",
    )
    context = {
        "listing": listing,
        "day": day,
        "error": error,
        "name": _name,
        "monthly": lambda row: _sum_text(row, "recurring"),
        "once": lambda row: _sum_text(row, "one_off"),
        "tax": _tax,
        "words": {**MARKETS, **PAYMENTS, **KINDS},
    }
    return render(request, "catalog/offers.html", context)


@require_GET
@requires(Permission.OFFER_VIEW, Permission.OFFER_EDIT)
def offer(request: HttpRequest, offer_version_id: int) -> HttpResponse:
    """Show a version: for whom, from when, its prices and discounts, its conditions."""
    try:
        view = queries.offer_version(offer_version_id)
    except UnknownVersion as refusal:
        raise Http404(sentence(refusal)) from refusal
    context = {
        "view": view,
        "name": _name(view),
        "description": _in_language(view, "description"),
        "facts": _facts(view),
        "prices": [_price(price) for price in view.prices],
        "discounts": [_discount(discount, view.currency) for discount in view.discounts],
        "state": _state(view, clock.today()),
    }
    return render(request, "catalog/offer.html", context)


def _in_language(thing: OfferVersionView | PriceView | DiscountView, field: str) -> str:
    language = "it" if (get_language() or "en").startswith("it") else "en"
    return str(getattr(thing, f"{field}_{language}"))


def _name(view: OfferVersionView) -> str:
    return _in_language(view, "name")


def _sum(view: OfferVersionView, kind: str) -> int:
    return sum(price.amount_micro for price in view.prices if price.kind == kind)


def _sum_text(view: OfferVersionView, kind: str) -> str:
    micro = _sum(view, kind)
    return formats.money_text(Money(micro, view.currency)) if micro else formats.NOTHING


def _tax(view: OfferVersionView) -> str:
    if all(price.tax_included for price in view.prices):
        return gettext("included")
    return gettext("not included")


def _facts(view: OfferVersionView) -> list[dict[str, Any]]:
    words = " · ".join(
        str(word)
        for word in (KINDS[view.kind], MARKETS[view.market], PAYMENTS[view.payment], SERVICES[view.service_kind])
    )
    sold = gettext("on no day") if view.valid_to == view.valid_from else formats.period(view.valid_from, view.valid_to)
    facts: list[tuple[str, Any]] = [
        (gettext("Code"), f"{view.code}/{view.version}"),
        (gettext("What it is"), words),
        (gettext("Sold"), sold),
        (gettext("For whom"), AUDIENCES[view.audience]),
        (gettext("Goes with"), ", ".join(view.requires)),
        (gettext("Network profile"), view.network_profile),
        (gettext("Tariff"), queries.tariff_code(view.tariff_version_id) if view.tariff_version_id else ""),
        (gettext("Minimum term (months)"), view.minimum_term_months or ""),
        (gettext("Notice (days)"), view.notice_days or ""),
    ]
    return [{"label": label, "value": value} for label, value in facts if value != ""]


def _price(price: PriceView) -> dict[str, Any]:
    recurs = price.kind == "recurring"
    when = gettext("a month, in advance") if price.in_advance else gettext("a month, afterwards")
    return {
        "name": _in_language(price, "name"),
        "when": when if recurs else gettext("once"),
        "tax": gettext("included") if price.tax_included else gettext("not included"),
        "amount": Money(price.amount_micro, price.currency),
    }


def _discount(discount: DiscountView, currency: str) -> dict[str, Any]:
    if discount.basis_points is not None:
        value = formats.percent(discount.basis_points)
    else:
        value = formats.money_text(Money(discount.amount_micro or 0, currency))
    return {"name": _in_language(discount, "name"), "value": value, "months": discount.duration_months}


def _state(view: OfferVersionView, today: date) -> tuple[str, str, str]:
    if view.status == "draft":
        return gettext("Draft"), "calm", "edit"
    if view.valid_from > today:
        return gettext("Not yet on sale"), "info", "overdue"
    if view.valid_to is not None and view.valid_to <= today:
        return gettext("No longer sold"), "calm", "stop"
    return gettext("On sale"), "good", "check"

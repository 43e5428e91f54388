"""The first page: the work that waits for whoever is signed in; and how they like to read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from utenza.web import acting, rail
from utenza.web.context import THEMES
from utenza.web.permissions import public, signed_in
from utenza.web.render import render

YEAR_S = 365 * 24 * 3600
# What a waiting count means, and the verb that deals with it.
WORDS: dict[str, tuple[Any, Any, str]] = {
    "applications": (_("Applications to review"), _("Review applications"), "warn"),
    "bill_runs": (_("Bill runs that wait for the next step"), _("Open the bill runs"), "info"),
    "overdue": (_("Accounts with overdue bills"), _("See who owes"), "warn"),
    "work_orders": (_("Work orders to do"), _("Do the work orders"), "warn"),
    "orders": (_("Orders that are stuck"), _("Look into them"), "bad"),
    "quarantine": (_("Usage records in quarantine"), _("Mend them"), "warn"),
    "background": (_("Background work that failed"), _("Look into it"), "bad"),
    "commands": (_("Network commands that need a person"), _("Look into them"), "bad"),
}


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the visitor's roles, the heaviest first."""
    work = []
    entries = rail.entries_for(request.user)
    for entry in entries:
        count = rail.counts_of(entries).get(entry.name, 0)
        if count and entry.name in WORDS:
            title, action, tone = WORDS[entry.name]
            row = {"count": count, "title": title, "action": action, "tone": tone}
            work.append({**row, "icon": entry.icon, "address": _address(entry.name)})
    work.sort(key=lambda item: ("bad", "warn", "info").index(item["tone"]))
    starts = [entry for entry in entries if entry.name != "home" and _address(entry.name)]
    places = [{"label": entry.label, "icon": entry.icon, "address": _address(entry.name)} for entry in starts]
    name = acting.name_of(request.user)
    context = {"work": work, "places": places, "greeting": gettext("Work waiting for %(name)s") % {"name": name}}
    return render(request, "home/home.html", context)


@require_POST
@public  # the page of sign-in offers the language before anybody is known
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the language in a cookie and go back to the page."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    secure = bool(settings.SESSION_COOKIE_SECURE)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=YEAR_S, samesite="Lax", secure=secure, httponly=True)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        name = settings.LANGUAGE_COOKIE_NAME
        response.set_cookie(name, language, max_age=YEAR_S, samesite="Lax", secure=secure, httponly=True)
    return response


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""

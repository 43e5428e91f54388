"""Search: anything by anything, as it is typed or on a page of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from utenza.infra.permissions import Permission
from utenza.infra.search import SearchHit
from utenza.infra.search import search as find
from utenza.web.permissions import requires
from utenza.web.render import is_fragment, render

# kind of a hit: its word, its icon, and the page that shows it (which takes the key)
KINDS: dict[str, tuple[Any, str, str]] = {
    "customer": (_("Customer"), "person", "customer"),
    "account": (_("Account"), "payment", ""),
    "bill": (_("Bill"), "bill", "bill"),
    "line": (_("Line"), "line", "line"),
    "order": (_("Order"), "cart", "order"),
    "application": (_("Application"), "form", "application"),
    "payment": (_("Payment"), "payment", "payment"),
}


@require_GET
@requires(Permission.CUSTOMER_VIEW)
def search(request: HttpRequest) -> HttpResponse:
    """Show what begins with the words typed."""
    text = request.GET.get("q", "").strip()[:200]
    if is_fragment(request):
        hits = [_hit(one) for one in find(text=text, limit=8)] if len(text) > 1 else []
        return render(request, "search/search.html", {"hits": hits, "q": text if len(text) > 1 else ""}, block="found")
    hits = [_hit(one) for one in find(text=text, limit=100)] if text else []
    return render(request, "search/search.html", {"hits": hits, "q": text})


def _hit(one: SearchHit) -> dict[str, Any]:
    word, icon, name = KINDS.get(one.kind, (one.kind, "search", ""))
    try:
        address = reverse(name, args=[one.key]) if name else reverse("customer", args=[one.customer_id])
    except NoReverseMatch:
        address = reverse("customer", args=[one.customer_id])
    return {"title": one.title, "subtitle": one.subtitle, "kind": word, "icon": icon, "address": address}

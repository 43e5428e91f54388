"""How a view answers: a whole page, or one block of it when htmx asked for a fragment."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_page
from django.template import engines
from django.urls import reverse

from utenza.web.context import page


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page (a boosted link asks for the whole)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def render(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    block: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with `template`, or with its `block` alone when htmx asked for a fragment."""
    if block is not None and is_fragment(request):
        response = HttpResponse(render_block(request, template, block, context), status=status)
    else:
        response = render_page(request, template, context, status=status, using="jinja2")
    response.headers["Vary"] = "HX-Request"
    return response


def render_block(request: HttpRequest, template: str, block: str, context: dict[str, Any] | None = None) -> str:
    """Return one block of a page as markup."""
    loaded = engines["jinja2"].env.get_template(template)  # type: ignore[attr-defined] # the Jinja2 backend's own
    values: dict[str, Any] = {
        "request": request,
        **page(request),
        **(context or {}),
    }
    return "".join(loaded.blocks[block](loaded.new_context(values)))


def redirect(
    request: HttpRequest,
    name: str,
    /,
    *args: Any,
    toast: str = "",
    tone: str = "success",
    query: str = "",
    **kwargs: Any,
) -> HttpResponse:
    """Send the visitor on, with a toast; htmx is told to load the page rather than to swap it in."""
    address = name if name.startswith("/") else reverse(name, args=args or None, kwargs=kwargs or None)
    if query:
        address = f"{address}?{query}"
    if toast:
        messages.add_message(request, getattr(messages, tone.upper()), toast)
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)

"""The pages that say what went wrong, why, and what to do."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.utils.translation import gettext

from utenza.core.errors import Refusal
from utenza.infra.logs import get_logger
from utenza.web import refusals
from utenza.web.render import is_fragment, render

logger = get_logger(__name__)


def refused(request: HttpRequest, refusal: Refusal, *, status: int = 422) -> HttpResponse:
    """Say a refusal that no form caught: as a toast to htmx, else as a page with a way back."""
    words = refusals.sentence(refusal)
    if is_fragment(request):
        # 422 is shown and not swapped in: the script raises it as a toast, and nothing typed is lost.
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    context = {
        "title": gettext("That was not done"),
        "words": words,
        "back": request.headers.get("Referer", "/"),
        "retryable": refusal.retryable,
    }
    return render(request, "errors/refused.html", context, status=status)


def forbidden(request: HttpRequest, **_raised: Any) -> HttpResponse:
    """Say that the page belongs to another role."""
    return _page(request, "errors/403.html", 403, gettext("Your role cannot do this."))


def missing(request: HttpRequest, **_raised: Any) -> HttpResponse:
    """Say that nothing is at this address."""
    return _page(request, "errors/404.html", 404, gettext("This is no longer here. Load the page again."))


def broken(request: HttpRequest) -> HttpResponse:
    """Say that something failed that nobody foresaw; a lost database is told apart."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return away(request)
    return _bare(request, "errors/500.html", 500, gettext("Something failed. Nothing was changed; try again."))


def away(request: HttpRequest) -> HttpResponse:
    """Say that the database does not answer, with the page that needs no database."""
    logger.warning("database_away", path=request.path)
    response = _bare(
        request, "errors/503.html", 503, gettext("The database does not answer. Nothing was changed; try again soon.")
    )
    response.headers["Retry-After"] = "10"
    return response


def _page(request: HttpRequest, template: str, status: int, words: str) -> HttpResponse:
    if is_fragment(request):
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return _bare(request, template, status, words)
    return render(request, template, status=status)


def _bare(request: HttpRequest, template: str, status: int, words: str) -> HttpResponse:
    """Answer with a page that asks the database nothing."""
    if is_fragment(request):
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    context: dict[str, Any] = {"bare": True, "language": "en", "theme": request.COOKIES.get("theme", "auto")}
    context["language"] = getattr(request, "LANGUAGE_CODE", "en")[:2]
    context["path"] = request.get_full_path() if request.method == "GET" else "/"
    text = engines["jinja2"].env.get_template(template).render(context)  # type: ignore[attr-defined] # the backend's own
    return HttpResponse(text, status=status)

"""Who may open a page: every view says so with one of these decorators, and a test walks all addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from utenza.infra.permissions import Permission, may

View = Callable[..., HttpResponse]


def requires(*wanted: Permission) -> Callable[[View], View]:
    """Let a view be opened by staff who hold any of the permissions `wanted`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_login(request)
            if not any(may(request.user, permission) for permission in wanted):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permissions = wanted  # type: ignore[attr-defined] # read by the test of all addresses
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Let a view be opened by whoever is signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_login(request)
        return view(request, *args, **kwargs)

    guarded.permissions = ()  # type: ignore[attr-defined] # read by the test of all addresses
    return guarded


def public(view: View) -> View:
    """Let a view be opened by anyone; say beside it why."""
    view.public = True  # type: ignore[attr-defined] # read by the test of all addresses
    return view


def _to_login(request: HttpRequest) -> HttpResponse:
    """Send the visitor to sign in and back; from a fragment, back to the page that holds it."""
    htmx = getattr(request, "htmx", None)
    if htmx:
        back = htmx.current_url_abs_path or "/"
        address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}")

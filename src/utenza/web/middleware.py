"""What surrounds each request: its transaction, who acts, refusals as sentences, and the headers of a strict page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation

from utenza.core.errors import N_, Refusal
from utenza.infra import faults
from utenza.infra.audit import acting
from utenza.infra.logs import get_logger
from utenza.infra.transactions import transaction
from utenza.web import errors, rail

logger = get_logger(__name__)
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class CharacterNotKept(Refusal):
    """A text holds the character NUL, which no database column of text can keep."""

    code = "character_not_kept"
    text = N_("What was sent holds a character that cannot be kept (NUL). Take it out, or paste the text anew.")


class ValueNotKept(Refusal):
    """A value is longer or larger than its column, and no stage told which."""

    code = "value_not_kept"
    text = N_("Something that was sent is too long or too large to be kept: shorten it and send it again.")


class RequestContextMiddleware:
    """Open the one transaction of an unsafe request and answer refusals with their sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        self._speak(request)
        with ExitStack() as surroundings:
            user = self._user(request)
            if user is not None:
                surroundings.enter_context(acting(user.pk, user.get_username()))
            response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        if user is not None:
            # Pages hold personal data: neither a shared computer nor a proxy may keep them.
            response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Run the view here, so that its transaction is rolled back when it fails.

        The views of sign-in are left to their own middleware, which turns their exceptions into the next step.
        """
        if _holds_nul(request):
            return errors.refused(request, CharacterNotKept(), status=400)
        if view.__module__.startswith("allauth."):
            return None
        try:
            with ExitStack() as surroundings:
                if request.method not in SAFE and not getattr(view, "opens_own_transactions", False):
                    surroundings.enter_context(transaction())
                response: HttpResponseBase = view(request, *args, **kwargs)
                # A lazy answer reads the database while it is written out: do so inside.
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
        except Refusal as refusal:
            return errors.refused(request, refusal)
        except (OperationalError, InterfaceError):
            return errors.away(request)
        except OSError as error:
            full = faults.as_refusal(error)
            if full is None:
                raise
            logger.warning("disk_full", path=request.path)
            return errors.refused(request, full, status=507)
        except DataError as error:
            # The last net: each stage names the field at fault where a person can have typed it.
            logger.warning("value_not_kept", path=request.path, reason=str(error).splitlines()[0])
            return errors.refused(request, ValueNotKept(), status=400)
        except PermissionDenied:
            return errors.forbidden(request)
        except (Http404, ObjectDoesNotExist):
            if settings.DEBUG and not request.user.is_authenticated:
                raise
            return errors.missing(request)
        if request.method not in SAFE:
            rail.forget_counts()
        return response

    def _speak(self, request: HttpRequest) -> None:
        """Read in the language of the visitor's cookie, else in the one of their account."""
        if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            return
        language = getattr(self._user(request), "language", "")
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language

    def _user(self, request: HttpRequest) -> Any:
        """Return who is signed in; None for a stranger, for a file, or when the database is away."""
        if request.path.startswith(settings.STATIC_URL):
            return None
        try:
            return request.user if request.user.is_authenticated else None
        except (OperationalError, InterfaceError):
            return None


def _holds_nul(request: HttpRequest) -> bool:
    """Say whether a word of the address or of the form holds NUL; no person types it, and no column takes it."""
    return any("\0" in word for sent in (request.GET, request.POST) for _, words in sent.lists() for word in words)


def opens_own_transactions(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Leave the transactions to a view whose work is too long for one."""
    view.opens_own_transactions = True  # type: ignore[attr-defined] # read by the middleware
    return view

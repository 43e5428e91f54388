"""How staff sign in: accounts are made by an administrator, never by a visitor."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import connection
from django.http import HttpRequest

from utenza.infra import clock
from utenza.infra.messages import queue_mail
from utenza.infra.transactions import savepoint, transaction


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # the library is not typed
    """Close public sign-up, and send what sign-in has to say through the house's own messages."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the signature that is called
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = self.render_mail(template_prefix, email, context)
        with _open():
            queue_mail(to=email, subject=message.subject, text=message.body, about="sign_in:mail", at=clock.now())

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: the page that follows a sign-in or a change says it."""


def _open() -> Any:
    """Open a transaction, or join the one that is open."""
    return savepoint() if connection.in_atomic_block else transaction()

"""Who acted and why, for the history that the database writes by itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pghistory
import psycopg
from django.apps import apps
from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of staff, or the system itself when `user_id` is None."""

    user_id: int | None
    username: str
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"user": self.user_id, "username": self.username, "reason": self.reason}


SYSTEM = Actor(None, "system")
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def actor() -> Actor:
    """Return who is acting in this thread: the system, where nobody said otherwise."""
    return _actor.get()


@contextmanager
def acting(user_id: int | None, username: str, reason: str = "") -> Iterator[None]:
    """Have every change inside recorded as made by this user for this reason.

    It covers set-based SQL too, as long as it goes through Django's connection. SQL on a connection of its own calls
    `stamp` first.
    """
    who = Actor(user_id, username, reason)
    token = _actor.set(who)
    try:
        with pghistory.context(**who.as_json()):
            yield
    finally:
        _actor.reset(token)


def acting_as(stored: Mapping[str, Any]) -> Any:
    """Act again as the actor that `Actor.as_json` described, for example the one who announced an event."""
    return acting(stored.get("user"), str(stored.get("username", SYSTEM.username)), str(stored.get("reason", "")))


def because(reason: str) -> Any:
    """Keep the acting user and give another reason."""
    who = actor()
    return acting(who.user_id, who.username, reason)


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded change: what was done to a row, by whom, why, and the row as it was afterwards."""

    at: datetime
    label: str
    user_id: int | None
    username: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)


def history(model_label: str, pk: int | str) -> list[Change]:
    """Return what happened to the row `pk` of the tracked model `model_label` ('parties.Customer'), oldest first.

    :raises LookupError: if the model is unknown or not tracked.
    """
    model = apps.get_model(model_label)
    event_model = _event_model(model)
    own = {f.attname for f in model._meta.concrete_fields}
    changes = []
    rows = event_model._base_manager.filter(pgh_obj_id=pk).select_related("pgh_context").order_by("pgh_id")
    for row in rows:
        metadata = row.pgh_context.metadata if row.pgh_context is not None else {}
        values = {f.attname: getattr(row, f.attname) for f in event_model._meta.concrete_fields if f.attname in own}
        changes.append(
            Change(
                at=row.pgh_created_at,
                label=row.pgh_label,
                user_id=metadata.get("user"),
                username=str(metadata.get("username", SYSTEM.username)),
                reason=str(metadata.get("reason", "")),
                values=values,
            )
        )
    return changes


def _event_model(model: type[Model]) -> Any:
    for candidate in pghistory.models.Event.__subclasses__():
        if getattr(candidate, "pgh_tracked_model", None) is model:
            return candidate
    raise LookupError(f"{model._meta.label} has no history")


def stamp(own: psycopg.Connection) -> None:
    """Tell the triggers who acts, for the open transaction of a connection that is not Django's."""
    own.execute(
        "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)",
        [str(uuid.uuid4()), json.dumps(actor().as_json())],
    )

"""What every event has, and how it travels as JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, Self, get_type_hints

_TYPES: dict[str, type[Event]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that happened at `at`. Fields are str, int, bool, date, datetime, or None with one of these.

    `name` is the word it travels by. Events of one `subject` reach a handler in the order in which they were announced.
    """

    name: ClassVar[str]
    at: datetime

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super(Event, cls).__init_subclass__(**kwargs)
        if "name" in cls.__dict__:
            _TYPES[cls.name] = cls

    @property
    def subject(self) -> str:
        """Within what order matters: by default the customer."""
        return f"customer:{getattr(self, 'customer_id', 0)}"

    def to_payload(self) -> dict[str, Any]:
        """Return the event as JSON-ready values; dates and instants in ISO 8601."""
        payload: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            payload[field.name] = value.isoformat() if isinstance(value, date) else value
        return payload

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        for field in fields(cls):
            value = payload[field.name]
            kind = str(hints[field.name])
            if isinstance(value, str) and "datetime.datetime" in kind:
                value = datetime.fromisoformat(value)
            elif isinstance(value, str) and "datetime.date" in kind:
                value = date.fromisoformat(value)
            values[field.name] = value
        return cls(**values)


def event_types() -> dict[str, type[Event]]:
    """Return every known event type by its name."""
    return dict(_TYPES)

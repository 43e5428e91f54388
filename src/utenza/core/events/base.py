"""What every event has, and how it travels as JSON."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
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
        # A slotted dataclass is made twice from one body, so the same class may come again; another may not.
        if "name" in cls.__dict__:
            known = _TYPES.get(cls.name)
            if known is not None and (known.__module__, known.__name__) != (cls.__module__, cls.__name__):
                raise TypeError(f"two events are called {cls.name}")
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
        """Return the event that `to_payload` wrote.

        A field that the payload lacks, since it was added after the event was written, takes its default.

        :raises KeyError: if such a field has none.
        """
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in payload and field.default is not MISSING:
                continue
            value = payload[field.name]
            kind = str(hints[field.name])
            if isinstance(value, str) and "datetime.datetime" in kind:
                value = datetime.fromisoformat(value)
            elif isinstance(value, str) and "datetime.date" in kind:
                value = date.fromisoformat(value)
            values[field.name] = value
        return cls(**values)


@cache
def _load_all() -> None:
    """Import every file beside this one, so that a type is known although its stage was not imported yet."""
    package = __name__.rpartition(".")[0]
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"{package}.{module.name}")


def event_types() -> dict[str, type[Event]]:
    """Return every event type by its name."""
    _load_all()
    return dict(_TYPES)

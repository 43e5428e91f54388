"""What application announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSubmitted(Event):
    """An application form was handed in."""

    name: ClassVar[str] = "application.submitted"
    customer_id: int | None
    application_id: int
    application_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAccepted(Event):
    """The checks were passed and a credit class assigned."""

    name: ClassVar[str] = "application.accepted"
    customer_id: int
    application_id: int
    application_number: str
    credit_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRefused(Event):
    """An application was refused, with its reason."""

    name: ClassVar[str] = "application.refused"
    customer_id: int | None
    application_id: int
    application_number: str
    reason: str

"""What application announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationEvent(Event):
    """What every event of an application has; `customer_id` is None for as long as there is no customer."""

    customer_id: int | None
    application_id: int
    application_number: str

    @property
    def subject(self) -> str:
        """The application, so that its events are heard in order although the customer comes in on the way."""
        return f"application:{self.application_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSubmitted(ApplicationEvent):
    """An application form was handed in."""

    name: ClassVar[str] = "application.submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationReferred(ApplicationEvent):
    """The checks could not decide: a person must look."""

    name: ClassVar[str] = "application.referred"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAccepted(ApplicationEvent):
    """The checks were passed and a credit class assigned."""

    name: ClassVar[str] = "application.accepted"
    customer_id: int
    credit_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRefused(ApplicationEvent):
    """An application was refused, with its reason."""

    name: ClassVar[str] = "application.refused"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationWithdrawn(ApplicationEvent):
    """The applicant no longer wants it."""

    name: ClassVar[str] = "application.withdrawn"
    reason: str

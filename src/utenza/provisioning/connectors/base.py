"""The one small interface between the command queue and any kind of network element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from utenza.core.errors import N_, Refusal
from utenza.provisioning.rules import Speed


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCommand:
    """The whole state that an element should hold for one service, so that delivering it again is harmless.

    `state` is active, suspended or ceased. `speed` is None where a profile has none. `profile_attributes` belong to
    the profile, `attributes` to this service alone. `restrictions` are scopes of bars that narrow the service.
    """

    command_id: int
    service_id: int
    kind: str
    identifier: str
    secret: str = field(repr=False)
    state: str
    profile: str = ""
    speed: Speed | None = None
    profile_attributes: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    restrictions: tuple[str, ...] = ()


class Result(StrEnum):
    """What became of a command. Each but the first two says whether and how it may be tried again."""

    CONFIRMED = "confirmed"
    """Done and read back."""
    WAITING = "waiting"
    """Handed to a person; a work order tells the rest."""
    UNREACHABLE = "unreachable"
    """The element does not answer: nothing else is sent to it for a while, and no attempt is counted."""
    INCOMPLETE = "incomplete"
    """Done in part, or not yet visible: this command alone is tried again, and parked after some attempts."""
    REFUSED = "refused"
    """The element will never accept this: parked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a connector answers; `detail` is a plain English sentence for the engineer, never with a secret."""

    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkState:
    """What an element holds for an identifier, read back from it. `live_sessions` is None where it cannot be known."""

    identifier: str
    state: str
    profile: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    live_sessions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether an element can be spoken to now, and if not, what to do."""

    healthy: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementConfiguration:
    """How to reach one element."""

    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    dsn: str = field(default="", repr=False)


class Connector(Protocol):
    """Speaks to one element. Called outside any transaction of ours, possibly by several workers at once."""

    kind: ClassVar[str]

    def apply(self, command: NetworkCommand) -> Outcome:
        """Bring the element to the state of `command`, whatever was done before; never raise for a fault outside."""
        ...

    def read(self, identifier: str) -> NetworkState | None:
        """Return what the element holds, or None if it knows nothing of `identifier` or cannot be read.

        :raises ElementUnreachable: if the element does not answer.
        """
        ...

    def health(self) -> Health:
        """Tell whether the element can be spoken to; never raises."""
        ...


class ElementUnreachable(Refusal):
    code = "element_unreachable"
    text = N_("The network element %(element)s does not answer: %(why)s. Nothing is lost; it is tried again by itself.")
    retryable = True

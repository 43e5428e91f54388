"""The connector of operators without an interface: a technician does the work and says so."""

from __future__ import annotations

from typing import ClassVar

from utenza.provisioning.connectors.base import (
    ElementConfiguration,
    Health,
    NetworkCommand,
    NetworkState,
    Outcome,
    Result,
)


class ManualConnector:
    """Answers every command with a work order, which the queue opens."""

    kind: ClassVar[str] = "manual"
    settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, configuration: ElementConfiguration) -> None:
        self.configuration = configuration

    def apply(self, command: NetworkCommand) -> Outcome:
        """Hand the command to a person."""
        return Outcome(result=Result.WAITING, detail=f"a technician is asked about {command.identifier}")

    def read(self, identifier: str) -> NetworkState | None:  # noqa: ARG002 - the protocol names it
        """Return None: only the technician can see."""
        return None

    def health(self) -> Health:
        """Return healthy: people are always reachable, sooner or later."""
        return Health(healthy=True)

"""What ordering hears of the network."""

from __future__ import annotations

from utenza.core.events.provisioning import CommandFailed, ServiceActivated
from utenza.infra.outbox import hears
from utenza.ordering import operations


@hears(ServiceActivated)
def put_in_force(event: ServiceActivated) -> None:
    """Start the agreements of a service that the network has let in."""
    operations.complete_line(line_id=event.line_id, at=event.at)


@hears(CommandFailed)
def show_fallout(event: CommandFailed) -> None:
    """Show the order of a line whose command was parked to a person."""
    operations.fall_out(line_id=event.line_id, why=event.why)

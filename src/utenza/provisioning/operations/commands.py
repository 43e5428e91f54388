"""Writes on commands that need a person."""

from __future__ import annotations

from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.infra.work import wake
from utenza.provisioning.confirmation import confirm
from utenza.provisioning.models import Command, Line
from utenza.provisioning.states import COMMAND_MOVES, CommandStatus


class UnknownCommand(Refusal):
    code = "unknown_command"
    text = N_("There is no command %(command)s: reload the list of those that need a person.")


class CommandNotParked(Refusal):
    code = "command_not_parked"
    text = N_("The command %(command)s is %(status)s, so there is nothing to decide: reload the list.")


@demands_transaction
def retry_command(*, command_id: int, at: datetime) -> None:
    """Send a parked command again, its attempts counted anew.

    :raises UnknownCommand, CommandNotParked:
    """
    command, _line = _lock_parked(command_id)
    move(command, table=COMMAND_MOVES, to=CommandStatus.QUEUED)
    command.attempts, command.next_attempt_at = 0, at
    command.save(update_fields=["attempts", "next_attempt_at"])
    wake()


@demands_transaction
def accept_parked_command(*, command_id: int, by: str, at: datetime) -> None:
    """Take a parked command as carried out, on the word of `by`, who saw to it on the element itself.

    :raises UnknownCommand, CommandNotParked:
    """
    command, line = _lock_parked(command_id)
    confirm(command, line=line, payload={**command.payload, "accepted_by": by}, at=at)


def _lock_parked(command_id: int) -> tuple[Command, Line]:
    found = Command.objects.filter(pk=command_id).values_list("service__line_id", flat=True).first()
    if found is None:
        raise UnknownCommand(command=command_id)
    line = Line.objects.select_for_update().get(pk=found)
    command = Command.objects.get(pk=command_id)
    if command.status != CommandStatus.PARKED:
        raise CommandNotParked(command=command_id, status=command.get_status_display())
    return command, line

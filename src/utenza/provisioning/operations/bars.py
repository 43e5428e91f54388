"""Writes on bars: suspend and resume a line, or close a part of it, for one reason among several that may stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.provisioning import rules
from utenza.provisioning.models import Bar, Line
from utenza.provisioning.operations.lines import lock_line, services_of
from utenza.provisioning.outgoing import open_scopes, queue_command
from utenza.provisioning.states import DESIRED_MOVES, BarReason, BarScope, ServiceState


class UnknownBar(Refusal):
    code = "unknown_bar"
    text = N_("%(word)s is not a reason or a scope of a bar. Those that exist are: %(known)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BarOutcome:
    """`changed` is False when the bar stood, or was gone, already. `standing` are the reasons that stand now."""

    changed: bool
    standing: tuple[str, ...]
    command_ids: tuple[int, ...] = ()


@demands_transaction
def suspend(*, line_id: int, reason: str, at: datetime, note: str = "") -> BarOutcome:
    """Close a whole line for `reason`; safe to repeat. ServiceSuspended follows once the network has confirmed.

    :raises UnknownLine, LineCeased, UnknownBar:
    """
    return bar(line_id=line_id, scope=BarScope.ALL, reason=reason, at=at, note=note)


@demands_transaction
def resume(*, line_id: int, reason: str, at: datetime) -> BarOutcome:
    """Lift the closure of a whole line for `reason` alone; the line opens only when no other closes it. Safe to repeat.

    :raises UnknownLine, LineCeased, UnknownBar:
    """
    return lift(line_id=line_id, scope=BarScope.ALL, reason=reason, at=at)


@demands_transaction
def bar(*, line_id: int, scope: str, reason: str, at: datetime, note: str = "") -> BarOutcome:
    """Close a line, or the part of it that `scope` names, for `reason`; safe to repeat.

    :raises UnknownLine, LineCeased, UnknownBar:
    """
    _demand_words(scope=scope, reason=reason)
    line = lock_line(line_id)
    _bar, created = Bar.objects.get_or_create(
        line=line, scope=scope, reason=reason, lifted_at=None, defaults={"placed_at": at, "note": note}
    )
    return _outcome(line, changed=created, scope=scope, at=at)


@demands_transaction
def lift(*, line_id: int, scope: str, reason: str, at: datetime) -> BarOutcome:
    """Lift the bar of this scope and reason; those with other reasons stand. Safe to repeat.

    :raises UnknownLine, LineCeased, UnknownBar:
    """
    _demand_words(scope=scope, reason=reason)
    line = lock_line(line_id)
    lifted = Bar.objects.filter(line=line, scope=scope, reason=reason, lifted_at=None).update(lifted_at=at)
    return _outcome(line, changed=lifted > 0, scope=scope, at=at)


def _demand_words(*, scope: str, reason: str) -> None:
    if scope not in BarScope.values:
        raise UnknownBar(word=scope, known=", ".join(BarScope.values), field="scope")
    if reason not in BarReason.values:
        raise UnknownBar(word=reason, known=", ".join(BarReason.values), field="reason")


def _outcome(line: Line, *, changed: bool, scope: str, at: datetime) -> BarOutcome:
    commands = _bring_services_in_line(line, scope=scope, at=at) if changed else ()
    standing = Bar.objects.filter(line=line, lifted_at=None).order_by("reason").distinct()
    return BarOutcome(
        changed=changed, standing=tuple(standing.values_list("reason", flat=True)), command_ids=tuple(commands)
    )


def _bring_services_in_line(line: Line, *, scope: str, at: datetime) -> list[int]:
    """Want of each service in use what the bars now allow, and return the commands that say so."""
    scopes = open_scopes(line.pk)
    commands = []
    for service in services_of(line):
        if service.desired_state not in (ServiceState.ACTIVE, ServiceState.SUSPENDED):
            continue
        wanted = rules.wanted_state(service.kind, scopes)
        narrowed = scope in rules.restrictions(service.kind, [scope])
        if wanted != service.desired_state:
            move(service, table=DESIRED_MOVES, to=wanted, field="desired_state")
        elif not narrowed:
            continue
        commands.append(queue_command(service, at=at))
    return commands

"""Public reads of provisioning."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from utenza.infra.waiting import Waiting
from utenza.provisioning.connectors.base import Health, NetworkState
from utenza.provisioning.connectors.freeradius import schema
from utenza.provisioning.connectors.freeradius.connector import FreeradiusConnector
from utenza.provisioning.connectors.registry import connector_for
from utenza.provisioning.dispatch import configuration_of
from utenza.provisioning.models import (
    Bar,
    Command,
    Element,
    ElementHealth,
    Line,
    PhoneNumber,
    ResourceAssignment,
    Service,
    WorkOrder,
)
from utenza.provisioning.operations.lines import UnknownLine, UnknownService
from utenza.provisioning.routing import find_element
from utenza.provisioning.states import DUE, CommandStatus, NumberStatus, WorkOrderStatus
from utenza.provisioning.tasks import task_sentence
from utenza.provisioning.views import (
    AssignmentView,
    BarView,
    CommandView,
    Credentials,
    DeviceView,
    ElementAccess,
    ElementView,
    LineCount,
    LineView,
    ServiceView,
    WorkOrderView,
)

__all__ = [
    "AssignmentView",
    "BarView",
    "CommandView",
    "Credentials",
    "DeviceView",
    "ElementAccess",
    "ElementView",
    "LineCount",
    "LineView",
    "ServiceView",
    "WorkOrderView",
    "assignments",
    "bars_of",
    "commands_of",
    "commands_waiting",
    "credentials",
    "devices",
    "element_access",
    "element_health",
    "elements",
    "find_lines",
    "free_numbers",
    "line",
    "line_by_number",
    "line_counts",
    "line_holding",
    "lines",
    "lines_activated",
    "lines_ceased",
    "lines_in_service",
    "lines_of",
    "lines_of_customers",
    "network_state",
    "open_work_orders",
    "parked_commands",
    "radius_schema_sql",
    "unfinished_commands",
    "work_orders_of",
    "work_orders_waiting",
]

# A line with its services and bars in one statement, since every customer's page reads it; never a secret.
_LINES = """
    SELECT l.id AS line_id, l.number, l.customer_id, l.market, l.payment, l.charging_group_id, l.bucket, l.status,
           l.created_at, l.activated_at, l.ceased_at,
           (SELECT jsonb_agg(jsonb_build_object(
                       'service_id', s.id, 'kind', s.kind, 'element', e.code, 'element_kind', e.kind,
                       'identifier', s.identifier, 'profile', s.profile, 'confirmed_profile', s.confirmed_profile,
                       'desired_state', s.desired_state, 'actual_state', s.actual_state, 'attributes', s.attributes,
                       'created_at', s.created_at, 'activated_at', s.activated_at, 'suspended_at', s.suspended_at,
                       'ceased_at', s.ceased_at) ORDER BY s.id)
              FROM provisioning_service s JOIN provisioning_element e ON e.id = s.element_id
             WHERE s.line_id = l.id) AS services,
           (SELECT jsonb_agg(jsonb_build_object(
                       'bar_id', b.id, 'scope', b.scope, 'reason', b.reason, 'note', b.note,
                       'placed_at', b.placed_at, 'lifted_at', b.lifted_at) ORDER BY b.placed_at, b.id)
              FROM provisioning_bar b WHERE b.line_id = l.id AND b.lifted_at IS NULL) AS bars
      FROM provisioning_line l WHERE l.{key} = ANY(%s) ORDER BY l.number
"""


def line(line_id: int) -> LineView:
    """Return a line.

    :raises UnknownLine:
    """
    found = lines([line_id])
    if not found:
        raise UnknownLine(line=line_id)
    return found[0]


def line_by_number(number: str) -> LineView:
    """Return the line of this number.

    :raises UnknownLine:
    """
    found = Line.objects.filter(number=number.strip().upper()).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownLine(line=number)
    return line(found)


def lines(line_ids: Collection[int]) -> list[LineView]:
    """Return those of the lines that exist, in the order of their numbers, in one query whatever their count."""
    return _views("id", line_ids)


def lines_of(customer_id: int) -> list[LineView]:
    """Return the lines of one customer node, ceased ones included."""
    return lines_of_customers([customer_id])


def lines_of_customers(customer_ids: Collection[int]) -> list[LineView]:
    """Return the lines of these customer nodes, such as a company and its branches."""
    return _views("customer_id", customer_ids)


def find_lines(
    *, status: str | None = None, beginning: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[LineView], int]:
    """Return some lines by their numbers and how many there are: in a status or in any, of any name or number.

    `beginning` is that of the line's number, of a user name or of a phone number, with or without the country's code.
    """
    rows = Line.objects.all()
    if status is not None:
        rows = rows.filter(status=status)
    text = "".join(beginning.split())
    if text:
        digits = text.removeprefix("+")
        named = Service.objects.filter(
            Q(identifier__istartswith=text) | Q(identifier__startswith=digits) | Q(identifier__startswith=f"39{digits}")
        )
        rows = rows.filter(Q(number__istartswith=text) | Q(pk__in=named.values("line_id")))
    ids = list(rows.order_by("number").values_list("pk", flat=True)[offset : offset + limit])
    return _views("id", ids), rows.count()


def line_counts(*, statuses: Collection[str]) -> dict[tuple[str, str], int]:
    """Return how many lines have one of these statuses now, by (market, payment)."""
    rows = Line.objects.filter(status__in=statuses).values_list("market", "payment").annotate(lines=Count("pk"))
    return {(market, payment): count for market, payment, count in rows}


def lines_in_service(*, at: datetime) -> list[LineCount]:
    """Return how many lines the network served at an instant, suspended ones too, by market and way of paying."""
    served = Line.objects.filter(activated_at__lte=at).filter(Q(ceased_at__isnull=True) | Q(ceased_at__gt=at))
    return _counts(served)


def lines_activated(*, since: datetime, until: datetime) -> list[LineCount]:
    """Return how many lines came into service from `since` up to, not including, `until`."""
    return _counts(Line.objects.filter(activated_at__gte=since, activated_at__lt=until))


def lines_ceased(*, since: datetime, until: datetime) -> list[LineCount]:
    """Return how many lines that had been in service were ceased from `since` up to, not including, `until`."""
    return _counts(Line.objects.filter(activated_at__isnull=False, ceased_at__gte=since, ceased_at__lt=until))


def _counts(rows: QuerySet[Line]) -> list[LineCount]:
    groups = rows.order_by().values_list("market", "payment")
    counted = groups.annotate(lines=Count("pk"), nodes=Count("customer", distinct=True)).order_by("market", "payment")
    return [
        LineCount(market=market, payment=payment, lines=lines, customers=nodes)
        for market, payment, lines, nodes in counted
    ]


def bars_of(line_id: int) -> list[BarView]:
    """Return every bar that ever stood on a line, the newest first."""
    return [_bar_view(row) for row in Bar.objects.filter(line_id=line_id).order_by("-placed_at", "-pk")]


def line_holding(kind: str, value: str, at: datetime) -> AssignmentView | None:
    """Return who held this user name or number at an instant, or None."""
    rows = _assignments().filter(kind=kind, value=value, valid_from__lte=at)
    row = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at)).first()
    return None if row is None else _assignment_view(row)


def assignments(
    *, values: Collection[str] | None = None, kinds: Collection[str] | None = None, since: datetime | None = None
) -> list[AssignmentView]:
    """Return who held what, by value and time; only what was still held at `since`, if given. For bulk guiding."""
    rows = _assignments()
    if values is not None:
        rows = rows.filter(value__in=values)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if since is not None:
        rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=since))
    return [_assignment_view(row) for row in rows.order_by("kind", "value", "valid_from")]


def open_work_orders(*, line_ids: Collection[int] | None = None, limit: int = 200) -> list[WorkOrderView]:
    """Return the work orders that wait for a technician, of some lines or of all, the oldest first."""
    rows = _work_orders().filter(status=WorkOrderStatus.OPEN).order_by("opened_at", "pk")
    if line_ids is not None:
        rows = rows.filter(command__service__line_id__in=line_ids)
    return [_work_order_view(row) for row in rows[:limit]]


def work_orders_of(line_id: int) -> list[WorkOrderView]:
    """Return every work order of a line, the newest first."""
    rows = _work_orders().filter(command__service__line_id=line_id).order_by("-opened_at", "-pk")
    return [_work_order_view(row) for row in rows]


def unfinished_commands(line_ids: Collection[int]) -> list[CommandView]:
    """Return the commands of these lines that the network has not confirmed yet, the oldest first."""
    rows = _commands().filter(service__line_id__in=line_ids)
    done = (CommandStatus.CONFIRMED, CommandStatus.SUPERSEDED)
    return [_command_view(row) for row in rows.exclude(status__in=done).order_by("pk")]


def parked_commands(*, limit: int = 200) -> list[CommandView]:
    """Return the commands that need a person, the oldest first."""
    rows = _commands().filter(status=CommandStatus.PARKED).order_by("pk")
    return [_command_view(row) for row in rows[:limit]]


def work_orders_waiting() -> Waiting:
    """Return the work orders that a technician must confirm, to be counted."""
    return Waiting(WorkOrder.objects.filter(status=WorkOrderStatus.OPEN))


def commands_waiting() -> Waiting:
    """Return the commands that need a person, to be counted."""
    return Waiting(Command.objects.filter(status=CommandStatus.PARKED))


def commands_of(line_id: int) -> list[CommandView]:
    """Return every command of a line, the newest first."""
    return [_command_view(row) for row in _commands().filter(service__line_id=line_id).order_by("-pk")]


def elements() -> list[ElementView]:
    """Return the network elements with the state of their queues, by code."""
    waiting = Q(status__in=DUE)
    queues: dict[int, tuple[int, int, datetime | None]] = {
        element_id: (due, parked, oldest)
        for element_id, due, parked, oldest in Command.objects.filter(waiting | Q(status=CommandStatus.PARKED))
        .values_list("element_id")
        .annotate(
            due=Count("pk", filter=waiting),
            parked=Count("pk", filter=Q(status=CommandStatus.PARKED)),
            oldest=Min("created_at", filter=waiting),
        )
    }
    rows = Element.objects.select_related("health").order_by("code")
    return [_element_view(row, queues.get(row.pk, (0, 0, None))) for row in rows]


def element_access(*, kind: str) -> list[ElementAccess]:
    """Return how to read the elements of a kind that are switched on; for collectors, never for a screen."""
    rows = Element.objects.filter(kind=kind, enabled=True).order_by("code")
    return [ElementAccess(code=row.code, kind=row.kind, settings=dict(row.settings), dsn=row.dsn or "") for row in rows]


def element_health(code: str) -> Health:
    """Ask an element whether it can be spoken to now; speaks to the network, so call it outside a transaction.

    :raises UnknownElement:
    """
    element = find_element(code)
    return connector_for(element.kind, configuration_of(element)).health()


def devices(code: str) -> list[DeviceView]:
    """Return the access devices that a FreeRADIUS knows; speaks to its database.

    :raises UnknownElement:
    :raises ElementUnreachable:
    """
    connector = FreeradiusConnector(configuration_of(find_element(code)))
    return [DeviceView(address=address, name=name, coa_port=port) for address, name, port in connector.devices()]


def radius_schema_sql() -> str:
    """Return the statements that create what FreeRADIUS needs, for an administrator who runs them himself."""
    place = f"CREATE SCHEMA IF NOT EXISTS {schema.DEFAULT_SCHEMA};\nSET search_path TO {schema.DEFAULT_SCHEMA};\n\n"
    return place + schema.schema_sql()


def network_state(service_id: int) -> NetworkState | None:
    """Ask the element what it holds of a service; speaks to the network. None if it holds nothing, or cannot tell.

    :raises UnknownService:
    :raises ElementUnreachable: if it does not answer.
    """
    service = Service.objects.select_related("element").filter(pk=service_id).first()
    if service is None:
        raise UnknownService(service=service_id)
    connector = connector_for(service.element.kind, configuration_of(service.element))
    return connector.read(service.identifier)


def credentials(service_id: int) -> Credentials:
    """Return the user name and password of a service; the shell demands the permission `secret.reveal` first.

    :raises UnknownService:
    """
    service = Service.objects.filter(pk=service_id).first()
    if service is None:
        raise UnknownService(service=service_id)
    return Credentials(identifier=service.identifier, secret=service.secret)


def free_numbers(*, kind: str, limit: int = 20, starting: str = "") -> list[str]:
    """Return free numbers, the lowest first, optionally those that begin with some digits."""
    rows = PhoneNumber.objects.filter(kind=kind, status=NumberStatus.FREE, value__startswith=starting)
    return list(rows.order_by("value").values_list("value", flat=True)[:limit])


def _views(key: Literal["id", "customer_id"], ids: Collection[int]) -> list[LineView]:
    with connection.cursor() as cursor:
        cursor.execute(_LINES.format(key=key), [list(ids)])
        names = [column.name for column in cursor.description or ()]
        return [_line_view(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _line_view(row: dict[str, Any]) -> LineView:
    services = tuple(ServiceView(**_with_instants(one)) for one in json.loads(row["services"] or "[]"))
    bars = tuple(BarView(**_with_instants(one)) for one in json.loads(row["bars"] or "[]"))
    return LineView(
        **row | {"services": services, "bars": bars, "identifiers": tuple(one.identifier for one in services)}
    )


def _with_instants(values: dict[str, Any]) -> dict[str, Any]:
    """Return a row that the database gave as JSON with its instants read."""
    read = {name: datetime.fromisoformat(text) for name, text in values.items() if name.endswith("_at") and text}
    return values | read


def _bar_view(row: Bar) -> BarView:
    return BarView(
        bar_id=row.pk,
        scope=row.scope,
        reason=row.reason,
        note=row.note,
        placed_at=row.placed_at,
        lifted_at=row.lifted_at,
    )


def _assignments() -> QuerySet[ResourceAssignment]:
    return ResourceAssignment.objects.select_related("line")


def _assignment_view(row: ResourceAssignment) -> AssignmentView:
    return AssignmentView(
        kind=row.kind,
        value=row.value,
        line_id=row.line_id,
        service_id=row.service_id,
        customer_id=row.line.customer_id,
        charging_group_id=row.line.charging_group_id,
        bucket=row.line.bucket,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _commands() -> QuerySet[Command]:
    return Command.objects.select_related("service__line", "element")


def _command_view(row: Command) -> CommandView:
    return CommandView(
        command_id=row.pk,
        line_id=row.service.line_id,
        line_number=row.service.line.number,
        customer_id=row.service.line.customer_id,
        service_id=row.service_id,
        identifier=row.service.identifier,
        element=row.element.code,
        kind=row.kind,
        status=row.status,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        ended_at=row.ended_at,
    )


def _work_orders() -> QuerySet[WorkOrder]:
    return WorkOrder.objects.select_related("command__service__line")


def _work_order_view(row: WorkOrder) -> WorkOrderView:
    service = row.command.service
    profile = str(row.command.payload.get("profile", ""))
    return WorkOrderView(
        work_order_id=row.pk,
        command_id=row.command_id,
        line_id=service.line_id,
        line_number=service.line.number,
        customer_id=service.line.customer_id,
        service_id=service.pk,
        service_kind=service.kind,
        identifier=service.identifier,
        profile=profile,
        command_kind=row.command.kind,
        task=task_sentence(
            command_kind=row.command.kind,
            service_kind=service.kind,
            identifier=service.identifier,
            profile=profile,
            restrictions=row.command.payload.get("restrictions", ()),
        ),
        status=row.status,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        note=row.note,
    )


def _element_view(row: Element, queue: tuple[int, int, datetime | None]) -> ElementView:
    health: ElementHealth | None = getattr(row, "health", None)
    return ElementView(
        code=row.code,
        kind=row.kind,
        name=row.name,
        enabled=row.enabled,
        settings=dict(row.settings),
        failures=health.failures if health else 0,
        last_error=health.last_error if health else "",
        next_attempt_at=health.next_attempt_at if health else None,
        last_answer_at=health.last_answer_at if health else None,
        waiting=queue[0],
        parked=queue[1],
        oldest_waiting_at=queue[2],
    )

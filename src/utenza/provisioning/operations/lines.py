"""Writes on lines and their services."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from utenza.core.errors import N_, Refusal
from utenza.infra.numbering import next_code
from utenza.infra.operator import setting
from utenza.infra.search import index_entry
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.parties.queries import customer as customer_view
from utenza.provisioning import rules
from utenza.provisioning.models import Line, ResourceAssignment, Service
from utenza.provisioning.outgoing import open_scopes, queue_command
from utenza.provisioning.routing import demand_profile, element_for
from utenza.provisioning.rules import ServiceSpec
from utenza.provisioning.states import DESIRED_MOVES, ResourceKind, ServiceKind, ServiceState
from utenza.provisioning.stock import take_number


class UnknownLine(Refusal):
    code = "unknown_line"
    text = N_("There is no line %(line)s: search for it by its number or by the customer's name.")


class UnknownService(Refusal):
    code = "unknown_service"
    text = N_("There is no service %(service)s on this line: reload the line to see those it has.")


class LineCeased(Refusal):
    code = "line_ceased"
    text = N_("The line %(line)s was ceased and cannot be changed any more: order a new one.")


class LineHasNoService(Refusal):
    code = "line_has_no_service"
    text = N_("A line needs at least one service: say which, internet, voice or mobile.")


class NothingOrdered(Refusal):
    code = "nothing_to_activate"
    text = N_("Every service of the line %(line)s was activated before: there is nothing left to activate.")


class MalformedIdentifier(Refusal):
    code = "malformed_identifier"
    text = N_("%(identifier)s cannot be used: a user name has small letters, digits, . _ - and one @, a number digits.")


class IdentifierTaken(Refusal):
    code = "identifier_taken"
    text = N_("%(identifier)s belongs to the line %(line)s: choose another one, or cease that line first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRef:
    service_id: int
    kind: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRef:
    line_id: int
    number: str
    services: tuple[ServiceRef, ...]


@demands_transaction
def create_line(
    *,
    customer_id: int,
    market: str,
    payment: str,
    services: Sequence[ServiceSpec],
    at: datetime,
    charging_group_id: int | None = None,
) -> LineRef:
    """Plan a line with its services; nothing is sent to the network before `activate`.

    `charging_group_id` is shared by lines that draw on one allowance; by default the line is alone in its own.

    :raises LineHasNoService, MalformedIdentifier, IdentifierTaken, NoFreeNumber, NumberNotFree: and those of
        `element_for` and `demand_profile`.
    """
    customer_view(customer_id)
    if not services:
        raise LineHasNoService(field="services")
    line_id = _next_line_id()
    group = line_id if charging_group_id is None else charging_group_id
    line = Line.objects.create(
        pk=line_id,
        number=next_code(series="line", prefix="L", width=7),
        customer_id=customer_id,
        market=market,
        payment=payment,
        charging_group_id=group,
        bucket=rules.bucket_of(group),
        created_at=at,
    )
    refs = tuple(_add_service(line=line, spec=spec, at=at) for spec in services)
    refresh_search(line)
    return LineRef(line_id=line.pk, number=line.number, services=refs)


@demands_transaction
def add_service(*, line_id: int, service: ServiceSpec, at: datetime) -> ServiceRef:
    """Plan one more service on an existing line, such as a voice add-on; `activate` sends it to the network.

    :raises UnknownLine, LineCeased: and those of `create_line`.
    """
    line = lock_line(line_id)
    ref = _add_service(line=line, spec=service, at=at)
    refresh_search(line)
    return ref


@demands_transaction
def activate(*, line_id: int, at: datetime) -> tuple[int, ...]:
    """Ask the network to let in every planned service of a line; return their ids.

    A service that a bar closes is set up closed. ServiceActivated follows once the network has confirmed.

    :raises UnknownLine, LineCeased:
    :raises NothingOrdered: if no service is waiting for its activation.
    """
    line = lock_line(line_id)
    planned = [service for service in services_of(line) if service.desired_state == ServiceState.NONE]
    if not planned:
        raise NothingOrdered(line=line.number)
    scopes = open_scopes(line.pk)
    for service in planned:
        move(service, table=DESIRED_MOVES, to=rules.wanted_state(service.kind, scopes), field="desired_state")
        queue_command(service, at=at)
    return tuple(service.pk for service in planned)


@demands_transaction
def modify_profile(*, line_id: int, profile: str, at: datetime, kind: str = ServiceKind.INTERNET) -> int:
    """Give the service of `kind` another profile, live sessions included; return the service's id. Safe to repeat.

    :raises UnknownLine, LineCeased, UnknownService, UnknownProfile:
    """
    line = lock_line(line_id)
    service = _service_of_kind(line, kind)
    demand_profile(kind=kind, code=profile)
    if service.profile != profile:
        service.profile = profile
        service.save(update_fields=["profile"])
        if service.desired_state != ServiceState.NONE:
            queue_command(service, at=at)
    return service.pk


@demands_transaction
def change_secret(*, service_id: int, at: datetime, secret: str | None = None) -> None:
    """Give a service a new password, made up if none is given; sessions that are up stay up.

    :raises UnknownService, LineCeased:
    """
    service = _lock_service(service_id)
    service.secret = secret or new_secret()
    service.save(update_fields=["secret"])
    if service.desired_state != ServiceState.NONE:
        queue_command(service, at=at)


@demands_transaction
def cease(*, line_id: int, at: datetime) -> tuple[int, ...]:
    """Ask the network to remove every service of a line; return the ids of those asked for. Safe to repeat.

    ServiceCeased follows for each once the network has confirmed; the last one ceases the line.

    :raises UnknownLine:
    """
    line = lock_line(line_id, ceased_too=True)
    asked = [service for service in services_of(line) if service.desired_state != ServiceState.CEASED]
    for service in asked:
        _cease(service, at=at)
    return tuple(service.pk for service in asked)


@demands_transaction
def cease_service(*, service_id: int, at: datetime) -> bool:
    """Ask the network to remove one service; return whether it was asked only now. Safe to repeat.

    :raises UnknownService:
    """
    service = _lock_service(service_id, ceased_too=True)
    if service.desired_state == ServiceState.CEASED:
        return False
    _cease(service, at=at)
    return True


def lock_line(line_id: int, *, ceased_too: bool = False) -> Line:
    """Lock a line and return it. Within this stage only; every write on a line or its services begins here.

    :raises UnknownLine: if there is none.
    :raises LineCeased: if it is ceased, unless `ceased_too`.
    """
    line = Line.objects.select_for_update().filter(pk=line_id).first()
    if line is None:
        raise UnknownLine(line=line_id)
    services = services_of(line)
    if not ceased_too and services and all(service.desired_state == ServiceState.CEASED for service in services):
        raise LineCeased(line=line.number)
    return line


def services_of(line: Line) -> list[Service]:
    """Return the services of a line in the order in which they were planned. Within this stage only."""
    return list(Service.objects.filter(line=line).order_by("pk"))


def new_secret() -> str:
    """Make up a password that can be read over the telephone."""
    return "".join(secrets.choice(rules.SECRET_ALPHABET) for _ in range(rules.SECRET_LENGTH))


def refresh_search(line: Line) -> None:
    """Make a line be found by its number and by its user names and numbers. Within this stage only."""
    values = list(ResourceAssignment.objects.filter(line=line).order_by("pk").values_list("value", flat=True))
    index_entry(
        kind="line",
        key=str(line.pk),
        customer_id=line.customer_id,
        title=line.number,
        subtitle=" · ".join(values),
        words=[line.number, *values],
    )


def _add_service(*, line: Line, spec: ServiceSpec, at: datetime) -> ServiceRef:
    if spec.kind not in ServiceKind.values:
        raise UnknownService(service=spec.kind, field="kind")
    demand_profile(kind=spec.kind, code=spec.profile)
    element = element_for(kind=spec.kind, wished=spec.connector)
    identifier = _identifier(line=line, spec=spec)
    resources = {rules.resource_kind(spec.kind): identifier}
    if spec.imsi:
        resources[ResourceKind.IMSI] = _well_formed(ServiceKind.MOBILE, spec.imsi)
    for kind, value in resources.items():
        _demand_untaken(kind, value)
    service = Service.objects.create(
        line=line,
        kind=spec.kind,
        element=element,
        identifier=identifier,
        secret=spec.secret or new_secret(),
        profile=spec.profile,
        attributes=dict(spec.attributes),
        created_at=at,
    )
    for kind, value in resources.items():
        ResourceAssignment.objects.create(line=line, service=service, kind=kind, value=value, valid_from=at)
    return ServiceRef(service_id=service.pk, kind=service.kind, identifier=identifier)


def _identifier(*, line: Line, spec: ServiceSpec) -> str:
    if spec.kind == ServiceKind.INTERNET:
        if spec.identifier is not None:
            return _well_formed(spec.kind, spec.identifier)
        realm = str(setting("provisioning.realm", "utenza"))
        # A second internet service on the same line, such as a back-up access, needs a name of its own.
        nth = Service.objects.filter(line=line, kind=ServiceKind.INTERNET).count()
        return f"{line.number.lower()}{f'-{nth + 1}' if nth else ''}@{realm}"
    wished = None if spec.identifier is None else _well_formed(spec.kind, spec.identifier)
    return take_number(kind=spec.kind, line=line, value=wished)


def _well_formed(kind: str, identifier: str) -> str:
    if not rules.identifier_is_well_formed(kind, identifier):
        raise MalformedIdentifier(identifier=identifier, field="identifier")
    return identifier


def _demand_untaken(kind: str, value: str) -> None:
    holder = ResourceAssignment.objects.filter(kind=kind, value=value, valid_to__isnull=True).select_related("line")
    taken = holder.first()
    if taken is not None:
        raise IdentifierTaken(identifier=value, line=taken.line.number, field="identifier")


def _service_of_kind(line: Line, kind: str) -> Service:
    for service in services_of(line):
        if service.kind == kind and service.desired_state != ServiceState.CEASED:
            return service
    raise UnknownService(service=kind, field="kind")


def _lock_service(service_id: int, *, ceased_too: bool = False) -> Service:
    found = Service.objects.filter(pk=service_id).values_list("line_id", flat=True).first()
    if found is None:
        raise UnknownService(service=service_id)
    lock_line(found, ceased_too=ceased_too)
    return Service.objects.get(pk=service_id)


def _cease(service: Service, *, at: datetime) -> None:
    move(service, table=DESIRED_MOVES, to=ServiceState.CEASED, field="desired_state")
    queue_command(service, at=at)


def _next_line_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('provisioning_line', 'id'))")
        return int(cursor.fetchone()[0])

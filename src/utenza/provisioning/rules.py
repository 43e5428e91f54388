"""Decisions about lines, services and commands that need no database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from utenza.provisioning.states import BarScope, CommandKind, LineStatus, ResourceKind, ServiceKind, ServiceState

BUCKETS = 64
ATTEMPTS_BEFORE_PARKING = 8
QUARANTINE_DAYS = 90
RESERVATION_DAYS = 14
# What rlm_sql lets through unescaped, less the characters that a person mistypes.
USERNAME_FORM = re.compile(r"^[a-z0-9][a-z0-9._-]{0,62}(@[a-z0-9][a-z0-9.-]{0,62})?$")
NUMBER_FORM = re.compile(r"^[0-9]{5,15}$")
PROFILE_FORM = re.compile(r"^[a-z0-9]+(?:-[a-z]+)*-(?P<down>[1-9][0-9]{0,5})-(?P<up>[1-9][0-9]{0,5})$")
# No 0/O, 1/l/I: a technician reads a password over the telephone.
SECRET_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105 - an alphabet, not a secret
SECRET_LENGTH = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A service wanted on a line.

    `connector` is the code of a network element; empty means the one the operator's settings name for this kind.
    `identifier` is the user name (internet) or number in digits with the country code (voice, mobile); None means
    that one is made or taken from the free numbers. `secret` None means that one is made.
    """

    kind: str
    profile: str = ""
    connector: str = ""
    identifier: str | None = None
    secret: str | None = None
    imsi: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The bit rates of a profile, both directions as the customer sees them, in bit/s."""

    down_bps: int
    up_bps: int


def bucket_of(charging_group_id: int) -> int:
    """Return the partition of usage in which a charging group lies."""
    return charging_group_id % BUCKETS


def speed_of_profile(code: str) -> Speed | None:
    """Read the speed out of a profile's name, `fibre-100-20` being 100 Mbit/s down and 20 up; None if it has none."""
    found = PROFILE_FORM.fullmatch(code)
    if found is None:
        return None
    return Speed(down_bps=int(found["down"]) * 1_000_000, up_bps=int(found["up"]) * 1_000_000)


def resource_kind(service_kind: str) -> ResourceKind:
    """Return under which kind of resource the identifier of a service is held."""
    return {
        ServiceKind.INTERNET: ResourceKind.USERNAME,
        ServiceKind.VOICE: ResourceKind.NUMBER,
        ServiceKind.MOBILE: ResourceKind.MSISDN,
    }[ServiceKind(service_kind)]


def identifier_is_well_formed(service_kind: str, identifier: str) -> bool:
    """Tell whether the network can carry this identifier without rewriting it."""
    form = USERNAME_FORM if service_kind == ServiceKind.INTERNET else NUMBER_FORM
    return form.fullmatch(identifier) is not None


def is_closed_by(service_kind: str, scopes: Collection[str]) -> bool:
    """Tell whether bars of these scopes close a service altogether.

    A bar on data closes an internet service, which is nothing else; on a mobile one it is a restriction.
    """
    if BarScope.ALL in scopes:
        return True
    return service_kind == ServiceKind.INTERNET and BarScope.DATA in scopes


def wanted_state(service_kind: str, scopes: Collection[str]) -> ServiceState:
    """Return what a service in use should be while bars of these scopes stand."""
    return ServiceState.SUSPENDED if is_closed_by(service_kind, scopes) else ServiceState.ACTIVE


def restrictions(service_kind: str, scopes: Collection[str]) -> tuple[str, ...]:
    """Return the scopes that narrow a service without closing it, sorted; internet knows none."""
    if service_kind == ServiceKind.INTERNET:
        return ()
    return tuple(sorted({str(scope) for scope in scopes} - {str(BarScope.ALL)}))


def command_kind(*, actual: str, desired: str) -> CommandKind:
    """Name, for people, the step from what the network has to what we want."""
    if desired == ServiceState.CEASED:
        return CommandKind.CEASE
    if desired == ServiceState.SUSPENDED:
        return CommandKind.MODIFY if actual == ServiceState.SUSPENDED else CommandKind.SUSPEND
    if actual == ServiceState.NONE:
        return CommandKind.ACTIVATE
    return CommandKind.RESUME if actual == ServiceState.SUSPENDED else CommandKind.MODIFY


def line_status(current: str, actual_states: Iterable[str]) -> LineStatus:
    """Return the status of a line from the confirmed states of its services.

    One service in use makes the line active. Services not set up yet say nothing: the line keeps what it was.
    """
    states = set(actual_states)
    if ServiceState.ACTIVE in states:
        return LineStatus.ACTIVE
    if ServiceState.SUSPENDED in states:
        return LineStatus.SUSPENDED
    if states == {ServiceState.CEASED}:
        return LineStatus.CEASED
    return LineStatus(current)


def retry_delay_s(attempts: int) -> int:
    """Return the seconds to wait after this many failed attempts of one command: 15 s, doubling, at most an hour."""
    return int(min(15 * 2 ** max(attempts - 1, 0), 3600))


def circuit_delay_s(failures: int) -> int:
    """Return the seconds to leave an element alone after it failed to answer: 5 s, doubling, at most five minutes."""
    return int(min(5 * 2 ** max(failures - 1, 0), 300))

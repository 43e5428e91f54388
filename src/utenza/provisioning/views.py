"""What queries return: frozen, complete, without a model inside. Other stages take them from `queries`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from utenza.provisioning.states import BarScope


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service as it is wanted (`desired_state`) and as the network confirmed it (`actual_state`)."""

    service_id: int
    kind: str
    element: str
    element_kind: str
    identifier: str
    profile: str
    confirmed_profile: str
    desired_state: str
    actual_state: str
    attributes: Mapping[str, str]
    created_at: datetime
    activated_at: datetime | None
    suspended_at: datetime | None
    ceased_at: datetime | None

    @property
    def settled(self) -> bool:
        """Whether the network holds what we want."""
        return self.desired_state == self.actual_state and self.profile == self.confirmed_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class BarView:
    bar_id: int
    scope: str
    reason: str
    note: str
    placed_at: datetime
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """That a line held a user name or number from `valid_from`, to `valid_to` (excluded) or until now if None."""

    kind: str
    value: str
    line_id: int
    service_id: int
    customer_id: int
    charging_group_id: int
    bucket: int
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCount:
    """How many lines, and how many customer nodes that have them, in one market with one way of paying."""

    market: str
    payment: str
    lines: int
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line with what belongs to it. `status` is what the network confirmed; `bars` are those that stand."""

    line_id: int
    number: str
    customer_id: int
    market: str
    payment: str
    charging_group_id: int
    bucket: int
    status: str
    created_at: datetime
    activated_at: datetime | None
    ceased_at: datetime | None
    services: tuple[ServiceView, ...]
    bars: tuple[BarView, ...]
    identifiers: tuple[str, ...]

    @property
    def bar_reasons(self) -> frozenset[str]:
        """The reasons that close the whole line now."""
        return frozenset(bar.reason for bar in self.bars if bar.scope == BarScope.ALL)

    @property
    def settled(self) -> bool:
        """Whether the network holds what we want of every service."""
        return all(service.settled for service in self.services)

    def service(self, kind: str) -> ServiceView | None:
        """Return the service of this kind that is not ceased, else the last one that was, else None."""
        of_kind = [service for service in self.services if service.kind == kind]
        alive = [service for service in of_kind if service.desired_state != "ceased"]
        chosen = alive or of_kind
        return chosen[-1] if chosen else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    command_id: int
    line_id: int
    line_number: str
    customer_id: int
    service_id: int
    identifier: str
    element: str
    kind: str
    status: str
    attempts: int
    last_error: str
    created_at: datetime
    next_attempt_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrderView:
    """A work order; `task` is a sentence in the current language."""

    work_order_id: int
    command_id: int
    line_id: int
    line_number: str
    customer_id: int
    service_id: int
    service_kind: str
    identifier: str
    profile: str
    command_kind: str
    task: str
    status: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementView:
    code: str
    kind: str
    name: str
    enabled: bool
    settings: Mapping[str, Any]
    failures: int
    last_error: str
    next_attempt_at: datetime | None
    last_answer_at: datetime | None
    waiting: int
    parked: int
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementAccess:
    """How to read what an element recorded; `dsn` empty means our own database."""

    code: str
    kind: str
    settings: Mapping[str, Any]
    dsn: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    address: str
    name: str
    coa_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    identifier: str
    secret: str = field(repr=False)

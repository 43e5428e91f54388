"""What provisioning announces: each fact is what the network confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceActivated(Event):
    """The network lets the service in."""

    name: ClassVar[str] = "provisioning.service_activated"
    customer_id: int
    line_id: int
    service_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSuspended(Event):
    """The network refuses the service now."""

    name: ClassVar[str] = "provisioning.service_suspended"
    customer_id: int
    line_id: int
    service_id: int
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResumed(Event):
    """The network lets the service in again."""

    name: ClassVar[str] = "provisioning.service_resumed"
    customer_id: int
    line_id: int
    service_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCeased(Event):
    """The service is gone from the network."""

    name: ClassVar[str] = "provisioning.service_ceased"
    customer_id: int
    line_id: int
    service_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(Event):
    """A command to the network was parked and needs a person."""

    name: ClassVar[str] = "provisioning.command_failed"
    customer_id: int
    line_id: int
    service_id: int
    command_id: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrderOpened(Event):
    """A technician is asked to do by hand what no connector does."""

    name: ClassVar[str] = "provisioning.work_order_opened"
    customer_id: int
    line_id: int
    work_order_id: int
    task: str

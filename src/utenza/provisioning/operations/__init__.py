"""Public writes of provisioning, by noun."""

from utenza.provisioning.connectors.registry import UnknownConnector
from utenza.provisioning.operations.bars import BarOutcome, UnknownBar, bar, lift, resume, suspend
from utenza.provisioning.operations.commands import (
    CommandNotParked,
    UnknownCommand,
    accept_parked_command,
    retry_command,
)
from utenza.provisioning.operations.elements import (
    MalformedSetting,
    change_element,
    configure_element,
    define_profile,
    register_element,
    route_services,
)
from utenza.provisioning.operations.lines import (
    IdentifierTaken,
    LineCeased,
    LineHasNoService,
    LineRef,
    MalformedIdentifier,
    NothingOrdered,
    ServiceRef,
    UnknownLine,
    UnknownService,
    activate,
    add_service,
    cease,
    cease_service,
    change_secret,
    create_line,
    modify_profile,
)
from utenza.provisioning.operations.numbers import (
    MalformedRange,
    add_number_range,
    release_held_numbers,
    release_number,
    reserve_number,
)
from utenza.provisioning.operations.radius import RadiusAccess, RadiusSetupFailed, register_device, set_up_radius
from utenza.provisioning.operations.work_orders import (
    UnknownWorkOrder,
    WorkOrderClosed,
    confirm_work_order,
    fail_work_order,
)
from utenza.provisioning.routing import ElementDisabled, UnknownElement, UnknownProfile
from utenza.provisioning.rules import ServiceSpec
from utenza.provisioning.stock import NoFreeNumber, NumberNotFree

__all__ = [
    "BarOutcome",
    "CommandNotParked",
    "ElementDisabled",
    "IdentifierTaken",
    "LineCeased",
    "LineHasNoService",
    "LineRef",
    "MalformedIdentifier",
    "MalformedRange",
    "MalformedSetting",
    "NoFreeNumber",
    "NothingOrdered",
    "NumberNotFree",
    "RadiusAccess",
    "RadiusSetupFailed",
    "ServiceRef",
    "ServiceSpec",
    "UnknownBar",
    "UnknownCommand",
    "UnknownConnector",
    "UnknownElement",
    "UnknownLine",
    "UnknownProfile",
    "UnknownService",
    "UnknownWorkOrder",
    "WorkOrderClosed",
    "accept_parked_command",
    "activate",
    "add_number_range",
    "add_service",
    "bar",
    "cease",
    "cease_service",
    "change_element",
    "change_secret",
    "configure_element",
    "confirm_work_order",
    "create_line",
    "define_profile",
    "fail_work_order",
    "lift",
    "modify_profile",
    "register_device",
    "register_element",
    "release_held_numbers",
    "release_number",
    "reserve_number",
    "resume",
    "retry_command",
    "route_services",
    "set_up_radius",
    "suspend",
]

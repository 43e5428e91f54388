"""The lifecycles of lines, services, commands, work orders and numbers, one transition table each."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Market(TextChoices):
    MOBILE = "mobile", _("Mobile")
    FIXED = "fixed", _("Fixed")


class Payment(TextChoices):
    PREPAID = "prepaid", _("Prepaid")
    POSTPAID = "postpaid", _("Postpaid")


class ServiceKind(TextChoices):
    INTERNET = "internet", _("Internet")
    VOICE = "voice", _("Voice")
    MOBILE = "mobile", _("Mobile")


class LineStatus(TextChoices):
    """What the network confirmed of the line as a whole."""

    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CEASED = "ceased", _("Ceased")


LINE_MOVES: Mapping[str, frozenset[str]] = {
    LineStatus.PLANNED: frozenset({LineStatus.ACTIVE, LineStatus.SUSPENDED, LineStatus.CEASED}),
    LineStatus.ACTIVE: frozenset({LineStatus.SUSPENDED, LineStatus.CEASED}),
    LineStatus.SUSPENDED: frozenset({LineStatus.ACTIVE, LineStatus.CEASED}),
    LineStatus.CEASED: frozenset(),
}


class ServiceState(TextChoices):
    """Both what we want of a service and what the network confirmed."""

    NONE = "none", _("Not set up")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CEASED = "ceased", _("Ceased")


# Of `desired_state`: once a service is to be ceased there is no way back; a new service is made instead.
DESIRED_MOVES: Mapping[str, frozenset[str]] = {
    ServiceState.NONE: frozenset({ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.CEASED}),
    ServiceState.ACTIVE: frozenset({ServiceState.SUSPENDED, ServiceState.CEASED}),
    ServiceState.SUSPENDED: frozenset({ServiceState.ACTIVE, ServiceState.CEASED}),
    ServiceState.CEASED: frozenset(),
}

# Of `actual_state`: the network may go straight from nothing to suspended when a bar stood before the activation.
ACTUAL_MOVES: Mapping[str, frozenset[str]] = DESIRED_MOVES


class CommandKind(TextChoices):
    ACTIVATE = "activate", _("Activate")
    MODIFY = "modify", _("Modify")
    SUSPEND = "suspend", _("Suspend")
    RESUME = "resume", _("Resume")
    CEASE = "cease", _("Cease")


class CommandStatus(TextChoices):
    """`sending` is in flight; `sent` waits for a person's word; `failed` waits for its next attempt."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Waiting for confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    FAILED = "failed", _("Will be tried again")
    PARKED = "parked", _("Needs a person")
    SUPERSEDED = "superseded", _("Overtaken by a later one")


COMMAND_MOVES: Mapping[str, frozenset[str]] = {
    CommandStatus.QUEUED: frozenset({CommandStatus.SENDING, CommandStatus.SUPERSEDED}),
    CommandStatus.SENDING: frozenset(
        {CommandStatus.SENT, CommandStatus.CONFIRMED, CommandStatus.FAILED, CommandStatus.PARKED}
    ),
    CommandStatus.SENT: frozenset({CommandStatus.CONFIRMED, CommandStatus.PARKED, CommandStatus.SUPERSEDED}),
    CommandStatus.FAILED: frozenset({CommandStatus.SENDING, CommandStatus.SUPERSEDED}),
    CommandStatus.PARKED: frozenset({CommandStatus.QUEUED, CommandStatus.CONFIRMED, CommandStatus.SUPERSEDED}),
    CommandStatus.CONFIRMED: frozenset(),
    CommandStatus.SUPERSEDED: frozenset(),
}
# What a newer command of the same service overtakes. A command in flight is left to end first.
OVERTAKEN = (CommandStatus.QUEUED, CommandStatus.FAILED, CommandStatus.SENT, CommandStatus.PARKED)
# What a worker may pick up. `sending` is among them: its worker may have died, which the advisory lock tells.
DUE = (CommandStatus.QUEUED, CommandStatus.FAILED, CommandStatus.SENDING)


class WorkOrderStatus(TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


WORK_ORDER_MOVES: Mapping[str, frozenset[str]] = {
    WorkOrderStatus.OPEN: frozenset({WorkOrderStatus.DONE, WorkOrderStatus.FAILED, WorkOrderStatus.WITHDRAWN}),
    WorkOrderStatus.DONE: frozenset(),
    WorkOrderStatus.FAILED: frozenset(),
    WorkOrderStatus.WITHDRAWN: frozenset(),
}


class ResourceKind(TextChoices):
    USERNAME = "username", _("User name")
    MSISDN = "msisdn", _("Mobile number")
    IMSI = "imsi", _("SIM identity")
    NUMBER = "number", _("Telephone number")


class NumberStatus(TextChoices):
    FREE = "free", _("Free")
    RESERVED = "reserved", _("Reserved")
    IN_USE = "in_use", _("In use")
    QUARANTINE = "quarantine", _("In quarantine")


NUMBER_MOVES: Mapping[str, frozenset[str]] = {
    NumberStatus.FREE: frozenset({NumberStatus.RESERVED, NumberStatus.IN_USE}),
    NumberStatus.RESERVED: frozenset({NumberStatus.FREE, NumberStatus.IN_USE}),
    NumberStatus.IN_USE: frozenset({NumberStatus.QUARANTINE}),
    NumberStatus.QUARANTINE: frozenset({NumberStatus.FREE}),
}


class BarScope(TextChoices):
    ALL = "all", _("Everything")
    OUTGOING = "outgoing", _("Outgoing calls")
    DATA = "data", _("Data")
    ROAMING = "roaming", _("Roaming")
    PREMIUM = "premium", _("Premium numbers")


class BarReason(TextChoices):
    DEBT = "debt", _("Unpaid bills")
    FRAUD = "fraud", _("Suspected fraud")
    LOST = "lost", _("Lost or stolen")
    CUSTOMER = "customer", _("Customer's wish")
    SPEND_CAP = "spend_cap", _("Spending limit")
    COURT = "court", _("Court order")
    NO_CREDIT = "no_credit", _("No credit left")

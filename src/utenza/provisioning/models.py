"""Lines, services and what stands between them and the network."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from utenza.infra.encryption import EncryptedTextField
from utenza.provisioning import states


def _allowed(table: str, field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """Return the constraint that holds a choice column to its values, by the house's naming."""
    return models.CheckConstraint(
        name=f"provisioning_{table}_{field}", condition=Q(**{f"{field}__in": [str(value) for value in choices.values]})
    )


@pghistory.track(exclude=["dsn"])
class Element(models.Model):
    """A network element, or a desk of technicians, that commands are sent to."""

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=40, help_text="which connector speaks to it")
    name = models.CharField(max_length=120, default="", blank=True)
    settings = models.JSONField(default=dict, help_text="harmless settings; nothing secret")
    dsn = EncryptedTextField(null=True, blank=True, help_text="how to reach it, passwords included; null: our own")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class ElementHealth(models.Model):
    """Whether an element answers; kept apart from `Element`, since it changes at every failure."""

    element = models.OneToOneField(Element, on_delete=models.CASCADE, primary_key=True, related_name="health")
    failures = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="", blank=True)
    last_answer_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.element_id}: {self.failures} failures"


@pghistory.track()
class SpeedProfile(models.Model):
    """What a profile's name means to the network; a name like fibre-100-20 needs no row."""

    code = models.CharField(max_length=60, unique=True)
    down_bps = models.BigIntegerField()
    up_bps = models.BigIntegerField()
    attributes = models.JSONField(default=dict, help_text="further reply attributes by name")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="provisioning_speedprofile_positive", condition=Q(down_bps__gt=0, up_bps__gt=0))
        ]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class Line(models.Model):
    """A subscription on the network. Usage is guided to it."""

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey("parties.Customer", on_delete=models.PROTECT, related_name="+")
    market = models.CharField(max_length=10, choices=states.Market.choices)
    payment = models.CharField(max_length=10, choices=states.Payment.choices)
    charging_group_id = models.BigIntegerField()
    bucket = models.SmallIntegerField()
    status = models.CharField(max_length=10, choices=states.LineStatus.choices, default=states.LineStatus.PLANNED)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    ceased_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            _allowed("line", "status", states.LineStatus),
            _allowed("line", "market", states.Market),
            _allowed("line", "payment", states.Payment),
            models.CheckConstraint(name="provisioning_line_bucket", condition=Q(bucket__gte=0, bucket__lt=64)),
        ]

    def __str__(self) -> str:
        return self.number


@pghistory.track(exclude=["secret"])
class Service(models.Model):
    """One service of a line on one element."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="services")
    kind = models.CharField(max_length=10, choices=states.ServiceKind.choices)
    element = models.ForeignKey(Element, on_delete=models.PROTECT, related_name="+")
    identifier = models.CharField(max_length=128)
    secret = EncryptedTextField(default="", blank=True)
    profile = models.CharField(max_length=60, default="", blank=True)
    attributes = models.JSONField(default=dict)
    desired_state = models.CharField(
        max_length=10, choices=states.ServiceState.choices, default=states.ServiceState.NONE
    )
    actual_state = models.CharField(
        max_length=10, choices=states.ServiceState.choices, default=states.ServiceState.NONE
    )
    confirmed_profile = models.CharField(max_length=60, default="", blank=True)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True, help_text="when the network confirmed the suspension that stands")
    ceased_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            _allowed("service", "kind", states.ServiceKind),
            _allowed("service", "desired_state", states.ServiceState),
            _allowed("service", "actual_state", states.ServiceState),
            models.UniqueConstraint(
                name="provisioning_service_identifier_once",
                fields=["element", "identifier"],
                condition=~Q(actual_state=str(states.ServiceState.CEASED)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.identifier}"


@pghistory.track()
class ResourceAssignment(models.Model):
    """Which line held a user name or number, from an instant until another.

    `provisioning_resourceassignment_no_overlap` (an exclusion constraint made by the migration) keeps a value with
    one line at a time.
    """

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="assignments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=10, choices=states.ResourceKind.choices)
    value = models.CharField(max_length=128)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="provisioning_assignment_value", fields=["kind", "value", "valid_from"]),
        ]
        constraints: ClassVar = [
            _allowed("resourceassignment", "kind", states.ResourceKind),
            models.CheckConstraint(
                name="provisioning_resourceassignment_order",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


@pghistory.track()
class Bar(models.Model):
    """A reason why a line, or a part of it, is closed. Reasons stack."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="bars")
    scope = models.CharField(max_length=10, choices=states.BarScope.choices)
    reason = models.CharField(max_length=12, choices=states.BarReason.choices)
    note = models.TextField(default="", blank=True)
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            _allowed("bar", "scope", states.BarScope),
            _allowed("bar", "reason", states.BarReason),
            models.UniqueConstraint(
                name="provisioning_bar_stands_once",
                fields=["line", "scope", "reason"],
                condition=Q(lifted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} for {self.reason}"


class Command(models.Model):
    """One order to an element to bring a service to its wanted state; a journal, hence without history."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="commands")
    element = models.ForeignKey(Element, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=states.CommandKind.choices)
    status = models.CharField(max_length=12, choices=states.CommandStatus.choices, default=states.CommandStatus.QUEUED)
    payload = models.JSONField(default=dict, help_text="the wanted state as it was sent, without the secret")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            _allowed("command", "kind", states.CommandKind),
            _allowed("command", "status", states.CommandStatus),
            models.UniqueConstraint(name="provisioning_command_sequence", fields=["service", "sequence"]),
        ]
        indexes: ClassVar = [
            models.Index(
                name="provisioning_command_due",
                fields=["next_attempt_at", "id"],
                condition=Q(status__in=[str(status) for status in states.DUE]),
            ),
            models.Index(
                name="provisioning_command_parked",
                fields=["id"],
                condition=Q(status=str(states.CommandStatus.PARKED)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


@pghistory.track()
class WorkOrder(models.Model):
    """What a technician is asked to do where no connector reaches."""

    command = models.ForeignKey(Command, on_delete=models.PROTECT, related_name="work_orders")
    status = models.CharField(
        max_length=10, choices=states.WorkOrderStatus.choices, default=states.WorkOrderStatus.OPEN
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, default="", blank=True)
    note = models.TextField(default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            _allowed("workorder", "status", states.WorkOrderStatus),
            models.UniqueConstraint(
                name="provisioning_workorder_open_once",
                fields=["command"],
                condition=Q(status=str(states.WorkOrderStatus.OPEN)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="provisioning_workorder_open",
                fields=["opened_at"],
                condition=Q(status=str(states.WorkOrderStatus.OPEN)),
            )
        ]

    def __str__(self) -> str:
        return f"work order {self.pk}"


@pghistory.track()
class NumberRange(models.Model):
    """A block of telephone numbers that the authority assigned to the operator; both ends belong to it."""

    kind = models.CharField(max_length=10, choices=states.ServiceKind.choices)
    first = models.CharField(max_length=15)
    last = models.CharField(max_length=15)
    area = models.CharField(max_length=60, default="", blank=True)
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="provisioning_numberrange_kind",
                condition=Q(kind__in=[str(states.ServiceKind.VOICE), str(states.ServiceKind.MOBILE)]),
            ),
            models.UniqueConstraint(name="provisioning_numberrange_once", fields=["first", "last"]),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class PhoneNumber(models.Model):
    """One number and whether it can be given out; who held it when is in `ResourceAssignment`."""

    value = models.CharField(max_length=15, unique=True)
    range = models.ForeignKey(NumberRange, on_delete=models.PROTECT, related_name="numbers")
    kind = models.CharField(max_length=10, choices=states.ServiceKind.choices)
    status = models.CharField(max_length=10, choices=states.NumberStatus.choices, default=states.NumberStatus.FREE)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True, help_text="end of the reservation or of the quarantine")

    class Meta:
        constraints: ClassVar = [_allowed("phonenumber", "status", states.NumberStatus)]
        indexes: ClassVar = [
            models.Index(
                name="provisioning_number_free",
                fields=["kind", "value"],
                condition=Q(status=str(states.NumberStatus.FREE)),
            ),
            models.Index(
                name="provisioning_number_held",
                fields=["held_until"],
                condition=Q(held_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.value

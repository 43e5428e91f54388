"""The lifecycles of orders and agreements."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderStatus(TextChoices):
    AWAITING_DEPOSIT = "awaiting_deposit", _("Awaiting deposit")
    IN_PROGRESS = "in_progress", _("In progress")
    FALLOUT = "fallout", _("Needs a person")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


# Nothing is asked of the network while a deposit is awaited.
# What fell out goes on as soon as the network has confirmed after all.
ORDER_MOVES: dict[str, frozenset[str]] = {
    OrderStatus.AWAITING_DEPOSIT: frozenset({OrderStatus.IN_PROGRESS, OrderStatus.CANCELLED}),
    OrderStatus.IN_PROGRESS: frozenset({OrderStatus.FALLOUT, OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.FALLOUT: frozenset({OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class AgreementStatus(TextChoices):
    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")
    CANCELLED = "cancelled", _("Cancelled")


AGREEMENT_MOVES: dict[str, frozenset[str]] = {
    AgreementStatus.PENDING: frozenset({AgreementStatus.ACTIVE, AgreementStatus.CANCELLED}),
    AgreementStatus.ACTIVE: frozenset({AgreementStatus.ENDED}),
    AgreementStatus.ENDED: frozenset(),
    AgreementStatus.CANCELLED: frozenset(),
}

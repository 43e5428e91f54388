"""The life of a termination."""

from __future__ import annotations

from enum import StrEnum


class TerminationStatus(StrEnum):
    REQUESTED = "requested"
    CEASING = "ceasing"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class TerminationReason(StrEnum):
    MOVING = "moving"
    DISSATISFIED = "dissatisfied"
    PRICE = "price"
    COMPETITOR = "competitor"
    COOLING_OFF = "cooling_off"
    DECEASED = "deceased"
    DEBT = "debt"
    FRAUD = "fraud"
    OTHER = "other"


# A request may be withdrawn until its services begin to be ceased; after that the line must be ordered anew.
TERMINATION_MOVES: dict[str, frozenset[str]] = {
    TerminationStatus.REQUESTED: frozenset({TerminationStatus.CEASING, TerminationStatus.WITHDRAWN}),
    TerminationStatus.CEASING: frozenset({TerminationStatus.COMPLETED}),
    TerminationStatus.COMPLETED: frozenset(),
    TerminationStatus.WITHDRAWN: frozenset(),
}

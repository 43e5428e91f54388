"""Quantities of usage, each in one whole base unit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Unit(StrEnum):
    SECOND = "second"
    OCTET = "octet"
    MESSAGE = "message"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A whole, non-negative number of seconds, octets, messages or events."""

    value: int
    unit: Unit

    def __post_init__(self) -> None:
        if type(self.value) is not int or self.value < 0:
            raise ValueError("a quantity is a whole number, not negative")

    def __add__(self, other: Quantity) -> Self:
        if self.unit is not other.unit:
            raise ValueError(f"{self.unit} and {other.unit} cannot be added")
        return type(self)(self.value + other.value, self.unit)

"""An event of these tests alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Event):
    name: ClassVar[str] = "test.rang"
    customer_id: int
    word: str

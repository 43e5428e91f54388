"""What rating announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRated(Event):
    """A (month, bucket) was rated at a raw version."""

    name: ClassVar[str] = "rating.usage_rated"
    month: str
    bucket: int
    event_count: int

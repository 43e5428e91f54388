"""What usage announces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from utenza.core.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLanded(Event):
    """A file or batch was committed once; these (month, bucket) pairs have new raw usage."""

    name: ClassVar[str] = "usage.landed"
    source: str
    batch: str
    partitions: str
    event_count: int
    quarantined_count: int

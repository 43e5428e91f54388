"""The life of a dunning case."""

from __future__ import annotations

from enum import StrEnum


class CaseStatus(StrEnum):
    OPEN = "open"
    CLEARED = "cleared"


# A case that is cleared stays so: a new debt opens a new case, and climbs the ladder from its foot.
CASE_MOVES: dict[str, frozenset[str]] = {
    CaseStatus.OPEN: frozenset({CaseStatus.CLEARED}),
    CaseStatus.CLEARED: frozenset(),
}

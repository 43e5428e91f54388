"""What application does in the background: it asks providers, and decides when the last one has answered."""

from __future__ import annotations

from datetime import datetime

from utenza.application.operations import decide
from utenza.application.operations.asking import ask_due
from utenza.infra.work import register_drain


def ask_providers(*, at: datetime) -> int:
    """Ask a chunk of what is due, and return how many tries were made."""
    return ask_due(at=at, then=decide)


register_drain("identity_providers", ask_providers)

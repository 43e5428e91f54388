"""What the catalog does by itself: a version whose sale has ended is retired the next night."""

from __future__ import annotations

from datetime import datetime

from utenza.catalog import operations
from utenza.infra.operator import local_date
from utenza.infra.timed import timed
from utenza.infra.transactions import transaction


@timed(every="day", at="00:10", tz="operator")
def retire_expired_versions(*, at: datetime) -> None:
    """Retire the versions that are no longer sold from today on. Safe to repeat."""
    with transaction():
        operations.retire_expired(on_date=local_date(at))

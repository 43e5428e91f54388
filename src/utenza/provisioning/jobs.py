"""What provisioning does by itself: send commands, give numbers back to stock."""

from __future__ import annotations

from datetime import datetime

from utenza.infra.timed import timed
from utenza.infra.transactions import transaction
from utenza.infra.work import register_drain
from utenza.provisioning.dispatch import carry_out_due
from utenza.provisioning.operations import release_held_numbers

register_drain("provisioning", carry_out_due)


@timed(every="day", at="04:30")
def release_numbers(*, at: datetime) -> None:
    """Free the numbers whose reservation or quarantine is over."""
    while True:
        with transaction():
            released = release_held_numbers(at=at)
        if released == 0:
            return

"""Writes on telephone numbers: ranges, reservations, quarantine."""

from __future__ import annotations

from datetime import datetime, timedelta

from utenza.core.errors import N_, Refusal
from utenza.infra.operator import setting
from utenza.infra.states import move
from utenza.infra.transactions import demands_transaction
from utenza.provisioning.models import NumberRange, PhoneNumber
from utenza.provisioning.rules import NUMBER_FORM, RESERVATION_DAYS
from utenza.provisioning.states import NUMBER_MOVES, NumberStatus, ServiceKind
from utenza.provisioning.stock import NumberNotFree, free, pick

RANGE_LIMIT = 1_000_000


class MalformedRange(Refusal):
    code = "malformed_range"
    text = N_("%(first)s to %(last)s is not a range: both ends need the same count of digits, the lower one first.")


@demands_transaction
def add_number_range(*, kind: str, first: str, last: str, at: datetime, area: str = "") -> int:
    """Take a block of numbers into stock, both ends included, and return the count of new ones; safe to repeat.

    :raises MalformedRange: if the ends do not make a range of at most a million numbers.
    """
    ends = (first, last)
    if not all(NUMBER_FORM.fullmatch(end) for end in ends) or len(first) != len(last) or first.startswith("0"):
        raise MalformedRange(first=first, last=last, field="first")
    if not 0 <= int(last) - int(first) < RANGE_LIMIT or kind not in (ServiceKind.VOICE, ServiceKind.MOBILE):
        raise MalformedRange(first=first, last=last, field="last")
    block, _created = NumberRange.objects.get_or_create(
        first=first, last=last, defaults={"kind": kind, "area": area, "added_at": at}
    )
    before = PhoneNumber.objects.filter(range=block).count()
    PhoneNumber.objects.bulk_create(
        (PhoneNumber(value=str(value), range=block, kind=kind) for value in range(int(first), int(last) + 1)),
        ignore_conflicts=True,
        batch_size=5000,
    )
    return PhoneNumber.objects.filter(range=block).count() - before


@demands_transaction
def reserve_number(*, kind: str, at: datetime, value: str | None = None) -> str:
    """Hold a number for a customer who is still deciding, for `RESERVATION_DAYS`, and return it.

    :raises NoFreeNumber: if none is left and none was named.
    :raises NumberNotFree: if the named one is not free.
    """
    number = pick(kind=kind, value=value)
    move(number, table=NUMBER_MOVES, to=NumberStatus.RESERVED)
    number.held_until = at + timedelta(days=int(setting("provisioning.reservation_days", RESERVATION_DAYS)))
    number.save(update_fields=["held_until"])
    return number.value


@demands_transaction
def release_number(*, value: str) -> None:
    """Free a reserved number.

    :raises NumberNotFree: if it is not reserved.
    """
    number = PhoneNumber.objects.select_for_update().filter(value=value).first()
    if number is None or number.status != NumberStatus.RESERVED:
        raise NumberNotFree(number=value, status=number.status if number else "unknown", field="value")
    free(number)


@demands_transaction
def release_held_numbers(*, at: datetime, limit: int = 1000) -> int:
    """Free the numbers whose reservation or quarantine is over, at most `limit`; return how many; safe to repeat."""
    due = PhoneNumber.objects.select_for_update(skip_locked=True).filter(
        held_until__lte=at, status__in=[NumberStatus.RESERVED, NumberStatus.QUARANTINE]
    )
    numbers = list(due.order_by("held_until")[:limit])
    for number in numbers:
        free(number)
    return len(numbers)

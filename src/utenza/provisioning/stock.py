"""The stock of telephone numbers: giving one to a line and taking it back. Within this stage only."""

from __future__ import annotations

from datetime import datetime, timedelta

from utenza.core.errors import N_, Refusal
from utenza.infra.operator import setting
from utenza.infra.states import move
from utenza.provisioning.models import Line, PhoneNumber
from utenza.provisioning.rules import QUARANTINE_DAYS
from utenza.provisioning.states import NUMBER_MOVES, NumberStatus


class NoFreeNumber(Refusal):
    code = "no_free_number"
    text = N_("No free number is left for %(kind)s services: add a range of numbers, or choose a number by hand.")


class NumberNotFree(Refusal):
    code = "number_not_free"
    text = N_("The number %(number)s is %(status)s, so it cannot be given out now: choose another one.")


def take_number(*, kind: str, line: Line, value: str | None) -> str:
    """Give a free or reserved number to a line and return it.

    A number outside every range is taken as it is: it was ported in, or its range is kept elsewhere.

    :raises NoFreeNumber: if none is left and none was named.
    :raises NumberNotFree: if the named one is in use or in quarantine.
    """
    if value is not None and not PhoneNumber.objects.filter(value=value).exists():
        return value
    number = pick(kind=kind, value=value, reserved_too=value is not None)
    move(number, table=NUMBER_MOVES, to=NumberStatus.IN_USE)
    number.line, number.held_until = line, None
    number.save(update_fields=["line", "held_until"])
    return number.value


def put_into_quarantine(*, value: str, at: datetime) -> None:
    """Keep a number that was given up from being given out for a while."""
    number = PhoneNumber.objects.select_for_update().filter(value=value, status=NumberStatus.IN_USE).first()
    if number is None:
        return
    move(number, table=NUMBER_MOVES, to=NumberStatus.QUARANTINE)
    number.held_until = at + timedelta(days=int(setting("provisioning.quarantine_days", QUARANTINE_DAYS)))
    number.line = None
    number.save(update_fields=["line", "held_until"])


def pick(*, kind: str, value: str | None, reserved_too: bool = False) -> PhoneNumber:
    """Lock a number that may be given out: the one named, else the lowest free one.

    :raises NoFreeNumber, NumberNotFree:
    """
    numbers = PhoneNumber.objects.select_for_update(skip_locked=value is None)
    if value is None:
        free = numbers.filter(kind=kind, status=NumberStatus.FREE).order_by("value").first()
        if free is None:
            raise NoFreeNumber(kind=kind, field="identifier")
        return free
    number = numbers.filter(value=value).first()
    allowed = {NumberStatus.FREE, NumberStatus.RESERVED} if reserved_too else {NumberStatus.FREE}
    if number is None or number.kind != kind or number.status not in allowed:
        raise NumberNotFree(number=value, status=number.status if number else "unknown", field="identifier")
    return number


def free(number: PhoneNumber) -> None:
    """Put a number back among the free ones."""
    move(number, table=NUMBER_MOVES, to=NumberStatus.FREE)
    number.held_until = None
    number.save(update_fields=["held_until"])

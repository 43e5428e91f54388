"""Columns in, columns out, and the counters between: what the price function takes and gives.

All arrays are plain numpy, so that the loop can be compiled and the columns come from Arrow without copying.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from utenza.pricing.refusals import EventsOutOfOrder

if TYPE_CHECKING:
    from utenza.pricing.compiled import CompiledTariff

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Int8 = NDArray[np.int8]
Bytes = NDArray[np.bytes_]

DESTINATION_DIGITS_MAX = 24
ZONE_HINT_MAX = 40
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(IntEnum):
    """The kinds of usage; the base unit of each is in the comment."""

    VOICE = 0  # seconds
    DATA = 1  # octets
    SMS = 2  # messages


KIND_NAMES = {Kind.VOICE: "voice", Kind.DATA: "data", Kind.SMS: "sms"}
KIND_OF_NAME = {name: kind for kind, name in KIND_NAMES.items()}

# One event larger than this is a fault of its source, and is refused before it reaches a product that could overflow.
QUANTITY_MAX = {Kind.VOICE: 31 * 86_400, Kind.DATA: 2**44, Kind.SMS: 100_000}


class Status(IntEnum):
    """What became of an event."""

    PRICED = 0
    NO_RATE = 1  # the tariff has no rate for this kind and destination
    REVERSAL_UNKNOWN = 2  # it reverses an event that is not among those before it, or was reversed already
    OUT_OF_BOUNDS = 3  # quantity negative or beyond QUANTITY_MAX, or kind unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One event, for those who have only a few; `row` is its subscription's row in the counters."""

    event_id: int
    kind: Kind
    started_at: datetime
    quantity: int
    destination: str = ""
    zone_hint: str = ""
    reverses: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Usage events as columns of equal length, in any order.

    `row` the subscription's row in Counters · `started_us` microseconds since 1970 UTC · `quantity` in the kind's base
    unit · `destination` digits with country code, no plus sign · `zone_hint` a zone's name that the source knows
    (visited network), or empty · `reverses` the id of the event that this one takes back, 0 for none.
    """

    event_id: Int64
    row: Int64
    kind: Int8
    started_us: Int64
    quantity: Int64
    destination: Bytes
    zone_hint: Bytes
    reverses: Int64

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in self.__slots__}
        if len(lengths) > 1:
            raise EventsOutOfOrder(reason="columns differ in length")

    def __len__(self) -> int:
        return len(self.event_id)

    @classmethod
    def of(cls, events: Iterable[UsageEvent]) -> Self:
        """Return the columns of a few events."""
        rows = list(events)
        return cls(
            event_id=np.array([e.event_id for e in rows], dtype=np.int64),
            row=np.array([e.row for e in rows], dtype=np.int64),
            kind=np.array([int(e.kind) for e in rows], dtype=np.int8),
            started_us=np.array([instant_us(e.started_at) for e in rows], dtype=np.int64),
            quantity=np.array([e.quantity for e in rows], dtype=np.int64),
            destination=digits_column([e.destination for e in rows]),
            zone_hint=np.array([e.zone_hint.encode() for e in rows], dtype=f"S{ZONE_HINT_MAX}"),
            reverses=np.array([e.reverses for e in rows], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedColumns:
    """The prices of events, in the order in which the events were given.

    `amount_micro` is `numerator / denominator` rounded once, half away from zero · `charged_quantity` the increments
    begun, in base units, covered or not · `covered[event, allowance]` what each allowance took of it, and
    `allowance_used` their sum · `zone` index into the tariff's zones (0: any) · `window` the price window in which the
    event begins · `prefix_length` digits of the destination that decided the zone · `status` see Status.
    """

    amount_micro: Int64
    numerator: Int64
    denominator: Int64
    charged_quantity: Int64
    allowance_used: Int64
    covered: Int64
    zone: Int32
    window: Int32
    prefix_length: Int8
    status: Int8

    def __len__(self) -> int:
        return len(self.amount_micro)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What each subscription (row) has used of each allowance (column), and what it was granted, in base units.

    One row is one line under one tariff version in one billing period.
    """

    used: Int64
    granted: Int64

    @classmethod
    def opening(cls, *, tariff: CompiledTariff, rows: int = 1) -> Self:
        """Return unused counters with the tariff's full allowances."""
        granted = np.repeat(tariff.allowance_amount[np.newaxis, :], rows, axis=0)
        return cls(used=np.zeros_like(granted), granted=granted.copy())


def instant_us(at: datetime) -> int:
    """Return whole microseconds since 1970 UTC of an aware instant, exact."""
    if at.utcoffset() is None:
        raise EventsOutOfOrder(reason="an instant carries no offset from UTC")
    return (at - EPOCH) // timedelta(microseconds=1)


def us_instant(us: int) -> datetime:
    """Return the aware UTC instant of whole microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def digits_column(numbers: Sequence[str]) -> Bytes:
    """Return destinations as fixed-width ASCII digits: a leading plus sign and separators are dropped.

    A number longer than DESTINATION_DIGITS_MAX keeps its leading digits, which are those that decide the zone.
    """
    return np.array([digits_of(number)[:DESTINATION_DIGITS_MAX].encode() for number in numbers], dtype="S24")


def digits_of(number: str) -> str:
    """Return the ASCII digits of a number as dialled."""
    return "".join(c for c in number if "0" <= c <= "9")

"""A record as a source gives it, read into values or declined with a reason. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from utenza.pricing import digits_needed
from utenza.usage.states import Reason

KINDS = ("voice", "data", "sms")
QUANTITY_MAX = {"voice": 31 * 86_400, "data": 2**44, "sms": 100_000}
QUANTITY_DIGITS_MAX = 18
# A time out of these years is a fault of a clock.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# A number this short is a service, and reaches nobody in particular.
SHORT_NUMBER_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """One record in normal form. `line_id` if the source knows it, else `identifier` of `identifier_kind` is guided.

    `guided_at` is the instant at which who held the identifier decides, if that is not `started_at`: the start of the
    session of which this is a part. `charged_micro` is what was charged in real time, gross, None if nothing was.
    """

    record_id: str
    kind: str
    started_at: datetime
    quantity: int
    identifier_kind: str = "username"
    identifier: str = ""
    guided_at: datetime | None = None
    line_id: int | None = None
    b_number: str = ""
    zone_hint: str = ""
    reverses: str = ""
    charged_micro: int | None = None
    charged_zone: str = ""
    charged_tariff_version_id: int | None = None
    charged_currency: str = ""


class RecordDeclined(Exception):  # noqa: N818 - a record held back, which is no fault of the program
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


FIELDS = (
    "record_id", "kind", "started_at", "quantity", "identifier_kind", "identifier", "b_number", "zone_hint", "reverses",
    "guided_at",
)  # fmt: skip


def read_record(values: Mapping[str, str], *, zone: ZoneInfo) -> UsageRecord:
    """Read a record's texts; a time without an offset is in `zone`, and the first of the two that a clock shows twice.

    :raises RecordDeclined: with the reason.
    """
    record_id = values.get("record_id", "").strip()
    if not record_id:
        raise RecordDeclined(Reason.NO_RECORD_ID)
    kind = values.get("kind", "").strip().lower()
    if kind not in KINDS:
        raise RecordDeclined(Reason.BAD_KIND)
    return UsageRecord(
        record_id=record_id,
        kind=kind,
        started_at=_instant(values.get("started_at", ""), zone),
        quantity=_quantity(values.get("quantity", ""), kind),
        identifier_kind=values.get("identifier_kind", "") or "username",
        identifier=values.get("identifier", "").strip(),
        b_number=values.get("b_number", "").strip(),
        zone_hint=values.get("zone_hint", "").strip(),
        reverses=values.get("reverses", "").strip(),
        guided_at=_instant(values["guided_at"], zone) if values.get("guided_at") else None,
    )


def event_id_of(source: str, record_id: str) -> int:
    """Return the 63-bit number by which a source's record is known; the same record always has the same."""
    digest = hashlib.sha256(f"{source}\x1f{record_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1 or 1


def dialled_digits(number: str) -> str:
    """Return the digits of a number with its country code, without the plus sign or the two noughts before it."""
    return "".join(c for c in number if "0" <= c <= "9").removeprefix("00")


def priced_digits(digits: str, prefixes: Container[str]) -> str:
    """Return the first digits of a number that decide its price, without those that only tell whom it reaches.

    `prefixes` holds every beginning of every prefix of the tariffs that there are. The digits kept decide the zone
    in each of them exactly; a tariff made later may ask for more, and then the number itself is needed, which the
    line's key opens. A short number stays whole.
    """
    return digits if len(digits) <= SHORT_NUMBER_DIGITS else digits[: digits_needed(digits, prefixes)]


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        instant = (at if at.utcoffset() is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RecordDeclined(Reason.BAD_TIME) from error
    if not EARLIEST <= instant < LATEST:
        raise RecordDeclined(Reason.BAD_TIME)
    return instant


def _quantity(text: str, kind: str) -> int:
    digits = text.strip()
    # Not all that `int` takes is a quantity: not 1_000, not ten thousand digits.
    if not (digits.isascii() and digits.isdigit() and len(digits) <= QUANTITY_DIGITS_MAX):
        raise RecordDeclined(Reason.BAD_QUANTITY)
    quantity = int(digits)
    if quantity > QUANTITY_MAX[kind]:
        raise RecordDeclined(Reason.BAD_QUANTITY)
    return quantity

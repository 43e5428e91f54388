"""What an invented subscriber does with a line on one day: calls, messages, sessions. Pure, and the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

MEGABYTE = 1_000_000
FIRST_MINUTE, LAST_MINUTE = 7 * 60, 21 * 60 + 20
# Destinations of calls as the switch writes them (digits with the country code), and how often each comes.
CALLED: tuple[tuple[str, int], ...] = (
    ("39347", 24), ("39328", 12), ("3906", 12), ("3902", 8), ("39081", 6), ("39800", 4), ("4930", 3), ("331", 3),
    ("3491", 2), ("41", 1), ("1212", 1), ("39899", 1),
)  # fmt: skip
ON_NET_PERCENT = 15
# Of octets in a day, by what is sold: the least and the most of one session, and the most sessions.
SESSIONS: dict[str, tuple[int, int, int]] = {
    "mobile-ricarica": (1, 40, 2),
    "mobile": (40, 900, 3),
    "fwa": (800, 6_000, 1),
    "internet": (1_500, 14_000, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A service in use: `kind` is internet, voice or mobile; `habit` names a row of `SESSIONS`."""

    kind: str
    identifier: str
    habit: str
    travels: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One call, message or session. `started_at` is the operator's local time; `place` is where it was abroad, or ''.

    `quantity` is in seconds, messages or octets.
    """

    kind: str
    identifier_kind: str
    identifier: str
    b_number: str
    started_at: datetime
    quantity: int
    place: str


def uses_of_day(subscriber: Subscriber, day: date, numbers: Sequence[str]) -> list[Use]:
    """Return what a subscriber does on a day, in order of time; `numbers` are those of the operator's own customers."""
    chance = Random(f"{subscriber.identifier} {day.isoformat()}")
    abroad = subscriber.travels and day.toordinal() % 31 in range(9, 13)
    found: list[Use] = []
    if subscriber.kind != "internet":
        found += _calls(subscriber, day, numbers, chance, abroad)
    if subscriber.kind == "mobile":
        found += _messages(subscriber, day, chance, abroad)
    if subscriber.kind != "voice":
        found += _sessions(subscriber, day, chance, abroad)
    return sorted(found, key=lambda use: use.started_at)


def _moment(day: date, chance: Random) -> datetime:
    start = datetime.combine(day, time(0))
    return start + timedelta(minutes=chance.randint(FIRST_MINUTE, LAST_MINUTE), seconds=chance.randint(0, 59))


def _calls(subscriber: Subscriber, day: date, numbers: Sequence[str], chance: Random, abroad: bool) -> list[Use]:
    found = []
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        if numbers and chance.randrange(100) < ON_NET_PERCENT:
            called = chance.choice(numbers)
        else:
            prefix = chance.choices([prefix for prefix, _ in CALLED], [weight for _, weight in CALLED])[0]
            called = prefix + f"{chance.randrange(10**6, 10**7)}"
        # One call in twelve is not answered: it lasts no second and costs nothing.
        seconds = 0 if chance.randrange(12) == 0 else int(chance.expovariate(1 / 150)) + 5
        found.append(
            _use(
                subscriber,
                "voice",
                started_at=_moment(day, chance),
                quantity=min(seconds, 3_600),
                called=called,
                abroad=abroad,
            )
        )
    return found


def _messages(subscriber: Subscriber, day: date, chance: Random, abroad: bool) -> list[Use]:
    return [
        _use(
            subscriber,
            "sms",
            started_at=_moment(day, chance),
            quantity=1,
            called=f"39347{chance.randrange(10**6, 10**7)}",
            abroad=abroad,
        )
        for _ in range(chance.choice((0, 0, 0, 1, 2)))
    ]


def _sessions(subscriber: Subscriber, day: date, chance: Random, abroad: bool) -> list[Use]:
    least, most, count = SESSIONS[subscriber.habit]
    if abroad:
        least, most = 1, 30
    return [
        _use(
            subscriber,
            "data",
            started_at=_moment(day, chance),
            quantity=chance.randint(least * MEGABYTE, most * MEGABYTE),
            called="",
            abroad=abroad,
        )
        for _ in range(chance.randint(1, count))
    ]


IDENTIFIER_KINDS = {"internet": "username", "voice": "number", "mobile": "msisdn"}


def _use(subscriber: Subscriber, kind: str, *, started_at: datetime, quantity: int, called: str, abroad: bool) -> Use:
    place = ""
    if subscriber.kind == "mobile":
        # A price by place: data has it always, a call only where the visited network reports it.
        place = "switzerland" if abroad else ("national" if kind == "data" else "")
    return Use(
        kind=kind,
        identifier_kind=IDENTIFIER_KINDS[subscriber.kind],
        identifier=subscriber.identifier,
        b_number=called,
        started_at=started_at,
        quantity=quantity,
        place=place,
    )

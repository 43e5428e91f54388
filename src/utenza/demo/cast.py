"""Who is in the story and what already happened, kept in the settings, so that an interrupted story is resumed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from utenza.infra import operator
from utenza.infra.transactions import demands_transaction

STORY, CAST = "demo.story", "demo.cast"


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of the story, its nodes (itself among them) and its lines."""

    customer_id: int
    nodes: tuple[int, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long the story is: its days are from `first_day` up to, not including, `until`; `lived` of them are over."""

    customers: int
    months: int
    first_day: date
    until: date
    lived: int = 0
    told: bool = False

    @property
    def days(self) -> list[date]:
        return [self.first_day + timedelta(days=number) for number in range((self.until - self.first_day).days)]

    @classmethod
    def ending(cls, until: date, *, customers: int, months: int) -> Self:
        """Return a story that ends with the day before `until` and began as many months earlier."""
        year, month = divmod(until.year * 12 + until.month - 1 - months, 12)
        first_day = date(year, month + 1, min(until.day, 28))
        return cls(customers=customers, months=months, first_day=first_day, until=until)

    @classmethod
    def kept(cls) -> Self | None:
        """Return the story that was begun here, or None."""
        stored: dict[str, Any] | None = operator.setting(STORY, None)
        if stored is None:
            return None
        return cls(
            **{
                **stored,
                "first_day": date.fromisoformat(stored["first_day"]),
                "until": date.fromisoformat(stored["until"]),
            }
        )

    @demands_transaction
    def keep(self, *, at: datetime) -> None:
        """Write down how far the story has come."""
        value = {**asdict(self), "first_day": self.first_day.isoformat(), "until": self.until.isoformat()}
        operator.change_setting(key=STORY, value=value, at=at)


@dataclass
class Cast:
    """The customers of the story by their applicant's number, and the names of what can happen once only."""

    members: dict[int, Member] = field(default_factory=dict)
    happened: set[str] = field(default_factory=set)

    @classmethod
    def kept(cls) -> Self:
        stored: dict[str, Any] = operator.setting(CAST, {"members": {}, "happened": []})
        members = {int(index): Member(row[0], tuple(row[1]), tuple(row[2])) for index, row in stored["members"].items()}
        return cls(members=members, happened=set(stored["happened"]))

    def is_new(self, name: str) -> bool:
        return name not in self.happened

    @demands_transaction
    def join(self, index: int, member: Member, *, at: datetime) -> None:
        """Keep a customer, in the transaction that made it one."""
        self.members[index] = member
        self._keep(at)

    @demands_transaction
    def note(self, name: str, *, at: datetime) -> None:
        """Keep that something has happened, in the transaction in which it did."""
        self.happened.add(name)
        self._keep(at)

    def _keep(self, at: datetime) -> None:
        members = {
            str(index): [one.customer_id, list(one.nodes), list(one.lines)] for index, one in self.members.items()
        }
        operator.change_setting(key=CAST, value={"members": members, "happened": sorted(self.happened)}, at=at)

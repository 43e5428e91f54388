"""The ladder, and what is due on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from utenza.core.errors import N_, Refusal


class LadderContradictory(Refusal):
    code = "ladder_contradictory"
    text = N_("The dunning ladder is contradictory at step '%(step)s': %(why)s.")


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: after `days_overdue_min` days a letter goes out, and services may be withdrawn.

    `withdraw` is '' (nothing), 'one' (the newest line the account pays that is still open) or 'all' (every such line).
    `notice` marks the letter that announces the suspension formally: it goes by certified mail or on paper, and nothing
    is withdrawn until the term of notice has passed since.
    """

    code: str
    days_overdue_min: int
    letter: str
    withdraw: str = ""
    notice: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """How much notice the law, or the operator, gives before services are withdrawn, and when the debtor had it.

    `had_date` is the day on which the notice counts as received; None while it was not sent.
    """

    days: int
    had_date: date | None

    def passed_by(self, on_date: date) -> bool:
        return self.days <= 0 or (self.had_date is not None and (on_date - self.had_date).days >= self.days)


# A reminder, then the formal notice, then nothing is withdrawn for 40 days from its receipt (L. 160/2019 art. 1 c. 291,
# the country's term `suspension_notice_days`): 15 + 5 for the post + 40 is the 60th day.
DEFAULT_LADDER: tuple[Step, ...] = (
    Step("reminder_1", 5, "reminder_1"),
    Step("reminder_2", 15, "reminder_2", notice=True),
    Step("suspend_first", 60, "suspended", "one"),
    Step("suspend_all", 70, "suspended", "all"),
)

# Below this sum nobody is chased: a letter costs more (micro-units; the operator's setting).
DEFAULT_THRESHOLD_MICRO = 5_000_000


# How long a letter on paper is on its way (days; the operator's setting). Certified mail is there at once.
DEFAULT_POST_DAYS = 5


def ladder_from_setting(rows: Sequence[Mapping[str, Any]], *, notice_days: int = 0) -> tuple[Step, ...]:
    """Read the operator's ladder, the earliest step first.

    :raises LadderContradictory: if steps share a code or a day, withdraw something unknown, or withdraw something
        before a notice where `notice_days` are to be given.
    """
    steps = tuple(
        sorted(
            (
                Step(
                    str(row["code"]),
                    int(row["days_overdue_min"]),
                    str(row["letter"]),
                    str(row.get("withdraw", "")),
                    notice=bool(row.get("notice", False)),
                )
                for row in rows
            ),
            key=lambda step: step.days_overdue_min,
        )
    )
    seen: set[str] = set()
    previous = 0
    noticed = notice_days <= 0
    for step in steps:
        if step.withdraw and not noticed:
            raise LadderContradictory(step=step.code, why="it withdraws services and no step before it is the notice")
        noticed = noticed or step.notice
        if step.code in seen:
            raise LadderContradictory(step=step.code, why="two steps have this code")
        if step.days_overdue_min <= previous:
            raise LadderContradictory(step=step.code, why="it does not come later than the step before it")
        if step.withdraw not in {"", "one", "all"}:
            raise LadderContradictory(step=step.code, why="it withdraws neither 'one' nor 'all'")
        seen.add(step.code)
        previous = step.days_overdue_min
    return steps


def next_step(
    *, ladder: Sequence[Step], taken: Sequence[str], days_overdue: int, notice: Notice, on_date: date
) -> Step | None:
    """Return the step to take now: the first one not yet taken whose day has come, or None.

    One step a run, never a later one before an earlier: a customer whose notice was delayed is still warned first. A
    step that withdraws services waits until the term of `notice` has passed.
    """
    for step in ladder:
        if step.code in taken:
            continue
        if days_overdue < step.days_overdue_min or (step.withdraw and not notice.passed_by(on_date)):
            return None
        return step
    return None


def days_overdue(*, due_date: date, on_date: date) -> int:
    """Return whole days since the due date; 0 or less while it is not overdue."""
    return (on_date - due_date).days

"""The dunning ladder: what is due on which day, and in which order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.overdue.rules import DEFAULT_LADDER, LadderContradictory, days_overdue, ladder_from_setting, next_step


@pytest.mark.parametrize(
    ("late", "taken", "expected"),
    [
        (0, [], None),
        (4, [], None),
        (5, [], "reminder_1"),
        (5, ["reminder_1"], None),
        (14, ["reminder_1"], None),
        (15, ["reminder_1"], "reminder_2"),
        (30, ["reminder_1", "reminder_2"], "suspend_first"),
        (39, ["reminder_1", "reminder_2", "suspend_first"], None),
        (40, ["reminder_1", "reminder_2", "suspend_first"], "suspend_all"),
        (400, ["reminder_1", "reminder_2", "suspend_first", "suspend_all"], None),
    ],
)
def test_each_step_comes_on_its_day_and_once(late: int, taken: list[str], expected: str | None) -> None:
    step = next_step(ladder=DEFAULT_LADDER, taken=taken, days_overdue=late)
    assert (step.code if step else None) == expected


@given(late=st.integers(-50, 1000))
def test_nobody_is_suspended_unwarned(late: int) -> None:
    """Whoever is found late only after 60 days still gets both reminders before anything is withdrawn."""
    taken: list[str] = []
    while step := next_step(ladder=DEFAULT_LADDER, taken=taken, days_overdue=late):
        if step.withdraw:
            assert {"reminder_1", "reminder_2"} <= set(taken)
        taken.append(step.code)
    assert taken == [step.code for step in DEFAULT_LADDER if late >= step.days_overdue_min]


def test_the_due_day_itself_is_not_late() -> None:
    assert days_overdue(due_date=date(2026, 3, 20), on_date=date(2026, 3, 20)) == 0
    assert days_overdue(due_date=date(2026, 2, 27), on_date=date(2026, 3, 1)) == 2


def test_an_operators_ladder_is_read_in_order_of_days() -> None:
    ladder = ladder_from_setting(
        [
            {"code": "cut", "days_overdue_min": 20, "letter": "suspended", "withdraw": "all"},
            {"code": "ask", "days_overdue_min": 3, "letter": "reminder_1"},
        ]
    )
    assert [step.code for step in ladder] == ["ask", "cut"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"code": "a", "days_overdue_min": 3, "letter": "x"}, {"code": "a", "days_overdue_min": 9, "letter": "x"}],
        [{"code": "a", "days_overdue_min": 3, "letter": "x"}, {"code": "b", "days_overdue_min": 3, "letter": "x"}],
        [{"code": "a", "days_overdue_min": 0, "letter": "x"}],
        [{"code": "a", "days_overdue_min": 3, "letter": "x", "withdraw": "soul"}],
    ],
)
def test_a_contradictory_ladder_is_refused(rows: list[dict[str, object]]) -> None:
    with pytest.raises(LadderContradictory):
        ladder_from_setting(rows)

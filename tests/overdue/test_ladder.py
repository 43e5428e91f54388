"""The dunning ladder: what is due on which day, and in which order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.overdue.rules import (
    DEFAULT_LADDER,
    LadderContradictory,
    Notice,
    days_overdue,
    ladder_from_setting,
    next_step,
)

DAY = date(2026, 6, 1)
LONG_AGO = Notice(40, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("late", "taken", "expected"),
    [
        (0, [], None),
        (4, [], None),
        (5, [], "reminder_1"),
        (5, ["reminder_1"], None),
        (14, ["reminder_1"], None),
        (15, ["reminder_1"], "reminder_2"),
        (59, ["reminder_1", "reminder_2"], None),
        (60, ["reminder_1", "reminder_2"], "suspend_first"),
        (69, ["reminder_1", "reminder_2", "suspend_first"], None),
        (70, ["reminder_1", "reminder_2", "suspend_first"], "suspend_all"),
        (400, ["reminder_1", "reminder_2", "suspend_first", "suspend_all"], None),
    ],
)
def test_each_step_comes_on_its_day_and_once(late: int, taken: list[str], expected: str | None) -> None:
    step = next_step(ladder=DEFAULT_LADDER, taken=taken, days_overdue=late, notice=LONG_AGO, on_date=DAY)
    assert (step.code if step else None) == expected


@given(lates=st.lists(st.integers(-50, 400), min_size=1, max_size=60), days=st.integers(1, 60))
def test_nobody_is_suspended_before_the_notice_has_run(lates: list[int], days: int) -> None:
    """However late the debt is found and on whatever days the ladder is climbed."""
    due = date(2026, 1, 1)
    taken: dict[str, date] = {}
    for late in sorted(lates):
        on_date = due + timedelta(days=late)
        notice = Notice(days, taken.get("reminder_2"))
        step = next_step(ladder=DEFAULT_LADDER, taken=list(taken), days_overdue=late, notice=notice, on_date=on_date)
        if step is None:
            continue
        assert late >= step.days_overdue_min
        if step.withdraw:
            assert "reminder_1" in taken
            assert on_date - taken["reminder_2"] >= timedelta(days=days)
        taken[step.code] = on_date


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
        [{"code": "a", "days_overdue_min": 3, "letter": "x", "withdraw": "all"}],
        [
            {"code": "a", "days_overdue_min": 3, "letter": "x", "withdraw": "all"},
            {"code": "b", "days_overdue_min": 9, "letter": "x", "notice": True},
        ],
    ],
)
def test_a_contradictory_ladder_is_refused(rows: list[dict[str, object]]) -> None:
    with pytest.raises(LadderContradictory):
        ladder_from_setting(rows, notice_days=40)

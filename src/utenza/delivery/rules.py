"""Pure decisions of delivery."""

from __future__ import annotations

from datetime import date, timedelta

ATTEMPTS_MAX = 6


def bill_file_key(*, number: str, issue_date: date) -> str:
    """Return where the PDF of a bill is stored."""
    return f"bills/{issue_date.year}/{number}.pdf"


def letter_file_key(*, dispatch_id: int, planned_date: date) -> str:
    return f"letters/{planned_date.year}/{dispatch_id:09d}.pdf"


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after the `attempts`-th failure: one minute, two, four, ... at most an hour."""
    return timedelta(minutes=min(2 ** (attempts - 1), 60))

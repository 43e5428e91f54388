"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class StillNotSoError(AssertionError):
    """What was waited for did not come about in time."""


def wait_for(condition: Callable[[], T], *, what: str, seconds: float = 10.0) -> T:
    """Return what `condition` returns as soon as it is true.

    :raises StillNotSoError: if it is not after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise StillNotSoError(f"{what}: not within {seconds} s")
        time.sleep(0.01)

"""Named points at which a test may have this very process killed, as by `kill -9`."""

from __future__ import annotations

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Do nothing, unless a crash test asked for the process to die here.

    `UTENZA_CRASH_AT=name` or `name:n` kills at the n-th passing, and only while `UTENZA_CRASH_TEST=1`, so that a
    stray variable in production has no effect.
    """
    if os.environ.get("UTENZA_CRASH_TEST") != "1":
        return
    wanted, _, count = os.environ.get("UTENZA_CRASH_AT", "").partition(":")
    _passed[name] += 1
    if name == wanted and _passed[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def passed() -> dict[str, int]:
    """Return how often each point was passed while crash tests are on."""
    return dict(_passed)

"""The night shift: a process of its own that does what the worker does, while the story goes on with the next morning.

It reads one order a line from its input, JSON as `Shift.as_line` writes it, does it, and answers with one line. At the
end of its input it ends, so that none is left behind by a story that was killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import IO, Self


class NightFailed(RuntimeError):  # noqa: N818 - says what happened
    """The night shift ended before it had done its work; what it said stands above."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One night: what is due until `evening`, then the timed jobs until `morning` (None: there is no next morning)."""

    evening: datetime
    morning: datetime | None
    leave: tuple[str, ...]

    def as_line(self) -> str:
        morning = self.morning.isoformat() if self.morning else None
        return json.dumps({"evening": self.evening.isoformat(), "morning": morning, "leave": self.leave}) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Self:
        order = json.loads(line)
        morning = datetime.fromisoformat(order["morning"]) if order["morning"] else None
        return cls(datetime.fromisoformat(order["evening"]), morning, tuple(order["leave"]))


class NightShift:
    """The other end: begins a shift and waits for its end. Used as a context, which ends the process."""

    def __init__(self) -> None:
        # Ctrl-C is for the story, which ends the shift in order.
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe(self._process.stdin).close()
        self._process.wait()
        self._pipe(self._process.stdout).close()

    def begin(self, shift: Shift) -> None:
        """Have a shift worked, while the caller does something else."""
        try:
            pipe = self._pipe(self._process.stdin)
            pipe.write(shift.as_line())
            pipe.flush()
        except BrokenPipeError as error:
            raise NightFailed("the night shift has ended") from error

    def wait(self) -> list[str]:
        """Wait for the end of the shift that was begun; return the names of the timed jobs that failed.

        :raises NightFailed: if it did not come to its end.
        """
        answer = self._pipe(self._process.stdout).readline()
        if not answer:
            raise NightFailed("the night shift did not end its work")
        return list(json.loads(answer))

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise NightFailed("the night shift cannot be reached")
        return pipe


def work_shift(shift: Shift) -> list[str]:
    """Do what the worker would do in one night, and return the names of the timed jobs that failed."""
    from utenza.infra import clock, timed, work

    clock.set_clock(shift.evening)
    failed = list(timed.run_due(at=shift.evening).failed)
    work.drain_all(at=shift.evening, leave=shift.leave)
    if shift.morning is not None:
        clock.set_clock(shift.morning)
        failed += timed.run_due(at=shift.morning).failed
    return failed


def main() -> None:
    """Work one shift after another until the input ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "utenza.settings")
    import django
    from django.db import connection

    django.setup()
    from utenza.infra import logs

    logs.configure(level="WARNING")
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    for line in sys.stdin:
        failed = work_shift(Shift.from_line(line))
        sys.stdout.write(json.dumps(failed) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

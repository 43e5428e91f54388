"""Child processes kept alive: started again with a growing pause, stopped together, never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 30.0
STOP_TIMEOUT_S = 20.0
_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG


@dataclass(kw_only=True)
class Child:
    """One program that is to run for as long as the supervisor does. What a quiet one prints is thrown away."""

    name: str
    command: Sequence[str]
    quiet: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at_s: float = 0.0
    next_start_s: float = 0.0
    pause_s: float = FIRST_PAUSE_S

    def start(self, now_s: float) -> None:
        """Start the program in a session of its own, bound to die with us even if we are killed."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.quiet else None,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the supervisor has one thread
        )
        self.started_at_s = now_s

    def ended(self) -> int | None:
        """Return the exit code of a program that ran and ended since we looked last, or None."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.sweep()
        self.process = None
        return code

    def sweep(self) -> None:
        """Kill what the program started and left behind: a web server's workers would keep its port for ever."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def plan_restart(self, now_s: float) -> float:
        """Return in how many seconds it starts again: at once after a steady life, else after twice the last pause."""
        steady = now_s - self.started_at_s >= STEADY_AFTER_S
        self.pause_s = FIRST_PAUSE_S if steady else min(self.pause_s * 2, LONGEST_PAUSE_S)
        self.next_start_s = now_s + self.pause_s
        return self.pause_s


@dataclass(kw_only=True)
class Supervisor:
    """Runs children until told to stop. `tend` is called every few seconds and looks after what is not a child."""

    children: list[Child]
    say: Callable[[str], None]
    tend: Callable[[], None]
    tend_every_s: float = 5.0
    _stopping: bool = field(default=False, init=False)

    def run(self) -> None:
        """Keep every child running until SIGINT or SIGTERM, then stop them all."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        next_tend_s = time.monotonic() + self.tend_every_s
        try:
            while not self._stopping:
                now_s = time.monotonic()
                self._look_after_children(now_s)
                if now_s >= next_tend_s:
                    self.tend()
                    next_tend_s = time.monotonic() + self.tend_every_s
                time.sleep(0.1)
        finally:
            self._stop_children()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _look_after_children(self, now_s: float) -> None:
        for child in self.children:
            if (code := child.ended()) is not None:
                pause_s = child.plan_restart(now_s)
                self.say(f"{child.name} ended with status {code}; it starts again in {pause_s:.1f} s.")
            if child.process is None and now_s >= child.next_start_s:
                child.start(now_s)

    def _stop_children(self) -> None:
        """Ask every child to end, and kill those that did not within the limit."""
        running = [(child, child.process) for child in self.children if child.process is not None]
        for _child, process in running:
            process.terminate()
        deadline_s = time.monotonic() + STOP_TIMEOUT_S
        for child, process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline_s - time.monotonic()))
            child.sweep()
            process.wait()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True


def utenza(*words: str) -> list[str]:
    """Return the command line of one of our own commands, run by the interpreter that runs us."""
    return [sys.executable, "-m", "utenza", *words]


def _die_with_parent() -> None:
    """Have the kernel end this process when its parent dies; where it cannot, the parent's own stop must do."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)

"""The supervisor of `utenza up`: what dies is started again, what is stopped is gone, and nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from utenza.cli.processes import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_AFTER_S, Child, Supervisor

FORK = multiprocessing.get_context("fork")
LIVES = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"
DIES = "import sys, pathlib; p = pathlib.Path(sys.argv[1]); p.write_text((p.read_text() if p.exists() else '') + '.')"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {LIVES}"


PARENT = (
    f"import subprocess, sys, time;subprocess.Popen([sys.executable, '-c', {LIVES!r}, sys.argv[1]]); time.sleep(600)"
)


def child(code: str, note: Path) -> Child:
    return Child(name="child", command=[sys.executable, "-c", code, str(note)])


def supervise(code: str, note: Path, said: Path, tended: Path) -> None:
    def say(text: str) -> None:
        with said.open("a") as file:
            file.write(f"{text}\n")

    supervisor = Supervisor(children=[child(code, note)], say=say, tend=tended.touch, tend_every_s=0.2)
    supervisor.run()


@pytest.fixture
def notes(tmp_path: Path) -> tuple[Path, Path, Path]:
    return tmp_path / "note", tmp_path / "said", tmp_path / "tended"


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pid_in(note: Path) -> int:
    wait(lambda: note.exists() and note.read_text() != "")
    return int(note.read_text())


def lives(pid: int) -> bool:
    """Say whether a process runs; one that ended and that nobody has reaped yet does not."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_is_killed_is_started_again_and_it_is_said(notes: tuple[Path, Path, Path]) -> None:
    note, said, tended = notes
    process = FORK.Process(target=supervise, args=(LIVES, note, said, tended))
    process.start()
    first = pid_in(note)
    note.unlink()
    os.kill(first, signal.SIGKILL)
    second = pid_in(note)
    assert second != first
    assert said.read_text().startswith("child ended with status -9; it starts again in")
    wait(tended.exists)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(timeout=30)
    assert process.exitcode == 0
    assert not lives(second)


def test_children_end_when_the_supervisor_is_killed(notes: tuple[Path, Path, Path]) -> None:
    process = FORK.Process(target=supervise, args=(LIVES, *notes))
    process.start()
    pid = pid_in(notes[0])
    process.kill()
    process.join(timeout=30)
    wait(lambda: not lives(pid))


def test_what_a_killed_child_had_started_is_swept_away(notes: tuple[Path, Path, Path]) -> None:
    note, said, _tended = notes
    process = FORK.Process(target=supervise, args=(PARENT, *notes))
    process.start()
    grandchild = pid_in(note)
    parent = int(Path("/proc", str(grandchild), "stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    wait(lambda: not lives(grandchild))
    wait(said.exists)
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(timeout=30)
    assert process.exitcode == 0


def test_a_child_that_keeps_dying_is_started_ever_more_rarely(notes: tuple[Path, Path, Path]) -> None:
    note, said, tended = notes
    process = FORK.Process(target=supervise, args=(DIES, note, said, tended))
    process.start()
    wait(lambda: said.exists() and len(said.read_text().splitlines()) >= 2)
    os.kill(process.pid or 0, signal.SIGINT)
    process.join(timeout=30)
    assert process.exitcode == 0
    first, second = said.read_text().splitlines()[:2]
    assert first.endswith("in 1.0 s.")
    assert second.endswith("in 2.0 s.")


def test_the_pause_doubles_up_to_its_limit_and_a_steady_life_resets_it(tmp_path: Path) -> None:
    dying = child(DIES, tmp_path / "note")
    pauses = [dying.plan_restart(0.0) for _ in range(10)]
    assert pauses[:3] == [1.0, 2.0, 4.0]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert dying.plan_restart(STEADY_AFTER_S) == FIRST_PAUSE_S


def test_a_child_that_will_not_end_is_killed_in_the_end(
    notes: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utenza.cli.processes.STOP_TIMEOUT_S", 0.3)
    process = FORK.Process(target=supervise, args=(STUBBORN, *notes))
    process.start()
    pid = pid_in(notes[0])
    os.kill(process.pid or 0, signal.SIGTERM)
    process.join(timeout=30)
    assert process.exitcode == 0
    assert not lives(pid)

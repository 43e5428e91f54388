"""A process that has read the libraries and forks once for each command that a test runs.

A command run by it is a process of its own, with its own environment, settings, outputs and exit status; only the
reading of the libraries, which is most of what a short command does, was done before. Nothing of ours that reads the
environment is loaded here, so each command still finds its own.

Each line on the standard input asks for one command, in JSON: argv, env, cwd, the files of its input and outputs, and
the seconds after which it is ended. Each line on the standard output gives its status, negative for a signal.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

LIBRARIES = (
    "click", "cryptography.hazmat.primitives.ciphers.aead", "django.core.management", "django.db.models", "django.urls",
    "django.core.management.commands.migrate", "django.forms", "django.template", "procrastinate", "psycopg", "yaml",
    "rich.console", "rich.table", "structlog",
)  # fmt: skip


class Forks:
    """The process, from the side of the tests; one command runs at a time."""

    def __init__(self, root: Path) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.forks"],
            cwd=root,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{root / 'src'}:{root}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, words: list[str], *, env: dict[str, str], stdin: str, timeout_s: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `utenza WORDS` and return what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock, tempfile.TemporaryDirectory(prefix="utenza-fork-") as folder:
            files = {name: str(Path(folder, name)) for name in ("in", "out", "err")}
            Path(files["in"]).write_text(stdin)
            asked = {"argv": ["utenza", *words], "env": env, "cwd": str(Path.cwd()), "timeout_s": timeout_s, **files}
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            out, err = (Path(files[name]).read_text() for name in ("out", "err"))
        if status == -signal.SIGALRM:
            raise subprocess.TimeoutExpired(words, timeout_s, out, err)
        return subprocess.CompletedProcess(["utenza", *words], status, out, err)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve() -> None:
    """Fork for each line until the input ends."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked)
        _pid, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(asked: dict[str, Any]) -> None:
    """Be the command that was asked for; does not return."""
    signal.alarm(int(asked["timeout_s"]))
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    flags = {"in": os.O_RDONLY, "out": os.O_WRONLY | os.O_CREAT, "err": os.O_WRONLY | os.O_CREAT}
    for number, (name, mode) in enumerate(flags.items()):
        descriptor = os.open(asked[name], mode, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - those of the command
    sys.argv = asked["argv"]
    code = 1
    try:
        from utenza.cli.main import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()

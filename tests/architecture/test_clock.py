"""Only one module reads the clock: neither code nor SQL of any other does, whatever the linter can see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.architecture.tree import SOURCE

# What linters cannot see: the database's own clock, in SQL and in fields, and names that lead around a ban on imports.
CLOCKS = re.compile(
    r"""
    (?<![\w.])(now|clock_timestamp|transaction_timestamp|statement_timestamp|timeofday)\(\s*\) # in SQL
    | \b(CURRENT_(TIMESTAMP|DATE|TIME)|LOCALTIME(STAMP)?)\b
    | \bauto_now(_add)?\s*=\s*True
    | (?<![\w.])Now\(\)
    | \b(datetime|date)\.(now|today|utcnow)\(
    | \b(timezone|dt)\.now\(
    | \btime\.(time|time_ns|localtime|gmtime)\(
    """,
    re.VERBOSE,
)
# Each place that may, and why.
ALLOWED = {
    "infra/clock.py": "it is the clock",
    "cli/doctor.py": "it compares the database's clock with ours",
    "ledger/models.py": "an entry says when it was recorded, beside the instant it is told",
    "provisioning/connectors/freeradius/schema.sql": "the daemon's own table, which it stamps by its database",
    "infra/sessions.py": "Django writes when a session ends by the real clock, whatever the demo's clock says",
    "infra/tasks.py": "the queue's own schedule is kept by the database",
}


def readers(folder: Path) -> dict[str, list[int]]:
    """Return the lines of each file under `folder` that read a clock; calls of `clock.now` are not among them."""
    found: dict[str, list[int]] = {}
    for path in sorted(path for suffix in ("py", "sql", "conf") for path in folder.rglob(f"*.{suffix}")):
        if (
            "migrations" in path.parts
        ):  # the triggers of the history stamp each change by the database's clock, on purpose
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        bare = "from utenza.infra.clock import" in "\n".join(lines)
        for number, line in enumerate(lines, start=1):
            code = line.partition("#")[0]
            if CLOCKS.search(re.sub(r"(?<![\w.])now\(\)", "", code) if bare else code):
                found.setdefault(str(path.relative_to(folder)), []).append(number)
    return found


def test_nothing_but_the_clock_reads_the_clock() -> None:
    found = readers(SOURCE)
    assert {path: lines for path, lines in found.items() if path not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "a place that no longer reads the clock leaves this list"


@pytest.mark.parametrize(
    "line",
    [
        "at = datetime.now(UTC)",
        "at = datetime.datetime.utcnow()",
        "day = date.today()",
        "at = timezone.now()",
        "at = time.time()",
        'cursor.execute("UPDATE t SET at = now()")',
        'cursor.execute("SELECT clock_timestamp()")',
        'cursor.execute("SELECT CURRENT_DATE")',
        "at = models.DateTimeField(auto_now_add=True)",
        "at = models.DateTimeField(db_default=Now())",
    ],
)
def test_each_way_to_read_it_is_caught(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.py").write_text(f"x = 1\n{line}\n")
    assert readers(tmp_path) == {"bad.py": [2]}


@pytest.mark.parametrize("line", ["at = clock.now()", "since = time.monotonic()", "# not now()", "known()"])
def test_what_is_allowed_is_not_caught(tmp_path: Path, line: str) -> None:
    (tmp_path / "good.py").write_text(f"{line}\n")
    assert readers(tmp_path) == {}

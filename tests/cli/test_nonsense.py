"""Whatever is written after a command, it answers with a sentence and an exit status, never with a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from django.db import transaction

from utenza.cli import house
from utenza.cli.main import COMMANDS, cli
from utenza.infra import configuration

pytestmark = pytest.mark.django_db

# These run on, or change the machine, once their words are understood; how they fail is told in test_errors.
LASTING = {"up", "init", "serve", "worker", "demo", "bench", "database", "doctor", "keys"}
NONSENSE = [
    "", "abc", "-1", "0", "9223372036854775808", "1e400", "0001-01-01", "9999-12-31", "31/02/2026", "NaN",
    "%s%(x)s", "x" * 3000, "../../etc/passwd", "'; DROP TABLE infra_user; --", "🧾",
]  # fmt: skip
GARBAGE = {
    "empty": b"", "binary": bytes(range(256)), "list": b"- 1\n- 2\n", "map": b"a: 1\nb: [x\n", "deep": b"[" * 5000,
    "word": b"word", "json": b'{"format": 1e999, "prices": null}', "csv": b'a;b\n"unclosed',
    "tag": b"!!python/object/apply:os.system [id]",
}  # fmt: skip


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Return every command that ends, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        if not path and name in LASTING:
            continue
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the database of the test, which is up."""
    monkeypatch.setattr(house, "ready", configuration.load)


def words_of(command: click.Command, value: str, file: Path) -> list[str]:
    """Return the arguments and options of a command with `value` in each place that takes a text."""
    words: list[str] = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.is_flag:
            words += [max(parameter.opts, key=len), str(file) if is_file(parameter) else value]
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    return [*words, "--", *(str(file) if is_file(one) else value for one in arguments)]


def run(words: list[str], typed: str = "") -> Result:
    """Run a command, whose doings are undone."""
    with transaction.atomic():
        transaction.get_connection().atomic_blocks[-1]._from_testcase = True  # to a command, this is the test's own
        result = CliRunner().invoke(cli, words, input=typed)
        transaction.set_rollback(True)
    return result


def is_file(parameter: click.Parameter) -> bool:
    return isinstance(parameter.type, click.Path | click.File)


def fault_of(result: Result) -> str:
    """Return what is wrong with an answer; '' if it is a sentence and a status."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"{type(result.exception).__name__}: {result.exception}"
    if result.exit_code not in (0, 1, 2) or "Traceback" in result.output:
        return f"status {result.exit_code}: {result.output[-200:]}"
    return "" if result.exit_code == 0 or result.output.strip() else "nothing is said"


def test_no_word_after_a_command_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "word").write_bytes(b"word")
    found, refused = [], 0
    for path, command in commands():
        for value in NONSENSE:
            # All places at once, then each alone while the others are left out.
            calls = [words_of(command, value, tmp_path / "word")]
            calls += [
                [
                    max(one.opts, key=len),
                    value,
                    "--",
                    *(["1"] * sum(isinstance(a, click.Argument) for a in command.params)),
                ]
                for one in command.params
                if isinstance(one, click.Option) and not one.is_flag and not is_file(one)
            ]
            for words in calls:
                result = run([*path, *words], f"{value}\n")
                refused += result.exit_code == 2
                if fault := fault_of(result):
                    found.append(f"utenza {' '.join(path)} {[word[:30] for word in words]}: {fault[:200]}")
    assert not found, "\n".join([f"{len(found)} faults", *found])
    assert refused > 100


@pytest.mark.parametrize("name", GARBAGE)
def test_no_file_given_to_a_command_is_a_fault(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(GARBAGE[name])
    found = []
    for path, command in commands():
        if any(is_file(one) for one in command.params):
            result = run([*path, *words_of(command, "1", file)])
            if (fault := fault_of(result)) or result.exit_code == 0:
                found.append(f"utenza {' '.join(path)}: {fault[:300] or 'it was taken'}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_help_page(name: str) -> None:
    context = click.Context(cli)
    if cli.get_command(context, name) is not None:  # type: ignore[attr-defined]
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0
        assert "Usage:" in result.output

"""What every file and folder of the tree keeps to."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.core.management.commands.makemigrations import Command
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from tests.architecture.tree import ROOT, SOURCE, rank_by_package, tracked_files

LONGEST_FILE = 500
LONGEST_README = 15
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".sh",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".cfg",
    ".sql",
    ".typ",
    "",
}
# Written in two halves, so that this file does not itself name what it looks for.
FOREIGN = re.compile(
    "|".join(
        re.escape(first + second)
        for first, second in [
            ("pypi", ".org"),
            ("python", "hosted.org"),
            ("registry.npm", "js.org"),
            ("proxy.go", "lang.org"),
            ("test.py", "pi"),
            ("/opt/", "pypi"),
            ("/wo", "rk/"),
            ("/root/", "."),
            ("/tmp/", "brief"),
        ]
    )
)


@pytest.mark.parametrize("stage", sorted([*rank_by_package(), "locale"]))
def test_every_package_says_what_it_owns_in_a_few_lines(stage: str) -> None:
    readme = SOURCE / stage / "README.md"
    assert readme.exists(), f"{stage} has no README.md"
    lines = readme.read_text(encoding="utf-8").strip().splitlines()
    assert 3 <= len(lines) <= LONGEST_README


def test_no_file_of_code_is_longer_than_it_can_be_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in (SOURCE, ROOT / "tests")
        for path in folder.rglob("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_nothing_names_a_package_registry_or_a_machine() -> None:
    found = []
    for path in tracked_files():
        if path.suffix in TEXT and path.name != "LICENSE":
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
                if FOREIGN.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_source_promises_nothing_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|HACK)\b|[Cc]oming soon")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css", ".typ", ".md"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if later.search(line)
    ]
    assert found == []


def test_no_model_waits_for_a_migration() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    detector = Command.autodetector(loader.project_state(), ProjectState.from_apps(apps))
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("utenza.")}
    changes = detector.changes(graph=loader.graph)
    waiting = {
        label: [operation.describe() for migration in migrations for operation in migration.operations]
        for label, migrations in changes.items()
        if label in ours
    }
    assert waiting == {}

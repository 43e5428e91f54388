"""What is installed is pinned, hashed, and there for a reason that is written down."""

from __future__ import annotations

import re

import pytest
from tests.architecture.tree import ROOT

FOLDER = ROOT / "requirements"
REASONS = ROOT / "docs" / "decisions" / "dependencies.md"


def wanted(name: str) -> set[str]:
    """Return the names in one .in file, without versions and extras."""
    lines = (FOLDER / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {re.split(r"[\[<>=~;\s]", line)[0].lower() for line in lines if line and not line.startswith(("#", "-"))}


@pytest.mark.parametrize("name", ["base", "dev", "pip"])
def test_every_requirement_is_pinned_to_one_version_and_its_hashes(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    loose = [line[:80] for line in lines if not re.match(r"[a-zA-Z0-9_.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]
    assert lines
    assert loose == []


@pytest.mark.parametrize("name", ["base", "dev", "pip"])
def test_what_is_wanted_is_what_was_compiled(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    compiled = {found.lower() for found in re.findall(r"^([a-zA-Z0-9_.-]+)==", text, flags=re.MULTILINE)}
    assert wanted(name) <= compiled


def test_both_sets_agree_on_every_version() -> None:
    versions: dict[str, set[str]] = {}
    for name in ("base", "dev"):
        text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
        for package, version in re.findall(r"^([a-zA-Z0-9_.-]+)==(\S+)", text, flags=re.MULTILINE):
            versions.setdefault(package, set()).add(version)
    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_every_requirement_has_its_reason() -> None:
    explained = {
        name.lower() for name in re.findall(r"^\| `([^`]+)`", REASONS.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert wanted("base") | wanted("dev") | wanted("pip") == explained

"""What the architecture's tests read: the contract's order, the files, and who imports whom."""

from __future__ import annotations

import ast
import configparser
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "utenza"
FOUNDATIONS = ("core", "country", "pricing", "infra")
SHELLS = ("web", "api", "cli")
TOPS = ("demo", "bench")


@cache
def rank_by_package() -> dict[str, int]:
    """Return each package's place in the contract of .importlinter, the foundations first."""
    contract = configparser.ConfigParser(comment_prefixes=("#",), inline_comment_prefixes=None)
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:house"]["layers"].split("\n")
    layers = [[name.strip() for name in line.split("|")] for line in lines if line.strip()]
    return {name: place for place, layer in enumerate(reversed(layers)) for name in layer}


def stages() -> list[str]:
    """Return the stages of the customer's life with the ledger: what is neither foundation, shell nor top."""
    others = (*FOUNDATIONS, *SHELLS, *TOPS)
    return [name for name in rank_by_package() if name not in others]


@dataclass(frozen=True)
class Import:
    """One import of another module of the house, and where it stands."""

    path: Path
    line: int
    module: str
    source: Path = SOURCE

    @property
    def importer(self) -> str:
        """The package that imports."""
        return self.path.relative_to(self.source).parts[0].removesuffix(".py")

    @property
    def imported(self) -> str:
        """The package that is imported."""
        return self.module.split(".")[1]

    def __str__(self) -> str:
        return f"{self.path.relative_to(self.source)}:{self.line} imports {self.module}"


def imports(source: Path = SOURCE) -> Iterator[Import]:
    """Return every import of `utenza.x.y` in the source, also those inside functions."""
    for path in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
                # `from utenza.billing import queries` imports the module utenza.billing.queries.
                deep = node.module.count(".") >= 2
                modules = [node.module] if deep else [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for module in modules:
                if module.startswith("utenza.") and module.split(".")[1] in rank_by_package():
                    yield Import(path, node.lineno, module, source)


def tracked_files() -> list[Path]:
    """Return the files under version control and those about to be; without git, all but what tools made."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    hidden = (".venv", ".git", "__pycache__", "_cache")
    return [path for path in ROOT.rglob("*") if path.is_file() and not any(word in str(path) for word in hidden)]

"""What import-linter cannot see of the contract: keys written as strings, and which modules a stage offers."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps
from tests.architecture.tree import FOUNDATIONS, SHELLS, SOURCE, Import, imports, rank_by_package, stages

OFFERED = frozenset({"operations", "queries", "rules"})


def test_every_package_has_its_place_in_the_contract() -> None:
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"locale"}
    assert packages == set(rank_by_package())


def test_every_stage_is_an_installed_app() -> None:
    assert set(stages()) <= set(settings.STAGES)


def upward_keys(found: Iterable[type[models.Model]]) -> list[str]:
    """Return the keys of models that point to a stage above their own, also those written as strings."""
    rank = rank_by_package()
    upward = []
    for model in found:
        own = model._meta.app_label
        if not model.__module__.startswith("utenza."):
            continue
        for field in model._meta.get_fields(include_hidden=True):
            if not isinstance(field, models.ForeignKey | models.ManyToManyField):
                continue
            target = field.related_model
            if not isinstance(target, str) and target.__module__.startswith("utenza."):
                other = target._meta.app_label
                if rank[other] > rank[own]:
                    upward.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    return upward


def test_no_foreign_key_points_upwards() -> None:
    assert upward_keys(apps.get_models(include_auto_created=True)) == []


@isolate_apps("utenza.infra", "utenza.billing")
def test_a_key_that_points_upwards_is_caught_though_it_is_a_string() -> None:
    class Bill(models.Model):
        __module__ = "utenza.billing.models"

        class Meta:
            app_label = "billing"

    class Setting(models.Model):
        __module__ = "utenza.infra.models"
        bill = models.ForeignKey("billing.Bill", on_delete=models.PROTECT, related_name="+")
        bills = models.ManyToManyField("billing.Bill", related_name="+")

        class Meta:
            app_label = "infra"

    class Line(models.Model):
        __module__ = "utenza.billing.models"
        setting = models.ForeignKey("infra.Setting", on_delete=models.PROTECT, related_name="+")

        class Meta:
            app_label = "billing"

    assert upward_keys([Bill, Setting, Line]) == [
        "infra.Setting.bill -> billing.Bill",
        "infra.Setting.bills -> billing.Bill",
    ]


def imports_past_the_counter(found: Iterable[Import]) -> list[str]:
    """Return the imports of another stage that are not its operations, queries or rules."""
    return [
        str(found)
        for found in found
        if found.imported != found.importer
        and found.imported in stages()
        and found.importer not in SHELLS
        and (found.module.split(".")[2:3] or ["package"])[0] not in OFFERED
    ]


def test_a_stage_uses_of_another_only_its_operations_queries_and_rules() -> None:
    assert imports_past_the_counter(imports()) == []


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("from utenza.parties.models import Customer", True),
        ("from utenza.parties import models", True),
        ("import utenza.parties.states", True),
        ("def f():\n    from utenza.parties.jobs import sweep", True),
        ("from utenza.parties import Customer", True),
        ("from utenza.parties import operations, queries", False),
        ("from utenza.parties.operations.tree import add_branch", False),
        ("from utenza.infra.models import User", False),
        ("from utenza.billing.models import Bill", False),
    ],
)
def test_an_import_past_the_counter_is_caught(tmp_path: Path, line: str, caught: bool) -> None:
    (tmp_path / "billing").mkdir()
    (tmp_path / "billing" / "sources.py").write_text(f"{line}\n")
    assert bool(imports_past_the_counter(imports(tmp_path))) is caught


def test_a_shell_imports_no_models() -> None:
    wrong = [str(found) for found in imports() if found.importer in SHELLS and "models" in found.module.split(".")]
    assert wrong == []


def test_a_shell_does_not_fetch_models_by_name() -> None:
    wrong = []
    for shell in SHELLS:
        for path in sorted((SOURCE / shell).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in {"get_model", "objects"}:
                    wrong.append(f"{path.relative_to(SOURCE)}:{node.lineno} uses {node.attr}")  # noqa: PERF401
    assert wrong == []


def test_the_pure_foundations_import_nothing_above_themselves() -> None:
    rank = rank_by_package()
    wrong = [
        str(found)
        for found in imports()
        if found.importer in FOUNDATIONS and rank[found.imported] > rank[found.importer]
    ]
    assert wrong == []

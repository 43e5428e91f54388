"""What import-linter cannot see of the contract: keys written as strings, and which modules a stage offers."""

from __future__ import annotations

import ast

from django.apps import apps
from django.conf import settings
from django.db import models
from tests.architecture.tree import FOUNDATIONS, SHELLS, SOURCE, imports, rank_by_package, stages

OFFERED = frozenset({"operations", "queries", "rules"})


def test_every_package_has_its_place_in_the_contract() -> None:
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"locale"}
    assert packages == set(rank_by_package())


def test_every_stage_is_an_installed_app() -> None:
    assert set(stages()) <= set(settings.STAGES)


def test_no_foreign_key_points_upwards() -> None:
    rank = rank_by_package()
    upward = []
    for model in apps.get_models(include_auto_created=True):
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
    assert upward == []


def test_a_stage_uses_of_another_only_its_operations_queries_and_rules() -> None:
    wrong = [
        str(found)
        for found in imports()
        if found.imported != found.importer
        and found.imported in stages()
        and found.importer not in SHELLS
        and (found.module.split(".")[2:3] or ["package"])[0] not in OFFERED
    ]
    assert wrong == []


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

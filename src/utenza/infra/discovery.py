"""Finds every stage's `jobs` module, so that its handlers, timed jobs and drains are known."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps


@cache
def load_jobs() -> tuple[str, ...]:
    """Import `<app>.jobs` of each installed app of this project that has one, and return their names.

    It is called when handlers or jobs are first asked for, after the apps are ready, never at import time.
    """
    apps.check_models_ready()
    found = []
    for config in apps.get_app_configs():
        name = f"{config.name}.jobs"
        if config.name.startswith("utenza.") and find_spec(name) is not None:
            import_module(name)
            found.append(name)
    return tuple(found)

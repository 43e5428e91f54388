"""Take a picture of each page at three widths and in both themes: python -m tests.web.screenshots FOLDER [NAME...]"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.harness import server as harness
from tests.web import serving

WIDTHS = (360, 1280, 1920)


def main(arguments: list[str]) -> None:
    """Build an operator with a few customers, serve it, and walk its pages."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    run = harness.prepare_run_folder()
    (run / "home").mkdir()
    os.environ.update(UTENZA_HOME=str(run / "home"), UTENZA_CLOCK="settable", DJANGO_SETTINGS_MODULE="utenza.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver runs a loop in this thread
    try:
        _prepare(run)
        from tests.web import scenery

        pages = scenery.build()
        with serving.live_server() as address, serving.browser() as browser:
            for theme in ("light", "dark"):
                for width in WIDTHS if not os.environ.get("SHOTS_WIDTHS") else [int(os.environ["SHOTS_WIDTHS"])]:
                    _walk(browser, address, pages, folder, theme=theme, width=width, only=arguments[1:])
    finally:
        harness.remove(run)


def _prepare(run: Path) -> None:
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    settings.ALLOWED_HOSTS = ["*"]
    server = harness.Server(run)

    def migrate(description: dict[str, Any]) -> None:
        connections["default"].settings_dict.update(description)
        call_command("migrate", verbosity=0, interactive=False)
        connections.close_all()

    def fingerprint() -> str:
        models = [model._meta.label for model in apps.get_models(include_auto_created=True)]
        return harness.fingerprint_of([Path(app.path) for app in apps.get_app_configs()], [*models, "screenshots"])

    stored = server.ready(fingerprint=fingerprint, migrate=migrate)
    connections["default"].settings_dict.update(stored.as_django())


def _walk(
    browser: Any, address: str, pages: dict[str, str], folder: Path, *, theme: str, width: int, only: list[str]
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, locale="en-GB", reduced_motion="reduce"
    )
    page = context.new_page()
    page.on("console", lambda message: print(f"console: {message.text}") if message.type == "error" else None)  # noqa: T201
    page.goto(f"{address}/accounts/login/")
    if not only or "login" in only:
        page.screenshot(path=folder / f"login-{width}-{theme}.png")
    page.fill("[name=login]", "marta")
    page.fill("[name=password]", serving.PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")
    for name, path in pages.items():
        if only and name not in only:
            continue
        answer = page.goto(address + path)
        if answer is None or (answer.status >= 400 and not name.startswith("error")):
            print(f"{name}: {answer.status if answer else 'no answer'} {path}")  # noqa: T201
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            print(f"{name} at {width}: {wide} px too wide")  # noqa: T201
        page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])

"""Take the pictures of the documentation from the demo: python -m tests.web.pictures ADDRESS FOLDER

The demo is told and served first: `make demo`, then `make screenshots` beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.web import serving

PASSWORD = "brezza-demo-2026"
# Each by its name: the language, the theme, the width and the height in pixels.
PICTURES = {
    "customer": ("en", "light", 1280, 860),
    "bill": ("en", "light", 1280, 860),
    "application": ("it", "light", 1280, 860),
    "usage": ("it", "dark", 1280, 860),
}


def main(arguments: list[str]) -> None:
    """Take each picture."""
    address, folder = arguments[0].rstrip("/"), Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    with serving.browser() as browser:
        for name, (language, theme, width, height) in PICTURES.items():
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme=theme,  # type: ignore[arg-type] # light or dark
                reduced_motion="reduce",
            )
            page = context.new_page()
            _sign_in(page, address, language)
            _open(page, name)
            page.screenshot(path=folder / f"{name}.png")
            context.close()


def _sign_in(page: Any, address: str, language: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", "supervisor")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")
    page.context.add_cookies([{"name": "django_language", "value": language, "url": address}])


def _open(page: Any, name: str) -> None:
    """Go where the picture is taken, as a person would."""
    if name == "application":
        page.goto("/applications/?status=draft")
        if not page.locator(".row-link").count():
            page.goto("/applications/new/")
            page.check("[name=kind][value=individual]")
            page.check("[name=wish][value='fixed:postpaid']")
            page.click("main form button[type=submit]")
            page.wait_for_url("**/steps/who/")
        else:
            page.locator(".row-link").first.click()
            page.wait_for_url("**/steps/**")
        page.goto(page.url.split("/steps/")[0] + "/steps/offer/")
        page.locator("[name=plan]").first.check()
        page.click("button[value=next]")
        page.wait_for_load_state()
        page.goto(page.url.split("/steps/")[0] + "/steps/offer/")
        return
    page.goto("/bills/" if name == "bill" else "/overdue/" if name == "customer" else "/customers/")
    page.locator(".table .row-link").first.click()
    page.wait_for_load_state()
    if name == "customer":
        page.goto(page.url.replace("/cases/", "/"))
    if name == "usage":
        page.click(".tabs a[href$='/usage/']")
        page.wait_for_load_state()
        page.click("[rel=prev]")
        page.wait_for_load_state()


if __name__ == "__main__":
    main(sys.argv[1:])

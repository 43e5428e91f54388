"""A served application and a browser, for tests that need a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.web import scenery, serving
from utenza.web import rail

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def pages(committed_db: Any, home: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the addresses of a small operator's pages, by name."""
    # The browser's driver runs an event loop in the test's thread; Django would take it for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    rail.forget_counts()
    return scenery.build()


@pytest.fixture
def visit(pages: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """Return a maker of browser windows in which Marta, who has every role, is signed in."""
    with serving.live_server() as address, serving.browser() as browser:

        def open_window(theme: str = "light", width: int = 1280) -> Page:
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": 900},
                color_scheme=theme,  # type: ignore[arg-type] # light or dark
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.goto("/accounts/login/")
            page.fill("[name=login]", "marta")
            page.fill("[name=password]", serving.PASSWORD)
            page.click("main form button[type=submit]")
            page.wait_for_url(f"{address}/")
            page.wait_for_load_state("networkidle")
            return page

        yield open_window

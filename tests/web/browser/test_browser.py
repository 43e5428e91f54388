"""The pages in a real browser: reachable by keyboard, free of barriers, and nothing wider than its window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.lab("chromium"), pytest.mark.xdist_group("browser")]
Visit = Callable[..., "Page"]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


class TestEveryPage:
    @pytest.mark.slow
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_has_no_barrier(self, visit: Visit, pages: dict[str, str], theme: str) -> None:
        page = visit(theme=theme)
        barriers = []
        for name, path in pages.items():
            page.goto(path)
            for found in Axe().run(page, options=RULES).response["violations"]:
                where = found["nodes"][0]
                barriers.append(f"{name}: {found['id']}: {where['html'][:160]} {where['failureSummary'][:200]}")
        assert barriers == []

    @pytest.mark.slow
    @pytest.mark.parametrize("width", [360, 1920])
    def test_fits_its_window(self, visit: Visit, pages: dict[str, str], width: int) -> None:
        page = visit(width=width)
        too_wide = []
        for name, path in pages.items():
            page.goto(path)
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                too_wide.append(f"{name}: {over} px")
        assert too_wide == []

    def test_logs_no_error_of_script_or_policy(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        for name in ("home", "customer", "styleguide", "application-who", "line"):
            page.goto(pages[name])
        assert said == []


class TestTheKeyboard:
    def test_searches_goes_and_opens(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit()
        for _ in range(50):  # until the script listens: what is typed before would be taken for other keys
            page.keyboard.press("/")
            if page.evaluate("document.activeElement.matches('input')"):
                break
            page.wait_for_timeout(100)
        page.keyboard.type("Bellandi")
        page.wait_for_selector("#found .hits a")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/customers/**")
        assert "Bellandi" in page.inner_text("h1")
        page.keyboard.press("g")
        page.keyboard.press("c")
        page.wait_for_url("**/customers/")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/customers/*/")

    def test_searches_for_what_was_typed_before_the_scripts_came(self, visit: Visit) -> None:
        page = visit()
        held: list[Route] = []
        page.route("**/htmx-2.min.js", lambda route: held.append(route))  # noqa: PLW0108 - the driver marks what it calls
        page.goto("/customers/", wait_until="commit")
        page.locator("#search").press_sequentially("Bellandi")
        assert page.locator("#found .hits").count() == 0
        page.wait_for_function("document.querySelector('#search').value === 'Bellandi'")
        held[0].continue_()
        page.wait_for_selector("#found .hits a:has-text('Bellandi')")

    def test_explains_itself(self, visit: Visit) -> None:
        page = visit()
        page.keyboard.press("?")
        assert page.is_visible("dialog#keys")
        assert "Customers" in page.inner_text("dialog#keys")
        page.keyboard.press("Escape")
        assert not page.is_visible("dialog#keys")


class TestTheCustomersPage:
    def test_keeps_a_note_that_was_typed_but_not_sent(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit()
        page.goto(pages["customer"])
        page.fill("textarea[name=text]", "Wants to be called on Monday.")
        page.reload()
        assert page.input_value("textarea[name=text]") == "Wants to be called on Monday."
        page.click("text=Keep it")
        page.wait_for_selector(".timeline .said:has-text('Monday')")
        page.reload()
        assert page.input_value("textarea[name=text]") == ""
        assert page.locator(".timeline .said", has_text="Monday").count() == 1

    def test_edits_a_fact_in_place_and_says_what_is_wrong(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit()
        page.goto(pages["customer"])
        page.hover("#fact-email")
        page.click("#fact-email .edit-fact")
        page.fill("#edit-email", "not an address")
        page.evaluate("document.querySelector('#edit-email').type = 'text'")
        page.click("#fact-email button[type=submit]")
        page.wait_for_selector("#edit-email-error")
        page.fill("#edit-email", "giulia@posta.example")
        page.click("#fact-email button[type=submit]")
        page.wait_for_selector("#fact-email:has-text('giulia@posta.example') .edit-fact", state="attached")

    def test_filters_the_time_line_and_says_so_in_the_address(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit()
        page.goto(pages["customer"])
        page.click("text=Notes and calls")
        page.wait_for_url("**?show=talk")
        assert page.locator(".timeline .words").count() == 2

    def test_works_on_a_phone(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit(width=360)
        page.goto(pages["customer"])
        assert not page.is_visible("#rail")
        page.click("[data-drawer]")
        assert page.is_visible("#rail")
        page.keyboard.press("Escape")
        page.wait_for_selector("#rail", state="hidden")


class TestSuspendingALine:
    def test_shows_what_will_happen_first(self, visit: Visit, pages: dict[str, str]) -> None:
        page = visit()
        page.goto(pages["line-suspend"])
        assert "is closed" in page.inner_text(".harm")
        page.check("input[value=fraud]")
        page.click("text=Suspend line >> nth=-1")
        page.wait_for_selector(".toast")
        assert page.locator("text=Suspected fraud").count() >= 1

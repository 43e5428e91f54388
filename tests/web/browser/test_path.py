"""The path of a customer in a real browser: from the form to the paid bill, each by the colleague whose work it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from tests.factories.application import person_form
from tests.factories.catalog import fibre_offer
from tests.factories.parties import person_facts
from tests.web import serving
from utenza.core.period import billing_period_containing
from utenza.infra import clock
from utenza.infra.work import drain_all
from utenza.parties import queries as parties
from utenza.web import rail

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.lab("chromium"), pytest.mark.xdist_group("browser"), pytest.mark.slow]
SignIn = Callable[[str], "Page"]


@pytest.fixture
def sign_in(committed_db: Any, home: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignIn]:
    """Return a maker of windows, each of a colleague of one role who reads Italian."""
    # The browser's driver runs an event loop in the test's thread; Django would take it for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    rail.forget_counts()
    for role in ("csr", "network", "billing", "finance"):
        serving.staff(role, role, language="it", given_name="Rosa", family_name=role.capitalize())
    with transaction.atomic():
        fibre_offer(at=clock.now() - timedelta(days=1))
    with serving.live_server() as address, serving.browser() as browser:
        yield lambda role: _window(browser, address, role)
    clock.set_clock(None)


def _window(browser: Browser, address: str, role: str) -> Page:
    page = browser.new_context(base_url=address, locale="it-IT", reduced_motion="reduce").new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", role)
    page.fill("[name=password]", serving.PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/")
    return page


def answer(page: Page, answers: dict[str, Any]) -> None:
    """Answer every question of the step that is shown, and go on."""
    for name, value in answers.items():
        fields = page.locator(f"main .form [name={name}]")
        if not fields.count() or not fields.first.is_visible():
            continue
        kind = fields.first.evaluate("field => field.type || field.tagName")
        if kind == "radio":
            page.check(f"main .form [name={name}][value='{value}']")
        elif kind == "checkbox":
            fields.first.set_checked(value == "yes")
        elif kind.startswith("select"):
            fields.first.select_option(str(value))
        else:
            fields.first.fill(str(value))
    plan = page.locator("main .form [name=plan]")
    if plan.count():
        plan.first.check()
    before = page.url
    page.click("main .form button[value=next]")
    page.wait_for_url(lambda url: url != before)


def work_done() -> None:
    """Let the background work do what waits, as a worker does."""
    drain_all(at=clock.now())


class TestFromTheFormToThePaidBill:
    def test_each_does_their_part(self, sign_in: SignIn) -> None:
        desk = sign_in("csr")
        desk.goto("/applications/new/")
        desk.check("[name=kind][value=individual]")
        desk.check("[name=wish][value='fixed:postpaid']")
        desk.click("main form button[type=submit]")
        facts = person_facts(0)
        form = {name: value for name, value in person_form(facts).items() if not isinstance(value, list)}
        form["bill_day"] = str(clock.today().day if clock.today().day <= 28 else 1)
        while "/steps/summary/" not in desk.url:
            answer(desk, form)
        desk.click("text=Presenta e decidi")
        desk.wait_for_selector("main .chip:has-text('Accettata')")
        desk.click("text=Inserisci l'ordine")
        desk.wait_for_selector("h1:has-text('Ordine')")
        order = desk.url
        work_done()

        technician = sign_in("network")
        technician.goto("/work-orders/")
        technician.click("button[value=done]")
        technician.wait_for_selector(".toast")
        work_done()
        desk.goto(order)
        assert desk.is_visible("main .title-line .chip:has-text('Completato')")

        billing = sign_in("billing")
        billing.goto("/bill-runs/")
        day = first_bill_day()
        clock.set_clock(datetime.combine(day, time(9), tzinfo=UTC))
        billing.fill("[name=cycle_date]", day.isoformat())
        billing.click("main form button[type=submit]")
        billing.wait_for_selector("#board")
        run = billing.url
        press(billing, "calculate")
        work_done()
        billing.goto(run)
        press(billing, "check")
        approver = sign_in("finance")
        approver.goto(run)
        press(approver, "approve")
        billing.goto(run)
        press(billing, "issue")
        work_done()

        desk.goto("/search/?q=Bellandi")
        desk.click(".hits a:has-text('Cliente')")
        desk.click(".tabs a:has-text('Bollette')")
        desk.click("#bills ~ * .row-link, .table .row-link >> nth=0")
        desk.wait_for_selector("text=Addebiti")
        document = desk.request.get(desk.locator("a[href$='/pdf/']").get_attribute("href") or "")
        assert document.body().startswith(b"%PDF")
        desk.click("main .page-head a.main-action")
        desk.click("main .form button[type=submit]")
        desk.wait_for_selector(".toast:has-text('Pagamento')")
        work_done()
        desk.click(".tabs a >> nth=0")
        story = desk.inner_text("#timeline")
        assert "Pagamento" in story
        assert "olletta" in story
        assert desk.locator(".figures >> nth=0").inner_text().startswith("Da pagare\n0,00")


def first_bill_day() -> date:
    """The day on which the period that holds today ends."""
    [customer_id] = parties.customer_ids(statuses=["active"])
    account = parties.accounts_of(customer_id)[0]
    return billing_period_containing(day=clock.today(), anchor_day=account.bill_day, months=1).end


def press(page: Page, step: str) -> None:
    """Press the board's button for a step and wait for its answer."""
    page.click(f"form[action$='/{step}/'] button")
    page.wait_for_selector(".toast")

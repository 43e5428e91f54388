"""A customer's usage with the way to each price, the numbers that are hidden, and the quarantine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from tests.factories.usage import call, metered_line
from utenza.core.period import DayPeriod
from utenza.infra.work import drain_all
from utenza.provisioning.queries import LineView
from utenza.rating import queries as rating
from utenza.usage import operations, queries
from utenza.usage.records import UsageRecord

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
SignedIn = Callable[..., Client]
LATER = datetime(2026, 4, 3, 9, tzinfo=UTC)
FEBRUARY = DayPeriod(datetime(2026, 2, 1, tzinfo=UTC).date(), datetime(2026, 3, 1, tzinfo=UTC).date())


def push(*records: UsageRecord, identity: str = "b1") -> None:
    operations.push_batch(source="switch", identity=identity, records=records, at=LATER)
    drain_all(at=LATER)


def on(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def words(answer: str) -> str:
    """The text of a page without its tags, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer)).replace("\xa0", " ")


@pytest.fixture
def line() -> LineView:
    """A line that called Germany, used up its minutes to Italy in the midst of a call, and used data."""
    line = metered_line()
    push(
        call("1", line, on(2), 90, number="4930123456"),
        call("2", line, on(3), 540),
        call("3", line, on(4), 180),
        replace(call("4", line, on(5), 2_500_000), kind="data", b_number=""),
    )
    return line


def event_path(line: LineView, kind: str, day: int) -> str:
    events = rating.usage_of_line(line.line_id, FEBRUARY, kind=kind)
    (found,) = [one for one in events if one.started_at.day == day]
    return f"/lines/{line.line_id}/usage/2026-02/{found.event_id}/"


class TestTheCustomersUsage:
    def test_is_summed_by_line_kind_and_destination(self, signed_in: SignedIn, line: LineView) -> None:
        page = words(signed_in("csr").get(f"/customers/{line.customer_id}/usage/?month=2026-02").content.decode())
        assert "Calls Germany 1 1:30 €0.45" in page
        assert "Calls Italy 2 12:00 €0.12" in page
        assert "Data – 1 2.5 MB €0.03" in page
        assert "Together €0.60" in page
        assert "Minuti 10 min of 10 min" in page

    def test_reads_in_italian(self, signed_in: SignedIn, line: LineView) -> None:
        page = words(
            signed_in("csr", language="it").get(f"/customers/{line.customer_id}/usage/?month=2026-02").content.decode()
        )
        assert "Chiamate Germany 1 1:30 0,45 €" in page

    def test_of_a_month_without_any_says_so(self, signed_in: SignedIn, line: LineView) -> None:
        page = signed_in("csr").get(f"/customers/{line.customer_id}/usage/?month=2026-01").content.decode()
        assert "Nothing used in this month." in page

    def test_takes_a_month_that_is_none_for_the_present_one(self, signed_in: SignedIn, line: LineView) -> None:
        for month in ("2026-13", "soon", "'", "2026-2"):
            assert signed_in("csr").get(f"/customers/{line.customer_id}/usage/", {"month": month}).status_code == 200

    def test_is_not_for_sales(self, signed_in: SignedIn, line: LineView) -> None:
        assert signed_in("sales").get(f"/customers/{line.customer_id}/usage/").status_code == 403


class TestTheEventsOfALine:
    def test_are_listed_fifty_a_page(self, signed_in: SignedIn, line: LineView) -> None:
        push(*(call(f"m{n}", line, on(10 + n // 20, n % 20), 60) for n in range(60)), identity="b2")
        client = signed_in("csr")
        first = client.get(f"/lines/{line.line_id}/usage/?month=2026-02&kind=voice").content.decode()
        assert first.count("data-row ") == 50
        assert "Next 13" in first
        second = client.get(f"/lines/{line.line_id}/usage/?month=2026-02&kind=voice&page=2").content.decode()
        assert second.count("data-row ") == 13

    def test_hide_the_end_of_the_number_from_whom_it_does_not_concern(
        self, signed_in: SignedIn, line: LineView
    ) -> None:
        path = f"/lines/{line.line_id}/usage/?month=2026-02"
        page = signed_in("csr").get(path).content.decode()
        assert "4930123•••" in page
        assert "4930123456" not in page
        assert "4930123456" in signed_in("network").get(path).content.decode()

    def test_show_their_number_no_more_once_the_key_is_destroyed(self, signed_in: SignedIn, line: LineView) -> None:
        operations.destroy_identifiers(line_id=line.line_id, at=LATER)
        page = signed_in("network").get(f"/lines/{line.line_id}/usage/?month=2026-02").content.decode()
        assert "+49" in page
        assert "493012" not in page


class TestTheWayToAPrice:
    def test_shows_destination_increments_and_tariff(self, signed_in: SignedIn, line: LineView) -> None:
        answer = signed_in("csr").get(event_path(line, "voice", 2), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in answer
        page = words(answer)
        assert "Germany, by the prefix 49" in page
        assert "misura/1" in page
        # Each step opens where its increments begin; the first increment of a call stands apart.
        assert "0:00 1 increment of 0:01 any other time – 0:01 × €0.30/min €0.005" in page
        assert "0:01 89 increments of 0:01 any other time – 1:29 × €0.30/min €0.445" in page
        assert "Amount, VAT included €0.45" in page
        assert "4930123456" not in page

    def test_shows_what_an_allowance_took_of_a_call_that_outlived_it(self, signed_in: SignedIn, line: LineView) -> None:
        page = words(signed_in("csr").get(event_path(line, "voice", 4)).content.decode())
        assert "1 min left before, 0 min after" in page
        assert "0:00 1 increment of 1:00 any other time Minuti: 1:00 – €0.00" in page
        assert "1:00 2 increments of 1:00 any other time – 2:00 × €0.06/min €0.12" in page
        assert "Amount, VAT included €0.12" in page

    def test_agrees_with_what_was_rated(self, line: LineView) -> None:
        for event in rating.usage_of_line(line.line_id, FEBRUARY):
            way = rating.explanation(line_id=line.line_id, month="2026-02", event_id=event.event_id)
            assert way is not None
            assert way.amount_micro == event.amount_micro

    def test_of_what_was_charged_at_once_says_so(self, signed_in: SignedIn, line: LineView) -> None:
        charged = replace(
            call("9", line, on(6), 60),
            line_id=line.line_id,
            charged_micro=150_000,
            charged_zone="italy",
            charged_currency="EUR",
        )
        push(charged, identity="b3")
        page = words(signed_in("csr").get(event_path(line, "voice", 6)).content.decode())
        assert "Charged from the balance as it was used: €0.15." in page

    def test_of_an_event_that_is_none_is_no_page(self, signed_in: SignedIn, line: LineView) -> None:
        assert signed_in("csr").get(f"/lines/{line.line_id}/usage/2026-02/1/").status_code == 404
        assert signed_in("csr").get("/lines/999/usage/2026-02/1/").status_code == 422


class TestTheQuarantine:
    def test_shows_records_by_reason_and_where_they_came_from(self, signed_in: SignedIn, line: LineView) -> None:
        push(replace(call("7", line, on(7), 60), identifier="nobody"), identity="b4")
        client = signed_in("network")
        page = words(client.get("/usage/quarantine/?reason=unknown_subscriber").content.decode())
        assert "Nobody had it then" in page
        assert "nobody" in page
        assert "Usage records in quarantine" in client.get("/").content.decode()
        sources = words(client.get("/usage/?month=2026-02").content.decode())
        assert "switch" in sources
        assert "Events priced 4" in sources

    def test_a_corrected_record_becomes_usage_once(self, signed_in: SignedIn, line: LineView) -> None:
        push(replace(call("7", line, on(7), 60), identifier="nobody"), identity="b4")
        (held,) = queries.quarantined()
        client = signed_in("network")
        path = f"/usage/quarantine/{held.quarantined_id}/"
        assert 'value="nobody"' in client.get(path).content.decode()
        form = {"identifier": line.identifiers[0]}
        assert client.post(path, form)["Location"] == "/usage/quarantine/"
        drain_all(at=LATER)
        assert queries.quarantined() == []
        assert len(rating.usage_of_line(line.line_id, FEBRUARY)) == 5
        assert client.post(path, form).status_code == 422
        drain_all(at=LATER)
        assert len(rating.usage_of_line(line.line_id, FEBRUARY)) == 5

    def test_one_that_still_fails_says_so_and_stays(self, signed_in: SignedIn, line: LineView) -> None:
        push(replace(call("7", line, on(7), 60), identifier="nobody"), identity="b4")
        (held,) = queries.quarantined()
        client = signed_in("network")
        answer = client.post(f"/usage/quarantine/{held.quarantined_id}/", {"quantity": "-5"}, follow=True)
        assert "held back again" in answer.content.decode()
        (again,) = queries.quarantined()
        assert again.reason == "bad_quantity"

    def test_ticked_records_are_sent_again_as_they_are(self, signed_in: SignedIn, line: LineView) -> None:
        push(
            replace(call("7", line, on(7), 60), identifier="nobody"),
            replace(call("8", line, on(8), 60), identifier="nobody"),
            identity="b4",
        )
        ids = [str(one.quarantined_id) for one in queries.quarantined()]
        answer = signed_in("billing").post("/usage/quarantine/resend/", {"tick": [*ids, "x", "999"]}, follow=True)
        assert "0 records became usage; 2 are held back still." in answer.content.decode()
        assert len(queries.quarantined()) == 2

    def test_is_seen_and_not_mended_by_an_auditor(self, signed_in: SignedIn, line: LineView) -> None:
        push(replace(call("7", line, on(7), 60), identifier="nobody"), identity="b4")
        (held,) = queries.quarantined()
        client = signed_in("auditor")
        page = client.get("/usage/quarantine/").content.decode()
        assert "nobody" in page
        assert "Send again" not in page
        assert client.post(f"/usage/quarantine/{held.quarantined_id}/").status_code == 403
        assert client.post("/usage/quarantine/resend/", {"tick": [held.quarantined_id]}).status_code == 403

    def test_that_is_empty_says_what_would_wait_there(self, signed_in: SignedIn) -> None:
        client = signed_in("network")
        assert "Nothing is in quarantine" in client.get("/usage/quarantine/").content.decode()
        assert "No source of usage is set" in client.get("/usage/").content.decode()

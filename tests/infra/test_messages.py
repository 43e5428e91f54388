"""Messages: queued with the facts, sent after them; refused, tried again, and told to whoever asked."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from utenza.infra import files, messages, post_office
from utenza.infra.messages import Attachment, MessageResult, message_status, queue_mail

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Mailbox:
    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.letters.append(envelope.content)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("UTENZA_SMTP_URL", f"smtp://127.0.0.1:{port}")
    yield box
    controller.stop()


def queue(to: str = "anna@example.it", **more: Any) -> int:
    return queue_mail(to=to, subject="La tua bolletta è pronta", text="Ciao Niccolò", about="bill:1", at=AT, **more)


@pytest.mark.django_db
class TestMail:
    def test_reaches_the_server_with_its_attachment(self, home: Path, mailbox: Mailbox) -> None:
        files.store(key="bills/2026/F-1.pdf", content=b"%PDF-1.7", mime="application/pdf")
        attachment = Attachment(name="F-1.pdf", mime="application/pdf", file_key="bills/2026/F-1.pdf")
        number = queue(html="<p>Ciao</p>", attachments=[attachment])
        assert message_status(number).status == "queued"
        assert post_office.send_due(at=AT) == 1
        assert message_status(number).status == "sent"
        letter = email.message_from_bytes(mailbox.letters[0], policy=default)
        assert letter["Subject"] == "La tua bolletta è pronta"
        assert letter["Date"].datetime == AT
        assert letter["To"] == "anna@example.it"
        [found] = list(letter.iter_attachments())
        assert (found.get_filename(), found.get_content()) == ("F-1.pdf", b"%PDF-1.7")
        assert letter.get_body(("plain",)).get_content().strip() == "Ciao Niccolò"
        assert post_office.send_due(at=AT) == 0

    def test_to_a_mailbox_that_does_not_exist_fails_with_the_reason(self, mailbox: Mailbox) -> None:
        number = queue(to="nobody@example.it")
        post_office.send_due(at=AT)
        found = message_status(number)
        assert (found.status, found.attempts) == ("failed", 1)
        assert "no such mailbox" in found.reason

    def test_is_tried_again_after_a_refusal_for_now(self, mailbox: Mailbox) -> None:
        mailbox.answers = ["451 later please"]
        number = queue()
        post_office.send_due(at=AT)
        assert message_status(number).status == "queued"
        assert post_office.send_due(at=AT + timedelta(seconds=59)) == 0
        assert post_office.send_due(at=AT + timedelta(seconds=60)) == 1
        assert message_status(number).status == "sent"
        assert len(mailbox.letters) == 1

    def test_is_given_up_when_no_server_ever_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        monkeypatch.setenv("UTENZA_SMTP_URL", f"smtp://127.0.0.1:{port}")
        number = queue()
        for day in range(post_office.ATTEMPTS_MAX):
            post_office.send_due(at=AT + timedelta(days=day))
        found = message_status(number)
        assert (found.status, found.attempts) == ("failed", post_office.ATTEMPTS_MAX)
        assert "refused" in found.reason.lower()

    def test_becomes_a_file_where_no_server_is_set(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("UTENZA_SMTP_URL", raising=False)
        queue()
        post_office.send_due(at=AT)
        [path] = list((home / "outbox").glob("*.eml"))
        letter = email.message_from_bytes(path.read_bytes(), policy=default)
        assert letter["To"] == "anna@example.it"

    def test_tells_whoever_asked_how_it_ended(
        self, home: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[MessageResult] = []
        monkeypatch.setattr(messages, "_listeners", [])
        messages.on_result("bill:", told.append)
        messages.on_result("letter:", lambda result: pytest.fail("not asked for"))
        queue()
        queue(to="nobody@example.it")
        post_office.send_due(at=AT)
        assert [(result.to, result.status) for result in told] == [
            ("anna@example.it", "sent"),
            ("nobody@example.it", "failed"),
        ]

    def test_with_a_lost_attachment_fails_and_is_not_sent_bare(self, home: Path, mailbox: Mailbox) -> None:
        number = queue(attachments=[Attachment(name="a.pdf", mime="application/pdf", file_key="gone.pdf")])
        post_office.send_due(at=AT)
        assert message_status(number).status == "failed"
        assert mailbox.letters == []

    @pytest.mark.parametrize("to", ["", "anna", "a@b.it, c@d.it", "a@b.it\nBcc: x@y.it", "Anna <a@b.it>"])
    def test_needs_one_address(self, to: str) -> None:
        with pytest.raises(messages.NoRecipient):
            queue(to=to)

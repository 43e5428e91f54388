"""A contact is proven by a code: sent, told back in time, a few tries, a few an hour."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tests.factories.application import filled_application, person_form, submitted_application
from tests.factories.parties import AT
from utenza.application import operations, queries
from utenza.application.models import ContactCode
from utenza.infra import messages
from utenza.infra.models.message import Message
from utenza.infra.operator import change_setting

pytestmark = pytest.mark.django_db
EMAIL = "prova@posta.example"


def draft(email: str = EMAIL) -> int:
    return filled_application(person_form(email=email)).application_id


def told_code(application_id: int) -> str:
    """Return the digits in the last message about an application."""
    message = messages.messages_about(f"application_code:{application_id}")[-1]
    found = re.search(r"\b[0-9]{6}\b", Message.objects.get(pk=message.id).text)
    assert found
    return found[0]


def tried(application_id: int, code: str, at: datetime = AT) -> str:
    refusal = operations.prove_code(application_id=application_id, code=code, at=at)
    return refusal.code if refusal else "proven"


class TestACode:
    def test_told_back_proves_the_address(self) -> None:
        application_id = draft()
        sent = operations.send_code(application_id=application_id, at=AT)
        assert sent.expires_at == AT + timedelta(minutes=10)
        code = told_code(application_id)
        assert tried(application_id, f" {code[:3]} {code[3:]} ", AT + timedelta(minutes=9, seconds=59)) == "proven"
        assert tried(application_id, code, AT + timedelta(minutes=9, seconds=59)) == "proven"
        assert queries.application(application_id).proven_at == AT + timedelta(minutes=9, seconds=59)

    def test_is_sent_in_the_applicants_language(self) -> None:
        application_id = draft()
        operations.send_code(application_id=application_id, at=AT)
        message = messages.messages_about(f"application_code:{application_id}")[-1]
        assert message.to == EMAIL
        assert "codice" in message.subject

    def test_expires_after_ten_minutes(self) -> None:
        application_id = draft()
        operations.send_code(application_id=application_id, at=AT)
        assert tried(application_id, told_code(application_id), AT + timedelta(minutes=10)) == "code_expired"

    def test_is_spent_after_five_tries_even_for_who_knows_it(self) -> None:
        application_id = draft()
        operations.send_code(application_id=application_id, at=AT)
        code = told_code(application_id)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        assert [tried(application_id, wrong) for _ in range(5)] == ["code_wrong"] * 4 + ["code_spent"]
        assert tried(application_id, code) == "code_spent"
        assert queries.application(application_id).proven_at is None

    def test_sent_anew_replaces_the_one_before(self) -> None:
        application_id = draft()
        operations.send_code(application_id=application_id, at=AT)
        first = told_code(application_id)
        operations.send_code(application_id=application_id, at=AT + timedelta(seconds=1))
        if told_code(application_id) != first:
            assert tried(application_id, first) == "code_wrong"
        assert tried(application_id, told_code(application_id)) == "proven"

    def test_proves_nothing_for_another_address_or_application(self) -> None:
        application_id, other = draft(), draft()
        operations.send_code(application_id=application_id, at=AT)
        code = told_code(application_id)
        assert tried(other, code) == "no_code_open"
        tried(application_id, code)
        operations.save_step(
            application_id=application_id, step="contact", values={"email": "altra@posta.example"}, at=AT
        )
        assert queries.application(application_id).proven_at is None
        assert tried(application_id, code) == "no_code_open"

    def test_is_sent_a_few_times_an_hour_to_one_address_from_whatever_application(self) -> None:
        first, second = draft(), draft(EMAIL.upper())
        for minute in range(5):
            operations.send_code(application_id=(first, second)[minute % 2], at=AT + timedelta(minutes=minute))
        with pytest.raises(operations.TooManyCodes) as refused:
            operations.send_code(application_id=second, at=AT + timedelta(minutes=5))
        assert refused.value.data["at"] == AT + timedelta(hours=1)
        operations.send_code(application_id=draft("altra@posta.example"), at=AT + timedelta(minutes=5))
        operations.send_code(application_id=second, at=AT + timedelta(hours=1))

    def test_is_kept_as_a_keyed_hash_beside_no_address(self) -> None:
        application_id = draft()
        operations.send_code(application_id=application_id, at=AT)
        row = ContactCode.objects.get()
        kept = f"{row.contact_key} {row.code_hash}"
        assert told_code(application_id) not in kept
        assert EMAIL not in kept

    def test_is_not_sent_without_an_address_or_after_the_decision(self) -> None:
        empty = operations.start(kind="individual", channel="desk", at=AT, by="csr").application_id
        with pytest.raises(operations.ContactMissing):
            operations.send_code(application_id=empty, at=AT)
        decided = submitted_application().application_id
        operations.decide(application_id=decided, at=AT)
        with pytest.raises(operations.ProofNotOpen):
            operations.send_code(application_id=decided, at=AT)
        with pytest.raises(operations.ProofNotOpen):
            operations.prove_code(application_id=decided, code="000000", at=AT)


class TestTheDecision:
    def demand(self) -> None:
        change_setting(key="application.proof_demanded", value=["desk"], at=AT)

    def checks(self, application_id: int) -> dict[str, str]:
        operations.decide(application_id=application_id, at=AT)
        return {check.code: check.result for check in queries.application(application_id).checks}

    def test_needs_no_proof_where_none_is_demanded(self) -> None:
        assert "email_proven" not in self.checks(submitted_application().application_id)

    def test_sends_an_unproven_address_to_a_person_where_proof_is_demanded(self) -> None:
        self.demand()
        application_id = submitted_application().application_id
        assert self.checks(application_id)["email_proven"] == "review"
        assert queries.application(application_id).status == "review"

    def test_accepts_a_proven_one(self) -> None:
        self.demand()
        application_id = draft()
        operations.send_code(application_id=application_id, at=AT)
        assert tried(application_id, told_code(application_id)) == "proven"
        operations.submit(application_id=application_id, at=AT)
        assert self.checks(application_id)["email_proven"] == "pass"
        assert queries.application(application_id).status == "accepted"

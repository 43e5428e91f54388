"""Providers of identity are asked over real HTTP, outside any transaction, and their silence is for a person."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from tests.conftest import CommittedDatabase
from tests.factories.application import person_form, submitted_application
from tests.factories.parties import AT, person_facts
from utenza.application import operations, queries
from utenza.application.models import ProviderCall
from utenza.application.operations.asking import ask_due
from utenza.infra.models.setting import Setting
from utenza.infra.transactions import transaction

SECRET = "a secret that both sides know"


@dataclass
class Provider:
    """A server that answers as its script says, one entry a request, the last one ever after."""

    url: str = ""
    script: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    release: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Run a provider on this machine."""
    here = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.requests.append({"body": body, "headers": dict(self.headers), "path": self.path})
            here.meanwhile()
            step = here.script.pop(0) if len(here.script) > 1 else here.script[0]
            if step == "slow":
                here.release.wait(10)
                return
            status, answer = step
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *_args: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    here.url = f"http://127.0.0.1:{server.server_port}/check"
    yield here
    here.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


def set_up(provider: Provider, *script: Any, **changes: Any) -> None:
    provider.script = list(script)
    facts: dict[str, Any] = {
        "name": "kyc", "label": "Verifica Uno", "url": provider.url, "secret": SECRET, "timeout_s": 0.3,
        "template": {"person": {"name": "{given_name} {family_name}", "code": "{tax_code}"},
                     "ref": "{application_number}"},
        "result_at": "outcome.status", "results": {"approved": "pass", "doubt": "review", "denied": "fail"},
        "reference_at": "id", **changes,
    }  # fmt: skip
    operations.change_provider(**facts, at=AT)


def handed_in() -> int:
    application_id = submitted_application(person_form(person_facts(8100))).application_id
    assert operations.decide(application_id=application_id, at=AT).status == "checking"
    return application_id


def ask(application_id: int, *, seconds: int = 0) -> str:
    ask_due(at=AT + timedelta(seconds=seconds), then=operations.decide)
    return queries.application(application_id).status


def check(application_id: int) -> tuple[str, str]:
    found = next(one for one in queries.application(application_id).checks if one.code == "provider_kyc")
    return found.result, found.sentence


RIGHT = (200, {"outcome": {"status": "approved"}, "id": "kyc-77"})


@pytest.mark.django_db
class TestARightAnswer:
    @pytest.mark.parametrize(
        ("word", "result", "status"),
        [("approved", "pass", "accepted"), ("doubt", "review", "review"), ("denied", "fail", "refused")],
    )
    def test_decides(self, provider: Provider, word: str, result: str, status: str) -> None:
        set_up(provider, (200, {"outcome": {"status": word}}))
        application_id = handed_in()
        assert ask(application_id) == status
        assert check(application_id)[0] == result
        assert "Verifica Uno" in check(application_id)[1]

    def test_was_asked_for_with_the_form_and_a_signature(self, provider: Provider) -> None:
        set_up(provider, RIGHT)
        application_id = handed_in()
        ask(application_id)
        sent = provider.requests[0]
        facts, number = person_facts(8100), queries.application(application_id).number
        assert json.loads(sent["body"]) == {
            "person": {"name": f"{facts.given_name} {facts.family_name}", "code": facts.tax_code},
            "ref": number,
        }
        stamp, _, mark = sent["headers"]["Utenza-Signature"].removeprefix("t=").partition(",v1=")
        expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + sent["body"], hashlib.sha256).hexdigest()
        assert (stamp, mark) == (str(int(AT.timestamp())), expected)
        assert ProviderCall.objects.get().reference == "kyc-77"

    def test_is_asked_for_once_only(self, provider: Provider) -> None:
        set_up(provider, RIGHT)
        application_id = handed_in()
        for seconds in (0, 60, 3600):
            ask(application_id, seconds=seconds)
        operations.decide(application_id=application_id, at=AT)
        assert len(provider.requests) == 1
        assert len(queries.application(application_id).decisions) == 1


@pytest.mark.django_db
class TestTrouble:
    def test_is_tried_again_with_growing_pauses_and_the_same_key(self, provider: Provider) -> None:
        set_up(provider, (500, {}), (200, b"<html>garbage"), RIGHT)
        application_id = handed_in()
        assert [ask(application_id, seconds=second) for second in (0, 1, 2, 9, 10)] == ["checking"] * 4 + ["accepted"]
        assert len(provider.requests) == 3
        assert len({sent["headers"]["Idempotency-Key"] for sent in provider.requests}) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            "slow",
            (500, {}),
            (200, b"\xff\xfe not json"),
            (200, b"[" * 100_000),
            (200, {"outcome": "approved"}),
            (200, {"outcome": {"status": "maybe"}}),
            (302, {}),
        ],
    )
    def test_without_end_goes_to_a_person(self, provider: Provider, answer: Any) -> None:
        set_up(provider, answer)
        application_id = handed_in()
        assert [ask(application_id, seconds=second) for second in (0, 2, 10)][-1] == "review"
        assert check(application_id) == ("review", "kyc did not answer: a person must look at the identity.")
        assert len(provider.requests) == 1 if answer[0] == 302 else 3

    def test_of_our_own_making_is_not_tried_again(self, provider: Provider) -> None:
        set_up(provider, (401, {}))
        application_id = handed_in()
        assert ask(application_id) == "review"
        assert len(provider.requests) == 1

    def test_of_a_server_that_is_down_goes_to_a_person(self, provider: Provider) -> None:
        set_up(provider, RIGHT, url="http://127.0.0.1:9/check", attempts=1)
        application_id = handed_in()
        assert ask(application_id) == "review"

    def test_of_a_provider_that_was_removed_goes_to_a_person(self, provider: Provider) -> None:
        set_up(provider, RIGHT)
        application_id = handed_in()
        operations.remove_provider(name="kyc", at=AT)
        assert (ask(application_id), provider.requests) == ("review", [])


@pytest.mark.django_db
class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"url": "http://kyc.example/check"}, "url"),
            ({"url": "ftp://127.0.0.1/"}, "url"),
            ({"template": {"a": "{shoe_size}"}}, "template"),
            ({"results": {"yes": "maybe"}}, "results"),
            ({"results": {}}, "results"),
            ({"secret": ""}, "secret"),
            ({"timeout_s": 90.0}, "timeout_s"),
            ({"name": "a b"}, "name"),
        ],
    )
    def test_that_are_wrong_name_the_field(self, provider: Provider, changes: dict[str, Any], field: str) -> None:
        with pytest.raises(operations.ProviderWrong) as refused:
            set_up(provider, RIGHT, **changes)
        assert refused.value.field == field

    def test_keep_the_secret_encrypted_and_when_it_is_left_empty(self, provider: Provider) -> None:
        set_up(provider, RIGHT)
        set_up(provider, RIGHT, secret="", label="Verifica Due")
        stored = Setting.objects.get(key="application.providers").value
        assert len(stored) == 1
        assert SECRET not in json.dumps(stored)
        application_id = handed_in()
        assert ask(application_id) == "accepted"
        assert "Verifica Due" in check(application_id)[1]


def test_no_lock_is_held_while_a_provider_is_asked(provider: Provider, committed_db: CommittedDatabase) -> None:
    def another_takes_the_row() -> None:
        with psycopg.connect(committed_db.url) as other:
            other.execute("SELECT id FROM application_application FOR UPDATE NOWAIT")
            free.append(True)

    free: list[bool] = []
    provider.meanwhile = another_takes_the_row
    with transaction():
        set_up(provider, RIGHT)
        application_id = handed_in()
    assert ask(application_id) == "accepted"
    assert free == [True]

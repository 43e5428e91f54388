"""The frame: who may open what, in which language, and what is said when something goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from utenza.infra import users
from utenza.infra.clock import now
from utenza.infra.transactions import in_transaction
from utenza.parties import operations as parties
from utenza.web.home import views as home_views

SignedIn = Callable[..., Client]


def patterns(resolver: URLResolver | None = None, path: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, path + str(one.pattern))
        else:
            yield path + str(one.pattern), one


class TestEveryAddress:
    def test_says_who_may_open_it(self) -> None:
        silent = [
            path
            for path, pattern in patterns()
            if not pattern.callback.__module__.startswith(("allauth.", "django.views.static"))
            and not hasattr(pattern.callback, "permissions")
            and not getattr(pattern.callback, "public", False)
        ]
        assert silent == []

    def test_sends_a_stranger_to_sign_in(self, db: None) -> None:
        client = Client()
        for path, pattern in patterns():
            if hasattr(pattern.callback, "permissions") and "<" not in path and "(" not in path:
                answer = client.get("/" + path)
                assert answer.status_code in (302, 405), path
                if answer.status_code == 302:
                    assert answer["Location"].startswith("/accounts/login/?next="), path

    def test_tells_a_fragment_to_load_the_sign_in_page(self, db: None) -> None:
        answer = Client().get("/customers/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/x/"})
        assert answer.headers["HX-Redirect"].startswith("/accounts/login/?next=")


class TestAPage:
    def test_has_a_strict_policy_and_no_inline_script(self, signed_in: SignedIn) -> None:
        answer = signed_in("administrator").get("/")
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
        text = answer.content.decode()
        assert "<script>" not in text
        assert " onclick=" not in text
        assert " style=" not in text

    def test_shows_a_role_only_what_it_can_use(self, signed_in: SignedIn) -> None:
        technician = signed_in("network").get("/").content.decode()
        assert 'href="/work-orders/"' in technician
        assert 'href="/ledger/"' not in technician
        finance = signed_in("finance").get("/").content.decode()
        assert 'href="/ledger/"' in finance
        assert 'href="/work-orders/"' not in finance

    def test_of_another_role_says_so(self, signed_in: SignedIn) -> None:
        answer = signed_in("network").get("/ledger/")
        assert answer.status_code == 403
        assert "Your role cannot open this page" in answer.content.decode()

    def test_that_is_not_there_says_so(self, signed_in: SignedIn) -> None:
        answer = signed_in("csr").get("/nothing/")
        assert answer.status_code == 404
        assert "Nothing is here" in answer.content.decode()

    def test_says_that_the_database_is_away(self, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
        client = signed_in("csr")

        def away(*_args: object, **_kwargs: object) -> None:
            raise OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(home_views, "render", away)
        answer = client.get("/")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "10"
        assert "The database does not answer" in answer.content.decode()

    def test_of_an_unknown_customer_answers_with_the_refusal(self, signed_in: SignedIn) -> None:
        answer = signed_in("csr").get("/customers/999999/")
        assert answer.status_code == 422
        assert "999999" in answer.content.decode()

    def test_answers_a_fragment_with_the_sentence_alone(self, signed_in: SignedIn) -> None:
        answer = signed_in("csr").get("/customers/999999/lines/", headers={"HX-Request": "true"})
        assert answer.status_code == 422
        assert answer.headers["Content-Type"].startswith("text/plain")


class TestReading:
    def test_follows_the_account_of_the_user(self, signed_in: SignedIn) -> None:
        assert 'lang="it"' in signed_in("csr", language="it").get("/").content.decode()
        assert 'lang="en"' in signed_in("csr", language="en").get("/").content.decode()

    def test_follows_what_was_chosen_last(self, signed_in: SignedIn) -> None:
        client = signed_in("csr", language="it")
        answer = client.post("/preferences/", {"language": "en", "next": "/customers/"})
        assert answer["Location"] == "/customers/"
        assert 'lang="en"' in client.get("/").content.decode()

    def test_keeps_the_theme(self, signed_in: SignedIn) -> None:
        client = signed_in("csr")
        client.post("/preferences/", {"theme": "dark", "next": "/"})
        assert 'data-theme="dark"' in client.get("/").content.decode()

    def test_never_leads_to_another_site(self, signed_in: SignedIn) -> None:
        answer = signed_in("csr").post("/preferences/", {"theme": "dark", "next": "https://elsewhere.example/"})
        assert answer["Location"] == "/"


class TestSigningIn:
    def test_takes_no_public_sign_up(self, db: None) -> None:
        answer = Client().get("/accounts/signup/")
        assert "Accounts are made by an administrator" in answer.content.decode()

    @pytest.mark.parametrize(
        "path",
        [
            "/accounts/login/",
            "/accounts/password/reset/",
            "/accounts/password/reset/done/",
            "/accounts/password/reset/key/done/",
            "/accounts/password/reset/key/0-bad/",
            "/accounts/inactive/",
        ],
    )
    def test_shows_each_page_in_the_design_of_the_house(self, db: None, path: str) -> None:
        text = Client().get(path, follow=True).content.decode()
        assert "utenza/utenza.css" in text
        assert "<h1>" in text

    @pytest.mark.parametrize(
        "path",
        [
            "/accounts/password/change/",
            "/accounts/email/",
            "/accounts/logout/",
            "/accounts/2fa/",
            "/accounts/2fa/totp/activate/",
            "/accounts/2fa/webauthn/",
            "/accounts/2fa/webauthn/add/",
            "/accounts/reauthenticate/",
        ],
    )
    def test_shows_each_page_of_the_account_in_the_design_of_the_house(self, signed_in: SignedIn, path: str) -> None:
        answer = signed_in("csr").get(path, follow=True)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "utenza/utenza.css" in text
        assert "<h1>" in text


class TestTheStyleGuide:
    @pytest.mark.parametrize("language", ["en", "it"])
    def test_shows_each_component_in_both_themes(self, signed_in: SignedIn, language: str) -> None:
        text = signed_in("csr").get(f"/styleguide/?language={language}").content.decode()
        assert text.count('data-theme="dark"') == text.count('data-theme="light"') > 8


class TestSearch:
    def test_finds_a_customer_by_the_beginning_of_a_name(self, signed_in: SignedIn) -> None:
        ref = in_transaction(parties.admit_person)(given_name="Ortensia", family_name="Valfredi", at=now())
        client = signed_in("csr")
        page = client.get("/search/?q=valf").content.decode()
        assert f'href="/customers/{ref.customer_id}/"' in page
        fragment = client.get("/search/?q=orten", headers={"HX-Request": "true"}).content.decode()
        assert "Ortensia Valfredi" in fragment
        assert "<html" not in fragment


class TestASession:
    def test_ends_when_its_time_is_over(self, signed_in: SignedIn) -> None:
        client = signed_in("csr")
        assert client.get("/").status_code == 200
        Session.objects.update(expire_date=now() - timedelta(seconds=1))
        assert client.get("/").headers["Location"].startswith("/accounts/login/")

    def test_ends_at_once_when_its_owner_signs_out(self, signed_in: SignedIn) -> None:
        client = signed_in("csr")
        kept = client.cookies["sessionid"].value
        client.post("/accounts/logout/")
        client.cookies["sessionid"] = kept
        assert client.get("/").status_code == 302

    def test_may_do_at_the_next_request_what_the_roles_say_by_then(self, signed_in: SignedIn) -> None:
        client = signed_in("billing")
        assert client.get("/ledger/").status_code == 200
        in_transaction(users.change_roles)(user_id=users.users()[0].id, roles=["csr"])
        assert client.get("/ledger/").status_code == 403

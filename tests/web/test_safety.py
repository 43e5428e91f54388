"""What protects those who sign in: forged forms, stolen cookies, guessed passwords, framed pages, foreign addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories.owed import issued_bill
from tests.factories.parties import person_with_account
from tests.web.serving import PASSWORD, staff
from utenza import settings as ours
from utenza.infra import configuration

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]
JANUARY = datetime(2026, 1, 15, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nobody_failed_before() -> Iterator[None]:
    """Forget the failed sign-ins that other tests had counted."""
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> object:
    return client.post("/accounts/login/", {"login": "anna", "password": password, **more})


class TestAForgedForm:
    def test_is_refused_without_the_token_of_its_page(self) -> None:
        staff("anna", "csr")
        client = Client(enforce_csrf_checks=True)
        client.login(username="anna", password=PASSWORD)
        answer = client.post("/preferences/", {"theme": "dark"})
        assert answer.status_code == 403
        assert "form works only for the person who opened it" in answer.content.decode()

    def test_is_refused_at_sign_in_too(self) -> None:
        answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a", "password": "b"})
        assert answer.status_code == 403


class TestCookies:
    def test_are_hidden_from_scripts_and_from_other_sites(self) -> None:
        staff("anna", "csr")
        client = Client()
        sign_in(client)
        session = client.cookies["sessionid"]
        assert session["httponly"]
        assert session["samesite"] == "Lax"
        assert client.cookies["csrftoken"]["samesite"] == "Lax"

    def test_travel_encrypted_alone_where_the_operator_says_so(self, settings: object) -> None:
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True  # type: ignore[attr-defined]
        staff("anna", "csr")
        client = Client()
        sign_in(client)
        client.post("/preferences/", {"theme": "dark"})
        assert [client.cookies[name]["secure"] for name in ("sessionid", "csrftoken", "theme")] == [True] * 3

    def test_are_changed_when_somebody_signs_in(self) -> None:
        staff("anna", "csr")
        client = Client()
        client.session["before"] = "kept"
        before = client.session.session_key
        sign_in(client)
        assert client.session.session_key != before


class TestBehindTls:
    def test_browsers_are_told_to_come_back_encrypted(self, settings: object) -> None:
        """One switch, UTENZA_SECURE_COOKIES, stands for 'a proxy in front of us speaks TLS'."""
        settings.SECURE_HSTS_SECONDS = ours.HSTS_S  # type: ignore[attr-defined]
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]
        assert "Strict-Transport-Security" not in Client().get("/accounts/login/").headers
        answer = Client().get("/accounts/login/", headers={"X-Forwarded-Proto": "https"})
        assert answer.headers["Strict-Transport-Security"] == f"max-age={365 * 24 * 3600}"

    @pytest.mark.parametrize(("value", "on"), [("1", True), ("no", False), ("", False)])
    def test_the_switch_turns_on_all_of_it(self, value: str, on: bool) -> None:
        assert configuration.load({"UTENZA_SECURE_COOKIES": value}).secure_cookies is on
        assert ours.behind_tls(on) == (
            {"SECURE_HSTS_SECONDS": ours.HSTS_S, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
            if on
            else {}
        )


class TestSigningIn:
    def test_is_slowed_down_for_who_guesses(self) -> None:
        staff("anna", "csr")
        client = Client()
        for _ in range(5):
            sign_in(client, "wrong-password-1")
        answer = sign_in(client)
        assert "Too many failed" in answer.content.decode()  # type: ignore[attr-defined]
        assert "sessionid" not in client.cookies

    def test_says_the_same_of_a_wrong_name_and_of_a_wrong_password(self) -> None:
        staff("anna", "csr")
        wrong = [sign_in(Client(), "wrong-password-1"), sign_in(Client(), login="nobody")]
        texts = [answer.content.decode() for answer in wrong]  # type: ignore[attr-defined]
        assert all("correct" in text for text in texts)
        assert not any("no user" in text.lower() or "not registered" in text.lower() for text in texts)

    @pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
    def test_never_leads_to_another_site(self, address: str) -> None:
        staff("anna", "csr")
        answer = sign_in(Client(), next=address)
        assert answer["Location"] == "/"  # type: ignore[index]

    def test_is_closed_to_who_left(self, signed_in: SignedIn) -> None:
        user_id = staff("anna", "csr")
        client = Client()
        sign_in(client)
        assert client.get("/").status_code == 200
        signed_in("administrator").post(f"/users/{user_id}/", {"act": "close"})
        assert client.get("/").status_code == 302
        sign_in(client)
        assert client.get("/").status_code == 302


class TestEveryAnswer:
    @pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nothing-here/", "/customers/", "/static/nothing.js"])
    def test_cannot_be_framed_sniffed_or_scripted(self, signed_in: SignedIn, path: str) -> None:
        answer = signed_in("csr").get(path)
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy

    def test_of_a_document_says_what_it_is_and_names_it_plainly(self, signed_in: SignedIn) -> None:
        customer, account = person_with_account(at=JANUARY)
        bill = issued_bill(customer_id=customer.customer_id, account_id=account.account_id, euro=30, at=JANUARY)
        answer = signed_in("billing").get(f"/bills/{bill}/pdf/")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("inline; filename=")
        assert not set('\r\n/\\;"') & set(answer.headers["Content-Disposition"].partition("filename=")[2].strip('"'))

    def test_with_personal_data_is_kept_by_no_cache(self, signed_in: SignedIn) -> None:
        answer = signed_in("csr").get("/customers/")
        assert "no-store" in answer.headers["Cache-Control"]

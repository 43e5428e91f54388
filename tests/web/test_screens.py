"""The pages do what their buttons say, once, and say what was wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.application import person_form
from tests.factories.parties import person_customer
from utenza.care import operations as keep
from utenza.care import queries as care
from utenza.infra import users
from utenza.infra.clock import now
from utenza.infra.operator import forget, profile
from utenza.infra.transactions import transaction
from utenza.parties import queries as parties
from utenza.provisioning import operations as provisioning
from utenza.provisioning import queries as lines

SignedIn = Callable[..., Client]
FRAGMENT = {"HX-Request": "true"}
pytestmark = pytest.mark.django_db


def a_line(customer_id: int) -> int:
    with transaction():
        ref = provisioning.create_line(
            customer_id=customer_id,
            market="fixed",
            payment="postpaid",
            services=[provisioning.ServiceSpec(kind="internet", profile="fibre-100-20")],
            at=now(),
        )
        provisioning.activate(line_id=ref.line_id, at=now())
    return ref.line_id


class TestANote:
    def test_is_kept_once_however_often_it_is_sent(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        client = signed_in("csr")
        for _ in range(2):
            answer = client.post(
                f"/customers/{ref.customer_id}/notes/",
                {"text": "Called back.", "kind": "note", "key": "form-1"},
                headers=FRAGMENT,
            )
            assert answer.status_code == 200
            assert answer.headers["HX-Trigger"] == f'{{"draft-sent": "customer-{ref.customer_id}"}}'
        typed = [entry for entry in care.timeline(customer_id=ref.customer_id) if entry.kind == "note"]
        assert [(entry.text, entry.by) for entry in typed] == [("Called back.", "Marta Conti")]

    def test_that_is_empty_is_refused_with_a_sentence(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        answer = signed_in("csr").post(f"/customers/{ref.customer_id}/notes/", {"text": " "}, headers=FRAGMENT)
        assert answer.status_code == 422
        assert answer.content.decode().endswith(".")

    def test_is_not_for_an_auditor(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        answer = signed_in("auditor").post(f"/customers/{ref.customer_id}/notes/", {"text": "Seen."})
        assert answer.status_code == 403


class TestAFact:
    def test_is_changed_in_place(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        path = f"/customers/{ref.customer_id}/facts/email/"
        answer = signed_in("csr").post(path, {"value": "nuova@posta.example"}, headers=FRAGMENT)
        assert "nuova@posta.example" in answer.content.decode()
        assert parties.customer(ref.customer_id).email == "nuova@posta.example"

    def test_that_is_wrong_says_why_beside_what_was_typed(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        before = parties.customer(ref.customer_id).tax_code
        path = f"/customers/{ref.customer_id}/facts/tax_code/"
        answer = signed_in("csr").post(path, {"value": "NOT A CODE"}, headers=FRAGMENT)
        assert answer.status_code == 422
        assert 'value="NOT A CODE"' in answer.content.decode()
        assert 'id="edit-tax_code-error"' in answer.content.decode()
        assert parties.customer(ref.customer_id).tax_code == before

    def test_can_be_changed_without_a_script(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        client = signed_in("csr")
        path = f"/customers/{ref.customer_id}/facts/mobile/"
        assert "<form" in client.get(path).content.decode()
        answer = client.post(path, {"value": "+39 333 1234567"})
        assert answer["Location"] == f"/customers/{ref.customer_id}/"


class TestSuspending:
    def test_bars_the_line_for_the_reason_given(self, signed_in: SignedIn) -> None:
        line_id = a_line(person_customer().customer_id)
        client = signed_in("csr")
        assert "What will happen" in client.get(f"/lines/{line_id}/suspend/").content.decode()
        client.post(f"/lines/{line_id}/suspend/", {"reason": "lost", "note": "Stolen bag."})
        assert lines.line(line_id).bar_reasons == frozenset({"lost"})

    def test_refuses_a_reason_that_only_the_system_gives(self, signed_in: SignedIn) -> None:
        line_id = a_line(person_customer().customer_id)
        answer = signed_in("csr").post(f"/lines/{line_id}/suspend/", {"reason": "debt"})
        assert answer.status_code == 422
        assert lines.line(line_id).bar_reasons == frozenset()

    def test_lifting_one_reason_leaves_the_other(self, signed_in: SignedIn) -> None:
        line_id = a_line(person_customer().customer_id)
        client = signed_in("csr")
        for reason in ("lost", "customer"):
            client.post(f"/lines/{line_id}/suspend/", {"reason": reason})
        client.post(f"/lines/{line_id}/resume/", {"reason": "lost"})
        assert lines.line(line_id).bar_reasons == frozenset({"customer"})
        assert "stays suspended for" in client.get(f"/lines/{line_id}/").content.decode()


class TestStaff:
    def test_are_made_with_their_roles(self, signed_in: SignedIn) -> None:
        client = signed_in("administrator")
        sent = {"username": "paolo", "password": "correct-horse-7", "roles": ["csr", "sales"], "language": "it"}
        assert client.post("/users/new/", sent).status_code == 302
        assert users.user_named("paolo").roles == ("csr", "sales")

    def test_with_a_weak_password_are_not_made(self, signed_in: SignedIn) -> None:
        sent = {"username": "paolo", "password": "short", "roles": ["csr"]}
        answer = signed_in("administrator").post("/users/new/", sent)
        assert answer.status_code == 422
        assert 'href="#field-password"' in answer.content.decode()
        with pytest.raises(users.UnknownUser):
            users.user_named("paolo")

    def test_keep_one_administrator(self, signed_in: SignedIn) -> None:
        client = signed_in("administrator")
        only = next(one for one in users.users() if "administrator" in one.roles)
        assert client.post(f"/users/{only.id}/", {"act": "close"}).status_code == 422
        assert users.user(only.id).is_active


class TestSettings:
    def test_change_what_stands_on_bills(self, signed_in: SignedIn) -> None:
        sent = {"brand": "Lampo", "legal_name": "Lampo S.r.l.", "address_lines": "Via Roma 1\n10121 Torino"}
        assert signed_in("administrator").post("/settings/", sent).status_code == 302
        forget()
        assert profile().brand == "Lampo"
        assert profile().address_lines == ("Via Roma 1", "10121 Torino")


class TestTheWizard:
    def test_keeps_what_is_wrong_and_says_so(self, signed_in: SignedIn) -> None:
        client = signed_in("sales")
        begun = client.post("/applications/new/", {"kind": "individual", "wish": "fixed:postpaid"})
        path = begun["Location"]
        assert path.endswith("/steps/who/")
        answer = client.post(path, {"given_name": "Ada", "family_name": "", "birth_date": "tomorrow"})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="Ada"' in text
        assert 'value="tomorrow"' in text
        assert 'href="#field-family_name"' in text

    def test_goes_back_without_losing_anything(self, signed_in: SignedIn) -> None:
        client = signed_in("sales")
        who = client.post("/applications/new/", {"kind": "individual", "wish": "mobile:prepaid"})["Location"]
        contact = who.replace("/who/", "/contact/")
        answer = client.post(contact, {"email": "ada@", "towards": "back"})
        assert answer["Location"] == who
        assert 'value="ada@"' in client.get(contact).content.decode()

    def test_does_not_hand_in_what_is_not_complete(self, signed_in: SignedIn) -> None:
        client = signed_in("sales")
        who = client.post("/applications/new/", {"kind": "company", "wish": "fixed:postpaid"})["Location"]
        submit = who.replace("steps/who/", "submit/")
        assert client.post(submit)["Location"].endswith("/steps/summary/")
        assert "cannot be handed in yet" in client.get(who).content.decode()

    def test_leads_from_the_first_answer_to_a_customer(self, signed_in: SignedIn) -> None:
        client = signed_in("sales")
        answers = {name: value for name, value in person_form().items() if not isinstance(value, list)}
        path = client.post("/applications/new/", {"kind": "individual", "wish": "fixed:postpaid"})["Location"]
        while not path.endswith("/steps/summary/"):
            answer = client.post(path, answers)
            assert answer.status_code == 302, answer.content.decode()
            path = answer["Location"]
        assert answers["family_name"] in client.get(path).content.decode()
        decided = client.post(path.replace("steps/summary/", "submit/"))["Location"]
        page = client.get(decided).content.decode()
        assert "Accepted" in page
        assert "Open the customer" in page
        # Handing the same form in again changes nothing.
        client.post(path.replace("steps/summary/", "submit/"))
        assert len(parties.customer_ids(statuses=["active", "prospect"])) == 1


class TestTheLedger:
    def test_says_when_the_day_cannot_be_read(self, signed_in: SignedIn) -> None:
        answer = signed_in("finance").get("/ledger/?day=31/02/2026")
        assert "is not a day" in answer.content.decode()


class TestTheTimeLine:
    def test_says_the_reasons_of_the_house_in_words(self, signed_in: SignedIn) -> None:
        ref = person_customer()
        with transaction():
            for key, reasons in (("1", "debt,lost"), ("2", "Lost, and found again.")):
                keep.record_fact(
                    customer_id=ref.customer_id,
                    kind="service",
                    fact="provisioning.service_suspended",
                    data={"reasons": reasons},
                    about_kind="",
                    about_key="",
                    key=key,
                    at=now(),
                )
        page = signed_in("csr").get(f"/customers/{ref.customer_id}/").content.decode()
        assert "Service suspended in the network: unpaid bills, lost phone" in page
        assert "Service suspended in the network: Lost, and found again." in page
        italian = signed_in("csr", language="it").get(f"/customers/{ref.customer_id}/").content.decode()
        assert "bollette" in italian.lower()

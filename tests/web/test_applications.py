"""Proof, screening and review of applications on their pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.application.test_proof import draft, told_code
from utenza.application import queries

SignedIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


class TestTheWizard:
    def test_sends_a_code_and_takes_it(self, signed_in: SignedIn) -> None:
        # The page is sent by the real clock, which decides how long a code holds.
        application_id = draft()
        client = signed_in("csr")
        page = f"/applications/{application_id}/steps/contact/"
        assert "Send a code" in client.get(page).content.decode()
        assert client.post(f"/applications/{application_id}/code/")["Location"] == page
        client.post(f"/applications/{application_id}/proof/", {"code": "not it"})
        assert queries.application(application_id).proven_at is None
        client.post(f"/applications/{application_id}/proof/", {"code": told_code(application_id)})
        assert "was told back on" in client.get(page).content.decode()

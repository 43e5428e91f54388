"""`utenza application`: what became of one, and how providers of identity are set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.factories.application import person_form, submitted_application
from tests.factories.parties import AT

from utenza.application import operations
from utenza.infra.transactions import transaction

KYC = {
    "label": "Verifica", "url": "https://kyc.example/check", "template": {"code": "{tax_code}"},
    "result_at": "status", "results": {"ok": "pass"},
}  # fmt: skip


@pytest.fixture
def number(committed_db: object) -> str:
    with transaction():
        ref = submitted_application(person_form(province="MI"))
        operations.decide(application_id=ref.application_id, at=AT)
        return ref.number


def test_an_application_is_shown_with_its_checks_and_listed(number: str, utenza: Run) -> None:
    shown = utenza("application", "show", number.lower())
    assert shown.returncode == 0, shown.stderr
    assert f"Application {number}: review, class A" in shown.stdout
    assert "does not lie in province" in shown.stdout.replace("\n", " ")
    [row] = json.loads(utenza("application", "list", "--json").stdout)
    assert row["number"] == number


def test_a_provider_is_set_from_a_file_shown_without_its_secret_and_removed(
    committed_db: object, utenza: Run, tmp_path: Path
) -> None:
    file = tmp_path / "kyc.json"
    file.write_text(json.dumps(KYC))
    done = utenza("application", "provider", "kyc", str(file), "--secret", "between us")
    assert done.returncode == 0, done.stderr
    shown = utenza("application", "provider", "kyc")
    assert json.loads(shown.stdout)["url"] == KYC["url"]
    assert "between us" not in shown.stdout
    assert utenza("application", "provider", "kyc", "--remove").returncode == 0
    assert utenza("application", "provider", "kyc").stdout == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "must have"),
        (json.dumps({**KYC, "shoe": 1}), "must have"),
        (json.dumps({**KYC, "url": "http://kyc.example"}), "must begin with https://"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(
    committed_db: object, utenza: Run, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "kyc.json"
    file.write_text(text)
    done = utenza("application", "provider", "kyc", str(file), "--secret", "s")
    assert done.returncode == 2
    assert words in done.stderr

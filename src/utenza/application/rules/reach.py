"""Checks of where an applicant can be reached: address, bank account, contacts proven by a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utenza.application.rules.checks import Check
from utenza.application.rules.validation import Form
from utenza.application.states import CheckResult
from utenza.core.errors import N_, Refusal
from utenza.country import CountryRules
from utenza.country.generic import SEPA


@dataclass(frozen=True, slots=True)
class ContactProof:
    """Whether a contact (`kind` email or mobile) was proven by a code, and whether the operator demands it."""

    kind: str
    proven_at: datetime | None
    demanded: bool


def reach_checks(form: Form, country: CountryRules, proofs: Sequence[ContactProof]) -> list[Check]:
    """Return the checks of addresses, of the account to be debited and of the contacts."""
    checks = [_address(form, country, "")]
    if form.get("installation_elsewhere") == "yes":
        checks.append(_address(form, country, "installation_"))
    if form.get("payment_method") == "direct_debit":
        checks.append(_iban(form, country))
    return checks + [check for proof in proofs for check in _proof(proof)]


def _address(form: Form, country: CountryRules, prefix: str) -> Check:
    code = f"{prefix}address"
    postcode, province = str(form.get(f"{prefix}postcode", "")), str(form.get(f"{prefix}province") or "")
    if province and not country.postcode_fits(postcode, province):
        return Check(
            code,
            CheckResult.REVIEW,
            N_("Postcode %(postcode)s does not lie in province %(province)s."),
            {"postcode": postcode[:2] + "···", "province": province},
        )
    return Check(code, CheckResult.PASS, N_("Postcode and province of the address fit."))


def _iban(form: Form, country: CountryRules) -> Check:
    try:
        iban = country.validate_iban(str(form.get("iban", "")))
    except Refusal:
        return Check("iban", CheckResult.FAIL, N_("The IBAN is not a valid one."))
    state = {"country": iban[:2]}
    if iban[:2] not in SEPA:
        return Check("iban", CheckResult.REVIEW, N_("Direct debits do not reach accounts in %(country)s."), state)
    return Check("iban", CheckResult.PASS, N_("The check digits of the IBAN (%(country)s) are right."), state)


def _proof(proof: ContactProof) -> list[Check]:
    email = proof.kind == "email"
    code = f"{proof.kind}_proven"
    if proof.proven_at is not None:
        text = N_("The e-mail address was proven by a code.") if email else N_("The mobile was proven by a code.")
        return [Check(code, CheckResult.PASS, text)]
    if not proof.demanded:
        return []
    text = N_("The e-mail address was not proven by a code.") if email else N_("The mobile was not proven by a code.")
    return [Check(code, CheckResult.REVIEW, text)]

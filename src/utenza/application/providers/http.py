"""A provider that is asked by HTTP: a JSON document made from a template, signed, and answered by a JSON document."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from utenza.application.providers.base import ProviderAnswer, ProviderFailed, ProviderQuestion
from utenza.application.states import CheckResult
from utenza.core.errors import N_

ANSWER_OCTETS_MAX = 64 * 1024
_SLOT = re.compile(r"\{(\w+)\}")
_SENTENCES: dict[str, str] = {
    CheckResult.PASS: N_("%(provider)s confirms the identity."),
    CheckResult.REVIEW: N_("%(provider)s could not confirm the identity."),
    CheckResult.FAIL: N_("%(provider)s denies the identity."),
}


@dataclass(frozen=True, slots=True)
class HttpProviderSettings:
    """How a provider is asked. `template` is JSON in whose texts {field} stands for an answer of the form.

    `result_at` and `reference_at` are paths such as `outcome.status` in the answer; `results` turns the provider's
    words into pass, review or fail, and a word that it does not have is no answer.
    """

    name: str
    label: str
    url: str
    secret: str
    template: Mapping[str, Any]
    result_at: str
    results: Mapping[str, str]
    reference_at: str = ""
    timeout_s: float = 5.0
    attempts: int = 3
    headers: Mapping[str, str] = field(default_factory=dict)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Personal data goes to the address that was set, and to none that an answer names."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        return None


class HttpProvider:
    """Asks by POST. The header `Utenza-Signature: t=<unix seconds>,v1=<hex>` holds the HMAC-SHA256 of `t.body`."""

    def __init__(self, settings: HttpProviderSettings) -> None:
        self.settings = settings
        self.name = settings.name
        self.attempts = settings.attempts
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def check(self, question: ProviderQuestion) -> ProviderAnswer:
        """Return the provider's answer to one try.

        :raises ProviderFailed: after the time-out, for an error of the server, and for an answer that says nothing.
        """
        return self._understood(self._sent(question))

    def _sent(self, question: ProviderQuestion) -> bytes:
        values = {name: str(value) for name, value in question.form.items() if not isinstance(value, list | dict)}
        values["application_number"] = question.application_number
        body = json.dumps(_filled(self.settings.template, values), ensure_ascii=False, sort_keys=True).encode()
        stamp = str(int(question.at.timestamp()))
        request = urllib.request.Request(  # noqa: S310 - the address is checked when it is set
            self.settings.url,
            data=body,
            method="POST",
            headers={
                **self.settings.headers,
                "Content-Type": "application/json",
                "Idempotency-Key": question.key,
                "Utenza-Signature": f"t={stamp},v1={signature(self.settings.secret, stamp, body)}",
            },
        )
        try:
            with self._opener.open(request, timeout=self.settings.timeout_s) as answer:
                read: bytes = answer.read(ANSWER_OCTETS_MAX + 1)
        except urllib.error.HTTPError as error:
            # What the client did wrong stays wrong; too many requests and errors of the server pass.
            raise ProviderFailed(f"HTTP {error.code}", again=error.code >= 500 or error.code == 429) from error
        except (OSError, http.client.HTTPException) as error:
            raise ProviderFailed(type(error).__name__) from error
        if len(read) > ANSWER_OCTETS_MAX:
            raise ProviderFailed("the answer is too long")
        return read

    def _understood(self, body: bytes) -> ProviderAnswer:
        try:
            document = json.loads(body)
        except ValueError as error:
            raise ProviderFailed("the answer is no JSON") from error
        word = _at(document, self.settings.result_at)
        result = self.settings.results.get(str(word))
        if result not in CheckResult.values:
            raise ProviderFailed("the answer has no result that is known")
        reference = _at(document, self.settings.reference_at) if self.settings.reference_at else ""
        return ProviderAnswer(
            result=result,
            text=_SENTENCES[result],
            data={"provider": self.settings.label},
            reference=str(reference or "")[:120],
        )


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of the stamp, a point and the body."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def right_address(url: str) -> bool:
    """Tell whether an address may be sent personal data: HTTPS, or this machine."""
    parts = urlsplit(url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and here))


def slots(template: Any) -> set[str]:
    """Return the names of all slots in a template."""
    return set(_SLOT.findall(json.dumps(template, ensure_ascii=False)))


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    if isinstance(template, str):
        return _SLOT.sub(lambda slot: values.get(slot[1], ""), template)
    if isinstance(template, Mapping):
        return {key: _filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return template


def _at(document: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(part)
    return document

"""What a provider of identity is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ProviderQuestion:
    """An applicant as the form describes it; `key` is the same for every try, so that a provider charges it once."""

    key: str
    application_number: str
    form: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """`result` is pass, review or fail; `text` a marked sentence with slots for `data`, which is not personal."""

    result: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""


class ProviderFailed(Exception):  # noqa: N818 - says what happened, as a refusal does
    """No usable answer came; `again` says whether asking once more may help."""

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


class IdentityProvider(Protocol):
    """Asked outside any transaction, once a try; `attempts` is how often before its silence counts as no answer."""

    name: str
    attempts: int

    def check(self, question: ProviderQuestion) -> ProviderAnswer:
        """Return the provider's answer.

        :raises ProviderFailed: if none came that can be understood.
        """
        ...

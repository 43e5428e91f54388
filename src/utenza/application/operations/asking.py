"""Asking providers of identity: the questions are queued with the handing in, and asked after its commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from utenza.application.models import Application, ProviderCall
from utenza.application.operations.filling import form_of
from utenza.application.providers import IdentityProvider, ProviderAnswer, ProviderFailed, ProviderQuestion, configured
from utenza.application.providers.http import HttpProviderSettings, right_address, slots
from utenza.application.providers.registry import SECRET_CONTEXT, SETTING, provider_settings
from utenza.application.rules import Check
from utenza.application.rules.fields import all_fields, steps
from utenza.application.states import ApplicationKind, CallStatus, CheckResult
from utenza.core.errors import N_, Refusal
from utenza.infra.encryption import encrypt
from utenza.infra.operator import change_setting
from utenza.infra.transactions import demands_transaction, transaction
from utenza.infra.wakeup import wake

CHUNK = 10
# Longer than any time-out; a worker killed while it asked leaves the call to another after this.
CLAIM_LIFE = timedelta(minutes=5)
PAUSE = timedelta(seconds=2)
SILENCE = N_("%(provider)s did not answer: a person must look at the identity.")


class ProviderWrong(Refusal):
    """Something in the settings of a provider cannot be; each subclass names its field."""

    code = "provider_wrong"


class ProviderNameWrong(ProviderWrong):
    code = "provider_name_wrong"
    text = N_("A provider's name is one word of at most 24 letters, digits and underscores: choose another.")


class ProviderAddressWrong(ProviderWrong):
    code = "provider_address_wrong"
    text = N_("'%(value)s' is not an address that may be sent personal data: it must begin with https://.")


class ProviderSecretMissing(ProviderWrong):
    code = "provider_secret_missing"
    text = N_("The questions are signed with a secret: copy it from the provider.")


class ProviderTemplateWrong(ProviderWrong):
    code = "provider_template_wrong"
    text = N_("The form has no %(unknown)s: the template may name only what the form asks.")


class ProviderResultsWrong(ProviderWrong):
    code = "provider_results_wrong"
    text = N_(
        "Say where the result stands in the answer, and for each word of the provider whether it means pass, review or"
        " fail."
    )


class ProviderPaceWrong(ProviderWrong):
    code = "provider_pace_wrong"
    text = N_("A provider is waited for 0.1 to 30 seconds, and asked 1 to 10 times.")


@demands_transaction
def change_provider(
    *,
    name: str,
    label: str,
    url: str,
    secret: str,
    template: Mapping[str, Any],
    result_at: str,
    results: Mapping[str, str],
    reference_at: str = "",
    timeout_s: float = 5.0,
    attempts: int = 3,
    at: datetime,
) -> None:
    """Set how the provider `name` is asked, or add it; an empty secret keeps the one that is set. Safe to repeat.

    :raises ProviderWrong: a subclass, if the address is not HTTPS, a slot names no field of the form, or the like.
    """
    stored = {str(each["name"]): each for each in provider_settings()}
    kept = str(stored.get(name, {}).get("secret", ""))
    known = HttpProviderSettings(
        name=name,
        label=label or name,
        url=url,
        secret=encrypt(secret, context=SECRET_CONTEXT) if secret else kept,
        template=dict(template),
        result_at=result_at,
        results=dict(results),
        reference_at=reference_at,
        timeout_s=timeout_s,
        attempts=attempts,
    )
    _refuse_wrong(known)
    stored[name] = {field: getattr(known, field) for field in HttpProviderSettings.__dataclass_fields__}
    change_setting(key=SETTING, value=list(stored.values()), at=at)


@demands_transaction
def remove_provider(*, name: str, at: datetime) -> None:
    """Ask the provider `name` no more. Safe to repeat."""
    change_setting(key=SETTING, value=[each for each in provider_settings() if each["name"] != name], at=at)


def _refuse_wrong(known: HttpProviderSettings) -> None:
    if not (known.name.isascii() and known.name.isidentifier() and len(known.name) <= 24):
        raise ProviderNameWrong(field="name")
    if not right_address(known.url):
        raise ProviderAddressWrong(field="url", value=known.url)
    if not known.secret:
        raise ProviderSecretMissing(field="secret")
    asked = {name for kind in ApplicationKind.values for name in all_fields(steps(kind=kind))}
    if unknown := sorted(slots(known.template) - asked - {"application_number"}):
        raise ProviderTemplateWrong(field="template", unknown=", ".join(unknown))
    words = set(known.results.values())
    if not known.result_at or not words or not words <= set(CheckResult.values):
        raise ProviderResultsWrong(field="results")
    if not (0.1 <= known.timeout_s <= 30 and 1 <= known.attempts <= 10):
        raise ProviderPaceWrong(field="timeout_s")


def queue_calls(application: Application, *, at: datetime) -> None:
    """Owe each configured provider a question about what was handed in; they are asked after the commit."""
    for name in configured():
        ProviderCall.objects.get_or_create(
            application=application,
            provider=name,
            submitted_at=_handed_in_at(application),
            defaults={"next_attempt_at": at},
        )
    wake()


def _handed_in_at(application: Application) -> datetime:
    # A draft was never handed in, and has no questions: any instant will do.
    return application.submitted_at or application.started_at


def calls_of(application: Application) -> list[ProviderCall]:
    """Return the questions about what was handed in last."""
    return list(application.provider_calls.filter(submitted_at=_handed_in_at(application)).order_by("pk"))


def provider_checks(calls: list[ProviderCall]) -> list[Check]:
    """Return the answers of providers as checks; silence is for a person."""
    return [Check(f"provider_{call.provider}", call.result, call.text, dict(call.data)) for call in calls]


class Decider(Protocol):
    """Decides an application, in the transaction that records the last answer awaited."""

    def __call__(self, *, application_id: int, at: datetime) -> object: ...


def ask_due(*, at: datetime, then: Decider) -> int:
    """Ask a chunk of what is due at `at`, have `then` decide what is complete, and return how many tries were made.

    Each question is claimed in one transaction, asked in none, and its answer recorded in another.
    """
    count = 0
    while count < CHUNK and (claimed := _claim(at)) is not None:
        call, question = claimed
        provider = configured().get(call.provider)
        answer, error = _asked(provider, question)
        with transaction():
            if _record(call.pk, provider, answer, error, at):
                then(application_id=call.application_id, at=at)
        count += 1
    return count


def _claim(at: datetime) -> tuple[ProviderCall, ProviderQuestion] | None:
    with transaction():
        call = (
            ProviderCall.objects.select_for_update(skip_locked=True)
            .filter(status=CallStatus.WAITING, next_attempt_at__lte=at)
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if call is None:
            return None
        call.attempts += 1
        call.next_attempt_at = at + CLAIM_LIFE
        call.save(update_fields=["attempts", "next_attempt_at"])
        application = Application.objects.get(pk=call.application_id)
        return call, ProviderQuestion(f"{application.number}-{call.pk}", application.number, form_of(application), at)


def _asked(
    provider: IdentityProvider | None, question: ProviderQuestion
) -> tuple[ProviderAnswer | None, ProviderFailed]:
    if provider is None:
        return None, ProviderFailed("the provider is no longer set", again=False)
    try:
        return provider.check(question), ProviderFailed("")
    except ProviderFailed as error:
        return None, error
    except Exception as error:
        return None, ProviderFailed(type(error).__name__)


def _record(
    call_id: int, provider: IdentityProvider | None, answer: ProviderAnswer | None, error: ProviderFailed, at: datetime
) -> bool:
    """Write what came of one try, and return whether the application awaits no other answer."""
    application_id = ProviderCall.objects.values_list("application_id", flat=True).get(pk=call_id)
    # The application first, as everywhere, so that the last two answers do not both think that another is awaited.
    Application.objects.select_for_update().get(pk=application_id)
    call = ProviderCall.objects.select_for_update().get(pk=call_id)
    if call.status != CallStatus.WAITING:
        return False
    call.error = str(error)[:500]
    if answer is None and error.again and provider is not None and call.attempts < provider.attempts:
        call.next_attempt_at = at + PAUSE * 4 ** (call.attempts - 1)
        call.save(update_fields=["error", "next_attempt_at"])
        return False
    call.status, call.ended_at = (CallStatus.SILENT if answer is None else CallStatus.ANSWERED), at
    if answer is None:
        call.result, call.text, call.data = CheckResult.REVIEW, SILENCE, {"provider": call.provider}
    else:
        call.result, call.text, call.data = answer.result, answer.text, dict(answer.data)
        call.reference = answer.reference
    call.save()
    waiting = ProviderCall.objects.filter(application=application_id, submitted_at=call.submitted_at)
    return not waiting.filter(status=CallStatus.WAITING).exists()

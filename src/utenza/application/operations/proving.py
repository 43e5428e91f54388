"""Proving that a contact is the applicant's: a code is sent to it, and told back in time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext

from utenza.application.models import Application, ContactCode
from utenza.application.operations.filling import form_of, locked_application
from utenza.application.rules import ContactProof
from utenza.application.states import ApplicationStatus, ProofKind
from utenza.core.errors import N_, Refusal
from utenza.infra.encryption import blind_index
from utenza.infra.messages import queue_mail
from utenza.infra.operator import profile, setting
from utenza.infra.transactions import demands_transaction

DIGITS = 6
LIFE = timedelta(minutes=10)
TRIES_MAX = 5
HOUR = timedelta(hours=1)
# How many codes one contact gets an hour, over all applications; a setting.
PER_HOUR_SETTING, PER_HOUR_DEFAULT = "application.codes_per_hour", 5
# Channels in which an application needs its e-mail proven, else a person looks at it; a setting.
DEMANDED_SETTING, DEMANDED_DEFAULT = "application.proof_demanded", ("web",)
_OPEN = (ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.REVIEW)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code on its way; it can be told back until `expires_at`."""

    kind: str
    expires_at: datetime


class ContactMissing(Refusal):
    code = "contact_missing"
    text = N_("Application %(number)s has no e-mail address yet: fill it in, then send the code.")


class TooManyCodes(Refusal):
    code = "too_many_codes"
    text = N_("Enough codes were sent to this address: wait until %(at)s, and look among unwanted mail meanwhile.")
    retryable = True


class ProofNotOpen(Refusal):
    code = "proof_not_open"
    text = N_("Application %(number)s is decided: its contacts are no longer proven.")


class NoCodeOpen(Refusal):
    code = "no_code_open"
    text = N_("No code is open for this address: send a new one.")


class CodeWrong(Refusal):
    code = "code_wrong"
    text = N_("This is not the code that was sent: %(left)s tries are left.")


class CodeSpent(Refusal):
    code = "code_spent"
    text = N_("The code was tried too often: send a new one.")


class CodeExpired(Refusal):
    code = "code_expired"
    text = N_("The code is older than ten minutes: send a new one.")


@demands_transaction
def send_code(*, application_id: int, at: datetime, kind: str = ProofKind.EMAIL) -> CodeSent:
    """Send six digits to the contact that the form names; they replace an earlier code, and hold for ten minutes.

    :raises UnknownApplication: if there is none.
    :raises ProofNotOpen: if it is decided or withdrawn.
    :raises ContactMissing: if the form does not name one yet.
    :raises TooManyCodes: if the contact got its codes of this hour, from whichever application.
    """
    application = _open_application(application_id)
    contact = _contact(application, kind)
    if not contact:
        raise ContactMissing(field=kind, number=application.number)
    key = _contact_key(kind, contact)
    lately = ContactCode.objects.filter(contact_key=key, sent_at__gt=at - HOUR).order_by("sent_at")
    sent = list(lately.values_list("sent_at", flat=True))
    most = int(setting(PER_HOUR_SETTING, PER_HOUR_DEFAULT))
    if len(sent) >= most:
        raise TooManyCodes(field=kind, at=sent[-most] + HOUR)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = ContactCode.objects.create(
        application=application,
        kind=kind,
        contact_key=key,
        code_hash=_code_hash(application, key, digits),
        sent_at=at,
        expires_at=at + LIFE,
    )
    _mail(application, contact, digits, at)
    return CodeSent(kind=kind, expires_at=row.expires_at)


@demands_transaction
def prove_code(*, application_id: int, code: str, at: datetime, kind: str = ProofKind.EMAIL) -> Refusal | None:
    """Take back the code that was sent last; None if it is right, which proves the contact, else why it is not.

    What is wrong is returned and not raised, so that the try is counted in the open transaction. Safe to repeat with
    the right code.

    :raises UnknownApplication: if there is none.
    :raises ProofNotOpen: if it is decided or withdrawn.
    """
    application = _open_application(application_id)
    key = _contact_key(kind, _contact(application, kind))
    row = application.codes.select_for_update().filter(kind=kind, contact_key=key).order_by("-sent_at", "-pk").first()
    if row is None:
        return NoCodeOpen(field="code")
    right = secrets.compare_digest(row.code_hash, _code_hash(application, key, "".join(code.split())))
    if row.proven_at is not None:
        return None if right else NoCodeOpen(field="code")
    if row.tries >= TRIES_MAX:
        return CodeSpent(field="code")
    if at >= row.expires_at:
        return CodeExpired(field="code")
    row.tries += 1
    row.proven_at = at if right else None
    row.save(update_fields=["tries", "proven_at"])
    if right:
        return None
    left = TRIES_MAX - row.tries
    return CodeWrong(field="code", left=left) if left else CodeSpent(field="code")


def contact_proofs(application: Application) -> tuple[ContactProof, ...]:
    """Return which contacts of an application, as its form names them now, were proven, and which must be."""
    demanded = application.channel in setting(DEMANDED_SETTING, DEMANDED_DEFAULT)
    found = []
    for kind in ProofKind.values:
        key = _contact_key(kind, _contact(application, kind))
        proven = application.codes.filter(kind=kind, contact_key=key, proven_at__isnull=False).order_by("proven_at")
        found.append(ContactProof(kind, proven.values_list("proven_at", flat=True).last(), demanded))
    return tuple(found)


def _open_application(application_id: int) -> Application:
    application = locked_application(application_id)
    if application.status not in _OPEN:
        raise ProofNotOpen(number=application.number)
    return application


def _contact(application: Application, kind: str) -> str:
    text = str(form_of(application).get(kind) or "").strip().lower()
    return text if "@" in text else ""


def _contact_key(kind: str, contact: str) -> str:
    return blind_index(f"contact:{kind}:{contact}")


def _code_hash(application: Application, contact_key: str, digits: str) -> str:
    """Return the keyed hash of a code, bound to application and contact: without the key, no trying finds it."""
    return blind_index(f"code:{application.pk}:{contact_key}:{digits}")


def _mail(application: Application, contact: str, digits: str, at: datetime) -> None:
    brand = profile().brand
    with translation.override(str(form_of(application).get("language") or profile().languages[0])):
        queue_mail(
            to=contact,
            subject=gettext("%(code)s is your code for %(brand)s") % {"code": digits, "brand": brand},
            text=gettext(
                "Your code is %(code)s.\n\nTell it to whoever takes your application, or type it into the form, within"
                " ten minutes. If you applied for nothing, throw this message away: without the code nothing happens."
            )
            % {"code": digits},
            about=f"application_code:{application.pk}",
            at=at,
        )

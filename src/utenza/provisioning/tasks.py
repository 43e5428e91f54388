"""What a technician is asked, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext

from utenza.provisioning.states import BarScope, CommandKind, ServiceKind


def task_sentence(
    *, command_kind: str, service_kind: str, identifier: str, profile: str, restrictions: Collection[str] = ()
) -> str:
    """Return the sentence that asks a technician for one command, in the current language."""
    facts = {
        "service": ServiceKind(service_kind).label,
        "identifier": identifier,
        "profile": profile or "–",
    }
    sentences = {
        CommandKind.ACTIVATE: gettext("Set up %(service)s for %(identifier)s with the profile %(profile)s."),
        CommandKind.MODIFY: gettext("Change %(service)s of %(identifier)s to the profile %(profile)s."),
        CommandKind.SUSPEND: gettext("Close %(service)s of %(identifier)s and end its sessions."),
        CommandKind.RESUME: gettext("Open %(service)s of %(identifier)s again with the profile %(profile)s."),
        CommandKind.CEASE: gettext("Remove %(service)s of %(identifier)s and end its sessions."),
    }
    sentence = sentences[CommandKind(command_kind)] % facts
    if restrictions and command_kind not in (CommandKind.SUSPEND, CommandKind.CEASE):
        scopes = ", ".join(str(BarScope(scope).label) for scope in restrictions)
        barred = gettext("Barred: %(restrictions)s.") % {"restrictions": scopes}
        return f"{sentence} {barred}"
    return sentence

"""What was changed, by whom and why: written by the database itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from utenza.infra.audit import Change, history
from utenza.infra.permissions import Permission
from utenza.web.permissions import requires
from utenza.web.render import render

KINDS: dict[str, tuple[Any, str]] = {
    "customer": (_("Customer"), "parties.Customer"),
    "party": (_("Person or organisation"), "parties.Party"),
    "account": (_("Billing account"), "parties.BillingAccount"),
    "line": (_("Line"), "provisioning.Line"),
    "service": (_("Service"), "provisioning.Service"),
    "application": (_("Application"), "application.Application"),
    "user": (_("User"), "infra.User"),
}
SECRET = {"password", "secret", "iban", "form"}


@require_GET
@requires(Permission.AUDIT_VIEW)
def audit(request: HttpRequest) -> HttpResponse:
    """Show the history of one record, the newest change first, with what each change changed."""
    kind = request.GET.get("kind", "customer")
    key = request.GET.get("key", "").strip()
    error = ""
    changes: list[dict[str, Any]] = []
    if key and kind in KINDS:
        try:
            changes = _changes(history(KINDS[kind][1], int(key))) if key.isdecimal() else []
        except LookupError:
            error = gettext("No history is kept of this kind.")
        if not key.isdecimal():
            error = gettext("Write the record's number as it stands in its page's address.")
    context = {
        "kinds": [(name, word) for name, (word, _model) in KINDS.items()],
        "kind": kind,
        "key": key,
        "error": error,
        "changes": changes,
    }
    return render(request, "audit/audit.html", context)


def _changes(rows: list[Change]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for row in rows:
        now = dict(row.values)
        fields = [
            (name, _value(name, before.get(name)), _value(name, value))
            for name, value in now.items()
            if before.get(name) != value and value not in (None, "")
        ]
        shown.append({"at": row.at, "label": row.label, "by": row.username, "reason": row.reason, "fields": fields})
        before = now
    return shown[::-1]


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    return "•••" if name in SECRET else str(value)

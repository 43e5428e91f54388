"""The operator's own facts: what stands on bills, and how days are counted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from utenza.infra import clock
from utenza.infra.operator import change_profile, profile
from utenza.infra.permissions import Permission
from utenza.web import acting
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

FIELDS: tuple[tuple[str, Any, str, Any], ...] = (
    ("brand", _("Brand"), "m", _("What customers call you.")),
    ("legal_name", _("Legal name"), "l", ""),
    ("vat_number", _("VAT number"), "m", ""),
    ("tax_code", _("Tax code"), "m", ""),
    ("address_lines", _("Address"), "l", _("One line for each line of the letterhead.")),
    ("iban", _("IBAN"), "l", _("Where bills are paid by bank transfer.")),
    ("email", _("E-mail"), "l", _("From which letters and bills are sent.")),
    ("phone", _("Phone"), "m", ""),
    ("website", _("Website"), "l", ""),
)


@require_http_methods(["GET", "POST"])
@requires(Permission.SETTINGS_CHANGE)
def settings(request: HttpRequest) -> HttpResponse:
    """Show and change the operator's profile."""
    now = profile()
    values = {name: _shown(getattr(now, name)) for name, *_rest in FIELDS}
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {name: request.POST.get(name, "").strip() for name in values}
        errors = acting.needed(values, "brand", "legal_name")
        if not errors:
            changes: dict[str, Any] = dict(values)
            changes["address_lines"] = tuple(
                line.strip() for line in values["address_lines"].splitlines() if line.strip()
            )
            changes["iban"] = values["iban"].replace(" ", "").upper()
            came = acting.attempt(lambda: change_profile(at=clock.now(), **changes))
            errors = came.errors
        if not errors:
            return redirect(request, "settings", toast=gettext("Saved. The next bill shows it."))
    context = {"fields": FIELDS, "values": values, "errors": errors, "now": now}
    return render(request, "settings/settings.html", context, status=422 if errors else 200)


def _shown(value: Any) -> str:
    return "\n".join(value) if isinstance(value, tuple) else str(value)

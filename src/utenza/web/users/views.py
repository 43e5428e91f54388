"""Staff: who may sign in, and as what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from utenza.infra import users as operations
from utenza.infra.permissions import Permission, Role
from utenza.web import acting, chips
from utenza.web.listing import Column, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

LANGUAGES = (("it", "Italiano"), ("en", "English"))


@require_GET
@requires(Permission.USER_MANAGE)
def users(request: HttpRequest) -> HttpResponse:
    """List the staff."""
    columns = [
        Column("name", gettext("Name"), sort=lambda row: row.full_name),
        Column("username", gettext("Signs in as"), sort=lambda row: row.username),
        Column("roles", gettext("Roles")),
        Column("state", gettext("State")),
    ]
    listing = Listing(
        request, columns, operations.users(), search=lambda row: f"{row.full_name} {row.username} {row.email}"
    )
    return render(request, "users/users.html", {"listing": listing})


@require_http_methods(["GET", "POST"])
@requires(Permission.USER_MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """Make an account for a member of staff."""
    names = ("username", "given_name", "family_name", "email", "language", "password")
    values = {name: request.POST.get(name, "").strip() for name in names}
    roles = request.POST.getlist("roles")
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = acting.needed(values, "username", "password")
        if not roles:
            errors["roles"] = gettext("Tick at least one role.")
        if not errors:
            came = acting.attempt(
                lambda: operations.create_user(
                    username=values["username"],
                    password=values["password"],
                    roles=roles,
                    language=values["language"] or "it",
                    email=values["email"],
                    given_name=values["given_name"],
                    family_name=values["family_name"],
                )
            )
            errors = came.errors
        if not errors:
            return redirect(request, "users", toast=gettext("The account is made."))
    context = {"values": values, "roles": roles, "all_roles": _roles(), "languages_of": LANGUAGES, "errors": errors}
    return render(request, "users/new.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.USER_MANAGE)
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change the roles of a member of staff, or close the account."""
    found = operations.user(user_id)
    errors: dict[str, str] = {}
    if request.method == "POST":
        if request.POST.get("act") == "close":
            came = acting.attempt(lambda: operations.deactivate_user(user_id=user_id))
        else:
            roles = request.POST.getlist("roles")
            came = acting.attempt(lambda: operations.change_roles(user_id=user_id, roles=roles))
        errors = came.errors
        if came.done:
            return redirect(request, "users", toast=gettext("Saved."))
    context = {"found": found, "all_roles": _roles(), "errors": errors}
    return render(request, "users/user.html", context, status=422 if errors else 200)


def _roles() -> list[tuple[str, object]]:
    return [(role.value, chips.chip_of("role", role).word) for role in Role]

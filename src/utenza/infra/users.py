"""Members of staff: creating them and changing what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.utils import IntegrityError

from utenza.core.errors import N_, Refusal
from utenza.infra.models.user import User
from utenza.infra.roles import Role
from utenza.infra.transactions import demands_transaction, savepoint


class UsernameTaken(Refusal):
    code = "username_taken"
    text = N_("There is a user called '%(username)s' already: choose another name.")


class PasswordWeak(Refusal):
    code = "password_weak"
    text = N_("This password cannot be taken. %(why)s")


class UserFieldWrong(Refusal):
    code = "user_field_wrong"
    text = N_("'%(value)s' cannot be taken. %(why)s")


class UnknownRole(Refusal):
    code = "unknown_role"
    text = N_("There is no role '%(role)s': the roles are %(known)s.")


class UnknownUser(Refusal):
    code = "unknown_user"
    text = N_("There is no user '%(username)s'.")


class LastAdministrator(Refusal):
    code = "last_administrator"
    text = N_("'%(username)s' is the last administrator: make somebody else one first.")


@dataclass(frozen=True, slots=True)
class UserView:
    id: int
    username: str
    full_name: str
    email: str
    roles: tuple[str, ...]
    language: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSpec:
    """A member of staff to be created."""

    username: str
    roles: tuple[str, ...]
    language: str = "en"
    email: str = ""
    given_name: str = ""
    family_name: str = ""


@demands_transaction
def create_user(
    *,
    username: str,
    password: str,
    roles: Sequence[str],
    language: str = "en",
    email: str = "",
    given_name: str = "",
    family_name: str = "",
) -> int:
    """Create a member of staff and return the id.

    :raises UsernameTaken: if the name is in use.
    :raises PasswordWeak: if the password is short or common.
    :raises UnknownRole: if one of `roles` is none.
    :raises UserFieldWrong: if another field is too long or is not what it should be; `field` names it.
    """
    spec = StaffSpec(
        username=username,
        roles=tuple(roles),
        language=language,
        email=email,
        given_name=given_name,
        family_name=family_name,
    )
    return create_users(staff=[spec], password=password)[0]


@demands_transaction
def create_users(*, staff: Sequence[StaffSpec], password: str) -> list[int]:
    """Create members of staff with the same first password, and return their ids.

    The password is hashed once for all, since that is made to be slow.

    :raises UsernameTaken, PasswordWeak, UnknownRole, UserFieldWrong: as `create_user`.
    """
    ids = []
    hashed = ""
    for spec in staff:
        user = User(
            username=spec.username,
            roles=_checked(spec.roles),
            language=spec.language,
            email=spec.email,
            first_name=spec.given_name,
            last_name=spec.family_name,
        )
        _demand_fields(user)
        _demand_strong(user, password)
        hashed = hashed or make_password(password)
        user.password = hashed
        try:
            with savepoint():
                user.save()
        except IntegrityError as error:
            if "username" not in str(error):
                raise
            raise UsernameTaken(field="username", username=spec.username) from error
        ids.append(user.pk)
    return ids


@demands_transaction
def change_roles(*, user_id: int, roles: Sequence[str]) -> None:
    """Give the user exactly `roles`.

    :raises LastAdministrator: if nobody active would be an administrator any more.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    wanted = _checked(roles)
    if Role.ADMINISTRATOR not in wanted:
        _keep_an_administrator(user)
    user.roles = wanted
    user.save(update_fields=["roles"])


@demands_transaction
def change_password(*, user_id: int, password: str) -> None:
    """Give the user another password.

    :raises PasswordWeak: if it is short or common.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    _set_password(user, password)
    user.save(update_fields=["password"])


@demands_transaction
def change_language(*, user_id: int, language: str) -> None:
    """Have the user's screens speak `language`.

    :raises UserFieldWrong: if it is none that is spoken here.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    user.language = language
    _demand_fields(user)
    user.save(update_fields=["language"])


@demands_transaction
def deactivate_user(*, user_id: int) -> None:
    """Keep the user from logging in; what the user did stays on record.

    :raises LastAdministrator: if nobody active would be an administrator any more.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    _keep_an_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])


def user(user_id: int) -> UserView:
    """Return the user with this id."""
    return _view(User.objects.get(pk=user_id))


def user_named(username: str) -> UserView:
    """Return the user with this name.

    :raises UnknownUser: if there is none.
    """
    row = User.objects.filter(username=username).first()
    if row is None:
        raise UnknownUser(username=username)
    return _view(row)


def users() -> list[UserView]:
    """Return all users, by name."""
    return [_view(row) for row in User.objects.order_by("username")]


def _checked(roles: Sequence[str]) -> list[str]:
    for role in roles:
        if role not in Role.values:
            raise UnknownRole(field="roles", role=role, known=", ".join(Role.values))
    return sorted({str(Role(role).value) for role in roles})


def _demand_fields(user: User) -> None:
    try:
        user.clean_fields(exclude=["password", "roles"])
    except ValidationError as error:
        field, reasons = next(iter(error.message_dict.items()))
        named = {"first_name": "given_name", "last_name": "family_name"}.get(field, field)
        value = str(getattr(user, field))[:40]
        raise UserFieldWrong(field=named, value=value, why=" ".join(reasons)) from error


def _set_password(user: User, password: str) -> None:
    _demand_strong(user, password)
    user.set_password(password)


def _demand_strong(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordWeak(field="password", why=" ".join(error.messages)) from error


def _keep_an_administrator(user: User) -> None:
    """Refuse if `user` is the only active administrator; all of them are locked, so two cannot leave at once."""
    if Role.ADMINISTRATOR not in user.roles or not user.is_active:
        return
    rows = User.objects.select_for_update().filter(is_active=True, roles__contains=[Role.ADMINISTRATOR])
    if not [row for row in rows if row.pk != user.pk]:
        raise LastAdministrator(username=user.username)


def _view(row: User) -> UserView:
    return UserView(
        id=row.pk,
        username=row.username,
        full_name=row.get_full_name() or row.username,
        email=row.email,
        roles=tuple(row.roles),
        language=row.language,
        is_active=row.is_active,
    )

"""Writes on network elements, on profiles and on which element serves which kind of service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from utenza.core.errors import N_, Refusal
from utenza.infra.operator import change_setting, setting
from utenza.infra.transactions import demands_transaction
from utenza.provisioning.connectors import registry
from utenza.provisioning.connectors.base import ElementConfiguration
from utenza.provisioning.models import Element, ElementHealth, SpeedProfile
from utenza.provisioning.routing import ROUTES_SETTING, find_element
from utenza.provisioning.states import ServiceKind


class MalformedSetting(Refusal):
    code = "malformed_setting"
    text = N_("The setting %(name)s cannot be %(value)s: %(why)s.")


@demands_transaction
def register_element(
    *, code: str, kind: str, at: datetime, name: str = "", settings: Mapping[str, Any] | None = None, dsn: str = ""
) -> int:
    """Make a network element known and return its id; one of the same code is changed instead, so it may be repeated.

    An element that exists keeps its settings unless others are given.

    :raises UnknownConnector: if no connector speaks to this kind.
    """
    registry.demand_known(kind)
    element = Element.objects.select_for_update().filter(code=code).first()
    if element is None:
        element = Element.objects.create(
            code=code, kind=kind, name=name or code, settings=dict(settings or {}), dsn=dsn or None, created_at=at
        )
        ElementHealth.objects.create(element=element)
    else:
        element.kind, element.name, element.enabled = kind, name or element.name, True
        element.dsn = dsn or None
        if settings is not None:
            element.settings = dict(settings)
        element.save()
    return element.pk


@demands_transaction
def change_element(*, code: str, enabled: bool, at: datetime) -> None:
    """Switch an element on or off. While it is off its commands wait; safe to repeat.

    :raises UnknownElement: if there is none of this code.
    """
    element = find_element(code)
    if element.enabled != enabled:
        element.enabled = enabled
        element.save(update_fields=["enabled"])
    ElementHealth.objects.filter(element=element).update(failures=0, next_attempt_at=at)


@demands_transaction
def configure_element(*, code: str, name: str, value: str) -> None:
    """Change one setting of an element, from its next command on; an empty value goes back to the default.

    :raises UnknownElement:
    :raises MalformedSetting: if its connector knows no such setting, or cannot take the value.
    """
    element = find_element(code)
    known = registry.settings_of(element.kind)
    if name not in known:
        raise MalformedSetting(name=name, value=value, why=f"the settings are: {', '.join(known) or '-'}", field="name")
    settings = {key: kept for key, kept in element.settings.items() if key != name}
    if value:
        settings[name] = value
    try:
        registry.connector_for(element.kind, ElementConfiguration(code=code, settings=settings))
    except ValueError:
        raise MalformedSetting(name=name, value=value, why="a number is needed", field="value") from None
    element.settings = settings
    element.save(update_fields=["settings"])


@demands_transaction
def route_services(*, kind: str, element: str, at: datetime) -> None:
    """Have new services of `kind` served by the element of this code from now on; safe to repeat.

    :raises UnknownElement: if there is none of this code.
    """
    if kind not in ServiceKind.values:
        raise MalformedSetting(name="kind", value=kind, why=", ".join(ServiceKind.values), field="kind")
    find_element(element)
    routes = dict(setting(ROUTES_SETTING, {}))
    routes[kind] = element
    change_setting(key=ROUTES_SETTING, value=routes, at=at)


@demands_transaction
def define_profile(*, code: str, down_bps: int, up_bps: int, attributes: Mapping[str, str] | None = None) -> int:
    """Say what a profile means to the network, speeds in bit/s; safe to repeat.

    Services that have the profile already keep what they were given until their next command.
    """
    if down_bps <= 0 or up_bps <= 0:
        raise MalformedSetting(name=code, value=f"{down_bps}/{up_bps}", why="a speed is above zero", field="down_bps")
    profile, _created = SpeedProfile.objects.update_or_create(
        code=code, defaults={"down_bps": down_bps, "up_bps": up_bps, "attributes": dict(attributes or {})}
    )
    return profile.pk

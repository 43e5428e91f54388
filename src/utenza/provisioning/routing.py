"""Which element serves a service, and what a profile means. Within this stage only."""

from __future__ import annotations

from utenza.core.errors import N_, Refusal
from utenza.infra.operator import setting
from utenza.provisioning.models import Element, SpeedProfile
from utenza.provisioning.rules import Speed, speed_of_profile
from utenza.provisioning.states import ServiceKind

ROUTES_SETTING = "provisioning.routes"
MANUAL = "manual"


class UnknownElement(Refusal):
    code = "unknown_element"
    text = N_("No network element is called %(element)s. Register it, or choose one of: %(known)s.")


class ElementDisabled(Refusal):
    code = "element_disabled"
    text = N_("The network element %(element)s is switched off. Switch it on, or choose another one.")


class UnknownProfile(Refusal):
    code = "unknown_profile"
    text = N_("The profile %(profile)s has no speed. Define it, or name it by its Mbit/s down and up, as fibre-100-20.")


def find_element(code: str) -> Element:
    """Return the element of this code.

    :raises UnknownElement: if there is none.
    """
    element = Element.objects.filter(code=code).first()
    if element is None:
        known = ", ".join(Element.objects.order_by("code").values_list("code", flat=True))
        raise UnknownElement(element=code, known=known, field="connector")
    return element


def element_for(*, kind: str, wished: str) -> Element:
    """Return the element that serves a new service of `kind`: the wished one, else the routed one, else people.

    :raises UnknownElement: if the wished or routed one does not exist.
    :raises ElementDisabled: if it is switched off.
    """
    element = find_element(wished or dict(setting(ROUTES_SETTING, {})).get(kind, MANUAL))
    if not element.enabled:
        raise ElementDisabled(element=element.code, field="connector")
    return element


def profile_meaning(code: str) -> tuple[Speed | None, dict[str, str]]:
    """Return the speed of a profile and its further attributes: from its row, else from its name."""
    row = SpeedProfile.objects.filter(code=code).first()
    if row is None:
        return speed_of_profile(code), {}
    return Speed(down_bps=row.down_bps, up_bps=row.up_bps), dict(row.attributes)


def demand_profile(*, kind: str, code: str) -> None:
    """Refuse an internet profile without a speed: the customer would be let in without any limit.

    :raises UnknownProfile: then.
    """
    if kind == ServiceKind.INTERNET and profile_meaning(code)[0] is None:
        raise UnknownProfile(profile=code or "''", field="profile")

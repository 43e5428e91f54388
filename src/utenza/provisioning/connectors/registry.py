"""Which connectors there are, and the making of one for an element."""

from __future__ import annotations

from typing import Protocol

from utenza.core.errors import N_, Refusal
from utenza.provisioning.connectors.base import Connector, ElementConfiguration
from utenza.provisioning.connectors.freeradius.connector import FreeradiusConnector
from utenza.provisioning.connectors.manual import ManualConnector


class Maker(Protocol):
    """A connector's class: it is called with how to reach an element, and knows which settings there are."""

    settings: tuple[str, ...]

    def __call__(self, configuration: ElementConfiguration) -> Connector:
        """Return a connector to the element so configured; raise ValueError for a setting that cannot be taken."""
        ...


_MAKERS: dict[str, Maker] = {
    ManualConnector.kind: ManualConnector,
    FreeradiusConnector.kind: FreeradiusConnector,
}


class UnknownConnector(Refusal):
    code = "unknown_connector"
    text = N_("No connector is called %(kind)s. Those that exist are: %(known)s.")


def register(kind: str, maker: Maker) -> None:
    """Make another kind of connector known: an operator's own, or one of a test."""
    _MAKERS[kind] = maker


def known_kinds() -> tuple[str, ...]:
    """Return the kinds that elements may have, sorted."""
    return tuple(sorted(_MAKERS))


def demand_known(kind: str) -> None:
    """Refuse a kind that no connector speaks to.

    :raises UnknownConnector: then.
    """
    if kind not in _MAKERS:
        raise UnknownConnector(kind=kind, known=", ".join(known_kinds()), field="kind")


def settings_of(kind: str) -> tuple[str, ...]:
    """Return the names of the settings that elements of a kind may have.

    :raises UnknownConnector: if there is none of this kind.
    """
    demand_known(kind)
    return _MAKERS[kind].settings


def connector_for(kind: str, configuration: ElementConfiguration) -> Connector:
    """Return a connector to the element so configured.

    :raises UnknownConnector: if there is none of this kind.
    """
    demand_known(kind)
    return _MAKERS[kind](configuration)

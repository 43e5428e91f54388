"""Typed facts that one stage announces and any other may hear; one file for each stage."""

from utenza.core.events.base import Event, event_types

__all__ = ["Event", "event_types"]

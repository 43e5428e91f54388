"""The icons: one drawing each on a 16 × 16 grid, stroked with the colour of the text beside them."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

SHAPES: dict[str, str] = json.loads((Path(__file__).parent / "drawings.json").read_text(encoding="utf-8"))

_FRAME = (
    '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" '
    'stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">%s</svg>'
)
_DRAWN = {name: Markup(_FRAME % shape) for name, shape in SHAPES.items()}  # noqa: S704 - our own drawings


def icon(name: str) -> Markup:
    """Return the drawing called `name`, hidden from screen readers: the word beside it speaks."""
    return _DRAWN[name]

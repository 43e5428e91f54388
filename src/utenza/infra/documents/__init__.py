"""Documents on paper's terms: one renderer for bills and letters."""

from utenza.infra.documents.renderer import (
    BrokenTemplate,
    EmbeddedFile,
    UnknownTemplate,
    render,
    render_pages,
    templates,
)

__all__ = ["BrokenTemplate", "EmbeddedFile", "UnknownTemplate", "render", "render_pages", "templates"]

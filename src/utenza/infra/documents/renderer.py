"""Typesetting by typst: data in, PDF/A-3 out.

One compiler lives as long as the process, since fonts and templates are read once by it. Only the fonts inside typst
are used, so that a document looks the same on every machine. Data reaches a template as JSON values and is set as text:
nothing that a customer writes is ever read as markup.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from utenza.core.errors import N_, Refusal
from utenza.infra import clock

TEMPLATES = Path(__file__).parent / "templates"
#: PDF/A-3b keeps a document readable for ten years and more and may carry files (ISO 19005-3); PDF/UA-1 lets it be read
#: aloud (ISO 14289-1; Directive (EU) 2019/882 from 28 June 2025).
STANDARDS = ("a-3b", "ua-1")

_lock = threading.Lock()


class UnknownTemplate(Refusal):
    code = "unknown_template"
    text = N_("There is no document template '%(template)s': the ones there are: %(known)s.")


class BrokenTemplate(Refusal):
    code = "broken_template"
    text = N_("The template '%(template)s' cannot be typeset: %(why)s.")


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file carried inside the PDF. `relationship` is source, data, alternative or supplement (ISO 19005-3)."""

    name: str
    mime: str
    content: bytes
    description: str
    relationship: str = "alternative"


def templates() -> tuple[str, ...]:
    """Return the names of the templates that can be rendered."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.typ") if path.stem != "common"))


def render(
    *,
    template: str,
    data: Mapping[str, Any],
    language: str,
    attachments: Sequence[EmbeddedFile] = (),
    at: datetime | None = None,
) -> bytes:
    """Typeset `data` with `template` and return the PDF. The same input and `at` give the same bytes.

    :param data: JSON values; texts are set as they are, signs of markup included.
    :param language: of the document, for hyphenation, quotation marks and screen readers; two letters.
    :param at: the date written into the document; now, if left out.
    :raises UnknownTemplate: if there is no such template.
    :raises BrokenTemplate: if typst refuses it, with its reason.
    """
    return _compile(template, data, language, attachments, at, "pdf")[0]


def render_pages(
    *, template: str, data: Mapping[str, Any], language: str, at: datetime | None = None, ppi: int = 110
) -> list[bytes]:
    """Typeset as `render` does and return a PNG picture of each page, for previews and for looking at in tests."""
    return _compile(template, data, language, (), at, "png", ppi)


def _compile(  # noqa: PLR0917 - private, and each is named at the two calls above
    template: str,
    data: Mapping[str, Any],
    language: str,
    attachments: Sequence[EmbeddedFile],
    at: datetime | None,
    form: str,
    ppi: int = 110,
) -> list[bytes]:
    source = TEMPLATES / f"{template}.typ"
    if template not in templates():
        raise UnknownTemplate(template=template, known=", ".join(templates()))
    inputs = {
        "data": json.dumps(
            {**data, "language": language, "attachments": [_embedded(file) for file in attachments]},
            ensure_ascii=False,
            default=str,
        )
    }
    # The compiler refuses a time stamp finer than a second.
    stamp = (at or clock.now()).replace(microsecond=0)
    options: dict[str, Any] = {"sys_inputs": inputs, "format": form, "timestamp": stamp}
    if form == "pdf":
        options["pdf_standards"] = list(STANDARDS)
    else:
        options["ppi"] = float(ppi)
    try:
        with _lock:
            made = _compiler().compile(input=str(source), **options)
    except typst.TypstError as error:
        raise BrokenTemplate(template=template, why=_one_line(error)) from error
    return list(made) if isinstance(made, list) else [made or b""]


def _embedded(file: EmbeddedFile) -> dict[str, Any]:
    # Typst reads JSON, which carries text or numbers and no bytes.
    return {
        "name": file.name,
        "mime": file.mime,
        "content": list(file.content),
        "description": file.description,
        "relationship": file.relationship,
    }


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(root=str(TEMPLATES), font_paths=[], ignore_system_fonts=True)


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()[:300]

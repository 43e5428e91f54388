"""Collect the visible sentences of the code and the pages into the translators' files."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "utenza"
LOCALES = SOURCE / "locale"
MAPPING = ROOT / "scripts" / "babel.cfg"
LANGUAGES = {"it": "nplurals=2; plural=(n != 1);"}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "N_": None,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: Utenza\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def catalogue_path(language: str) -> Path:
    """Say where the sentences of a language are kept."""
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def extract() -> Catalog:
    """Collect every marked sentence; where it stands is left out, so that a moved line changes no file."""
    with MAPPING.open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call] # the library types it not
    catalogue = Catalog(charset="utf-8")
    found = extract_from_dir(SOURCE, methods, options, KEYWORDS, comment_tags=("Translators:",))
    for _name, _line, message, comments, context in found:
        catalogue.add(message, None, auto_comments=comments, context=context)
    return catalogue


def read(language: str) -> Catalog:
    """Read the sentences of a language as they are kept, none when there is no file yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def write(catalogue: Catalog, language: str) -> None:
    """Write a language's file sorted and with a head that is the same on every machine."""
    body = BytesIO()
    write_po(body, catalogue, width=110, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    head = HEADER.format(language=language, plurals=LANGUAGES[language])
    path.write_text(head + body.getvalue().decode("utf-8").strip() + "\n", encoding="utf-8")


def main() -> None:
    """Bring every language up to the sentences of today, and say how many wait for a translator."""
    template = extract()
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        write(catalogue, language)
        waiting = sum(1 for message in catalogue if message.id and not all(_strings(message.string)))
        sys.stdout.write(f"{language}: {len(catalogue)} sentences, {waiting} without a translation\n")


def _strings(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (string or "",) if string is None or isinstance(string, str) else tuple(string)


if __name__ == "__main__":
    main()

"""Every visible sentence is said in every language, with the slots and the markup of the English one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import write_mo
from scripts.messages import LANGUAGES, catalogue_path, extract, read

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

SLOT = re.compile(r"%\((\w+)\)([a-z])")
MARKUP = re.compile(r"</?\w+[^>]*>|&\w+;")


@pytest.fixture(scope="module")
def template() -> Catalog:
    return extract()


@pytest.fixture(scope="module", params=sorted(LANGUAGES))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def translated(language: str) -> Catalog:
    return read(language)


def _sentences(message: Message) -> list[tuple[str, str]]:
    """Pair each English form with the translated one; one and many are two forms in both."""
    forms = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    said = (message.string or "",) if message.string is None or isinstance(message.string, str) else message.string
    return list(zip(forms, said, strict=True))


def _pairs(template: Catalog, translated: Catalog) -> list[tuple[str, str]]:
    found = [translated.get(message.id, message.context) for message in template if message.id]
    pairs = [pair for message in found if message is not None for pair in _sentences(message)]
    return [(english, said) for english, said in pairs if said]


def test_sentences_are_found_in_the_code_and_in_the_pages(template: Catalog) -> None:
    # One refusal (N_), one word of a page, one plural: were a keyword lost, the other tests would pass on nothing.
    for known in ("This cannot be done.", "Skip to the content", "%(num)s day"):
        assert template.get(known) is not None, f"{known!r} is not found any more"
    assert len(template) > 1000


def test_every_sentence_has_a_translation(template: Catalog, translated: Catalog) -> None:
    missing = []
    for message in template:
        found = translated.get(message.id, message.context)
        if message.id and (found is None or found.fuzzy or not all(said for _, said in _sentences(found))):
            missing.append(message.id)
    assert not missing, f"without a translation (run 'make messages', then translate): {missing}"


def test_a_translation_keeps_the_slots(template: Catalog, translated: Catalog) -> None:
    wrong = [
        (english, said)
        for english, said in _pairs(template, translated)
        if set(SLOT.findall(english)) != set(SLOT.findall(said))
    ]
    assert not wrong


def test_a_translation_has_no_stray_percent_sign_where_slots_are_filled(template: Catalog, translated: Catalog) -> None:
    filled = [said for english, said in _pairs(template, translated) if SLOT.search(english)]
    wrong = [said for said in filled if "%" in SLOT.sub("", said).replace("%%", "")]
    assert not wrong


def test_a_translation_keeps_markup_and_the_space_at_the_ends(template: Catalog, translated: Catalog) -> None:
    wrong = [
        (english, said)
        for english, said in _pairs(template, translated)
        if sorted(MARKUP.findall(english)) != sorted(MARKUP.findall(said))
        or (english[0].isspace(), english[-1].isspace()) != (said[0].isspace(), said[-1].isspace())
    ]
    assert not wrong


def test_the_head_says_nothing_of_the_machine_or_the_hour(language: str) -> None:
    head = catalogue_path(language).read_text(encoding="utf-8").split("\n\n", 1)[0]
    assert f'"Language: {language}\\n"' in head
    for word in ("Date", "Generated", "Translator", "/work", "/home", "@", "://"):
        assert word not in head


def test_the_sentences_compile(translated: Catalog, tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    with compiled.open("wb") as file:
        write_mo(file, translated)
    assert compiled.stat().st_size > 10_000

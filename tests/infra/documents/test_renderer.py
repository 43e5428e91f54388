"""Typesetting: PDF/A-3 that can be read aloud, the same bytes for the same input, and no markup from customers."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from utenza.infra.documents import BrokenTemplate, EmbeddedFile, UnknownTemplate, render, render_pages, templates

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
NASTY = "Anna #panic() $x^2$ *bold* _em_ @ref <label> \\ [content] `raw` // note /* = + -"


def letter(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Title",
        "heading": "Heading",
        "labels": {"page": "Page {page} of {pages}"},
        "operator": {
            "brand": "Lumen",
            "legal_name": "Lumen S.p.A.",
            "address_lines": ["Via Po 1"],
            "contact_lines": ["800 1"],
            "tax_line": "",
        },
        "addressee": ["Anna Bianchi", "Via Roma 1"],
        "facts": [["Date", "1 March 2026"]],
        "salutation": "Dear Anna,",
        "paragraphs": ["One paragraph."],
        "row_head": [],
        "rows": [],
        "row_total": [],
        "box": [],
        "after": [],
        "closing": "Regards",
        **changes,
    }


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_what_a_customer_writes_is_set_as_it_is_written() -> None:
    pdf = render(template="letter", data=letter(addressee=[NASTY], paragraphs=[NASTY]), language="en", at=AT)
    assert text_of(pdf).count("Anna #panic() $x^2$ *bold* _em_ @ref <label> \\ [content] `raw` // note /* = +") == 2


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (render(template="letter", data=letter(), language="en", at=AT) for _ in range(2))
    assert first == second


def test_a_document_declares_pdf_a_3b_and_pdf_ua_1_and_its_language() -> None:
    pdf = render(template="letter", data=letter(), language="it", at=AT)
    metadata = PdfReader(io.BytesIO(pdf)).root_object["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert PdfReader(io.BytesIO(pdf)).root_object["/Lang"].startswith("it")


def test_every_font_is_embedded() -> None:
    reader = PdfReader(io.BytesIO(render(template="letter", data=letter(), language="en", at=AT)))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    families = {str(font["/BaseFont"]).split("+")[-1] for font in fonts}
    assert fonts
    assert all("+" in str(font["/BaseFont"]) for font in fonts), "a subset bears a tag before its name"
    assert all(family.startswith("LibertinusSerif") for family in families)


def test_a_file_is_carried_inside_byte_by_byte() -> None:
    content = b"<?xml version='1.0'?><a>\xc3\xa8</a>\x00\xff"
    file = EmbeddedFile(name="bill.xml", mime="text/xml", content=content, description="The bill for machines")
    pdf = render(template="letter", data=letter(), language="en", attachments=[file], at=AT)
    assert PdfReader(io.BytesIO(pdf)).attachments["bill.xml"] == [content]


def test_a_template_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownTemplate) as refused:
        render(template="poster", data={}, language="en", at=AT)
    assert refused.value.data["known"] == ", ".join(templates())


def test_data_that_a_template_cannot_use_is_refused_with_the_reason() -> None:
    with pytest.raises(BrokenTemplate) as refused:
        render(template="letter", data={"title": "only this"}, language="en", at=AT)
    assert "operator" in refused.value.data["why"] or "dictionary" in refused.value.data["why"]


def test_pages_can_be_looked_at_as_pictures() -> None:
    pages = render_pages(template="letter", data=letter(paragraphs=["Line."] * 60), language="en", at=AT)
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_takes_an_instant_finer_than_a_second() -> None:
    fine = render(template="letter", data=letter(), language="en", at=AT.replace(microsecond=123456))
    assert fine == render(template="letter", data=letter(), language="en", at=AT)

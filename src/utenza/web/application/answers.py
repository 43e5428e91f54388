"""The form of an application between what a browser sends and what the stage keeps."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from utenza.application.rules.fields import Field, FieldKind

NODE_KINDS = ("branch", "department", "cost_centre")
BRANCH_ROWS = 3
# How each kind of answer is typed: the input's type, its keyboard, and how wide it is.
INPUTS: dict[FieldKind, dict[str, Any]] = {
    FieldKind.EMAIL: {"type": "email", "attrs": {"spellcheck": "false"}},
    FieldKind.PHONE: {"type": "tel"},
    FieldKind.NUMBER: {"attrs": {"inputmode": "numeric"}},
    FieldKind.MONEY: {"attrs": {"inputmode": "decimal"}, "unit": "€"},
    FieldKind.DATE: {"attrs": {"placeholder": "31/12/1990", "inputmode": "numeric"}},
    FieldKind.POSTCODE: {"attrs": {"inputmode": "numeric"}},
    FieldKind.TAX_CODE: {"attrs": {"spellcheck": "false", "autocapitalize": "characters"}},
    FieldKind.VAT_NUMBER: {"attrs": {"spellcheck": "false"}},
    FieldKind.MRZ: {"attrs": {"spellcheck": "false", "autocapitalize": "characters"}},
    FieldKind.IBAN: {"attrs": {"spellcheck": "false", "autocapitalize": "characters"}},
}


def read(fields: tuple[Field, ...], sent: QueryDict) -> dict[str, Any]:
    """Return the answers of a step as the stage takes them."""
    values: dict[str, Any] = {}
    for field in fields:
        if field.kind is FieldKind.BRANCHES:
            values[field.name] = _branches(sent)
        elif field.kind is FieldKind.OFFERS:
            values[field.name] = _offers(sent)
        elif field.kind is FieldKind.YES_NO:
            values[field.name] = "yes" if sent.get(field.name) == "yes" else "no"
        else:
            values[field.name] = sent.get(field.name, "").strip()
    return values


def _branches(sent: QueryDict) -> list[dict[str, Any]]:
    names, kinds = sent.getlist("branch_name"), sent.getlist("branch_kind")
    payers = sent.getlist("branch_payer")
    rows = []
    for place, name in enumerate(names):
        if name.strip():
            kind = kinds[place] if place < len(kinds) else "branch"
            pays = place < len(payers) and payers[place] == "itself"
            rows.append({"name": name.strip(), "node_kind": kind, "pays_itself": pays})
    return rows


def _offers(sent: QueryDict) -> list[dict[str, Any]]:
    """Read ticks of the form 'version:node' (plans) and 'version:node:plan version' (add-ons)."""
    rows: list[dict[str, Any]] = []
    places: dict[tuple[str, str], int] = {}
    for tick in sent.getlist("plan"):
        version, _, node = tick.partition(":")
        places[version, node or "0"] = len(rows)
        rows.append({"offer_version_id": version, "node": node or "0", "parent": None})
    for tick in sent.getlist("addon"):
        version, node, plan = (*tick.split(":"), "", "")[:3]
        if (plan, node) in places:
            rows.append({"offer_version_id": version, "node": node, "parent": places[plan, node]})
    return rows


def shown(field: Field, value: Any) -> str:
    """Return an answer as the summary shows it."""
    if value in (None, "", []):
        return ""
    if isinstance(value, list):
        return str(len(value))
    for choice in field.choices:
        if choice.value == str(value):
            return str(choice.label)
    return str(value)


def inputs(field: Field) -> dict[str, Any]:
    """Return how a field is typed."""
    known = INPUTS.get(field.kind, {})
    attrs = {"maxlength": field.max_length, "autocomplete": field.autocomplete or None, **known.get("attrs", {})}
    width = "xs" if field.width <= 8 else "s" if field.width <= 14 else "m" if field.width <= 28 else "l"
    return {"type": known.get("type", "text"), "unit": known.get("unit", ""), "attrs": attrs, "width": width} | {
        "options": [(choice.value, choice.label) for choice in field.choices]
    }

"""What providers offer: their kinds, and each kind's fields with what a stackfile must know of them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackfile.report.text import WIDTH, safe, table
from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.sdk.traits import Trait


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind that a provider offers: `name` is its connector, or its type."""

    service: str
    section: str
    name: str
    schema: Schema


def offers_text(offers: Iterable[Offer]) -> str:
    rows = [(one.service, one.section, one.name, _gist(one.schema)) for one in offers]
    lines = table([("PROVIDER", "SECTION", "KIND", ""), *rows])
    return "\n".join(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in lines)


def offers_json(offers: Iterable[Offer]) -> list[dict[str, Any]]:
    return [
        {"provider": one.service, "section": one.section, "kind": one.name, "fields": _fields_json(one.schema)}
        for one in offers
    ]


def offer_text(offer: Offer) -> str:
    """All fields of a kind: those that must be said first, those that the service decides last."""
    lines = [f"{offer.section}: {offer.service} {offer.name}", *_wrapped(_documented(offer.schema), "  "), ""]
    for field in sorted(offer.schema.fields.values(), key=_rank):
        lines += _told(field, "  ")
    return "\n".join(lines)


def _told(field: FieldSchema, indent: str) -> Iterator[str]:
    """A field, and those of the model in it."""
    yield f"{indent}{field.name}{_marks(field)}"
    yield from _wrapped(safe(field.description), f"{indent}    ")
    if field.shape is Shape.MODEL and field.inner is not None:
        for inner in sorted(field.inner.fields.values(), key=_rank):
            yield from _told(inner, f"{indent}    ")


def _rank(field: FieldSchema) -> int:
    return 2 if field.has(Trait.COMPUTED) else 0 if field.required else 1


_TRAITS: Mapping[Trait, str] = {
    Trait.COMPUTED: "the service's own",
    Trait.IMMUTABLE: "a change replaces",
    Trait.SENSITIVE: "secret",
    Trait.WRITE_ONLY: "never given back",
    Trait.UNREAD: "not always given back",
}


def _facts(field: FieldSchema) -> list[str]:
    facts = ["required"] if field.required and field.name != "name" else []
    if field.reference is not None:
        facts.append(f"one of {', '.join(field.reference.kinds)}")
    facts += [says for trait, says in _TRAITS.items() if field.has(trait)]
    if field.default is not None and not field.has(Trait.COMPUTED):
        facts.append(
            f"unwritten: {safe(str(field.default)).lower() if isinstance(field.default, bool) else field.default}"
        )
    return facts


def _marks(field: FieldSchema) -> str:
    facts = _facts(field)
    return f"   ({'; '.join(facts)})" if facts else ""


def _fields_json(schema: Schema) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "required": field.required and field.name != "name",
            "computed": field.has(Trait.COMPUTED),
            "immutable": field.has(Trait.IMMUTABLE),
            "sensitive": field.secret,
            "default": field.default,
            "references": list(field.reference.kinds) if field.reference is not None else [],
            "description": field.description,
            **({"fields": _fields_json(field.inner)} if field.shape is Shape.MODEL and field.inner is not None else {}),
        }
        for field in schema.fields.values()
    ]


def _documented(schema: Schema) -> str:
    return (schema.model.__doc__ or "").partition("\n\n")[0]


def _gist(schema: Schema) -> str:
    return " ".join(_documented(schema).split()).partition(". ")[0].rstrip(".")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)

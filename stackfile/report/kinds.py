"""What providers offer: their kinds, and each kind's fields with what a stackfile must know of them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackfile.report.field_types import takes
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
    yield from _headed(field, indent)
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
    Trait.WRITE_ONLY: "secret, never given back",
    Trait.UNREAD: "not always given back",
}


def _facts(field: FieldSchema) -> list[str]:
    """What it takes, and what becomes of it."""
    taken = f"one of {', '.join(field.reference.kinds)}" if field.reference is not None else str(takes(field))
    facts = [safe(taken)] if taken else []
    facts += ["required"] if field.required and field.name != "name" else []
    facts += [says for trait, says in _TRAITS.items() if field.has(trait)]
    if field.default is not None and field.shape is not Shape.MODEL and not field.has(Trait.COMPUTED):
        facts.append(f"unwritten: {_written(field.default)}")
    return facts


def _written(default: object) -> str:
    if isinstance(default, list | tuple):
        return safe(f"[{', '.join(map(str, default))}]")
    return safe(str(default)).lower() if isinstance(default, bool) else safe(str(default))


def _headed(field: FieldSchema, indent: str) -> list[str]:
    """The name with its facts; those of many values go on in the next lines."""
    facts = _facts(field)
    line = f"{indent}{field.name}" + (f"   ({'; '.join(facts)})" if facts else "")
    return textwrap.wrap(line, WIDTH, subsequent_indent=f"{indent}    ", **_KEEP) or [line]


_KEEP: Mapping[str, Any] = {"break_long_words": False, "break_on_hyphens": False, "drop_whitespace": True}


def _fields_json(schema: Schema) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            **_type_json(field),
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


def _type_json(field: FieldSchema) -> dict[str, Any]:
    told = takes(field)
    return {
        "type": told.type or None,
        "enum": list(told.enum),
        "min": told.min,
        "max": told.max,
        "write_only": field.has(Trait.WRITE_ONLY),
    }


def _documented(schema: Schema) -> str:
    return (schema.model.__doc__ or "").partition("\n\n")[0]


def _gist(schema: Schema) -> str:
    return " ".join(_documented(schema).split()).partition(". ")[0].rstrip(".")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)

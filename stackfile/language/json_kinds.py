"""A kind's fields as JSON Schema (draft-07), with templates and references as a stackfile has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from stackfile.sdk.provider import Body, Settings
from stackfile.sdk.schema import FieldSchema, Shape, schema_of
from stackfile.sdk.traits import Trait

Json: TypeAlias = dict[str, Any]

TEMPLATE: Json = {"$ref": "#/definitions/template"}
REFERENCE: Json = {"$ref": "#/definitions/reference"}
_ANNOTATIONS = ("description", "default", "deprecated")


def fields_of(model: type[Body] | type[Settings], prefix: str, definitions: Json) -> dict[str, Json]:
    """The properties of a model by their names in a stackfile. Models inside it become definitions, named after
    `prefix`."""
    whole = model.model_json_schema(by_alias=True, ref_template=f"#/definitions/{prefix}.{{model}}")
    for name, inner in whole.get("$defs", {}).items():
        definitions[f"{prefix}.{name}"] = _inside(_draft7(inner))
    fields = schema_of(model).fields
    properties: Mapping[str, Json] = whole.get("properties", {})
    return {
        name: _property(field, properties[name])
        for name, field in fields.items()
        if name in properties and not field.has(Trait.COMPUTED)
    }


def required_of(model: type[Body]) -> list[str]:
    """What an entry must say: a name is made from its key."""
    return [name for name, field in schema_of(model).fields.items() if field.required and name != "name"]


def documentation(model: type[Body] | type[Settings]) -> str:
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split())


def _property(field: FieldSchema, given: Json) -> Json:
    taken = _draft7(given)
    about = {key: taken.pop(key) for key in _ANNOTATIONS if key in taken}
    if about.get("default", ...) is None:
        del about["default"]
    if field.reference is not None:
        says = f"Takes an address in {', '.join(field.reference.kinds)}, an expression, or {{id: ...}}."
        about["description"] = f"{about.get('description', '')} {says}".strip()
        return {**about, **_reference(field.shape)}
    if field.list_text is not None:
        taken = {"anyOf": [taken, {"type": "array", "items": {"type": ["string", "number"]}}]}
    return {**about, **_open(taken)}


def _reference(shape: Shape) -> Json:
    return {"anyOf": [TEMPLATE, {"type": "array", "items": REFERENCE}]} if shape is Shape.LIST else dict(REFERENCE)


def _draft7(node: Any) -> Any:
    """The same in the words of draft-07, without the titles that pydantic makes of names."""
    if isinstance(node, list):
        return [_draft7(one) for one in node]
    if not isinstance(node, dict):
        return node
    out = {key: _draft7(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    if "prefixItems" in out:
        out["items"] = out.pop("prefixItems")
    return out


def _open(node: Json) -> Json:
    """The same, with a template wherever a value may stand. Text without a rule takes one as it is."""
    if node.get("type") == "string" and not node.keys() & {"pattern", "enum", "const", "format", "maxLength"}:
        return node
    out = dict(node)
    for several in ("anyOf", "oneOf"):
        if several in out:
            return {**out, several: [*map(_inside, out[several]), TEMPLATE]}
    said: Json = {key: out.pop(key) for key in ("description", "default") if key in out}
    return {**said, "anyOf": [_inside(out), TEMPLATE]} if out else {**said, **out}


def _inside(node: Json) -> Json:
    out = dict(node)
    if isinstance(out.get("items"), dict):
        out["items"] = _open(out["items"])
    if "properties" in out:
        out["properties"] = {name: _open(inner) for name, inner in out["properties"].items()}
    if isinstance(out.get("additionalProperties"), dict):
        out["additionalProperties"] = _open(out["additionalProperties"])
    return out

"""From live objects to declarations: keys by their names, references by address, secrets as variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.address import SECTIONS, Address
from stackfile.language.normal import care_of, with_references
from stackfile.language.source import Template
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import FieldSchema, Schema, schema_for, schema_of
from stackfile.sdk.traits import Reference, Trait
from stackfile.values import Path, Tree, Value

_NOT_WRITTEN = Trait.COMPUTED | Trait.VOLATILE | Trait.LOCAL
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A live object of a provider instance. `managed`: the state has it."""

    provider: str
    kind: type[Kind[Any]]
    live: Live
    managed: bool = False

    @property
    def name(self) -> str:
        name = self.live.fields.get("name")
        return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True)
class Exported:
    """One declaration. Templates in the body are `Template`; `variables` are the secrets that it takes, `unread` the
    fields that the object may have though the service did not return them."""

    address: Address
    provider: str
    id: str
    name: str
    body: Tree
    variables: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def addresses(found: Iterable[Found]) -> dict[Address, Found]:
    """An address for each object, by its name. The same ones whatever is exported of them, in the order of a file."""
    out: dict[Address, Found] = {}
    for one in sorted(_once(found), key=_rank):
        base = identifier(one.name or one.live.id)
        section, number = one.kind.section, 1
        key = base
        while Address(section, key) in out:
            number += 1
            key = f"{base}_{number}"
        out[Address(section, key)] = one
    return out


def _once(found: Iterable[Found]) -> Iterator[Found]:
    """Each object once, though two kinds list it: a service may not tell sources from destinations."""
    seen: dict[tuple[str, str], list[Live]] = {}
    for one in sorted(found, key=lambda one: (not one.managed, _rank(one))):
        same = seen.setdefault((one.provider, one.live.id), [])
        if one.live not in same:
            same.append(one.live)
            yield one


def _rank(found: Found) -> tuple[object, ...]:
    return (SECTIONS.index(found.kind.section), found.name, found.provider, found.kind.name, found.live.id)


def identifier(name: str) -> str:
    """A key of a stackfile as close to a name as it can be."""
    key = _NO_IDENTIFIER.sub("_", name).strip("_") or "unnamed"
    return key if not key[0].isdigit() else f"_{key}"


@dataclass
class Exporter:
    """Writes declarations. `exported` are the addresses that references may use; `secrets` are texts that must not be
    written, wherever they turn up. `left_out` are others, which are looked up where something refers to them."""

    exported: Mapping[Address, Found]
    secrets: Sequence[str] = ()
    left_out: Mapping[Address, Found] = field(default_factory=dict)
    _by_id: dict[tuple[str, str], list[tuple[Address, Found]]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _needed: set[Address] = field(default_factory=set)

    def __post_init__(self) -> None:
        for address, found in (*self.exported.items(), *self.left_out.items()):
            self._by_id.setdefault((found.provider, found.live.id), []).append((address, found))

    def lookups(self) -> list[Exported]:
        """What the declarations that were written refer to, and is not ours, as `existing:`."""
        return [self._lookup(address, found) for address, found in self.left_out.items() if address in self._needed]

    def _lookup(self, address: Address, found: Found) -> Exported:
        body: Tree = {"existing": {"name": found.name} if self._is_only(found) else {"id": found.live.id}}
        body = {"type": found.kind.name, **body} if address.section == "resources" else body
        return Exported(address, found.provider, found.live.id, found.name, body)

    def _is_only(self, found: Found) -> bool:
        """Whether its name tells it from all others of its kind, and may be written."""
        if any(secret in found.name for secret in self.secrets):
            return False
        if [one.name for one in _schema(found).with_trait(Trait.IDENTITY)] != ["name"] or not found.name:
            return False
        all_of_them = (*self.exported.values(), *self.left_out.values())
        same = (
            one for one in all_of_them if (one.provider, one.kind, one.name) == (found.provider, found.kind, found.name)
        )
        return sum(1 for _ in same) == 1

    def write(self, address: Address, found: Found) -> Exported:
        schema = _schema(found)
        secrets = _Secrets(address.key, self.secrets, self._taken)
        normal = schema.accept(found.live.fields)
        body = secrets.hidden(schema, _set_by_a_user(schema, normal), ())

        def take(value: Value, reference: Reference, path: Path) -> Value:
            target = self._target(found.provider, value, reference)
            return str(target) if target is not None else {"id": value}

        care = care_of(schema)
        body = with_references(body, care, (), take) if care else body
        if body.get("name") == address.key:  # what it is called without being told
            del body["name"]
        if address.section == "resources":
            body = {"type": found.kind.name, **body}
        unread = tuple(name for name, one in schema.fields.items() if one.unread_in(found.live.fields))
        return Exported(address, found.provider, found.live.id, found.name, body, tuple(secrets.variables), unread)

    def _target(self, provider: str, id: Value, reference: Reference) -> Address | None:
        if not isinstance(id, str):
            return None
        for address, found in self._by_id.get((provider, id), ()):
            kind = found.kind.name if found.kind.section == "resources" else found.kind.section
            if not reference.kinds or kind in reference.kinds:
                self._needed.add(address)
                return address
        return None


def _schema(found: Found) -> Schema:
    try:
        return schema_for(found.kind, found.live.fields)
    except KeyError:
        return schema_of(found.kind.model)


def _set_by_a_user(schema: Schema, tree: Tree) -> dict[str, Value]:
    """The fields in the schema's order, without what the service decides and what is the same unwritten."""
    out: dict[str, Value] = {}
    for name, one in schema.fields.items():
        value = tree.get(name)
        if one.has(_NOT_WRITTEN):
            continue
        if one.has(Trait.WRITE_ONLY):
            if one.required:
                out[name] = None  # nobody knows; a variable stands for it
        elif (wish := _wish(one, value)) is not None and (one.required or wish != one.default):
            out[name] = one.each(wish, _set_by_a_user)
    if schema.extra is not None:
        out |= {name: value for name, value in tree.items() if name not in schema.fields and value is not None}
    return out


def _wish(known: FieldSchema, value: Value) -> Value:
    """What a file says where the service has this: a run state on its way is not one to wish for. None: nothing."""
    if known.satisfies is None:
        return value
    wish = next((wish for wish, by in known.satisfies.by if value in by), value)
    return wish if known.takes(wish) else None


@dataclass
class _Secrets:
    """Puts variables in the place of secrets."""

    key: str
    texts: Sequence[str]
    taken: set[str]
    variables: list[str] = field(default_factory=list)

    def hidden(self, schema: Schema, tree: Tree, path: tuple[str, ...]) -> dict[str, Value]:
        return {name: self._field(schema.fields.get(name), value, (*path, name)) for name, value in tree.items()}

    def _field(self, known: FieldSchema | None, value: Value, path: tuple[str, ...]) -> Value:
        if known is not None and known.secret:
            return self._variable(path)
        if known is not None and known.inner is not None:
            return known.each(value, lambda inner, tree: self.hidden(inner, tree, path))
        return self._plain(value, path)

    def _plain(self, value: Value, path: tuple[str, ...]) -> Value:
        if isinstance(value, str):
            return self._variable(path) if any(secret in value for secret in self.texts) else value
        if isinstance(value, Mapping):
            return {name: self._plain(inner, (*path, str(name))) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(inner, (*path, str(at))) for at, inner in enumerate(value)]
        return value

    def _variable(self, path: tuple[str, ...]) -> Template:
        base = name = identifier("_".join((self.key, *path)))
        number = 1
        while name in self.taken:
            number += 1
            name = f"{base}_{number}"
        self.taken.add(name)
        self.variables.append(name)
        return Template(f"{{{{ var.{name} }}}}")

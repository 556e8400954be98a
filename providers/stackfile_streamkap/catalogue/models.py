"""Models of connectors, made from the catalogue when a stackfile uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, create_model

from stackfile.sdk.provider import Body
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import ListText, OnRemove, Trait
from stackfile.values import Tree
from stackfile_streamkap.catalogue import entries, wire
from stackfile_streamkap.catalogue.entries import Connector, Key, Offers
from stackfile_streamkap.catalogue.impacts import CONFIG, changes_of
from stackfile_streamkap.catalogue.review import review

_Scalar: TypeAlias = str | int | float | bool | None
_TYPES: Mapping[str, tuple[Any, BeforeValidator]] = {
    "text": (str, BeforeValidator(wire.text, json_schema_input_type=_Scalar)),
    "integer": (int, BeforeValidator(wire.filled)),
    "boolean": (bool, BeforeValidator(wire.filled)),
    "commas": (list[str], BeforeValidator(wire.commas, json_schema_input_type=list[_Scalar] | _Scalar)),
    "list": (list[str], BeforeValidator(wire.listed, json_schema_input_type=list[_Scalar] | _Scalar)),
    "map": (dict[str, Any], BeforeValidator(wire.mapped)),
    "json": (str, BeforeValidator(wire.document, json_schema_input_type=dict[str, Any] | str | None)),
}
_ENUM = BeforeValidator(wire.text)


class Config(BaseModel):
    """The flat map of a connector. Keys that the catalogue lacks are taken as they are, in the service's own form."""

    model_config = {"frozen": True, "extra": "allow", "hide_input_in_errors": True}

    __pydantic_extra__: dict[str, Annotated[Any, BeforeValidator(wire.text)]]


class Connected(Body):
    """Ancestor of the models of all connectors. `entry` is what the catalogue says; None where it says nothing."""

    entry: ClassVar[Connector | None] = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return review(cls.entry, tree) if cls.entry is not None else ()


class Variants(Mapping[str, type[Body]]):
    """The models of a section by connector. Knowing the names costs no model."""

    def __init__(self, offers: Offers, section: str, shared: type[Connected]) -> None:
        self._offers = offers
        self._section = section
        self._shared = shared

    def __getitem__(self, connector: str) -> type[Body]:
        return model_of(self._shared, self._offers.connector(self._section, connector))

    def __contains__(self, connector: object) -> bool:
        return connector in self._offers.names(self._section)

    def __iter__(self) -> Iterator[str]:
        return iter(self._offers.names(self._section))

    def __len__(self) -> int:
        return len(self._offers.names(self._section))


@cache
def model_of(shared: type[Connected], entry: Connector) -> type[Connected]:
    name = "".join(part.capitalize() for part in entry.name.split("_")) + shared.__name__
    is_needed = any(key.required for key in entry.keys.values())
    config = config_of(entry)
    told = shared.model_fields
    marks, says = told["connector"].metadata, told["config"].description
    fields: dict[str, Any] = {
        "connector": (Annotated[(Literal[entry.name], *marks)], Field(description=told["connector"].description)),
        "config": (Annotated[config, CONFIG], _required(says) if is_needed else _optional(says, config)),
    }
    model: type[Connected] = create_model(
        name,
        __base__=shared,
        __module__=__name__,
        __doc__=f"{entry.name}, as {entry.section[:-1]} of Streamkap.",
        **fields,
    )
    model.entry = entry
    return model


def _required(says: str | None) -> Any:
    return Field(description=says)


def _optional(says: str | None, config: type[Config]) -> Any:
    return Field(default_factory=config, description=says)


@cache
def config_of(entry: Connector) -> type[Config]:
    """The model of one connector's `config`."""
    return _config_model(f"{entry.section[:-1]}_{entry.name}_config", entry.section, entry.keys.values())


@cache
def shared_config(section: str) -> type[Config]:
    """A model that takes the `config` of all connectors of a section: their keys with types, and without rules."""
    keys = {
        key.name: Key(key.name, key.type, secret=key.secret, about=key.about)
        for connector in entries.names(section)
        for key in entries.connector(section, connector).keys.values()
    }
    return _config_model(f"{section[:-1]}_config", section, keys.values())


def _config_model(snake: str, section: str, keys: Iterable[Key]) -> type[Config]:
    name = "".join(part.capitalize() for part in snake.split("_"))
    fields: dict[str, Any] = {f"key_{number}": _field(section, key) for number, key in enumerate(keys)}
    made: type[Config] = create_model(name, __base__=Config, __module__=__name__, **fields)
    return made


def _field(section: str, key: Key) -> tuple[Any, Any]:
    type_, read = _TYPES[key.type]
    plain: Any = Literal[key.enum] if key.enum else type_
    value = plain if key.required else plain | None
    marks: list[object] = [_ENUM if key.enum else read, _traits(key), changes_of(section, key)]
    if key.type == "commas":
        marks.append(ListText(","))
    if not key.required:
        marks.append(OnRemove.NULL if key.default is None else OnRemove.DEFAULT)
    default = ... if key.required else _default(key)
    about = Field(default=default, alias=key.name, ge=key.min, le=key.max, description=_about(key))
    return Annotated[(value, *marks)], about


def _default(key: Key) -> Any:
    return wire.commas(key.default) if key.type in ("commas", "list") else key.default


def _about(key: Key) -> str:
    """What the key is for. Which values it takes is told from its type."""
    said = [key.about or key.name.replace(".", " ").replace("_", " ")]
    if key.when:
        said.append("required where " + " and ".join(f"{name} is {wire.text(one)}" for name, one in key.when.items()))
    return "; ".join(said)


def _traits(key: Key) -> Trait:
    traits = Trait.NONE
    if key.secret:
        traits |= Trait.SENSITIVE if key.server else Trait.WRITE_ONLY
    if key.hidden:
        traits |= Trait.SENSITIVE
    if key.replaces:
        traits |= Trait.IMMUTABLE
    if key.server:
        traits |= Trait.COMPUTED
    if key.type in ("commas", "list"):
        traits |= Trait.UNORDERED
    return traits

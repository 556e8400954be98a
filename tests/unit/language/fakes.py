"""Two invented services, a catalog of them, and short ways to load a stackfile and to tell what is wrong with one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.load import load
from stackfile.language.stackfile import Configuration, Inputs
from stackfile.sdk.provider import Body, Kind, Provider, Settings
from stackfile.sdk.traits import Reference, Trait
from stackfile.values import Tree, Value


class LocalSettings(Settings):
    url: str | None = None
    token: Annotated[str | None, Trait.SENSITIVE] = None


class Stream(Body):
    name: Annotated[str, Trait.IDENTITY]
    partitions: Annotated[int, Field(ge=1)] = 1
    retention: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    token: Annotated[str | None, Trait.SENSITIVE] = None
    config: dict[str, Any] | None = None
    created_at: Annotated[str | None, Trait.COMPUTED] = None


class Streams(Kind[Stream]):
    section = "streams"
    name = "stream"
    model = Stream


class Source(Body):
    name: str
    connector: str
    stream: Annotated[str | None, Reference(("streams",))] = None


class PostgresConfig(Body):
    hostname: Annotated[str, Field(alias="database.hostname.user.defined")]
    password: Annotated[str, Trait.SENSITIVE, Trait.WRITE_ONLY, Field(alias="database.password")] = ""
    port: Annotated[int, Field(alias="database.port")] = 5432
    tables: Annotated[list[str], Field(alias="table.include.list")] = Field(default_factory=list)


class PostgresSource(Source):
    connector: Literal["postgresql"]
    config: PostgresConfig


class FileSource(Source):
    connector: Literal["file"]
    path: str


class Sources(Kind[Source]):
    section = "sources"
    name = "source"
    model = Source
    variants: ClassVar[Mapping[str, type[Body]]] = {"postgresql": PostgresSource, "file": FileSource}


class Destination(Body):
    name: str
    path: str = "out"


class Destinations(Kind[Destination]):
    section = "destinations"
    name = "destination"
    model = Destination


class Join(Body):
    stream: Annotated[str, Reference(("streams",))]
    on: str = "key"


class Pipeline(Body):
    name: str
    source: Annotated[str, Reference(("sources", "streams"))]
    destination: Annotated[str, Reference(("destinations", "streams")), Trait.PINS]
    transforms: Annotated[list[str], Reference(("transform",))] = Field(default_factory=list)
    joins: list[Join] = Field(default_factory=list)
    snapshot: bool = False


class Pipelines(Kind[Pipeline]):
    section = "pipelines"
    name = "pipeline"
    model = Pipeline


class Transform(Body):
    code: str = ""


class Transforms(Kind[Transform]):
    section = "resources"
    name = "transform"
    model = Transform


class Cache(Body):
    label: str
    size: int = 1


class Caches(Kind[Cache]):
    section = "resources"
    name = "cache"
    model = Cache


class Local(Provider[LocalSettings]):
    name = "local"
    settings = LocalSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = (Streams, Sources, Destinations, Pipelines, Transforms, Caches)


class CloudSettings(Settings):
    client_id: str
    secret: Annotated[str, Trait.SENSITIVE]
    region: str = "eu"


class Streamkap(Provider[CloudSettings]):
    name = "streamkap"
    settings = CloudSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = (Sources, Destinations, Pipelines)


class FakeCatalog:
    def __init__(self, *providers: type[Provider[Any]]) -> None:
        self._providers = {one.name: one for one in providers or (Local, Streamkap)}

    def services(self) -> Sequence[str]:
        return sorted((*self._providers, "broken"))

    def provider(self, service: str) -> type[Provider[Any]]:
        if service == "broken":
            raise DiagnosticError.of("provider-broken", "provider `broken` does not load")
        return self._providers[service]

    def kinds(self, service: str, section: str) -> Mapping[str, type[Kind[Any]]]:
        return {one.name: one for one in self.provider(service).kind_types if one.section == section}


def stackfile(body: str) -> str:
    """A whole stackfile: three lines come before the body, which may bring `defaults` of its own."""
    defaults = "#" if "defaults:" in body or "providers:" in body else "defaults: {provider: local}"
    return f"version: 1\nname: shop\n{defaults}\n{body}"


def loaded(body: str, inputs: Inputs | None = None) -> Configuration:
    return load(stackfile(body).encode(), "stack.yaml", inputs or Inputs(), FakeCatalog())


def diagnostics(body: str, inputs: Inputs | None = None) -> Sequence[Diagnostic]:
    """What is wrong with a stackfile; nothing where nothing is."""
    return diagnostics_of(stackfile(body).encode(), inputs)


def diagnostics_of(text: bytes, inputs: Inputs | None = None) -> Sequence[Diagnostic]:
    try:
        load(text, "stack.yaml", inputs or Inputs(), FakeCatalog())
    except DiagnosticError as error:
        return error.diagnostics
    return ()


def wrong(body: str, inputs: Inputs | None = None) -> list[str]:
    """Each diagnostic as `line:column code: message | label | help`, lines counted from the body's first."""
    return [_line(one, 3) for one in diagnostics(body, inputs)]


def _line(one: Diagnostic, above: int) -> str:
    place = f"{one.span.line - above}:{one.span.column}" if one.span is not None else "-"
    return " | ".join(part for part in (f"{place} {one.code}: {one.message}", one.label, *one.help) if part)


def codes(body: str, inputs: Inputs | None = None) -> list[str]:
    return [one.code for one in diagnostics(body, inputs)]


def marked(one: Diagnostic) -> str:
    """The text that the carets stand under."""
    if one.span is None or one.source is None:
        return ""
    return one.source[one.span.column - 1 : one.span.end_column - 1]


def nothing(address: Address) -> Tree | None:
    """Of no resource is anything known."""
    return None


def resolved(configuration: Configuration, address: str, known: Mapping[str, Tree] | None = None) -> dict[str, Value]:
    attributes = {Address.parse(text): tree for text, tree in (known or {}).items()}
    return configuration.resolve(configuration.resources[Address.parse(address)], attributes.get)


def value_of(expression: str, body: str = "", inputs: Inputs | None = None) -> Value:
    """What one scalar with templates comes to, as an output."""
    written = json.dumps(expression)
    configuration = loaded(f"outputs: {{it: {{value: {written}, sensitive: true}}}}\n{body}", inputs)
    found = configuration.resolve_output(configuration.outputs["it"], nothing)
    return getattr(found, "value", found)

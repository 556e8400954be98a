"""The stackfile as data, before and after its names are bound: what the rest of the program sees of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, TypeAlias

from stackfile.address import Address, Modules
from stackfile.errors import Diagnostic, Span
from stackfile.language.moved import Handover
from stackfile.sdk.provider import Kind, Provider
from stackfile.sdk.schema import Schema
from stackfile.values import Path, Tree, Value


class Catalog(Protocol):
    """What the language must know of providers; the registry answers. `service` is a provider's type."""

    def services(self) -> Sequence[str]:
        """The names of all installed providers, without loading one."""

    def provider(self, service: str) -> type[Provider[Any]]:
        """Loads a provider. Raises KeyError for an unknown one, DiagnosticError for one that does not load."""

    def kinds(self, service: str, section: str) -> Mapping[str, type[Kind[Any]]]:
        """The kinds of a provider in a section, by type."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What comes from outside the file. Precedence: `var`, `var_file`, `STACK_VAR_name`, environment, `from`, default.

    `env` is the environment that was asked for, `environ` the process environment. `read_file` and `run_command` serve
    `from:` and `file()`, `read_file` and `list_files` serve `include`. Paths are relative to the stackfile's folder.
    `read_file` raises OSError; `list_files` returns the files, and no folders, that match a glob; `run_command` returns
    what the command printed and raises OSError or what `subprocess.run` raises. What a command says when it fails is
    never shown. `no_secrets`: a sensitive variable may be without a value.
    """

    var: Mapping[str, str] = field(default_factory=dict)
    var_file: Tree = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    env: str | None = None
    run: str = ""
    read_file: Callable[[str], bytes] | None = None
    list_files: Callable[[str], Sequence[str]] | None = None
    run_command: Callable[[Sequence[str]], bytes] | None = None
    no_secrets: bool = False


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the key of the state's secrets comes from: `env`, `file` or `command`, as the file says it."""

    given: Mapping[str, Any]

    @property
    def is_cheap(self) -> bool:
        """Whether looking at it starts nothing."""
        return "command" not in self.given


@dataclass(frozen=True, slots=True)
class Each:
    """What `each.key` and `each.value` are in one instance of a `for_each`."""

    key: str
    value: Value


@dataclass(frozen=True, slots=True)
class Ignored:
    """A field, with all below it, whose difference is left alone once it was set; `()` is every field.

    `until` is the last day, UTC, on which it is so.
    """

    path: Path
    reason: str = ""
    until: date | None = None

    def holds(self, today: date | None) -> bool:
        """Whether it counts on a day; None: on any."""
        return self.until is None or today is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Trigger:
    """What replaces a resource when it changes: another resource, or with a path one field of it."""

    address: Address
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one verb may take, and then the waiting until its object is well, in seconds. None: the usual time."""

    create: float | None = None
    update: float | None = None
    delete: float | None = None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    prevent_destroy: bool = False
    ignore_changes: tuple[Ignored, ...] = ()
    replace_triggered_by: tuple[Trigger, ...] = ()
    create_before_destroy: bool = False


@dataclass(frozen=True, slots=True)
class ProviderUse:
    """One entry under `providers:`, resolved: an instance name, the provider's type and its settings' tree."""

    name: str
    service: str
    settings: Tree
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One instance of a declared resource: bound to a kind, checked against its schema, templates not yet evaluated.

    `body` holds the kind's fields as written, defaults merged; `Configuration.resolve` makes the desired tree of it.
    `path` is where it stands in the document, for positions. `dependencies` are exact: the instances it refers to, by
    a reference field, a template or `depends_on`.
    """

    address: Address
    provider: str
    service: str
    kind: type[Kind[Any]]
    schema: Schema
    body: Tree
    path: Path
    each: Each | None = None
    named: bool = False
    """Whether the file (or `defaults.name`) says the remote name."""
    dependencies: tuple[Address, ...] = ()
    lifecycle: Lifecycle = Lifecycle()
    timeouts: Timeouts = Timeouts()
    lookups: tuple[Address, ...] = ()
    """The lookups that it refers to: they are no dependencies, as nothing is ever done to them."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One instance of a resource that is not ours: read at plan, never changed, and never in the state.

    `match` is what identifies it, as text: `id`, `name` or other identifying fields of the kind. The schema is that of
    the kind where the file does not say a connector.
    """

    address: Address
    provider: str
    service: str
    kind: type[Kind[Any]]
    schema: Schema
    match: Mapping[str, str]
    path: Path


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    value: Value
    sensitive: bool
    path: Path
    dependencies: tuple[Address, ...] = ()


Attributes: TypeAlias = Callable[[Address], Tree | None]
"""What is known of a resource while others are resolved: `id`, `name` and its fields, with `Unknown` where only apply
can tell. None: no such resource in this plan."""


class Configuration(Protocol):
    """A stackfile with its names bound, ready to be planned. Everything that could be wrong in it was reported.

    `variables` are the values of the stack's own ones, secrets as `Sensitive`. `secrets` are the texts of all sensitive
    values known so far, for the redactor. `removed` tells, for an address that is not among `resources`, whether it is
    declared but disabled or its instance key is gone. `protected`: the environment takes plans that were reviewed, and
    no others. `lookups` are what the stackfile refers to and does not manage; they are no resources.
    """

    stack: str
    env: str
    protected: bool
    providers: Mapping[str, ProviderUse]
    resources: Mapping[Address, Resource]
    lookups: Mapping[Address, Lookup]
    outputs: Mapping[str, Output]
    handover: Handover
    variables: Tree
    warnings: tuple[Diagnostic, ...]
    secret_key: KeySource | None

    @property
    def secrets(self) -> Sequence[str]: ...

    def is_disabled(self, address: Address) -> bool: ...

    def has_declaration(self, address: Address) -> bool: ...

    def has_module(self, modules: Modules) -> bool:
        """Whether there is such a module instance; the stack itself is one within no module."""

    def span(self, resource: Resource, path: Path = ()) -> tuple[Span, str] | None:
        """Where a field of a resource stands in the file, and the text of that line."""

    def span_of_lookup(self, lookup: Lookup) -> tuple[Span, str]:
        """Where the file says what identifies it, and the text of that line."""

    def resolve(self, resource: Resource, attributes: Attributes, kept_name: str | None = None) -> dict[str, Value]:
        """The desired tree in normal form: templates evaluated, references as `Ref`, secrets as `Sensitive`.

        `kept_name` is the remote name that the state has kept; it counts where the file says none. Raises
        DiagnosticError with positions.
        """

    def resolve_output(self, output: Output, attributes: Attributes) -> Value: ...

    def evaluate(self, text: str, attributes: Attributes) -> Value:
        """What an expression, or a text with expressions in `{{ }}`, comes to in this stack. Raises DiagnosticError."""

"""Variables: their declarations, and where each one's value comes from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from subprocess import CalledProcessError, TimeoutExpired
from types import MappingProxyType
from typing import Final

from stackfile.language.environments import Environment
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.functions import read_text
from stackfile.language.reader import Reader, describe
from stackfile.language.scalars import plain
from stackfile.language.secrets import texts
from stackfile.language.source import Raw, Template
from stackfile.language.stackfile import Inputs
from stackfile.language.yamltext import read_data
from stackfile.values import Path, Sensitive, Unknown, Value

TYPES = ("string", "int", "number", "bool", "list", "map")
RESOURCES = ("source", "destination", "pipeline", "stream", "resource")
"""What else a variable of a module may be."""

_FIELDS = ("type", "default", "sensitive", "allowed", "description", "from")
_FROM = ("env", "file", "command")
_LARGEST_COMMAND_OUTPUT = 1_000_000
_NOTHING: Final = object()
_ONLY: Final = Environment()
_NO_OTHERS: Final[Mapping[str, Environment]] = MappingProxyType({})


_WITHOUT_A_VALUE: Final = frozenset({"variable-missing", "variable-source"})


class Broken(Exception):
    """A value that could not be had; why has been reported, and whatever needs the value says nothing more."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The values by name. A name that is in `broken` is declared, but its value is wrong or missing."""

    values: Mapping[str, Value]
    broken: frozenset[str]
    sensitive: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name in self.values or name in self.broken

    def names(self) -> tuple[str, ...]:
        return (*self.values, *self.broken)


def read_variables(
    declared: Mapping[str, Raw],
    inputs: Inputs,
    reader: Reader,
    environments: Mapping[str, Environment] = _NO_OTHERS,
    environment: Environment = _ONLY,
) -> Variables:
    """The values in one environment. What all of them say is checked."""
    values: dict[str, Value] = {}
    broken: set[str] = set()
    sensitive: set[str] = set()
    for name, raw in declared.items():
        known = len(reader.findings)
        entry = read_declaration(name, raw, reader)
        if entry.get("sensitive") is True:
            sensitive.add(name)
            reader.findings.hide(texts(entry.get("default")))
        _check_environments(name, entry, environments, reader)
        try:
            value = _value(name, entry, inputs, environment)
        except Fault as fault:
            if inputs.no_secrets and name in sensitive and fault.code in _WITHOUT_A_VALUE:
                values[name] = Sensitive(Unknown((f"var.{name}",)))
                continue
            if len(reader.findings) == known:
                reader.at_key(fault, ("variables", name), f"variables.{name}")
            broken.add(name)
            continue
        if name in sensitive:
            value = Sensitive(value)
        values[name] = value
    _check_names(declared, inputs, environments, reader)
    return Variables(values, frozenset(broken), frozenset(sensitive))


def _check_names(
    declared: Mapping[str, Raw], inputs: Inputs, environments: Mapping[str, Environment], reader: Reader
) -> None:
    """Records every value that is of no variable."""

    def unknown(name: str) -> Fault:
        help = () if (label := did_you_mean(name, declared)) else (f"variables: {listing(declared)}",)
        return Fault("variable-unknown", f"no variable `{name}`", label, help)

    for name in {**inputs.var, **inputs.var_file}:
        if name not in declared:
            reader.findings.add(unknown(name), None)
    for environment in environments.values():
        for name in environment.variables:
            if name not in declared:
                reader.at_key(unknown(name), _in(environment, name))


def _check_environments(
    name: str, entry: Mapping[str, Raw], environments: Mapping[str, Environment], reader: Reader
) -> None:
    for environment in environments.values():
        if name not in environment.variables:
            continue
        if entry.get("sensitive") is True:
            reader.findings.hide(texts(environment.variables[name]))
        try:
            check_allowed(_said_by(environment, name, _declared_type(entry)), entry)
        except Fault as fault:
            reader.at_value(fault, _in(environment, name), f"variables.{name}")


def _in(environment: Environment, name: str) -> Path:
    return ("environments", environment.name, "variables", name)


def read_declaration(name: str, raw: Raw, reader: Reader, more_types: Sequence[str] = ()) -> Mapping[str, Raw]:
    """The entry with its shape checked."""
    path = ("variables", name)
    if not isinstance(raw, dict) and raw is not None:
        shown = raw if isinstance(raw, int | float) and not isinstance(raw, bool) else "..."
        fault = Fault("type-wrong", f"a variable is a map, not {describe(raw)}", f"write {{default: {shown}}}")
        reader.at_value(fault, path)
        return {}
    entry = raw or {}
    reader.check_keys(entry, path, _FIELDS, ())
    types = (*TYPES, *more_types)
    if "type" in entry and entry["type"] not in types:
        label = did_you_mean(str(entry["type"]), types)
        help = (f"types: {', '.join(types)}",)
        if entry["type"] in RESOURCES:
            label, help = "", ("a resource can only be given to a variable of a module",)
        reader.at_value(Fault("type-unknown", "no such type", label, help), (*path, "type"))
    if "sensitive" in entry:
        reader.flag(entry["sensitive"], (*path, "sensitive"))
    if "allowed" in entry and not isinstance(entry["allowed"], list):
        reader.wrong(entry["allowed"], (*path, "allowed"), "a list")
    if reader.document.has_templates(raw):
        help = ("for a value that is worked out use locals",)
        reader.at_key(Fault("template-misplaced", "a variable holds no templates", "", help), path)
    _check_from(entry, name, reader)
    return entry


def _check_from(entry: Mapping[str, Raw], name: str, reader: Reader) -> None:
    if "from" not in entry:
        return
    check_source(entry["from"], ("variables", name, "from"), reader)


def check_source(raw: Raw, path: Path, reader: Reader) -> Mapping[str, Raw]:
    """The map that says where a text comes from, with its shape checked."""
    given = reader.map(raw, path)
    reader.check_keys(given, path, _FROM, ())
    if len(given) != 1:
        reader.at_key(Fault("type-wrong", f"`{path[-1]}` takes one of env, file and command"), path)
    for key in ("env", "file"):
        if key in given:
            reader.text(given[key], (*path, key))
    command = given.get("command")
    if "command" in given and not (isinstance(command, list) and command and all(isinstance(x, str) for x in command)):
        help = ("write:  command: [sops, -d, secrets.yaml]",)
        fault = Fault("type-wrong", "`command` takes a list of texts: the program and its arguments", "", help)
        reader.at_value(fault, (*path, "command"))
    return given


def _value(name: str, entry: Mapping[str, Raw], inputs: Inputs, environment: Environment) -> Value:
    """The value with the highest precedence, of the declared type. Raises Fault."""
    type_ = _declared_type(entry)
    found = _given(name, type_, inputs)
    if found is _NOTHING and name in environment.variables:
        found = _said_by(environment, name, type_)
    if found is _NOTHING and "from" in entry:
        found = _from(entry, type_, inputs)
    if found is _NOTHING and "default" in entry:
        found = _written(entry["default"], type_, "its default")
    if found is _NOTHING:
        raise Fault("variable-missing", "the variable has no value", "", (_ways_to_give(name, entry),))
    value: Value = found  # type: ignore[assignment]
    check_allowed(value, entry)
    return value


def _ways_to_give(name: str, entry: Mapping[str, Raw]) -> str:
    """A secret is not proposed for the command line, where others see it."""
    source = entry.get("from")
    own = f"{source['env']} or " if isinstance(source, dict) and isinstance(source.get("env"), str) else ""
    option = "" if entry.get("sensitive") is True else f"--var {name}=...  or "
    return f"give it one:  {option}the environment variable {own}STACK_VAR_{name}"


def check_allowed(value: object, entry: Mapping[str, Raw]) -> None:
    """Raises Fault."""
    allowed = entry.get("allowed")
    if isinstance(allowed, list) and value not in allowed:
        shown = "its value" if entry.get("sensitive") is True else f"`{value}`"
        raise Fault("variable-not-allowed", f"{shown} is not allowed", "", (f"allowed: {listing(map(str, allowed))}",))


def _said_by(environment: Environment, name: str, type_: str) -> object:
    return _written(environment.variables[name], type_, f"environment {environment.name}")


def _written(raw: Raw, type_: str, origin: str) -> object:
    """A value that the stackfile itself says; nothing is of any type."""
    return None if raw is None else checked(raw, type_, origin)


def _declared_type(entry: Mapping[str, Raw]) -> str:
    return str(entry["type"]) if "type" in entry else type_of(entry.get("default"))


def _given(name: str, type_: str, inputs: Inputs) -> object:
    if name in inputs.var:
        return convert(inputs.var[name], type_, f"--var {name}")
    if name in inputs.var_file:
        return checked(inputs.var_file[name], type_, "the variables file")
    variable = f"STACK_VAR_{name}"
    return convert(inputs.environ[variable], type_, variable) if variable in inputs.environ else _NOTHING


def _from(entry: Mapping[str, Raw], type_: str, inputs: Inputs) -> object:
    given = entry["from"]
    if not isinstance(given, dict):
        return _NOTHING
    text = source_text(given, inputs)
    return _NOTHING if text is None else convert(text, type_, _origin(given))


def _origin(given: Mapping[str, Raw]) -> str:
    return str(given.get("env") or given.get("file") or "the command's output")


def source_text(given: Mapping[str, Raw], inputs: Inputs) -> str | None:
    """What an environment variable, a file or a command says; None for a variable that is not set. Raises Fault."""
    if "env" in given:
        return inputs.environ.get(str(given["env"]))
    if "file" in given:
        try:
            return _one_line_end_less(read_text(inputs.read_file, str(given["file"])))
        except ValueError as error:
            raise Fault("variable-source", str(error)) from None
    command = given.get("command")
    return _output(command, inputs) if isinstance(command, list) else None


def _output(command: list[Raw], inputs: Inputs) -> str:
    """What a command printed. What it said when it failed is not shown: it may hold the secret."""
    if inputs.run_command is None:
        raise Fault("variable-source", f"cannot run {command[0]}: commands are not run here")
    words = [str(word) for word in command]
    try:
        output = inputs.run_command(words)
    except TimeoutExpired as error:
        help = ("it gets no input and no terminal: what it would ask for must be there already",)
        raise Fault("variable-source", f"{command[0]} did not end within {error.timeout:g} s", "", help) from None
    except CalledProcessError as error:
        says = f"{command[0]} failed with {_ending(error.returncode)}"
        help = (f"what it said is not shown; to see it:  {shlex.join(words)}",)
        raise Fault("variable-source", says, "", help) from None
    except OSError as error:
        raise Fault("variable-source", f"cannot run {command[0]}: {error.strerror or type(error).__name__}") from None
    if len(output) > _LARGEST_COMMAND_OUTPUT:
        raise Fault("variable-source", f"{command[0]} printed more than 1 MB")
    if not output.strip():
        raise Fault("variable-source", f"{command[0]} printed nothing")
    try:
        return _one_line_end_less(output.decode("utf-8"))
    except UnicodeDecodeError:
        raise Fault("variable-source", f"{command[0]} did not print UTF-8 text") from None


def _ending(returncode: int) -> str:
    return f"exit status {returncode}" if returncode > 0 else f"signal {-returncode}"


def _one_line_end_less(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def convert(text: str, type_: str, origin: str) -> Value:
    """The value of a declared type that a text from outside says. Raises Fault without the text: it may be secret."""
    if type_ == "string":
        return text
    try:
        value = read_data(text) if type_ in ("list", "map") else plain(text.strip())
    except (Fault, ValueError):
        raise _mismatch(type_, "something else", origin) from None
    return checked(value, type_, origin)


def checked(value: object, type_: str, origin: str) -> Value:
    right = {
        "string": isinstance(value, str),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "list": isinstance(value, list),
        "map": isinstance(value, dict),
    }
    if not right.get(type_, True):
        raise _mismatch(type_, describe(value), origin)
    return value  # type: ignore[return-value]


def _mismatch(type_: str, got: str, origin: str) -> Fault:
    article = "an" if type_ == "int" else "a"
    quote = "; quote it to make it text" if type_ == "string" and got in ("a number", "true", "false") else ""
    return Fault("type-wrong", f"the variable takes {article} {type_}, and {origin} has {got}{quote}")


def type_of(default: Raw) -> str:
    """The type of a variable that declares none: its default's, or text."""
    if isinstance(default, Template) or default is None:
        return "string"
    kinds: tuple[tuple[type, str], ...] = ((bool, "bool"), (int, "int"), (float, "number"), (list, "list"))
    kinds = (*kinds, (dict, "map"))
    return next((name for kind, name in kinds if isinstance(default, kind)), "string")

"""Constructors: what a config that parses can still fail at when its components are made, in the engine's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import NoReturn

from stackfile_redpanda_connect.simulator.catalogue import Field
from stackfile_redpanda_connect.simulator.documents import Node
from stackfile_redpanda_connect.simulator.mappings import fault_of
from stackfile_redpanda_connect.simulator.parsing import Component, Config, Misread, expect_type, inner
from stackfile_redpanda_connect.simulator.surroundings import Untimely, seconds

Resources = Mapping[str, Collection[str]]
"""Which resources there are, ids by type."""

_REFERENCES = {
    ("processor", "dedupe"): ("cache", "cache"),
    ("processor", "cache"): ("resource", "cache"),
    ("processor", "rate_limit"): ("resource", "rate_limit"),
    ("output", "cache"): ("target", "cache"),
    ("input", "http_client"): ("rate_limit", "rate_limit"),
    ("input", "http_server"): ("rate_limit", "rate_limit"),
    ("output", "http_client"): ("rate_limit", "rate_limit"),
}
"""Fields that name a resource, and of which type it is."""
_TIMES = {
    ("cache", "memory"): ("default_ttl", "compaction_interval"),
    ("cache", "ttlru"): ("default_ttl",),
    ("rate_limit", "local"): ("interval",),
    ("input", "http_client"): ("timeout", "retry_period", "max_retry_backoff"),
    ("input", "http_server"): ("timeout",),
    ("output", "http_client"): ("timeout", "retry_period", "max_retry_backoff"),
    ("output", "http_server"): ("timeout",),
}
_FORMATS = ("binary", "csv", "json_array", "json_documents", "json_map", "lines", "tar", "zip")
_LEVELS = ("ERROR", "WARN", "INFO", "DEBUG", "TRACE")


class Unbuilt(Exception):
    """A component cannot be made, in the words of the engine."""


def build_stream(config: Config, resources: Resources) -> None:
    """Raises Unbuilt for the first component that cannot be made, in the order in which the engine makes them."""
    build(config.input, resources)
    if config.buffer.name != "none":
        build(config.buffer, resources)
    for one in config.processors:
        build(one, resources)
    build(config.output, resources)


def build(made: Component, resources: Resources) -> None:
    """Raises Unbuilt."""
    try:
        _own_fields(made)
        _expect(made, resources)
        inside = list(inner(made)) if made.name != "sequence" else []
    except (_Wrong, Misread) as error:
        raise Unbuilt(f"{_init(made)}{error}") from error
    for said, one in inside:
        try:
            build(one, resources)
        except Unbuilt as error:
            raise Unbuilt(f"{said}{error}") from error
    for one in made.processors():
        _beside(made, one, resources)


def _beside(made: Component, one: Component, resources: Resources) -> None:
    try:
        build(one, resources)
    except Unbuilt as error:
        before = f"{_init(made)}failed to create processor '{one.name}': " if made.type == "input" else ""
        raise Unbuilt(f"{before}{error}") from error


class _Wrong(Exception):
    """What is wrong with a component, without its place."""


def _init(made: Component) -> str:
    label = f"'{made.label}'" if made.label else "<no label>"
    return f"failed to init {made.type} {label} path {made.path}: "


def _own_fields(made: Component) -> None:
    if made.spec.kind == "array":
        if made.own.kind != "seq":
            raise _Wrong(f"line {made.own.line}: expected array value, got {made.own.tag}")
        return
    _expect_fields(made.spec, made.own, "")


def _expect_fields(spec: Field, node: Node, said: str) -> None:
    for child in spec.children:
        found = node.get(child.name)
        place = f"{said}field '{child.name}': "
        if found is None:
            if child.required:
                raise _Wrong(f"{said}field '{child.name}' is required and was not present in the config")
        elif child.kind == "array":
            for one in found.content if child.children else ():
                _expect_case(child, one, place)
        elif child.kind == "scalar" and not child.is_core:
            expect_type(child, found, place)
            _expect_fields(child, found, place)


def _expect_case(spec: Field, node: Node, place: str) -> None:
    _expect_fields(spec, node, place)
    if spec.child("output") is not None and node.get("output") is None:
        raise _Wrong(f"{place}field 'output' is required and was not present in the config")


def _expect(made: Component, resources: Resources) -> None:
    key = (made.type, made.name)
    for name in _TIMES.get(key, ()):
        _expect_time(made, name, f"failed to parse '{name}' as a duration string: ")
    field, type = _REFERENCES.get(key, ("", ""))
    if made.name == "resource":
        _expect_resource(made.type, made.own.value, resources)
    elif field and made.text(field):
        _expect_resource(type, made.text(field), resources)
    _CHECKS.get(key, _nothing)(made)


def _expect_resource(type: str, id: str, resources: Resources) -> None:
    if id not in resources.get(type, ()):
        _fail(f"{type.replace('_', ' ')} resource '{id}' was not found")


def _expect_time(made: Component, name: str, says: str) -> float:
    text = made.text(name)
    try:
        return seconds(text) if text else 0.0
    except Untimely as error:
        raise _Wrong(f"{says}{error}") from error


def _nothing(made: Component) -> None:
    return None


def _fail(says: str) -> NoReturn:
    raise _Wrong(says)


def _generate(made: Component) -> None:
    mapping, interval = made.own.get("mapping"), made.text("interval")
    fault = fault_of(mapping.value) if mapping is not None else None
    if mapping is not None and mapping.tag == "!!null":
        _fail("failed to parse mapping: line 1 char 1: expected import, map, or assignment")
    if fault is not None:
        _fail(f"failed to parse mapping: line {fault.line} char {fault.column}: {fault.wanted}")
    parts = interval.split()
    if interval and not interval.startswith("@") and not 5 <= len(parts) <= 6:
        cron = f"or as cron expression: expected 5 to 6 fields, found {len(parts)}: [{interval}]"
        try:
            seconds(interval)
        except Untimely as error:
            _fail(f"failed to parse interval as duration string: {error}, {cron}")


def _system_window(made: Component) -> None:
    size = _expect_time(made, "size", "failed to parse field 'size' as duration: ")
    for name in ("slide", "offset"):
        _expect_time(made, name, f"failed to parse field '{name}' as duration: ")
    late = _expect_time(made, "allowed_lateness", "failed to parse field 'allowed_lateness' as duration: ")
    if late >= size:
        says = f"invalid allowed_lateness '{made.text('allowed_lateness')}' must be lower than the size"
        _fail(f"{says} '{made.text('size')}'")


def _at_least(count: int, field: str, says: str) -> Callable[[Component], None]:
    def check(made: Component) -> None:
        listed = made.own.get(field) if field else made.own
        found = listed.content if listed is not None else []
        if len(found) < count:
            _fail(says.format(len(found)))

    return check


def _switch_processor(made: Component) -> None:
    for number, case in enumerate(made.own.content):
        listed = case.get("processors")
        if listed is None or not listed.content:
            says = "case has no processors, in order to have a no-op case use a `noop` processor"
            _fail(f"case '{number}' parse error: {says}")


def _one_of(field: str, allowed: Collection[str], says: str) -> Callable[[Component], None]:
    def check(made: Component) -> None:
        value = made.text(field)
        if value and value.upper() not in allowed and value not in allowed:
            _fail(f"{says}: {value}")

    return check


def _positive(field: str, says: str) -> Callable[[Component], None]:
    def check(made: Component) -> None:
        if re.fullmatch(r"-\d+|0", made.text(field)):
            _fail(says)

    return check


def _codec(made: Component) -> None:
    codec = made.text("codec")
    if codec and codec not in ("all-bytes", "append", "lines") and not codec.startswith("delim:"):
        _fail(f"codec was not recognised: {codec}")


_CHECKS: Mapping[tuple[str, str], Callable[[Component], None]] = {
    ("input", "generate"): _generate,
    ("input", "broker"): _at_least(1, "inputs", "attempting to create broker input type with no inputs"),
    ("buffer", "system_window"): _system_window,
    ("processor", "switch"): _switch_processor,
    ("processor", "log"): _one_of("level", _LEVELS, "log level not recognised"),
    ("processor", "unarchive"): _one_of("format", _FORMATS, "archive format not recognised"),
    ("output", "switch"): _at_least(2, "cases", "attempting to create switch with fewer than 2 cases"),
    ("output", "broker"): _at_least(1, "outputs", "attempting to create broker output type with no outputs"),
    ("output", "file"): _codec,
    ("output", "stdout"): _codec,
    ("cache", "multilevel"): _at_least(2, "", "expected at least two cache levels, found {}"),
    ("cache", "lru"): _positive("cap", "invalid lru cache parameter capacity: must be bigger than 0"),
    ("rate_limit", "local"): _positive("count", "count must be larger than zero"),
}

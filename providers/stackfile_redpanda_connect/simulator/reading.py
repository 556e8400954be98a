"""Bodies of requests on their way to a config: variables, YAML, lints, parse, in the engine's order of refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from stackfile.testing.simulator import Answer, Refused, Request
from stackfile_redpanda_connect.simulator.documents import Node, Unreadable, document
from stackfile_redpanda_connect.simulator.engine import Engine, said
from stackfile_redpanda_connect.simulator.lints import resource_lints, stream_lints
from stackfile_redpanda_connect.simulator.parsing import Config, Misread, config_of
from stackfile_redpanda_connect.simulator.surroundings import Unresolved, filled
from stackfile_redpanda_connect.simulator.values import decoded, written


@dataclass(frozen=True, slots=True)
class Read:
    """A config that was taken in: what GET echoes of it, and what it makes."""

    raw: Any
    config: Config


def is_chilled(request: Request) -> bool:
    return request.query.get("chilled") == "true"


def read_stream(engine: Engine, request: Request) -> Read:
    """Raises Refused. A config that does not parse is told before one that has lints."""
    node = node_in(resolved(engine, request))
    lints = [] if is_chilled(request) else stream_lints(node)
    config = parsed(node)
    expect_none(lints)
    return Read(decoded(node)[0], config)


def read_resource(engine: Engine, request: Request, type: str) -> Node:
    """Raises Refused. Lints come first here."""
    node = node_in(resolved(engine, request))
    expect_none([] if is_chilled(request) else resource_lints(type, node))
    return node


def resolved(engine: Engine, request: Request) -> str:
    """The body with the variables of the engine's environment. Raises Refused."""
    try:
        found = filled(text_of(request), engine.environment)
    except Unresolved as error:
        wrong(str(error))
    if found.missing and not is_chilled(request):
        wrong(f"required environment variables were not set: [{' '.join(found.missing)}]")
    return found.text


def text_of(request: Request) -> str:
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        wrong("yaml: invalid leading UTF-8 octet")


def node_in(text: str) -> Node:
    try:
        return document(text)
    except Unreadable as error:
        wrong(str(error))


def parsed(node: Node) -> Config:
    try:
        return config_of(node)
    except Misread as error:
        wrong(str(error))


def expect_none(lints: list[str]) -> None:
    """Raises Refused with the lints, where there are some."""
    if lints:
        raise Refused(as_json({"lint_errors": lints}, 400))


def wrong(says: str) -> NoReturn:
    """The client's fault."""
    raise Refused(said(400, f"Error: {says}"))


def failed(says: str) -> NoReturn:
    """What the engine takes for its own fault."""
    raise Refused(said(502, f"Error: {says}"))


def as_json(fields: dict[str, Any], status: int = 200) -> Answer:
    """Raises values.Unsaid."""
    return Answer(status, written(fields).encode(), {"content-type": "application/json"})

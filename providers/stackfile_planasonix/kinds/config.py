"""What connections and triggers are configured with: open, but for the keys that are always secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from stackfile.errors import Severity
from stackfile.sdk.provider import Body
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Trait
from stackfile.values import Tree, Value

_SECRET = re.compile(r"(^|[_.-])(password|passwd|secret|token|private_?key|api_?key|secret_?key)$", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_Secret = Annotated[str | None, Trait.WRITE_ONLY, Field(description="A secret: it is never given back.")]


class Config(Body):
    """Secrets are never given back, and which keys are some is not documented: these are, by their names. Any other key
    is a secret where its value comes from a sensitive variable."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Any]

    password: _Secret = None
    secret: _Secret = None
    token: _Secret = None
    passphrase: _Secret = None
    apiKey: _Secret = None
    api_key: _Secret = None
    accessToken: _Secret = None
    access_token: _Secret = None
    authToken: _Secret = None
    auth_token: _Secret = None
    clientSecret: _Secret = None
    client_secret: _Secret = None
    privateKey: _Secret = None
    private_key: _Secret = None
    secretKey: _Secret = None
    secret_key: _Secret = None
    secretAccessKey: _Secret = None
    secret_access_key: _Secret = None


def plain_secrets(tree: Tree) -> Iterable[Problem]:
    """A warning for each secret that nothing tells from any other text: the service will not give it back."""
    for path in _found(tree.get("config")):
        if len(path) > 1 or path[0] not in Config.model_fields:
            yield Problem(
                "config-secret",
                ("config", *path),
                f"{path[-1]} looks like a secret, and is plain text: the service will not give it back, and each plan "
                "will set it again",
                help=("take it from a variable that is `sensitive: true`, or put it into a credential",),
                severity=Severity.WARNING,
            )


def _found(config: Value, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in config.items() if isinstance(config, Mapping) else ():
        if isinstance(value, str) and value and _SECRET.search(_HUMP.sub("_", name)):
            yield (*at, name)
        elif isinstance(value, Mapping):
            yield from _found(value, (*at, name))

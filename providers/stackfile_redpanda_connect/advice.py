"""What is said at plan of secrets that a native config has in clear: whoever can read the engine's API reads them, and
where they could stand instead. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from stackfile.errors import Severity
from stackfile.sdk.schema import Problem
from stackfile_redpanda_connect.secrets import Place, Secret, secrets_of

_SCHEME: Final = re.compile(r"^(bearer|basic|token|digest)\s", re.IGNORECASE)
_USERINFO: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:", re.IGNORECASE)
_WORD: Final = re.compile(r"[^A-Z0-9]+")
_HTTP: Final = ("http", "http_client")
"""Components that evaluate `${! ... }` in their `url`."""
_STILL: Final = "it is in no file then, but the engine still shows it"


def secrets_in_clear(field: str, config: Any) -> Iterator[Problem]:
    """A warning for each secret that is plain text in a field of a body."""
    for secret in secrets_of(config):
        if secret.place is not Place.AUTHORITY:
            yield Problem(
                "secret-in-clear",
                (field, *secret.path),
                "a secret in plain text: the stackfile has it, and the engine shows it to whoever asks",
                help=(_instead(secret), f"or take it from a variable that is `sensitive: true`: {_STILL}"),
                severity=Severity.WARNING,
            )


def _instead(secret: Secret) -> str:
    """What to write."""
    name = _variable(secret)
    if secret.place is Place.KEY:
        return "name a file on the engine's machine in `key_file` instead: the engine shows no more than its path"
    if secret.place is Place.HEADER or _in_url(secret):
        scheme = _SCHEME.match(secret.text) if secret.place is Place.HEADER else None
        written = f'{scheme[0] if scheme else ""}${{! env("{name}") }}'
        return f"write {written} and set {name} for the engine: it reads it when it sends, and never shows it"
    return f"write ${{{name}}} and set {name} for the engine: {_STILL}"


def _in_url(secret: Secret) -> bool:
    steps = [step for step in secret.path if isinstance(step, str)]
    return steps[-2:] in [[component, "url"] for component in _HTTP]


def _variable(secret: Secret) -> str:
    """A name for it in an environment, by where it stands."""
    if secret.place is Place.ADDRESS:
        return "PASSWORD" if _USERINFO.match(secret.text) else "DSN"
    name = next(str(step) for step in reversed(secret.path) if isinstance(step, str))
    return _WORD.sub("_", name.upper()).strip("_")

"""Where a native config holds secrets. Pure.

The engine marks some fields as secret and hides them nowhere where streams are read (reference of its API; `is_secret`
of its own list of components); others carry secrets unmarked: DSNs, headers, addresses with a password in them. What is
one `${...}` holds none: the engine fills it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from stackfile.values import Path


class Place(Enum):
    """What kind of field a secret stands in; it decides what else could be written there."""

    FIELD = auto()
    HEADER = auto()
    """The engine evaluates `${! ... }` there when it sends."""
    ADDRESS = auto()
    KEY = auto()
    """A certificate's key, for which there is a field that names a file."""
    AUTHORITY = auto()
    """A certificate that the engine marks as secret and that anybody may see."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret in a config. `text` is what stands there."""

    path: Path
    place: Place
    text: str


_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAMES: Final = re.compile(
    r"(^|[_.-])(pass(word|wd|phrase|code)?|secret|token|jwt|seed|license|credentials_json"
    r"|(private|api|access|secret|account|shared_access|signing|encryption)_?key|apikey|private_key_pass)$",
    re.IGNORECASE,
)
_HEADERS: Final = re.compile(
    r"(^|[_.-])((proxy-)?authorization|auth|(set-)?cookie|token|secret|password|signature|(api|auth|access)[_-]?key|apikey)$",
    re.IGNORECASE,
)
_ADDRESSES: Final = re.compile(r"(^|_)(dsn|urls?|uri|connection_string|addresse?s?|brokers|servers)$", re.IGNORECASE)
_USERINFO: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@", re.IGNORECASE)
_DSN: Final = re.compile(r"^[^:@/\s]+:(?!//)([^@\s]+)@")
_SETTING: Final = re.compile(
    r"(?:^|[\s;&?])(?:password|passwd|pwd|secret|\w*token|api_?key|accountkey|sharedaccesskey|sharedaccesssignature|sig)"
    r"=([^\s;&]+)",
    re.IGNORECASE,
)
_PRIVATE: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_FILLED_IN: Final = re.compile(r"\$\{!.*?\}|\$\{\{?[^{}:]*:?\}?\}", re.DOTALL)
"""What the engine fills in. A default, as in `${NAME:hunter2}`, is text like any other."""
_SCHEMES: Final = re.compile(r"^(bearer|basic|token|digest)?\s*$", re.IGNORECASE)


def hidden(config: Any) -> Iterator[Path]:
    """The path of every secret."""
    return (secret.path for secret in secrets_of(config))


def secrets_of(config: Any) -> Iterator[Secret]:
    """Every secret that stands in a config in clear."""
    return _below(config, ())


def _below(value: Any, at: Path) -> Iterator[Secret]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _below(one, (*at, name))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _below(one, (*at, number))
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        place = _place(at, str(value))
        if place is not None:
            yield Secret(at, place, str(value))


def _place(at: Path, text: str) -> Place | None:
    """What kind of secret the text is; None for one that is none."""
    names = [step for step in at if isinstance(step, str)]
    name, above = (names[-1] if names else ""), names[:-1]
    if _SCHEMES.match(_FILLED_IN.sub("", text)):
        return None
    if name in ("root_cas", "key") and (name == "root_cas" or above[-1:] == ["client_certs"]):
        return Place.KEY if name == "key" else Place.AUTHORITY
    if above[-1:] == ["headers"]:
        return Place.HEADER if _HEADERS.search(name) else _in_address(name, text)
    if _NAMES.search(_HUMP.sub("_", name)) or _PRIVATE.search(text):
        return Place.FIELD
    return _in_address(name, text)


def _in_address(name: str, text: str) -> Place | None:
    """Passwords in addresses are found wherever they stand, as in a mapping; in fields that are one, in other forms."""
    forms = (_USERINFO, _DSN, _SETTING) if _ADDRESSES.search(name) else (_USERINFO,)
    found = (match for form in forms for match in form.finditer(text))
    return Place.ADDRESS if any(_FILLED_IN.sub("", match[1]) for match in found) else None

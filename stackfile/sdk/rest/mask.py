"""Keeps secrets out of what a client says: those it was told of, and those that the run's redactor knows."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

_SHOWN = "(sensitive)"
_SHORT = 4
"""A secret below this length is in too many innocent words to be cut out of a text: the text goes as a whole."""


class Mask:
    """Masks texts. Holds secrets: never printed itself."""

    def __init__(self, outer: Callable[[str], str] | None = None) -> None:
        self._outer = outer
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, *secrets: str) -> None:
        """Masks these from now on, also as they look in a URL, in JSON and in base64."""
        fresh = {secret for secret in secrets if secret} - self._secrets
        if fresh:
            self._secrets |= fresh
            self._pattern = None

    def __call__(self, text: str) -> str:
        if any(len(secret) < _SHORT and secret in text for secret in self._secrets):
            return _SHOWN
        if self._secrets:
            self._pattern = self._pattern or _any_of(self._secrets)
            text = self._pattern.sub(_SHOWN, text)
        return self._outer(text) if self._outer is not None else text


def _any_of(secrets: set[str]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _forms(secret)}
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _forms(secret: str) -> tuple[str, ...]:
    raw = secret.encode()
    return (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    )

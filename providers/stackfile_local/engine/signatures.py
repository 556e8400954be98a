"""Whether a request comes from whom it says: signatures by a shared secret, as senders of webhooks make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["body", "stripe", "slack"]

HEADERS: Mapping[Form, str] = {"stripe": "stripe-signature", "slack": "x-slack-signature"}
"""Where a form has its signature when nothing else is said."""
_SLACK_TIME = "x-slack-request-timestamp"


@dataclass(frozen=True, slots=True)
class Signature:
    """How a sender signs. `header` is in lower case; `tolerance` is seconds, for forms that sign the time too.

    `body`: the signature is of the body. `stripe`: the header is `t=<seconds>,v1=<signature>`, of `<seconds>.<body>`.
    `slack`: the header is `v0=<signature>`, of `v0:<seconds>:<body>`, and the seconds are in a header of their own.
    """

    secret: bytes = field(repr=False)
    header: str
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    form: Form = "body"
    tolerance: float = 300.0

    def refusal(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """Why a request is not to be believed; empty where it is. `now` is seconds since 1970."""
        given = headers.get(self.header, "")
        if not given:
            return f"the header {self.header} is missing"
        if self.form == "body":
            return "" if self._fits(given, self.prefix, body) else "the signature does not fit"
        if self.form == "slack":
            moment, signatures, lead = headers.get(_SLACK_TIME, ""), [given], "v0:{}:"
        else:
            parts = [part.strip().partition("=") for part in given.split(",")]
            moment = next((text for name, _, text in parts if name == "t"), "")
            signatures, lead = [text for name, _, text in parts if name == "v1"], "{}."
        if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
            return "the time of the signature is missing"
        prefix = "v0=" if self.form == "slack" else ""
        signed = lead.format(moment).encode() + body
        if not any([self._fits(one, prefix, signed) for one in signatures]):
            return "the signature does not fit"
        return "" if abs(now - int(moment)) <= self.tolerance else "the signature is of another time"

    def _fits(self, given: str, prefix: str, signed: bytes) -> bool:
        digest = hmac.new(self.secret, signed, getattr(hashlib, self.algorithm)).digest()
        text = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        folded = prefix + given.removeprefix(prefix).lower() if self.encoding == "hex" else given
        return hmac.compare_digest(folded.strip().encode(), f"{prefix}{text}".encode())

"""The API's errors: codes, names and statuses, and what an error of the engine is in these words.

1001 to 1006 are the standard's; ours begin at 1100, so that a later one of the standard cannot be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stackfile.errors import Conflict, NotFound, ProviderError, Rejected, Unreachable
from stackfile_local.engine.damage import Damaged

STREAM_NOT_FOUND = 1001
INVALID_OFFSET = 1002
CONSUMER_GROUP_NOT_FOUND = 1003
SERIALIZATION_ERROR = 1004
QUOTA_EXCEEDED = 1005
TIMEOUT = 1006
INVALID_REQUEST = 1100
ALREADY_EXISTS = 1101
MESSAGE_TOO_LARGE = 1102
PROCESSOR_NOT_FOUND = 1103
CONFLICT = 1104
UNSUPPORTED = 1105
STORAGE_FULL = 1106
UNAUTHORIZED = 1107
FORBIDDEN = 1108
NO_SUCH_PATH = 1109
METHOD_NOT_ALLOWED = 1110
UNAVAILABLE = 1111
RESOURCE_NOT_FOUND = 1112
INTERNAL = 1199

TABLE: Mapping[int, tuple[str, int]] = MappingProxyType(
    {
        STREAM_NOT_FOUND: ("STREAM_NOT_FOUND", 404),
        INVALID_OFFSET: ("INVALID_OFFSET", 400),
        CONSUMER_GROUP_NOT_FOUND: ("CONSUMER_GROUP_NOT_FOUND", 404),
        SERIALIZATION_ERROR: ("SERIALIZATION_ERROR", 400),
        QUOTA_EXCEEDED: ("QUOTA_EXCEEDED", 429),
        TIMEOUT: ("TIMEOUT", 504),
        INVALID_REQUEST: ("INVALID_REQUEST", 400),
        ALREADY_EXISTS: ("ALREADY_EXISTS", 409),
        MESSAGE_TOO_LARGE: ("MESSAGE_TOO_LARGE", 413),
        PROCESSOR_NOT_FOUND: ("PROCESSOR_NOT_FOUND", 404),
        CONFLICT: ("CONFLICT", 409),
        UNSUPPORTED: ("UNSUPPORTED", 400),
        STORAGE_FULL: ("STORAGE_FULL", 507),
        UNAUTHORIZED: ("UNAUTHORIZED", 401),
        FORBIDDEN: ("FORBIDDEN", 403),
        NO_SUCH_PATH: ("NO_SUCH_PATH", 404),
        METHOD_NOT_ALLOWED: ("METHOD_NOT_ALLOWED", 405),
        UNAVAILABLE: ("UNAVAILABLE", 503),
        RESOURCE_NOT_FOUND: ("RESOURCE_NOT_FOUND", 404),
        INTERNAL: ("INTERNAL", 500),
    }
)
"""By code: the name, and the status that it has unless it is said otherwise."""


@dataclass(eq=False)
class ApiError(Exception):
    """A request that cannot be done. `description` is one sentence for the client."""

    code: int
    description: str
    details: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.status = self.status or TABLE[self.code][1]
        super().__init__(self.description)

    @property
    def brief(self) -> dict[str, Any]:
        """What stands for one failed event of a batch."""
        return {"code": self.code, "message": TABLE[self.code][0], "description": self.description}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {**self.brief, "details": dict(self.details)}}


def no_stream(name: str) -> ApiError:
    return ApiError(STREAM_NOT_FOUND, f"there is no stream {name}", {"stream": name})


def invalid(field: str, says: str) -> ApiError:
    """A field or parameter that is not what it should be."""
    return ApiError(INVALID_REQUEST, f"{field}: {says}", {"field": field})


def of_engine(error: ProviderError) -> ApiError:
    """What the engine raises, as the API says it."""
    says = str(error)
    details: dict[str, Any] = {name: text for name, text in error.details.items() if name != "code"}
    if isinstance(error, Damaged):
        return ApiError(SERIALIZATION_ERROR, says, _numbered(details), status=500)
    if error.fields:
        details |= {"field": error.fields[0].path, "reason": error.fields[0].message}
    code = error.details.get("code")
    if code is not None and int(code) in TABLE:
        return ApiError(int(code), says, details)
    if isinstance(error, Unreachable):
        return ApiError(UNAVAILABLE, says, headers={"Retry-After": "1"})
    return ApiError(_code_of(error), says, details)


def _numbered(details: Mapping[str, str]) -> dict[str, Any]:
    return {name: int(text) if text.isdigit() and name != "stream" else text for name, text in details.items()}


def _code_of(error: ProviderError) -> int:
    match error:
        case Rejected(status=507):
            return STORAGE_FULL
        case NotFound():
            return STREAM_NOT_FOUND
        case Conflict():
            return CONFLICT
        case Rejected(status=409):
            return CONFLICT
        case Rejected() if error.status == 400 or error.fields:
            return INVALID_REQUEST
        case Rejected():
            return UNAVAILABLE
    return INTERNAL

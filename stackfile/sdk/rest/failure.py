"""From an answer, or the lack of one, to the exception that says it: which class, and what the user reads.

The service's own words are looked for in the shapes that services use; they are masked, and no body is ever quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    NotFound,
    ProviderError,
    RateLimited,
    Refusal,
    Rejected,
    Unreachable,
)
from stackfile.sdk.rest.answer import Lost, Response
from stackfile.values import print_path

Judge: TypeAlias = Callable[[Response], type[ProviderError] | None]
"""What an answer means; None: it is good. A provider gives its own where a service's statuses mislead."""

_BY_STATUS: Mapping[int, type[ProviderError]] = {
    401: AuthFailed,
    403: AuthFailed,
    404: NotFound,
    408: Ambiguous,
    409: Conflict,
    410: NotFound,
    429: RateLimited,
    501: Rejected,
    505: Rejected,
}
READS = ("GET", "HEAD")
"""What changes nothing, so that nothing is in doubt after it."""
_LONGEST = 300
_SAYING = ("error", "detail", "description", "message", "title")
"""Where both are, `message` is often the name of the error, and `description` says it."""
_PARTS_OF_A_REQUEST = ("body", "query", "path", "header")


@dataclass(frozen=True, slots=True)
class Miss:
    """What came instead of a good answer, and the error that it is."""

    outcome: Response | Lost
    kind: type[ProviderError]


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that failed. `url` is the service's, `path` has no query; `seconds` are those of all tries."""

    method: str
    path: str
    url: str
    tries: int = 1
    seconds: float = 0.0


def by_status(response: Response) -> type[ProviderError] | None:
    """What the status says, for services that use them as they are meant."""
    if response.ok:
        return None
    return _BY_STATUS.get(response.status, Ambiguous if response.status >= 500 else Rejected)


def judged(outcome: Response | Lost, judge: Judge) -> Response | Miss:
    """The answer, if it is a good one."""
    if isinstance(outcome, Lost):
        return Miss(outcome, Ambiguous if outcome.sent else Unreachable)
    kind = judge(outcome)
    return outcome if kind is None else Miss(outcome, kind)


def error_for(asked: Asked, miss: Miss, mask: Callable[[str], str]) -> ProviderError:
    """The exception to raise, free of secrets."""
    outcome, kind = miss.outcome, miss.kind
    if issubclass(kind, Ambiguous) and asked.method in READS:
        kind = Unreachable
    error = _lost(asked, outcome) if isinstance(outcome, Lost) else _answered(asked, outcome, mask)
    if issubclass(kind, Ambiguous):
        error.message += "; it may have happened"
    return kind(
        _plain(mask(error.message)),
        asked.method,
        mask(asked.path),
        error.status,
        mask(error.request_id) if error.request_id is not None else None,
        error.fields,
        error.details,
    )


def _lost(asked: Asked, lost: Lost) -> ProviderError:
    if lost.sent:
        message = f"no answer to {asked.method} {asked.path}: {lost.reason}{_tries(asked)}"
    else:
        message = f"{asked.url} did not answer: {lost.reason}{_tries(asked)}"
    return ProviderError(message, details={"url": asked.url, "reason": lost.reason})


def _answered(asked: Asked, response: Response, mask: Callable[[str], str]) -> ProviderError:
    says, fields = words(response, mask)
    request = f", request {response.request_id}" if response.request_id else ""
    message = f"{response.status} on {asked.method} {asked.path}{request}{_tries(asked)}"
    return ProviderError(
        f"{message}: {says}" if says else message,
        status=response.status,
        request_id=response.request_id,
        fields=fields,
    )


def _tries(asked: Asked) -> str:
    return f", {asked.tries} tries in {asked.seconds:.0f} s" if asked.tries > 1 else ""


def words(response: Response, mask: Callable[[str], str]) -> tuple[str, tuple[Refusal, ...]]:
    """What the service says, and of which fields. Empty where it says nothing that can be told.

    Read are `error`, `detail`, `description`, `message` and `title`, each a text or a map of the same; refused fields,
    one or a list of them, under `detail`, `details` or `errors`; and plain text that is no web page. Texts are masked
    as they are found: once they are put together, a secret in them may no longer look like one.
    """
    body = response.json
    if response.ok and response.empty:
        return "the answer is empty", ()
    if 300 <= response.status < 400:
        where = _without_query(response.headers.get("location", ""))
        return mask(f"it points to {where}; is the url right?"), ()
    if isinstance(body, Mapping):
        fields = tuple(_refusals(body, mask))
        first = f"{fields[0].path}: {fields[0].message}" if fields else ""
        return mask(_says(body)) or first, fields
    text = body if isinstance(body, str) else response.text
    return ("" if "<" in text[:100] else mask(text).strip()), ()


def _without_query(location: str) -> str:
    try:
        to = urlsplit(location)
        return f"{to.scheme}://{to.hostname}{to.path}" if to.hostname else to.path or "nowhere"
    except ValueError:
        return "nowhere"


def _says(body: Mapping[str, Any]) -> str:
    for key in _SAYING:
        found = body.get(key)
        if isinstance(found, Mapping):
            found = next((text for inner in _SAYING if isinstance(text := found.get(inner), str)), None)
        if isinstance(found, str) and found:
            return found
    return ""


def _refusals(body: Mapping[str, Any], mask: Callable[[str], str]) -> Iterator[Refusal]:
    inner = body.get("error")
    for holder in (body, inner if isinstance(inner, Mapping) else {}):
        for key in ("detail", "details", "errors"):
            found = holder.get(key)
            items = found if isinstance(found, list) else [found]
            yield from (refusal for item in items if (refusal := _refusal(item, mask)) is not None)


def _refusal(item: object, mask: Callable[[str], str]) -> Refusal | None:
    if not isinstance(item, Mapping):
        return None
    reasons = (item.get(key) for key in ("msg", "message", "issue", "reason", "detail"))
    reason = next((text for text in reasons if isinstance(text, str) and text), None)
    place = next((item[key] for key in ("loc", "field", "path", "pointer", "param") if item.get(key)), "")
    return Refusal(_plain(_place(place, mask)), _plain(mask(reason))) if reason is not None else None


def _place(place: object, mask: Callable[[str], str]) -> str:
    if isinstance(place, Sequence) and not isinstance(place, str):
        steps = [mask(step) if isinstance(step, str) else step for step in place if isinstance(step, str | int)]
        return print_path(tuple(steps[1:] if steps[:1] and steps[0] in _PARTS_OF_A_REQUEST else steps))
    masked = mask(str(place))
    return masked.lstrip("#/").replace("/", ".") if masked.startswith(("#", "/")) else masked


def _plain(text: str) -> str:
    """One line that a terminal can be given."""
    line = " ".join(text.split())
    line = "".join(char if char.isprintable() else "?" for char in line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."

"""One HTTP request of a destination and what came of it. httpx is imported with the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from stackfile.errors import ProviderError, Unreachable
from stackfile.redact import Redactor
from stackfile.sdk.rest.wire import load_httpx

_MOST_READ = 65_536
_SHOWN = 300
_LEAST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """`says` is the status with the first of the body, masked, in one line."""

    status: int
    headers: Mapping[str, str]
    says: str


@dataclass
class Client:
    """Requests to one URL, which may be a secret. `endpoint` is what may be said of it; `secrets` are masked."""

    method: str
    url: str
    headers: Mapping[str, str]
    endpoint: str
    timeout: float
    secrets: Sequence[str]
    transport: Any = None
    """An httpx transport, for tests."""
    _client: Any = field(default=None, init=False)
    _redactor: Redactor = field(init=False)

    def __post_init__(self) -> None:
        self._redactor = Redactor(self.secrets)

    def send(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Its own headers count before `headers`. Raises Unreachable where no answer came, and ProviderError for a
        request that cannot be made."""
        httpx = load_httpx()
        given = {name.lower() for name in self.headers}
        sent = {**{name: value for name, value in headers.items() if name.lower() not in given}, **self.headers}
        if self._client is None:
            self._client = httpx.Client(timeout=self.timeout, follow_redirects=False, transport=self.transport)
        try:
            with self._client.stream(self.method, self.url, content=body, headers=sent) as response:
                read = bytearray()
                for part in response.iter_bytes():
                    read += part
                    if len(read) > _MOST_READ:
                        break
                return Answer(response.status_code, response.headers, self._says(response.status_code, bytes(read)))
        except (httpx.TransportError, httpx.DecodingError) as error:
            what = str(error) or type(error).__name__
            raise Unreachable(self._redactor.mask(f"no answer from {self.endpoint}: {what}")) from None
        except httpx.InvalidURL as error:
            raise ProviderError(self._redactor.mask(f"{self.endpoint}: {error}")) from None

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _says(self, status: int, body: bytes) -> str:
        text = "".join(c if c.isprintable() else " " for c in self._redactor.mask(body.decode(errors="replace")))
        shown = " ".join(text.split())
        cut = f"{shown[:_SHOWN]}..." if len(shown) > _SHOWN else shown
        return f"{status} from {self.method} {self.endpoint}" + (f": {cut}" if cut else "")


def secrets_of(url: str, headers: Mapping[str, str]) -> list[str]:
    """Texts that an answer may repeat and nobody else is to read. What is short, such as `v1` in a path, is none."""
    parts = urlsplit(url)
    found = [url, parts.query, parts.password or "", unquote(parts.password or "")]
    found += [value for _, value in parse_qsl(parts.query)]
    found += [*parts.path.split("/"), parts.path, *headers.values()]
    found += [word for value in headers.values() for word in value.split()]
    return [text for text in found if len(text) >= _LEAST_SECRET or text in headers.values() or text == parts.password]

"""One request to a service as a line for `-v`."""

from __future__ import annotations

from typing import Protocol

from stackfile.report.moments import duration
from stackfile.report.text import safe


class Exchange(Protocol):
    """What a line is made of; `stackfile.sdk.rest` has such values, and is not imported where nothing speaks HTTP."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def status(self) -> int | None: ...

    @property
    def seconds(self) -> float: ...

    @property
    def attempt(self) -> int: ...


def exchange_line(provider: str, exchange: Exchange) -> str:
    """`streamkap  PUT /sources/64f0  422  1.4 s`, or `no answer` where none came, and from the second on which try."""
    answer = str(exchange.status) if exchange.status is not None else "no answer"
    again = f", try {exchange.attempt}" if exchange.attempt > 1 else ""
    return (
        f"{safe(provider)}  {safe(f'{exchange.method} {exchange.path}')}  {answer}  {duration(exchange.seconds)}{again}"
    )

"""What may be seen of a URL that may hold a secret."""

from __future__ import annotations

from urllib.parse import urlsplit


def server_of(url: str) -> str | None:
    """Host and port; None where a secret that is not quoted could be taken for them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if "@" in parts.path + parts.query + parts.fragment:
        return None
    return parts.netloc.rpartition("@")[2]


def database_of(url: str) -> str | None:
    """Host, port and database."""
    server = server_of(url)
    return None if server is None else server + urlsplit(url).path


def origin_of(url: str) -> str | None:
    """Scheme, host and port. The path is left out: that of a webhook is its secret."""
    server = server_of(url)
    return None if server is None else f"{urlsplit(url).scheme}://{server}"

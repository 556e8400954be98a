"""What kinds need to know of each other's objects, and the one list in which streams can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackfile.sdk.rest import Listing, RestClient, every_item
from stackfile_planasonix.wire import Listed, items, unwrapped

STREAMS = "/api/streams"


class Account:
    """One connection's knowledge. There is no GET for a stream: whoever looks at one reads the list
    (docs.planasonix.com, api-reference/streams)."""

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self.has_params = False
        """Whether connections have `params`, all texts, in the place of `config`: the vendor's own client sees them so
        (github.com/planasonix/mcp-server, tools/http_client.go)."""
        self.streams: Listing[Mapping[str, Any]] = Listing(self._streams, client.clock)

    async def _streams(self) -> Mapping[str, Mapping[str, Any]]:
        """Unfiltered: a field that was changed in the console would hide a stream from a list that is filtered."""
        found = [unwrapped(item) async for item in every_item(self.client, STREAMS, Listed(), items)]
        return {str(one["id"]): one for one in found if one and "id" in one and one.get("deleted") is not True}

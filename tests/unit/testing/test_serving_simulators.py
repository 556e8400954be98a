"""How the sandbox speaks TCP."""

from __future__ import annotations

import asyncio
import socket

from stackfile.testing.simulator.serving import bound


def test_no_part_of_an_answer_waits_for_the_client_to_acknowledge_the_one_before() -> None:
    """40 ms of each request, where the connection lacks TCP_NODELAY."""

    async def sends_at_once() -> bool:
        seen: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection: socket.socket = writer.get_extra_info("socket")
            seen.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
            writer.close()

        listener = bound(0)
        async with await asyncio.start_server(served, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            answer = await seen
            writer.close()
        return answer

    assert asyncio.run(sends_at_once())

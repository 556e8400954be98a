"""What httpx costs before and between requests, in interpreters of their own."""

from __future__ import annotations

import subprocess
import sys


def _python(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_the_rest_sdk_is_imported_without_httpx() -> None:
    assert _python("import sys, stackfile.sdk.rest; print('httpx' in sys.modules)") == "False"


def test_httpx_is_loaded_without_its_command_line_and_nothing_stays_behind() -> None:
    script = """
import sys
from stackfile.sdk.rest.wire import load_httpx
httpx = load_httpx()
print([name for name in ("rich", "pygments", "click", "httpx._main") if name in sys.modules])
print(httpx is load_httpx(), httpx.AsyncClient.__name__)
import httpx._main
print(httpx._main.main.__class__.__module__)
"""
    assert _python(script).splitlines() == ["[]", "True AsyncClient", "click.core"]


def test_no_request_looks_for_modules_on_the_disk() -> None:
    """httpcore does so several times in each request, where sniffio is not installed."""
    script = """
import asyncio, sys
from stackfile.sdk.rest.wire import Outgoing, Place, Wire

class Finder:
    looked_for = []
    def find_spec(self, name, path=None, target=None):
        self.looked_for.append(name)

async def answer(reader, writer):
    while await reader.readuntil(b"\\r\\n\\r\\n"):
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\ntrue")

async def run():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire = Wire(Place("http", "127.0.0.1", port, 1.0), "x-request-id", None)
    outgoing = Outgoing("GET", f"http://127.0.0.1:{port}/", {}, None, 1.0)
    await wire.send(outgoing)
    sys.meta_path.insert(0, Finder())
    print((await wire.send(outgoing)).json, Finder.looked_for)
    await wire.close()
    server.close()

asyncio.run(run())
"""
    assert _python(script) == "True []"


def test_httpx_that_was_there_before_is_left_as_it_is() -> None:
    script = """
import httpx
before = httpx.main
from stackfile.sdk.rest.wire import load_httpx
print(load_httpx() is httpx, httpx.main is before)
"""
    assert _python(script) == "True True"

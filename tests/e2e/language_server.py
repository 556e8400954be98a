"""A client of the language server that editors use for YAML, over its stdin and stdout."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Server:
    """One conversation with a language server."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._number = 0
        self._told: list[Json] = []

    def ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._number and "method" not in message:
                return message.get("result")

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def opened(self, name: str) -> str:
        """Opens a file of the folder; its address from now on."""
        uri = (self._folder / name).as_uri()
        text = (self._folder / name).read_text("utf-8")
        self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "yaml", "version": 1, "text": text})
        return uri

    def mistakes(self, uri: str) -> list[str]:
        """What the server says is wrong with a file, once it has looked."""
        while True:
            for told in self._told:
                if told["method"] == "textDocument/publishDiagnostics" and told["params"]["uri"] == uri:
                    return [one["message"] for one in told["params"]["diagnostics"]]
            self._receive()

    def _send(self, message: Json) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Json:
        """The next message; what the server asks for is answered with nothing."""
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline().strip()) or not length:
            assert line or length or self._process.poll() is None, "the language server ended"
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: Json = json.loads(self._process.stdout.read(length))
        if "method" in message and "id" in message:
            asked = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
            self._send({"id": message["id"], "result": [{} for _ in asked] or None})
        elif "method" in message:
            self._told.append(message)
        return message


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[Server]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        try:
            server = Server(process, folder)
            root = folder.as_uri()
            server.ask("initialize", processId=None, rootUri=root, capabilities={"workspace": {"configuration": True}})
            server.tell("initialized")
            yield server
        finally:
            process.kill()

"""A PostgreSQL server for tests: private, on loopback only, with a password that nobody else knows."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "loader"


def programs() -> Path | None:
    """Where initdb and pg_ctl are; None where none are installed."""
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return versions[-1] if versions else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """`folder` belongs to the one whom the server runs as, which is never root."""

    folder: Path
    programs: Path
    port: int
    password: str

    @classmethod
    def make(cls, folder: Path, programs: Path) -> Server:
        server = cls(folder, programs, free_port(), secrets.token_hex(12))
        folder.chmod(0o755)
        password = folder / "password"
        password.write_text(server.password)
        if os.geteuid() == 0:
            for path in (folder, password):
                shutil.chown(path, "postgres", "postgres")
        server._does("initdb", "-U", USER, "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync", "-E", "UTF8")
        settings = f"""
listen_addresses = '127.0.0.1'
port = {server.port}
unix_socket_directories = ''
fsync = off
shared_buffers = 16MB
max_connections = 20
"""
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(settings)
        return server

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def settings(self) -> dict[str, Any]:
        """As a destination has them."""
        where = {"host": "127.0.0.1", "port": self.port, "database": "postgres"}
        return {**where, "user": USER, "password": self.password}

    def start(self) -> None:
        """Returns when it answers."""
        self._does("pg_ctl", "start", "-w", "-s", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is as a crash: nobody is told, and nothing is written any more."""
        self._does("pg_ctl", "stop", "-w", "-s", "-m", mode)

    def _does(self, program: str, *arguments: str) -> None:
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_whom = {"user": "postgres", "group": "postgres", "extra_groups": []}
        done = subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            check=False,
            **as_whom,
        )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {(done.stderr or b'').decode()}")

"""The guards of conftest.py guard."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80), ("example.com", 80)])
def test_a_connection_to_another_machine_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as far, pytest.raises(AssertionError, match="must not reach"):
        far.connect(address)


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(AssertionError, match="must not reach"):
        socket.create_connection(("example.com", 80))


def test_this_machine_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        assert near.getpeername() == server.getsockname()


def test_home_is_a_folder_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert tmp_path_factory.getbasetemp() in Path.home().parents


def test_settings_of_the_developer_are_gone_here_and_in_subprocesses() -> None:
    script = "import os; print([name for name in os.environ if name.startswith(('STACK_', 'NO_COLOR'))])"
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert seen.stdout == "[]\n"
    assert not [name for name in os.environ if name.startswith(("STACK_", "NO_COLOR"))]


def test_the_laws_are_tried_with_the_same_examples_each_time() -> None:
    assert settings().derandomize

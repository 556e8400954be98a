"""Where a secret goes that is shown once: a private file, or a command's stdin."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stackfile.cli.delivering import deliver
from stackfile.engine.delivery import Delivery
from stackfile.sdk.delivery import DeliverTo

SHOWN = {"id": "cred-1", "secret": "s3cr3t"}
COPY = "import sys; open('got.json', 'w').write(sys.stdin.read())"


def delivered(to: DeliverTo, base: Path) -> list[str]:
    """The secrets that were told to whoever masks them."""
    hushed: list[str] = []
    asyncio.run(deliver(Delivery(to, SHOWN), base, hushed.extend))
    return hushed


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert delivered(DeliverTo(file="keys/ci.json"), tmp_path) == ["s3cr3t"]
    file = tmp_path / "keys" / "ci.json"
    assert json.loads(file.read_text()) == SHOWN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    (tmp_path / "ci.json").write_text("{}")
    (tmp_path / "ci.json").chmod(0o644)
    delivered(DeliverTo(file="ci.json"), tmp_path)
    assert stat.S_IMODE((tmp_path / "ci.json").stat().st_mode) == 0o600


def test_a_command_gets_it_on_stdin(tmp_path: Path) -> None:
    delivered(DeliverTo(command=[sys.executable, "-c", COPY]), tmp_path)
    assert json.loads((tmp_path / "got.json").read_text()) == SHOWN


REFUSALS: Mapping[str, tuple[DeliverTo, str]] = {
    "a folder is in its place": (DeliverTo(file="."), "Is a directory"),
    "there is no such command": (DeliverTo(command=["no-such-vault"]), "no-such-vault: No such file or directory"),
    "a command that fails": (
        DeliverTo(command=[sys.executable, "-c", "print(input()); raise SystemExit(3)"]),
        "ended with exit status 3",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_did_not_arrive_is_told_without_the_secret(case: str, tmp_path: Path) -> None:
    to, says = REFUSALS[case]
    with pytest.raises(OSError, match=says) as caught:
        delivered(to, tmp_path)
    assert "s3cr3t" not in str(caught.value)

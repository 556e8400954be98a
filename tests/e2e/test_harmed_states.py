"""A state that was harmed is refused with the way back, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shell import Folder

HEAD = "version: 1\nname: bad\ndefaults: {provider: local}\n"

HARM: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "of another stack": (lambda text: text.replace(b'"stack":"bad"', b'"stack":"god"'), "state-damaged"),
    "cut short": (lambda text: text[:200], "state-damaged"),
    "with a bit that fell over": (lambda text: text[:150] + bytes([text[150] ^ 1]) + text[151:], "state-damaged"),
    "newer": (lambda text: text.replace(b'"format_version":1', b'"format_version":9'), "state-newer"),
}


@pytest.mark.parametrize("how", HARM)
def test_a_state_that_is_not_as_it_was_written_is_refused_with_the_way_back(how: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", HEAD + "streams: {a: {}}\n")
    assert folder("apply", "--yes").code == 0
    harm, code = HARM[how]
    state = tmp_path / ".stack/default/state.json"
    state.write_bytes(harm(state.read_bytes()))
    harmed = state.read_bytes()
    said = folder("apply", "--yes")
    assert said.code == 1
    assert f"error[{code}]" in said.err
    assert state.read_bytes() == harmed
    if code == "state-damaged":
        assert "The last good copy is serial 2" in said.err

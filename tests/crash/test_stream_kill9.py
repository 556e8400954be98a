"""A real `stack`, killed between making a stream and starting it: the next apply starts that one, makes no other."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackfile_planasonix.simulator import KEY
from tests.crash import planasonix_held
from tests.e2e.shell import LONGEST, Folder, surroundings

STACK = """\
version: 1
name: shop
defaults: {provider: planasonix}
streams:
  orders: {source_type: kafka, pipeline: {id: pl_1}}
"""


@contextmanager
def service() -> Iterator[subprocess.Popen[str]]:
    module = [sys.executable, "-m", planasonix_held.__name__]
    root = Path(__file__).parents[2]
    with subprocess.Popen(module, stdout=subprocess.PIPE, text=True, cwd=root, env=surroundings()) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait(LONGEST)


def test_a_stream_whose_maker_was_killed_before_the_start_is_started_by_the_next_apply(tmp_path: Path) -> None:
    with service() as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        folder = Folder(tmp_path, {"PLANASONIX_API_KEY": KEY, "PLANASONIX_BASE_URL": url})
        folder.write("stack.yaml", STACK)
        with folder.start("apply", "--yes") as killed:
            assert process.stdout.readline() == "held\n"
            killed.send_signal(signal.SIGKILL)
            killed.communicate(timeout=LONGEST)
        said = folder.done("plan").out
        assert "streams.orders" in said
        folder.done("apply", "--yes")
        (row,) = folder.done("status", "--json").json["resources"]
        assert row["state"] == "running"
        (summary,) = folder.done("status", "--json").json["summaries"]
        assert summary["measures"]["streams"]["value"] == 1
        assert "No changes." in folder.done("plan").out

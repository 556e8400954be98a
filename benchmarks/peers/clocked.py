"""How long a job takes, told in the form that all of these programs share."""

import json
import time
from collections.abc import Callable


def clocked(job: Callable[[], object]) -> None:
    """Prints seconds of wall and CPU time, those of all threads."""
    wall, cpu = time.monotonic(), time.process_time()
    job()
    print(json.dumps({"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}), flush=True)

"""How fast the local engine runs operations on events in memory, beside the same work written by hand.

    PYTHONPATH=.:providers python benchmarks/expressions.py

Batches of 1,000 events of six fields; events a second of CPU time, best of seven rounds. Nothing is decoded or stored.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from typing import Any

from stackfile.portable.operations import parse_operations
from stackfile_local.engine.compiled import Event, compile_chain

BATCH, BATCHES, ROUNDS = 1000, 200, 7

FILTER = {"filter": "value.amount > 500 and value.country in ['US', 'CA', 'DE']"}
MAP = {"map": {"page": "lower(value.page)", "total": "value.price * value.count"}}
CHAINS: dict[str, list[dict[str, Any]]] = {
    "filter, two conditions": [FILTER],
    "map, two fields": [MAP],
    "filter + map, two fields": [FILTER, MAP],
    "filter + map + drop + rename": [FILTER, MAP, {"drop": ["country"]}, {"rename": {"amount": "cents"}}],
    "select, three fields": [{"select": ["amount", "country", "page"]}],
    "map into a map": [{"map": {"user.next": "value.user.id + 1"}}],
    "map, every event fails": [{"map": {"total": "value.page * 2"}}],
}


def events() -> list[Event]:
    chance = random.Random(7)
    return [
        (
            f"key-{number}",
            {
                "amount": chance.randrange(2000),
                "country": chance.choice(["US", "CA", "DE", "FR"]),
                "page": "/Home",
                "price": chance.random() * 10,
                "count": chance.randrange(1, 6),
                "user": {"id": number},
            },
            None,
            1_700_000_000_000 + number,
            0,
            number,
        )
        for number in range(BATCH * BATCHES)
    ]


def by_hand(batch: list[Event]) -> list[Event]:
    """`filter + map, two fields` without a check of anything."""
    passed = []
    for key, value, headers, timestamp, partition, offset in batch:
        if value["amount"] > 500 and value["country"] in ("US", "CA", "DE"):
            changed = dict(value)
            changed["page"] = value["page"].lower()
            changed["total"] = value["price"] * value["count"]
            passed.append((key, changed, headers, timestamp, partition, offset))
    return passed


def per_second(run: Callable[[list[Event]], object], batches: list[list[Event]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        start = time.process_time()
        for batch in batches:
            run(batch)
        best = min(best, time.process_time() - start)
        gc.enable()
    return BATCH * len(batches) / best


def main() -> None:
    given = events()
    batches = [given[at : at + BATCH] for at in range(0, len(given), BATCH)]
    print(f"{'':34}{'events/s':>12}{'compiled in':>14}")
    print(f"{'filter + map, by hand, unchecked':34}{per_second(by_hand, batches):>12,.0f}")
    for name, operations in CHAINS.items():
        start = time.process_time()
        chain = compile_chain(parse_operations(operations))
        spent = (time.process_time() - start) * 1000
        print(f"{name:34}{per_second(chain.run, batches):>12,.0f}{spent:>11.1f} ms")


if __name__ == "__main__":
    main()

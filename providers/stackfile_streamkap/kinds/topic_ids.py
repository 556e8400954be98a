"""Topic ids and pretty names: pure.

A topic's id is `<owner>.<pretty name>`, its owner `source_<id>` or `transform_<id>_<n>`. The service makes the pretty
name of an id by cutting at the first dot, so a bare `public.orders` sent as an id names a topic that does not exist,
and what reads it reads nothing (provider internal/resource/pipeline/pipeline.go, commits 78e6360 and 100bd66).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_OWNED = re.compile(r"(source_[0-9a-f]+|transform_[0-9a-f]+_\d+)\.")


def of_source(source_id: str, name: str) -> str:
    """The id of a source's topic by its pretty name; one that is an id already stays."""
    return name if _OWNED.match(name) else f"source_{source_id}.{name}"


def source_of(topic: str) -> str:
    """The id of the source that owns it; empty for one that no source does."""
    owner = _OWNED.match(topic)
    return owner[1].removeprefix("source_") if owner and owner[1].startswith("source_") else ""


def pretty(topic: str) -> str:
    """The name without its owner."""
    return _OWNED.sub("", topic, count=1)


def pretty_all(topics: Any) -> list[str]:
    """Of a list that a service gave; entries without a name are left over from what is gone."""
    return [pretty(one) for one in topics if isinstance(one, str) and one] if isinstance(topics, list) else []


def of_item(item: Mapping[str, Any]) -> set[str]:
    """The pretty names of all topics that a source or transform says it has."""
    return {*pretty_all(item.get("topics")), *pretty_all(item.get("topic_ids"))}


def id_among(topic_ids: Any, name: str) -> str | None:
    """The id of the topic with this pretty name."""
    found: Iterable[Any] = topic_ids if isinstance(topic_ids, list) else ()
    return next((one for one in found if isinstance(one, str) and pretty(one) == name), None)


def captured(config: Mapping[str, Any], lists: Iterable[str]) -> set[str]:
    """The names that a source's own lists say, whether or not their topics are there yet."""
    texts = (config[key] for key in lists if isinstance(config.get(key), str))
    return {name.strip() for text in texts for name in text.split(",") if name.strip()}

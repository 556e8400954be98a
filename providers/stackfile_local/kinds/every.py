"""The kinds of the local provider, all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stackfile_local.kinds.destination import Destinations
from stackfile_local.kinds.pipeline import Pipelines
from stackfile_local.kinds.source import Sources
from stackfile_local.kinds.stored import StoredKind
from stackfile_local.kinds.stream import Streams

KINDS: Sequence[type[StoredKind[Any]]] = (Sources, Destinations, Pipelines, Streams)
BY_SECTION: Mapping[str, type[StoredKind[Any]]] = {kind.section: kind for kind in KINDS}

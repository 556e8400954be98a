"""Destinations: connectors that write what pipelines bring them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from stackfile.sdk.provider import Body
from stackfile.sdk.traits import Effect, Impact, KindTraits
from stackfile_streamkap.catalogue.models import Variants
from stackfile_streamkap.kinds.connector import Connection, ConnectorKind


class Destination(Connection):
    """A destination: a warehouse, a database, a bucket, another Kafka."""


class Destinations(ConnectorKind[Destination]):
    section, name, path, end = "destinations", "destination", "/destinations", "destination"
    model: ClassVar[type[Body]] = Destination
    others: ClassVar[type[Body] | None] = Destination
    variants: ClassVar[Mapping[str, type[Body]]] = Variants(ConnectorKind.offers, "destinations", Destination)
    traits: ClassVar = KindTraits(
        replace=Effect(
            Impact.REPROCESS,
            "The new one has no positions: it reads its topics from the start of what they keep, and writes it again.",
        ),
        delete=Effect(says="What was written stays; its positions in the topics are lost."),
    )

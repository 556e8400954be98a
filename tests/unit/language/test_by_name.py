"""What a field names and the stack manages itself comes first, without a word of it in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import pytest

from stackfile.address import Address
from stackfile.language.load import load
from stackfile.language.stackfile import Inputs
from stackfile.sdk.provider import Body, Kind, Provider, Settings
from stackfile.sdk.traits import Names, Trait
from tests.unit.language.fakes import FakeCatalog


class Label(Body):
    name: Annotated[str, Trait.IDENTITY]


class Labels(Kind[Label]):
    section, name, model = "resources", "label", Label


class Box(Body):
    name: str
    labels: Annotated[list[str] | None, Names(("label",))] = None
    size: int = 1


class Boxes(Kind[Box]):
    section, name, model = "streams", "box", Box


class Shelf(Provider[Settings]):
    name = "shelf"
    settings = Settings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = (Labels, Boxes)


LABELS = "resources: {red: {type: label}, deep: {type: label, name: dark-blue}, e: {type: label, for_each: [eu]}}"
NEEDS: Mapping[str, tuple[str, list[str]]] = {
    "one by its key": ("[red]", ["resources.red"]),
    "one by the name that it is given": ("[dark-blue, deep]", ["resources.deep"]),
    "an instance": ("[e-eu]", ["resources.e[eu]"]),
    "several, each once": ("[dark-blue, red, red]", ["resources.deep", "resources.red"]),
    "one that is not of this stack": ("[green]", []),
    "none": ("[]", []),
    "one of another provider": ("[red], provider: other", []),
    "one that a template names too": ("['{{ resources.red.name }}', red]", ["resources.red"]),
    "one beside a template of something else": (
        "['{{ resources.deep.id }}', red]",
        ["resources.deep", "resources.red"],
    ),
}


@pytest.mark.parametrize(("written", "needs"), NEEDS.values(), ids=NEEDS)
def test_a_named_resource_is_a_dependency(written: str, needs: list[str]) -> None:
    text = (
        "version: 1\nname: shop\ndefaults: {provider: shelf}\nproviders: {shelf: {}, other: {type: shelf}}\n"
        f"{LABELS}\nstreams: {{box: {{labels: {written}}}}}\n"
    )
    found = load(text.encode(), "stack.yaml", Inputs(), FakeCatalog(Shelf))
    assert [str(one) for one in found.resources[Address.parse("streams.box")].dependencies] == needs

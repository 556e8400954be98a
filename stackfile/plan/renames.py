"""Resources that go and come with the same config: most likely somebody gave one another key.

One look at each of them: they meet by a digest of their config, in which a resource that is renamed with them stands as
the one that it was. Of several alike those are paired that have the same instance key; of others nothing is said, as it
cannot be told which became which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stackfile.address import Address
from stackfile.errors import Diagnostic, Severity
from stackfile.language.stackfile import Configuration
from stackfile.plan.equal import same
from stackfile.plan.plan import Action, Change, Reason
from stackfile.sdk.traits import Impact
from stackfile.state.format import State
from stackfile.state.secrets import Seal
from stackfile.values import Ref, Sealed, Sensitive, Tree, Unknown, Value

_GONE = (Reason.NOT_IN_FILE, Reason.EACH_KEY, Reason.NO_MODULE)
_NAMED = 20
"""How many warnings a plan has of them; a rename of more is one of a whole section, and told well enough by these."""


def looks_like_renames(
    changes: Mapping[Address, Change], configuration: Configuration, state: State, seal: Seal
) -> Iterator[Diagnostic]:
    """A warning for each pair. `changes` are in the order of needs: what a resource refers to is before it."""
    coming = [c for c in changes.values() if c.action is Action.CREATE and c.reason is Reason.NONE]
    going = [c for c in changes.values() if c.action is Action.DELETE and c.reason in _GONE]
    if not coming or not going:
        return
    matching = _Matching(seal, _by_digest(going, state))
    for change in coming:
        matching.take(change)
    for gone, come in matching.pairs()[:_NAMED]:
        yield _warning(gone, come, configuration)


@dataclass
class _Matching:
    """`going` are those that go, with the trees of their records, by digest, and by digest and instance key. `ids` are
    those of the objects that the pairs so far would keep."""

    seal: Seal
    going: Mapping[object, list[tuple[Change, Tree]]]
    found: dict[Address, tuple[Change, Change]] = field(default_factory=dict)
    ids: dict[Address, str] = field(default_factory=dict)

    def take(self, change: Change) -> None:
        tree = _without_name({key: _known(value, self.ids) for key, value in (change.desired or {}).items()})
        digest = _digest(change, tree)
        candidates = self.going.get((digest, change.address.instance)) or self.going.get(digest, [])
        if len(candidates) == 1 and same(candidates[0][1], tree, self.seal):
            self.found[change.address] = (candidates[0][0], change)
            self.ids[change.address] = candidates[0][0].id or ""

    def pairs(self) -> list[tuple[Change, Change]]:
        """Those of which the one that goes has one candidate, too."""
        takers = Counter(gone.address for gone, _ in self.found.values())
        return [(gone, come) for gone, come in self.found.values() if takers[gone.address] == 1]


def _by_digest(going: Iterable[Change], state: State) -> dict[object, list[tuple[Change, Tree]]]:
    found: dict[object, list[tuple[Change, Tree]]] = {}
    for change in going:
        tree = _without_name(state.records[change.address].applied)
        digest = _digest(change, tree)
        for key in (digest, (digest, change.address.instance)):
            found.setdefault(key, []).append((change, tree))
    return found


def _without_name(tree: Tree) -> dict[str, Value]:
    """A name that nobody wrote follows from the address."""
    return {key: value for key, value in tree.items() if key != "name"}


def _known(value: Value, ids: Mapping[Address, str]) -> Value:
    """A reference as the id that it would have if the renames so far were told."""
    if isinstance(value, Ref):
        return ids.get(value.address, value.id)
    if isinstance(value, Mapping):
        return {key: _known(one, ids) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one, ids) for one in value]
    return value


def _digest(change: Change, tree: Tree) -> str:
    return repr((change.provider, change.service, change.section, change.kind, _shape(tree)))


def _shape(value: Value) -> object:
    """Equal for equal configs; of a secret only that it is there, which is compared afterwards."""
    if isinstance(value, Sensitive | Sealed):
        return "?"
    if isinstance(value, Unknown):
        return ("unknown", value.waits_for)
    if isinstance(value, Mapping):
        return sorted((key, _shape(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return [_shape(one) for one in value]
    return value


def _warning(gone: Change, come: Change, configuration: Configuration) -> Diagnostic:
    place = configuration.span(configuration.resources[come.address])
    loss = "" if gone.impact is Impact.NONE else f": {str(gone.impact).replace('_', ' ').upper()}"
    noun = gone.kind if gone.section == "resources" else gone.section.removesuffix("s")
    return Diagnostic(
        "looks-like-rename",
        f"{gone.address} goes and {come.address} comes, with the same config",
        Severity.WARNING,
        span=place[0] if place is not None else None,
        help=(
            f"As written the {noun} is deleted and made anew{loss}. If it is a rename add:",
            "moved:",
            f"  - {{from: {_inline(gone.address)}, to: {_inline(come.address)}}}",
        ),
    )


def _inline(address: Address) -> str:
    """As a YAML flow map takes it without quotes; with them where the instance key needs them."""
    if address.instance is None and not address.modules:
        return str(address)
    plain = re.fullmatch(r"[\w.-]+", address.instance or "") is not None and not address.modules
    return f"{address.declaration}/{address.instance}" if plain else f"'{str(address).replace(chr(39), chr(39) * 2)}'"

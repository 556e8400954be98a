"""Outputs before and after."""

from __future__ import annotations

from stackfile.language.stackfile import Attributes, Configuration
from stackfile.plan.equal import same
from stackfile.plan.plan import OutputChange
from stackfile.plan.uncompared import is_uncompared
from stackfile.state.format import State
from stackfile.state.secrets import Seal
from stackfile.values import Ref, Sensitive, Value, rewrite


def output_changes(
    configuration: Configuration, state: State, attributes: Attributes, seal: Seal, *, destroy: bool
) -> tuple[OutputChange, ...]:
    """Every output that is declared or stored, by name. Raises DiagnosticError where one cannot be evaluated."""
    declared = {} if destroy else configuration.outputs
    found: list[OutputChange] = []
    for name in sorted({*declared, *state.outputs}):
        stored, output = state.outputs.get(name), declared.get(name)
        before = stored.value if stored is not None else None
        sensitive = output.sensitive if output is not None else stored is not None and stored.sensitive
        if output is not None and any(attributes(need) is None for need in output.dependencies):
            continue  # the plan leaves out what it is made of, so it stays as it is stored
        after = _evaluate(configuration, name, attributes) if output is not None else None
        if sensitive and output is not None and not isinstance(after, Sensitive):
            after = Sensitive(after)
        kept = before if before is not None and (is_uncompared(after) or same(before, after, seal)) else after
        found.append(OutputChange(name, before, kept, sensitive))
    return tuple(found)


def _evaluate(configuration: Configuration, name: str, attributes: Attributes) -> Value:
    value = configuration.resolve_output(configuration.outputs[name], attributes)
    return rewrite(value, lambda leaf: leaf.id if isinstance(leaf, Ref) else leaf)

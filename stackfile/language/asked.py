"""An expression that somebody asks about a stack, outside of its files: `stack console`."""

from __future__ import annotations

from stackfile.language.called import ModuleSpace, ModulesSpace
from stackfile.language.evaluate import evaluate_resource
from stackfile.language.findings import Fault, Findings
from stackfile.language.leaves import leaves_of
from stackfile.language.names import LOCAL, NameCheck, Site
from stackfile.language.provider_space import ProviderSpace, ProvidersSpace
from stackfile.language.scope import ALWAYS_KNOWN, InstancesSpace, ResourceSpace, Scope
from stackfile.language.source import Source, Template
from stackfile.language.stackfile import Attributes
from stackfile.language.template import Space
from stackfile.language.variables import Broken
from stackfile.values import Path, Value

FILE = "console"
"""What stands for a file where a message says its place."""


def value_asked_for(text: str, check: NameCheck, attributes: Attributes, findings: Findings) -> Value:
    """The value of an expression, or of a text with expressions in `{{ }}`; of a resource, all that is known of it.

    Mistakes go to the findings, and leave something unknown.
    """
    template = Template(text if "{{" in text else f"{{{{ {text} }}}}")
    place = Source(FILE, text).place(0, len(text))

    def report(fault: Fault, path: Path) -> None:
        findings.add(fault, place)

    faulty = check.check(leaves_of(template), Site(LOCAL, "the console"), report)
    scope = Scope(check.world, attributes=attributes, faulty=faulty)
    try:
        found = evaluate_resource(template, scope)
        return _shown(found, scope)
    except Fault as fault:
        report(fault, ())
    except Broken:
        pass
    return None


def _shown(found: Space | Value, scope: Scope) -> Value:
    return _opened(found, scope) if isinstance(found, Space) else found


def _opened(space: Space, scope: Scope) -> Value:
    """What is known of something with named parts. Raises Broken and Fault."""
    if isinstance(space, ResourceSpace):
        instance = space.instance
        fields = () if instance.schema is None else instance.schema.fields
        return {name: scope.attribute(instance, name) for name in dict.fromkeys((*ALWAYS_KNOWN, *fields))}
    if isinstance(space, InstancesSpace):
        return {key: _opened(one, scope) for key, one in space.opened().items()}
    if isinstance(space, ModuleSpace):
        outputs = space.instance.outputs or {}
        return {name: _shown(space.get(name), scope) for name in outputs}
    if isinstance(space, ModulesSpace):
        return {key: _opened(one, scope) for key, one in space.opened().items()}
    if isinstance(space, ProviderSpace):
        return dict(space.settings)
    if isinstance(space, ProvidersSpace):
        return {key: _opened(one, scope) for key, one in (space.instances or {}).items()}
    raise space.no_value()

"""References: what a reference field takes, and which resources a body depends on, read off the syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stackfile.address import SECTIONS, Address, print_modules
from stackfile.language.declared import Declaration, Instance
from stackfile.language.evaluate import evaluate_resource
from stackfile.language.findings import Fault, listing
from stackfile.language.names import NameCheck, noun, self_reference, unknown_instance
from stackfile.language.reach import reached
from stackfile.language.reader import describe
from stackfile.language.scope import InstancesSpace, ResourceSpace, Scope, instances_label
from stackfile.language.source import Template
from stackfile.language.template import Name
from stackfile.language.variables import Broken
from stackfile.values import Path, Ref, Sensitive, Unknown, Value


@dataclass(slots=True)
class Referrer:
    """The field that refers, and the resource it belongs to. `kinds` empty: it takes any resource."""

    instance: Instance
    scope: Scope
    path: Path
    kinds: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        return next(str(step) for step in reversed(self.path) if isinstance(step, str))

    @property
    def takes(self) -> str:
        """What the field takes, in words: `a source or stream`."""
        nouns = [noun(kind) for kind in self.kinds] or ["resource"]
        return f"{'an' if nouns[0][0] in 'aeiou' else 'a'} {' or '.join(nouns)}"


@dataclass(frozen=True, slots=True)
class References:
    check: NameCheck

    def read(self, raw: Value, referrer: Referrer) -> list[Ref] | Value:
        """The resource that a reference names (several for one with `for_each`, in `depends_on`), or a plain id.

        Raises Fault, and Broken where what it names has been reported.
        """
        if isinstance(raw, dict):
            return _plain_id(raw, referrer)
        if isinstance(raw, Template):
            return self._expression(raw, referrer)
        if isinstance(raw, str):
            return self._text(raw, referrer)
        raise Fault("type-wrong", f"`{referrer.field}` takes {referrer.takes}, not {describe(raw)}")

    def _text(self, text: str, referrer: Referrer) -> list[Ref]:
        section, _dot, key = text.partition(".")
        declaration = self.check.world.declarations.get((section, key))
        if declaration is not None and not declaration.repeated and not declaration.broken:
            return [_taken(declaration.instances[None], referrer)]
        try:
            address = Address.parse(text)
        except ValueError:
            raise self._no_address(text, referrer) from None
        return self._target(address, referrer)

    def _expression(self, text: Template, referrer: Referrer) -> list[Ref]:
        found = evaluate_resource(text, referrer.scope)
        if isinstance(found, ResourceSpace):
            return [_taken(found.instance, referrer)]
        if isinstance(found, InstancesSpace):
            return self._taken_of(found.declaration, None, referrer)
        if isinstance(found, Sensitive):
            raise Fault("reference-sensitive", f"`{referrer.field}` is printed in plans, and this is sensitive")
        if isinstance(found, str):
            return self._text(found, referrer)
        if isinstance(found, Unknown):
            raise self._not_id(text, found, referrer)
        raise Fault("type-wrong", f"`{referrer.field}` takes {referrer.takes}, not {describe(found)}")

    def _not_id(self, text: Template, found: Unknown, referrer: Referrer) -> Fault:
        """For `{{ sources.pg.id }}` and the like."""
        parsed = self.check.world.templates.parse(text)
        name = parsed.names[0] if parsed.only is not None and len(parsed.names) == 1 else None
        if name is None or name.root not in SECTIONS or not name.steps:
            message = f"`{referrer.field}` must be known at plan; {listing(found.waits_for)} is known after apply"
            return Fault("reference-not-known", message)
        what = noun(referrer.kinds[0] if referrer.kinds else name.root)
        address = f"{name.root}.{name.steps[0]}"
        message = f"`{referrer.field}` takes the {what} itself, not its {name.steps[-1]}"
        return Fault("reference-not-id", message, f"write: {address}", written=text.strip())

    def _no_address(self, text: str, referrer: Referrer) -> Fault:
        known = self._known(referrer.kinds)
        best = next((one for one in known if one.endswith(f".{text}")), None)
        if best is None and "." in text:
            best = self.check.proposal(text, known) or self.check.proposal(text, self._known(()))
        if best is not None:
            return Fault("reference-unknown", f"there is no `{text}`", self.check.proposing(best))
        example = known[0] if known else f"{(referrer.kinds or SECTIONS)[0]}.name"
        message = f"`{referrer.field}` takes {referrer.takes}, such as {example}, not `{text}`"
        return Fault("reference-not-id", message, "", (f"for one that is not in this stackfile:  {{id: {text}}}",))

    def _known(self, kinds: tuple[str, ...]) -> list[str]:
        declarations = self.check.world.declarations.values()
        return [f"{one.section}.{one.key}" for one in declarations if _may_fit(one, kinds)]

    def _target(self, address: Address, referrer: Referrer) -> list[Ref]:
        if address.modules:
            raise _in_a_module(address)
        declaration = self.check.world.declarations.get((address.section, address.key))
        if declaration is None:
            sections = [kind for kind in referrer.kinds if kind in SECTIONS] or SECTIONS
            raise self.check.unknown_resource(address.section, address.key, sections)
        return self._taken_of(declaration, address.instance, referrer)

    def _taken_of(self, declaration: Declaration, key: str | None, referrer: Referrer) -> list[Ref]:
        if declaration.broken:
            raise Broken
        return [_taken(one, referrer) for one in self._instances(declaration, key, referrer)]

    def _instances(self, declaration: Declaration, key: str | None, referrer: Referrer) -> list[Instance]:
        if key is not None or not declaration.repeated:
            instance = declaration.instances.get(key)
            if instance is None:
                raise unknown_instance(declaration, str(key))
            return [instance]
        if referrer.field in ("depends_on", "replace_triggered_by"):
            return list(declaration.instances.values())
        keys = [one.address for one in declaration.instances.values()]
        label = f"write {keys[0]}" if keys else ""
        message = f"`{referrer.field}` takes one instance of {declaration.address}"
        raise Fault("reference-instance", message, label, (instances_label(declaration),))

    def dependencies(self, names: Iterable[Name], scope: Scope, own: Instance) -> Iterator[Address]:
        """The resources that names reach, also through locals and modules; one instance where the name tells which.

        Raises Fault for one that cannot be depended on.
        """
        for instance in reached(names, scope):
            check_target(instance, own)
            yield instance.address


def _taken(target: Instance, referrer: Referrer) -> Ref:
    """A reference to a resource that the field takes. Raises Fault where it does not."""
    if not _fits(target.address.section, target, referrer.kinds):
        raise Fault("reference-kind", f"`{referrer.field}` takes {referrer.takes}, not {target.address}")
    check_target(target, referrer.instance)
    _check_provider(target, referrer)
    return reference_to(target)


def _check_provider(target: Instance, referrer: Referrer) -> None:
    """An id of one service means nothing to another. Raises Fault where the field would take such a one; two accounts
    of a service may be two names of the same one."""
    here, there = referrer.instance.service, target.service
    if referrer.kinds and here and there and here != there:
        says = f"{target.address} is of {there}, and {referrer.instance.address} of {here}, which does not know it"
        raise Fault("reference-elsewhere", says, f"name one of {here}")


def check_target(target: Instance, own: Instance) -> None:
    """Raises Fault where a resource cannot depend on another one."""
    if target is own:
        raise self_reference()
    if own.enabled and not target.enabled:
        help = ("disable this one too, or remove the reference",)
        raise Fault("reference-disabled", f"{target.address} is disabled", "", help)


def reference_to(target: Instance) -> Ref:
    """A reference whose id apply must tell, or whoever knows more than the file does."""
    if target.ref is None:
        address = target.address
        instance = "" if address.instance is None else f"[{address.instance!r}]"
        within = f"{print_modules(address.modules)}." if address.modules else ""
        template = f"{{{{ {within}{address.section}.{address.key}{instance}.id }}}}"
        target.ref = Ref(address, Unknown((f"{address}.id",), template))
    return target.ref


def _plain_id(raw: dict[str, Value], referrer: Referrer) -> Value:
    if set(raw) == {"id"} and isinstance(raw["id"], str) and raw["id"]:
        return raw["id"]
    message = f"`{referrer.field}` takes {referrer.takes}, or {{id: ...}} with the id as text"
    raise Fault("type-wrong", message)


def _may_fit(declaration: Declaration, kinds: tuple[str, ...]) -> bool:
    return _fits(declaration.section, next(iter(declaration.instances.values()), None), kinds)


def _fits(section: str, instance: Instance | None, kinds: tuple[str, ...]) -> bool:
    """Whether a reference takes it: by its section, or among `resources` by its type."""
    if not kinds or section in kinds:
        return True
    return section == "resources" and instance is not None and instance.kind is not None and instance.kind.name in kinds


def _in_a_module(address: Address) -> Fault:
    module = print_modules(address.modules)
    help = (f"let {module} have an output of it:  outputs: {{{address.key}: {{value: ...}}}}",)
    write = f'write "{{{{ {module}.{address.key} }}}}"'
    return Fault("module-inside", f"{address} is inside of a module, which shows its outputs alone", write, help)

"""All commands, in the order of `stack --help`: where each lives, and what it says of itself there.

A command is one function under `stack_command` in a file of its own, imported when somebody types its name; adding one
is that file and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: `module:attribute`, and one line of help."""

    target: str
    help: str


@dataclass(frozen=True, slots=True)
class Section:
    """A command that holds others, such as `stack state list`."""

    help: str
    commands: Mapping[str, Entry]


ROOT: Final[Mapping[str, Entry | Section]] = MappingProxyType(
    {
        "init": Entry("stackfile.cli.init:init", "Write a starter stackfile that works at once."),
        "validate": Entry("stackfile.cli.validate:validate", "Check the stackfile; no service is asked."),
        "fmt": Entry("stackfile.cli.fmt:fmt", "Put stackfiles into their one layout."),
        "plan": Entry("stackfile.cli.plan:plan", "Show what apply would change, and what that does to the data."),
        "apply": Entry("stackfile.cli.apply:apply", "Make the live system match the stackfile."),
        "refresh": Entry("stackfile.cli.refresh:refresh", "Take into the state what is live; change nothing live."),
        "import": Entry("stackfile.cli.import_:import_", "Take an object that is there already into the state."),
        "export": Entry("stackfile.cli.export:export", "Write the stackfile for what is there already."),
        "destroy": Entry("stackfile.cli.destroy:destroy", "Delete everything that the stack manages."),
        "drift": Entry("stackfile.cli.drift:drift", "Show what moved outside the stackfile since the last apply."),
        "run": Entry("stackfile.cli.run:run", "Run the pipelines of the local engine."),
        "status": Entry("stackfile.cli.status:status", "Show how each resource fares now."),
        "pause": Entry("stackfile.cli.run_state:pause", "Pause what moves data; it goes on where it was."),
        "resume": Entry("stackfile.cli.run_state:resume", "Resume what was paused."),
        "stop": Entry("stackfile.cli.run_state:stop", "Stop what moves data."),
        "start": Entry("stackfile.cli.run_state:start", "Start what was stopped."),
        "release": Entry("stackfile.cli.run_state:release", "End a hold; the stackfile decides again."),
        "snapshot": Entry("stackfile.cli.snapshot:snapshot", "Read tables of a source again, while it goes on."),
        "offsets": Section(
            "Send consumer groups elsewhere.",
            MappingProxyType({"reset": Entry("stackfile.cli.offsets:reset", "Let a group read again, or skip.")}),
        ),
        "show": Entry("stackfile.cli.show:show", "Show the state of the stack, outputs included."),
        "output": Entry("stackfile.cli.output:output", "Print the outputs of the last apply."),
        "console": Entry("stackfile.cli.console:console", "Evaluate an expression against the stack."),
        "graph": Entry("stackfile.cli.graph:graph", "Print what depends on what, as dot or mermaid."),
        "state": Section(
            "Look into the state, and mend it.",
            MappingProxyType(
                {
                    "list": Entry("stackfile.cli.state:list_state", "List the addresses in the state."),
                    "show": Entry("stackfile.cli.state:show_state", "Show what the state holds of a resource."),
                    "mv": Entry("stackfile.cli.state_edit:move", "Give a resource another address."),
                    "rm": Entry("stackfile.cli.state_edit:remove", "Forget resources; their objects stay alive."),
                    "pull": Entry("stackfile.cli.state_copies:pull", "Print the state's document, without secrets."),
                    "push": Entry("stackfile.cli.state_copies:push", "Put a state that was pulled in place."),
                    "history": Entry("stackfile.cli.state_copies:history", "List the copies that are kept."),
                    "rebuild": Entry(
                        "stackfile.cli.state_rebuild:rebuild", "Find the objects of a lost state by name."
                    ),
                    "rescope": Entry("stackfile.cli.state_edit:rescope", "Say that a provider has moved on purpose."),
                    "rekey": Entry("stackfile.cli.state_rekey:rekey", "Give the digests of secrets a new key."),
                    "rollback": Entry("stackfile.cli.state_copies:rollback", "Go back to an earlier copy."),
                }
            ),
        ),
        "lock": Section(
            "Look at the lock of the stack, or break it.",
            MappingProxyType(
                {
                    "show": Entry("stackfile.cli.lock:show_lock", "Show who holds the lock."),
                    "break": Entry("stackfile.cli.lock:break_lock", "Take the lock away from a holder that is dead."),
                }
            ),
        ),
        "engine": Section(
            "Serve the local engine, watch it, or check its data.",
            MappingProxyType(
                {
                    "serve": Entry("stackfile.cli.engine:serve", "Serve an engine's folder over HTTP."),
                    "top": Entry("stackfile.cli.engine_top:top", "Show how everything in an engine fares, live."),
                    "check": Entry("stackfile.cli.engine_data:check", "Read all that an engine holds."),
                    "mend": Entry("stackfile.cli.engine_data:mend", "Let a damaged engine go on with what is whole."),
                }
            ),
        ),
        "sandbox": Entry("stackfile.cli.sandbox:sandbox", "Serve a provider's service, simulated, to try things with."),
        "recover": Entry("stackfile.cli.recover:recover", "Clear up what a killed run left half done."),
        "providers": Section(
            "See what the installed providers offer, and refresh it.",
            MappingProxyType(
                {
                    "list": Entry("stackfile.cli.providers:list_providers", "List kinds and connectors."),
                    "show": Entry("stackfile.cli.providers:show_provider", "Show the fields of a kind or connector."),
                    "sync": Entry("stackfile.cli.sync:sync", "Refresh the known connectors from the service."),
                }
            ),
        ),
        "schema": Entry("stackfile.cli.schema:schema", "Print the stackfile's JSON Schema, for editors."),
        "explain": Entry("stackfile.cli.explain:explain", "Explain an error by its code."),
        "completion": Entry("stackfile.cli.completion:completion", "Print the completion script of a shell."),
        "version": Entry("stackfile.cli.version:version", "Print the version."),
    }
)

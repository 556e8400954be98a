"""stack show: the state of the stack, resource by resource."""

from __future__ import annotations

import json

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options


@stack_command
def show(options: Options) -> None:
    """Show all that the state holds, outputs included. Secrets are not shown."""
    from stackfile.cli.session import open_desk
    from stackfile.graph.build import in_file_order
    from stackfile.report.lists import outputs_json, outputs_text, state_json, state_show

    desk = open_desk(options)
    state = loop.run(desk.stack.store.read()).state or desk.stack.empty_state()
    records = [state.records[address] for address in in_file_order(state.records)]
    if options.json:
        resources = [state_json(record) for record in records]
        whole = {"stack": state.stack, "env": state.env, "lineage": state.lineage, "serial": state.serial}
        outputs = outputs_json(state.outputs)
        document = {"format_version": "1.0", **whole, "resources": resources, "outputs": outputs}
        options.put(json.dumps(document, sort_keys=True))
        return
    names = {one.id: at for at, one in state.records.items()}
    parts = [state_show(record, names) for record in records] or ["The state holds no resource.\n"]
    if state.outputs:
        parts.append(f"Outputs:\n{outputs_text(state.outputs)}")
    options.put("\n".join(parts))

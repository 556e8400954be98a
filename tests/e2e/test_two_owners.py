"""One object, two environments of one folder: the second is refused, and told whose it is."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.sandboxed import sandbox
from tests.e2e.shell import Folder

STACK = """\
version: 1
name: shop
defaults: {provider: streamkap}
resources:
  team: {type: tag, name: team-orders, types: [sources]}
"""


def test_what_another_environment_has_is_neither_made_nor_imported(tmp_path: Path) -> None:
    with sandbox("streamkap") as settings:
        shop = Folder(tmp_path, {f"STREAMKAP_{name.upper()}": text for name, text in settings.items()})
        shop.write("stack.yaml", STACK)
        shop.done("apply", "--yes", "--env", "dev")
        (id,) = (line.split()[-1] for line in shop.done("state", "list", "--env", "dev").out.splitlines()[1:])
        refused = shop("plan", "--env", "prod")
        assert (refused.code, refused.out, refused.err) == (
            1,
            "",
            'error[exists]: resources.team: cannot create tag "team-orders" in streamkap: '
            f"it is there already, as {id}, and is managed by stack shop (dev), as resources.team\n"
            "  --> stack.yaml:5:3\n"
            "   |\n"
            " 5 |   team: {type: tag, name: team-orders, types: [sources]}\n"
            "   |   ^^^^\n"
            "   |\n"
            "  Give ours another name; {{ stack.env }} in `name:` tells environments apart.\n"
            "  To take it over, let that one go of it first: removed: [{address: ..., destroy: false}]\n",
        )
        imported = shop("import", "resources.team", id, "--env", "prod")
        assert (imported.code, imported.out, imported.err) == (
            1,
            "",
            f"error[import-managed]: resources.team: {id} is managed by stack shop (dev), as resources.team\n"
            "  Two would change it, each undoing the other.\n"
            "  Let that one go of it first: removed: [{address: ..., destroy: false}]\n",
        )
        shop.done("state", "rm", "resources.team", "--env", "dev")
        shop.done("import", "resources.team", id, "--env", "prod")
        assert "No changes" in shop.done("plan", "--env", "prod").out

"""What is there already comes under a stackfile, and addresses change: through the installed stack, as transcripts."""

from __future__ import annotations

from tests.e2e.shell import Folder, Transcript, steady


def forget(folder: Folder) -> None:
    """Somebody loses the state; the engine is as it was."""
    for file in (folder.path / ".stack/default").glob("*"):
        if file.name != "engine":
            folder_of = sorted(file.rglob("*"), reverse=True) if file.is_dir() else []
            for one in (*folder_of, file):
                one.rmdir() if one.is_dir() else one.unlink()


def test_addresses_move_and_objects_are_let_go(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("streams.large is called streams.big now, and gets another retention; the file destination is let go")
    running.replace("  large: {partitions: 2}", "  big: {partitions: 2, retention: 9d}")
    running.replace("    destination: streams.large\n", "    destination: streams.big\n")
    running.replace("streams.large.id", "streams.big.id")
    text = running.read("stack.yaml")
    start, end = text.index("destinations:"), text.index("outputs:")
    handover = (
        "moved:\n  - {from: streams.large, to: streams.big}\n"
        "removed:\n  - {address: destinations.file, destroy: false}\n\n"
    )
    running.write("stack.yaml", text[:start] + handover + text[end:])
    walk.say("plan", "--detailed-exitcode")
    walk.say("apply", "--yes", "--parallelism", "1")
    walk.say("state", "list")
    walk.say("plan", "--detailed-exitcode")
    walk.note("and it moves on, alone")
    running.replace("  big: {", "  large_orders: {")
    running.replace("    destination: streams.big\n", "    destination: streams.large_orders\n")
    running.replace("streams.big.id", "streams.large_orders.id")
    running.replace("to: streams.big}", "to: streams.big}\n  - {from: streams.big, to: streams.large_orders}")
    walk.say("plan", "--detailed-exitcode")
    walk.say("apply", "--yes")
    walk.say("plan", "--detailed-exitcode")
    walk.compare("moves.txt")


def test_everything_is_exported_imported_and_nothing_is_left_to_plan(running: Folder) -> None:
    walk = Transcript(running)
    walk.note("the state and the stackfile are lost")
    forget(running)
    (running.path / "stack.yaml").unlink()
    walk.say("export")
    walk.say("export", "--provider", "local")
    walk.text += f"# stack.yaml\n{running.read('stack.yaml')}\n# imports.yaml\n{steady(running.read('imports.yaml'))}\n"
    walk.say("export")
    walk.say("plan", "--detailed-exitcode")
    walk.say("apply", "--yes")
    walk.say("plan", "--detailed-exitcode")
    walk.say("export", "--out-dir", "again", "--all", "--select", "streams.*", "--match", "^l")
    walk.text += f"# again/stack.yaml\n{running.read('again/stack.yaml')}\n"
    walk.compare("export.txt")


def test_one_object_is_imported_by_hand(running: Folder) -> None:
    walk = Transcript(running)
    running.done("state", "rm", "streams.large", "pipelines.large")
    walk.note("the state has forgotten the stream and its pipeline")
    walk.say("import", "streams.large", "stream:lage")
    walk.say("import", "streams.large", "stream:orders")
    walk.say("import", "streams.large", "stream:large")
    walk.say("import", "streams.large", "name:large")
    walk.say("import", "streams.large", "name:orders")
    walk.say("import", "pipelines.shop", "name:large")
    walk.say("import", "pipelines.shop", "name:small")
    walk.note("the pipeline is declared otherwise")
    running.replace("amount >= 100", "amount >= 50")
    walk.say("import", "pipelines.large", "name:large")
    walk.say("import", "streams", "x")
    walk.compare("import.txt")


def test_an_import_as_json_is_one_document(running: Folder) -> None:
    running.done("state", "rm", "streams.large")
    said = running.done("import", "streams.large", "stream:large", "--json").json
    assert said["imported"]["address"] == "streams.large"
    assert said["imported"]["id"] == "stream:large"
    assert said["plan"]["applyable"] is False
    again = running.done("import", "streams.large", "stream:large", "--json").json
    assert again["imported"] is None


def test_an_import_of_what_is_not_declared_gives_its_yaml_as_json_too(running: Folder) -> None:
    said = running("import", "streams.other", "name:large", "--json")
    assert said.code == 1
    document, diagnostic = said.lines
    assert document["yaml"] == "streams:\n  other:\n    name: large\n    partitions: 2\n"
    assert diagnostic["diagnostic"]["stackfile"]["code"] == "import-undeclared"


def test_imports_in_the_file_are_told_in_json(running: Folder) -> None:
    running.done("state", "rm", "streams.large")
    running.replace("outputs:", 'imports:\n  - {to: streams.large, id: "stream:large"}\n\noutputs:')
    plan = running.done("plan", "--json").json
    [change] = plan["resource_changes"]
    assert change["change"]["actions"] == ["no-op"]
    assert change["change"]["importing"] == {"id": "stream:large"}
    lines = running.done("apply", "--yes", "--json").lines
    [planned] = [one["change"] for one in lines if one["type"] == "planned_change"]
    assert (planned["action"], planned["importing"]) == ("import", {"id": "stream:large"})
    assert running("plan", "--detailed-exitcode").code == 0


def test_moves_are_told_in_json(running: Folder) -> None:
    running.replace("  large: {partitions: 2}", "  big: {partitions: 2}")
    running.write("stack.yaml", running.read("stack.yaml").replace("streams.large", "streams.big"))
    running.replace("outputs:", "moved:\n  - {from: streams.large, to: streams.big}\n\noutputs:")
    [change] = running.done("plan", "--json").json["resource_changes"]
    assert (change["address"], change["previous_address"]) == ("streams.big", "streams.large")
    lines = running.done("apply", "--yes", "--json").lines
    [planned] = [one["change"] for one in lines if one["type"] == "planned_change"]
    assert (planned["action"], planned["previous_resource"]["addr"]) == ("move", "streams.large")


def test_what_terraform_has_no_resource_for_is_named(running: Folder) -> None:
    said = running.done("export", "--format", "terraform", "--all", "--out-dir", "tf")
    assert running.read("tf/imports.tf") == ""
    assert "Wrote 0 imports to tf/imports.tf." in said.err
    assert "Left out, as Terraform has no resource for them: " in said.err
    assert running("export", "--format", "terraform", "--out-dir", "tf").code == 1

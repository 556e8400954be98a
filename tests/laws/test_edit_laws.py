"""Editing a text: it reads as the wish says, and what the wish is not about stays byte for byte."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from stackfile.language.edit.edit import GONE, Uneditable, edited, read
from stackfile.language.edit.layout import Shape, lay_out
from stackfile.language.edit.same import alike
from stackfile.values import Path
from tests.laws.yaml_texts import TREES, texts


def paths(tree: Any, path: Path = ()) -> list[Path]:
    """Every path of a tree that an edit may be about."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(below for step, one in inside for below in paths(one, (*path, step)))]


def changed(tree: Any, path: Path, value: Any) -> Any:
    """By hand, what `edited` should make of it."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    copy: Any = dict(tree) if isinstance(tree, dict) else list(tree)
    if value is GONE and not rest:
        del copy[step]
    else:
        copy[step] = changed(copy[step] if not isinstance(copy, dict) or step in copy else None, rest, value)
    return copy


@given(texts())
def test_the_texts_read_as_their_trees(made: tuple[str, dict[str, Any]]) -> None:
    text, tree = made
    assert read(text) == tree


@given(texts(), st.data())
def test_an_edit_reads_as_exactly_that_change_and_touches_no_other_line(
    made: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    text, tree = made
    path = data.draw(st.sampled_from([p for p in paths(tree) if p]))
    value = GONE if isinstance(path[-1], str) and data.draw(st.booleans()) else data.draw(TREES)
    before = read(text)
    try:
        after = edited(text, [(path, value)])
    except Uneditable as error:
        event(str(error))
        return
    event("edited")
    assert alike(as_plain(read(after)), as_plain(changed(before, path, value)))
    start, end = lines_about(text, path if value is not GONE else path[: min(filled(before, path), len(path) - 1)])
    assert after.startswith(text[:start] if end < len(text) else text[:start].rstrip("\r\n"))
    assert after.endswith(text[end:])
    if value is GONE:
        first, last = lines_about(text, path)
        assert len(after.splitlines()) >= len(text.splitlines()) - len(text[first:last].splitlines())


def filled(tree: Any, path: Path) -> int:
    """How many steps lead to what is to be taken away, or to the map around it that it leaves empty."""
    depth = len(path)
    for at, step in enumerate(path):
        if at == len(path) - 1 and len(tree) == 1:
            depth = at
        tree = tree[step]
    return depth


def lines_about(text: str, path: Path) -> tuple[int, int]:
    """From the line with the key of what is edited to the line with its end: of the nearest that exists."""
    layout = lay_out(text)
    node = layout.root
    assert node is not None
    start, end = 0, len(text)
    for step in path:
        found = node.find(step) if isinstance(step, str) and node.shape is Shape.MAP else None
        if isinstance(step, int) and node.shape is Shape.LIST and node.children:
            before = node.children[step - 1].end if step else node.start
            node = node.children[step]
            start = layout.line_start(max(layout.sign("-", before, node.start), start))
        elif found is not None:
            start, node = layout.line_start(found[0].start), found[1]
        else:
            break
        end = layout.line_end(node.end)
    return start, end


def as_plain(tree: Any) -> Any:
    """Templates as the text that they are: a wish is text, and a file's template differs from it."""
    if isinstance(tree, dict):
        return {key: as_plain(one) for key, one in tree.items()}
    if isinstance(tree, list):
        return [as_plain(one) for one in tree]
    return str(tree) if isinstance(tree, str) else tree

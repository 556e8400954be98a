"""Import blocks for Terraform."""

from __future__ import annotations

from stackfile.report.export_terraform import Block, blocks_text


def test_each_object_is_a_block_with_its_id_as_a_literal() -> None:
    blocks = [
        Block("streamkap_source_mysql", "orders", "64f0"),
        Block("streamkap_topic", "odd", 'source_1.${a}."%{b}"\n'),
    ]
    assert blocks_text(blocks) == (
        'import {\n  to = streamkap_source_mysql.orders\n  id = "64f0"\n}\n'
        "\n"
        'import {\n  to = streamkap_topic.odd\n  id = "source_1.$${a}.\\"%%{b}\\"\\n"\n}\n'
    )


def test_nothing_is_an_empty_file() -> None:
    assert blocks_text([]) == ""

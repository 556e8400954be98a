"""Files of variables, as `--var-file` names them: one YAML map, in which nothing is a template."""

from __future__ import annotations

from typing import cast

from stackfile.language.findings import Fault, Findings
from stackfile.language.source import Template
from stackfile.language.yamltext import read_document
from stackfile.values import Tree


def read_var_file(text: bytes, file: str) -> Tree:
    """The values by variable name. Raises DiagnosticError."""
    findings = Findings()
    document = read_document(text, file, findings)
    if document.root is None:
        return {}
    if not isinstance(document.root, dict):
        fault = Fault("var-file-shape", "a file of variables is a map: name: value")
        findings.add(fault, document.value_place(()))
    elif document.has_templates(document.root):
        for name, value in document.root.items():
            if isinstance(value, Template) or document.has_templates(value):
                fault = Fault(
                    "var-file-template", "a file of variables holds plain values", "", ("Write the value itself.",)
                )
                findings.add(fault, document.value_place((name,)))
    findings.raise_if_any()
    return cast(Tree, document.root)

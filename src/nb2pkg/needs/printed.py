"""Versions that a notebook's saved outputs tell: nothing is taken from a line that may mean something else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from nb2pkg.declarations import normalized
from nb2pkg.flow.context import Context
from nb2pkg.model import Cell, Notebook

_VERSION = r"v?(\d+(?:\.\d+)+(?:\.?(?:a|b|rc|post|dev)\d*)*(?:\+[\w.]+)?)"
_TELLING = re.compile(
    r"__version__|watermark|show_versions|session_info|version\(|\b(?:pip|conda|mamba)\s+(?:freeze|list|show|install)"
)
_OF_MODULE = re.compile(r"\b([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.__version__")
_OF_PYTHON = re.compile(r"sys\.version|python_version|version_info")
_LABELLED = re.compile(
    rf"(?im)^[\s'\"(]*([a-z][\w.-]*)(?:'s)?\s*(?:version)?['\")]*\s*(?:===?|[:=]|\s)\s*['\"]?{_VERSION}(?=['\",)\s]|$)"
)
_SATISFIED = re.compile(rf"(?m)^Requirement already satisfied: ([\w.-]+)\S* in .*\({_VERSION}\)\s*$")
_SHOWN = re.compile(rf"(?m)^Name: ([\w.-]+)\nVersion: {_VERSION}\s*$")
_SUCCESS = re.compile(r"Successfully installed ((?:[\w.-]+ ?)+)")


def printed_versions(notebook: Notebook, context: Context) -> Mapping[str, tuple[str, int]]:
    """Return what saved outputs tell: a module's or distribution's normalized name -> (version, cell); the last counts.

    Args:
        notebook: with its outputs.
        context: what the notebook's names stand for, `pd` for `pandas`.
    """
    found: dict[str, tuple[str, int]] = {}
    for cell in notebook.cells:
        if cell.kind == "code" and cell.outputs and _TELLING.search(cell.source):
            for name, version in _of_cell(cell, context):
                found[normalized(name)] = (version, cell.number)
    return found


def _of_cell(cell: Cell, context: Context) -> Iterator[tuple[str, str]]:
    text = "\n".join(output.text for output in cell.outputs if output.kind != "error")
    if len(text) > 200_000:
        return
    for pattern in (_LABELLED, _SATISFIED, _SHOWN):
        yield from pattern.findall(text)
    for names in _SUCCESS.findall(text):
        for item in names.split():
            name, _, version = item.rpartition("-")
            if name and re.fullmatch(_VERSION, version):
                yield name, version
    modules = _OF_MODULE.findall(cell.python) if _only_tells(cell.python) else []
    versions = re.findall(rf"(?<![\w.+-]){_VERSION}(?![\w.+-]|\s*[|\]])", text)
    if len(modules) == len(versions) and not _OF_PYTHON.search(cell.python):
        for module, version in zip(modules, versions, strict=True):
            head, _, rest = module.partition(".")
            full = context.aliases.get(head, head)
            yield (f"{full}.{rest}" if rest else full), version


def _only_tells(code: str) -> bool:
    """Tell whether all that a cell can show are versions: other numbers may look like some."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for statement in body:
        tells = "__version__" in ast.dump(statement)
        if isinstance(statement, ast.Expr):
            if not tells and isinstance(statement.value, ast.Call):
                return False
        elif tells or not isinstance(statement, (ast.Import, ast.ImportFrom, ast.Assign)):
            return False
    return True

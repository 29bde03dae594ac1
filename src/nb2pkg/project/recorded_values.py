"""Recorded values as code of tests: what makes one, and what a result is held against."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from nb2pkg.project.recording import Value

_ARRAY_TOLERANCE = "rtol=1e-6, atol=1e-9"
_FRAMES = {"pandas.DataFrame": "frame", "pandas.Series": "series"}


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of a test, and what they need.

    Args:
        lines: the lines.
        imports: import lines for the top of the file.
        local: import lines for modules near the notebook.
        paths: where those are found, relative to the notebook's folder.
    """

    lines: tuple[str, ...]
    imports: frozenset[str] = frozenset()
    local: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()

    def __add__(self, other: Code) -> Code:
        """Return the lines of both, one below the other."""
        lines = (*self.lines, *other.lines)
        return Code(lines, self.imports | other.imports, self.local | other.local, self.paths | other.paths)


NOTHING = Code(())


def loaded(value: Value, names: Mapping[str, str]) -> str:
    """Return the expression that loads a value from its file.

    Args:
        value: one that has a file.
        names: file as recorded -> its name below `tests/fixtures`.
    """
    file, _, column = value.file.partition("#")
    return f"load({names[file]!r})" + (f"[{column!r}]" if column else "")


def checked(result: str, value: Value, names: Mapping[str, str], arguments: Mapping[str, str]) -> Code:
    """Return the assertions that hold a result against what was recorded of it.

    Args:
        result: the expression of the result.
        value: what was recorded.
        names: file as recorded -> its name below `tests/fixtures`.
        arguments: name in the notebook -> variable of the test that holds it.
    """
    if not value.steady:
        about = _about(result, value)
        return (
            Code(
                ("# not the same in each run: only its kind is checked", *about.lines),
                about.imports,
            )
            if about.lines
            else about
        )
    if value.how == "literal":
        return _literal(result, value)
    if value.how == "file":
        return compared(result, value, loaded(value, names))
    if value.how == "head":
        first = "[:5]" if value.type.startswith(("numpy.", "builtins.")) or value.type == "list" else ".head()"
        size = Code((f"assert {result}.shape == {value.shape}",)) if value.shape else NOTHING
        return size + compared(f"{result}{first}", value.parts["head"], loaded(value.parts["head"], names))
    found = _about(result, value)
    for check, answer in value.parts.items() if value.how == "behaviour" else ():
        method, _, rows = check.partition(":")
        found += compared(f"{result}.{method}({arguments[rows]})", answer, loaded(answer, names))
    return found


def compared(result: str, value: Value, expected: str) -> Code:
    """Return the assertion that a result is like an expected value that is no literal."""
    given = frozenset({"from recorded import load"}) if expected.startswith("load(") else frozenset()
    if value.type in _FRAMES:
        tolerance = ", rtol=1e-6" if value.floats else ""
        line = f"pd.testing.assert_{_FRAMES[value.type]}_equal({result}, {expected}{tolerance})"
        return Code((line,), given | {"import pandas as pd"})
    if value.type.startswith("pandas.") and value.type.endswith("Index"):
        return Code((f"pd.testing.assert_index_equal({result}, {expected})",), given | {"import pandas as pd"})
    if value.type == "numpy.ndarray":
        line = f"np.testing.assert_array_equal({result}, {expected})"
        if value.floats:
            line = f"np.testing.assert_allclose({result}, {expected}, {_ARRAY_TOLERANCE})"
        return Code((line,), given | {"import numpy as np"})
    if value.type.startswith("scipy.sparse"):
        line = f"np.testing.assert_allclose({result}.toarray(), {expected}.toarray(), {_ARRAY_TOLERANCE})"
        return Code((line,), given | {"import numpy as np"})
    if value.type in ("list", "tuple", "dict", "set") and not value.floats and _is_plain(value):
        return Code((f"assert {result} == {expected}",), given)
    return Code((f"assert_same({result}, {expected})",), given | {"from recorded import assert_same"})


def _is_plain(value: Value) -> bool:
    return bool(value.text)


def _literal(result: str, value: Value) -> Code:
    text, imports = value.text, frozenset(value.imports)
    if text in ("True", "False"):
        return Code((f"assert {result}" if text == "True" else f"assert not {result}",))
    if text == "None":
        return Code((f"assert {result} is None",))
    if not value.floats:
        return Code((f"assert {result} == {text}",), imports)
    if _is_nested(text) or "nan" in text:
        return Code((f"assert_same({result}, {text})",), imports | {"from recorded import assert_same"})
    return Code((f"assert {result} == pytest.approx({text}, rel=1e-6)",), imports | {"import pytest"})


def _is_nested(text: str) -> bool:
    """True for what `pytest.approx` can't compare: containers in containers, and texts among numbers."""
    tree = ast.parse(text, mode="eval").body
    containers = [n for n in ast.walk(tree) if isinstance(n, (ast.List, ast.Tuple, ast.Dict, ast.Set))]
    items = tree.values if isinstance(tree, ast.Dict) else [n for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    plain = all(
        isinstance(n, (ast.UnaryOp, ast.Constant)) and not isinstance(getattr(n, "value", 0), str) for n in items
    )
    return len(containers) > 1 or not plain


def _about(result: str, value: Value) -> Code:
    """Return assertions of what is known of any value: its class and shape."""
    module, _, name = value.type.rpartition(".")
    lines = [f"assert {result}.shape == {value.shape}"] if value.shape and value.steady else []
    private = not name.isidentifier() or any(p.startswith("_") for p in module.split("."))
    if module and not private and module != "builtins":
        short = {"numpy": "np", "pandas": "pd"}.get(module)
        line = f"import {module} as {short}" if short else f"from {module} import {name}"
        kind = f"{short}.{name}" if short else name
        return Code((f"assert isinstance({result}, {kind})", *lines), frozenset({line}))
    if not module and name in ("int", "float", "str", "list", "tuple", "dict", "set", "bool"):
        return Code((f"assert isinstance({result}, {name})", *lines))
    return Code(tuple(lines))

"""Several lines of code are commented out.

## Why it hurts

Nobody knows whether the lines belong to the result: the last run may have been with them. No test covers them, and they
rot until they no longer run.

## What is found

Two or more comment lines in a row that parse as Python statements which do something: assignments, calls, imports,
loops, definitions. Prose, headings, rules of dashes, examples with `>>>`, lists of values, single lines and commented
magics alone are none.

## How to mend it

Delete the lines; the repository remembers them. What is an alternative becomes a parameter, what is an experiment a
cell or a notebook of its own.

## Related

ruff's ERA001 (from eradicate) reports single lines, too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb2pkg.lint.findings import Finding, Place
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.source import Cell

# What a line of code has and a line of prose mostly has not.
_CODE = (
    r"(?:[\w.\[\]'\", ]+\s*(?:[-+*/|&]|//|\*\*)?=(?!=)|(?:from\s+[\w.]+\s+)?import\s+\w|[\w.]+\(|[\w.]+\[.*\]\s*$"
    r"|def\s+\w+\(|class\s+\w+|(?:if|elif|for|while|with|except|else|try|finally)\b.*:\s*(?:#.*)?$|return\b|[)\]}]"
    r"|del\s+\w|raise\s+\w+\(|@\w|[\w.]+\.|print\b|plt\.|pass$|break$|continue$|[!%]\w)"
)
_LEAST = 2
_MOST_LINES = 200
_MOST_CHARACTERS = 300
_MOST_FAILURES = 30  # of a block: then it is text that only looks like code
_HELP = "delete the lines; the repository remembers them"


def check(notebook: Notebook) -> Iterator[Finding]:
    """Yield a finding for each block of comments that is code."""
    for cell in notebook.cells:
        if cell.kind != "code" or cell.source.count("#") < _LEAST or cell.number not in notebook.codes:
            continue
        for first, last in _blocks(notebook, cell):
            count = last - first + 1
            start, end = notebook.line_place(cell, first), notebook.line_place(cell, last)
            place = Place(cell.number, first, start.column, last, end.end_column)
            yield Finding(place, "NB704", "info", f"{count} lines of code in comments", _HELP)


def _blocks(notebook: Notebook, cell: Cell) -> Iterator[tuple[int, int]]:
    """Yield (first, last) line of each block of comments that is code."""
    lines = cell.source.split("\n")
    texts = _text_lines(notebook, cell)
    number = 1
    while number <= len(lines):
        if not _is_comment(lines[number - 1]) or number in texts:
            number += 1
            continue
        first = number
        while number <= len(lines) and _is_comment(lines[number - 1]) and number not in texts:
            number += 1
        yield from _code_in(lines[first - 1 : number - 1], first)


def _is_comment(line: str) -> bool:
    return line.lstrip()[:1] == "#"


def _text_lines(notebook: Notebook, cell: Cell) -> frozenset[int]:
    """Return the lines that lie within a text of several lines, or are none of Python."""
    code = notebook.codes[cell.number]
    if code.tree is None:
        return frozenset(range(1, cell.source.count("\n") + 2))
    found: set[int] = set()
    if '"""' in code.python or "'''" in code.python:
        for node in ast.walk(code.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and (node.end_lineno or 0) > node.lineno:
                found.update(range(code.source_line(node.lineno) + 1, code.source_line(node.end_lineno or 0) + 1))
    return frozenset(found)


def _code_in(comments: list[str], first: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of lines within a block of comments that parse as code."""
    lines = [re.sub(r"^\s*#+(?: (?=\S))?", "", line) for line in comments]
    start, failed = 0, 0
    while start < len(lines) and failed < _MOST_FAILURES:
        if not _is_like_code(lines[start]):
            start += 1
            continue
        end = start
        while end < len(lines) and (
            _is_like_code(lines[end]) or not lines[end].strip() or _is_inside(lines, start, end)
        ):
            end += 1
        end = _parsing_end(lines, start, min(end, start + _MOST_LINES))
        if end - start >= _LEAST:
            yield first + start, first + end - 1
        else:
            failed += 1
        start = max(end, start + 1)


def _is_like_code(line: str) -> bool:
    text = " ".join(line.split())[:_MOST_CHARACTERS]  # one blank at a time: the pattern may try all of a run of them
    return not text.startswith(">>>") and re.match(_CODE, text) is not None


def _is_inside(lines: list[str], start: int, end: int) -> bool:
    """Return whether a bracket opened in the line above is still open, or a block goes on."""
    above = lines[end - 1]
    opened = sum(above.count(c) for c in "([{") - sum(above.count(c) for c in ")]}")
    return opened > 0 or above.rstrip().endswith((",", "\\")) or lines[end][:1] == " "


def _parsing_end(lines: list[str], start: int, end: int) -> int:
    """Return where the longest run from a line on ends that parses and does something; `start` for none."""
    for last in (end, end - 1, end - 2, min(start + _LEAST, end)):
        while last > start and not lines[last - 1].strip():
            last -= 1
        if last - start >= _LEAST and last <= end and _does_something(lines[start:last]):
            return last
    return start


def _does_something(lines: list[str]) -> bool:
    """Return whether lines parse as statements most of which do something."""
    shift = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    text = "\n".join(re.sub(r"^(\s*)[!%].*", r"\1pass", line[shift:]) for line in lines)
    try:
        body = compile(text, "<comment>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True).body  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(body) and all(_acts(node) for node in body)


def _acts(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(value, (ast.Call, ast.Attribute, ast.Subscript))
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    return not isinstance(node, ast.Pass)


CASES = """
#=== bad | another model
# %%
model = Ridge()
# model = Lasso(alpha=0.1)
# model.fit(X, y)
#=== bad | a loop
# %%
# for name in names:
#     print(name)
x = 1
#=== bad | a call over several lines, below a line of prose
# %%
# the old figure
# plt.figure(
#     figsize=(8, 6),
# )
x = 1
#=== bad | no blank after the sign
# %%
#import seaborn as sns
#sns.set()
x = 1
#=== good | prose
# %%
# Load the data.
# Then clean it (see above), and plot it.
x = 1
#=== good | one line
# %%
# x = 2
x = 1
#=== good | a heading
# %%
# ------------
# Load data
# ------------
x = 1
#=== good | what values mean
# %%
# 0: no churn
# 1: churn
x = 1
#=== good | within a text
# %%
template = '''
# a = 1
# b = 2
'''
#=== good | a commented install
# %%
# !pip install pandas
# !pip install numpy
x = 1
#=== good | an expected output
# %%
print(x, y)
# 3 4
# [1, 2, 3]
"""

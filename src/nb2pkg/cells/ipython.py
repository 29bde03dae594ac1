"""IPython syntax without IPython (a first, rough form)."""

from __future__ import annotations

import re
from typing import NamedTuple


class Escape(NamedTuple):
    line: int
    last_line: int
    column: int
    kind: str
    name: str
    argument: str
    target: str


_L = re.compile(r"^(\s*)(%%?|!!?|\?)(.*)$")
_A = re.compile(r"^\s*([\w., ]+?)\s*=\s*([%!])(.*)$")


def escapes(source: str) -> tuple[Escape, ...] | None:
    found = []
    lines = source.split("\n")
    for n, text in enumerate(lines, 1):
        m = _L.match(text)
        if m:
            k = m[2]
            if k == "%%" or k == "%":
                name, _, arg = m[3].partition(" ")
                found.append(Escape(n, n, len(m[1]) + 1, k, name, arg, ""))
                if k == "%%":
                    break
            else:
                found.append(Escape(n, n, len(m[1]) + 1, k, "", m[3], ""))
            continue
        m = _A.match(text)
        if m:
            name, _, arg = m[3].partition(" ") if m[2] == "%" else ("", "", m[3])
            found.append(Escape(n, n, 1, m[2], name, arg, m[1]))
        elif text.rstrip().endswith("?"):
            found.append(Escape(n, n, 1, "?", text.rstrip("? "), "", ""))
    return tuple(found)

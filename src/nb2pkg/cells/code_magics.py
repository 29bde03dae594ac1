"""Lowerings of magics that run Python code: `%time`, `%%capture`, profilers."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import replace

from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.cells.text import parse, shift, show_last

_INDENT = "    "
_OPTION = re.compile(r"\s*(-{1,2}[A-Za-z][\w-]*)(?:[= ]?)")
_TIMEIT_OPTION = re.compile(r"\s*-(?:([nr])\s*(\d+)|([topqc]))(?=\s|$)\s*")
# Options of profilers that take a value.
_VALUED = {"-l", "-s", "-T", "-D", "-f", "-m", "-r", "-t", "-i", "-u", "-o", "-n", "-p"}


def time_line(call: Call) -> Lowered:
    """Lower `%time statement` to the statement."""
    statement = _without_flags(call.line, ("--no-raise-error",)).strip()
    return _statement(call, statement)


def time_cell(call: Call) -> Lowered:
    """Lower `%%time` to the cell's code."""
    if _without_flags(call.line, ("--no-raise-error",)).strip():
        raise call.refusal(
            "code stands after `%%time`", why="IPython refuses it as well.", hint="move it to the next line"
        )
    return _body(call)


def _body(call: Call) -> Lowered:
    return call.lower_body((call.body or "").removesuffix("\n"), call.number + 1)


def _without_flags(line: str, flags: tuple[str, ...]) -> str:
    for flag in flags:
        line = line.replace(flag, "")
    return line


def _statement(call: Call, statement: str) -> Lowered:
    """Lower a statement that a line magic runs; where the value counts it must be an expression."""
    if not statement:
        return Lowered()
    lowered = call.lower_body(statement, call.number)
    if call.value_used:
        body = parse(lowered.python).body
        if len(body) != 1 or not isinstance(body[0], ast.Expr):
            raise call.refusal(
                f"`{call.shown_name}` of a statement has no value", hint="assign in the statement itself"
            )
        return replace(lowered, python=f"({lowered.python.strip()})")
    return replace(lowered, python=lowered.python.strip())


def timeit(call: Call) -> Lowered:
    """Lower `%timeit` to nothing, or to a measurement where its result (`-o`) is used."""
    if not call.value_used:
        return Lowered()
    options, rest = {"n": "0", "r": "7"}, call.line
    while match := _TIMEIT_OPTION.match(rest):
        options[match[1] or match[3]] = match[2] or ""
        rest = rest[match.end() :]
    if "o" not in options:
        return Lowered("None")
    lowered = call.lower_body(rest.strip(), call.number)
    body = parse(lowered.python).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        why = "Only a single expression can be measured by the package."
        raise call.refusal(f"the result of `{call.shown_name} -o` is used", why=why, hint="delete the measurement")
    quiet = ", quiet=True" if "q" in options else ""
    arguments = f"number={options['n']}, repeat={options['r']}{quiet}"
    return replace(lowered, python=f"__nb_measure(lambda: ({lowered.python.strip()}), {arguments})")


def capture(call: Call) -> Lowered:
    """Lower `%%capture [name]` to a `with` around the cell's code."""
    words = call.line.split()
    names = [word for word in words if not word.startswith("-")]
    options = {"--no-stdout": "stdout", "--no-stderr": "stderr", "--no-display": "display"}
    if len(names) > 1 or any(word.startswith("-") and word not in options for word in words):
        raise call.refusal(f"`%%capture {call.line}` is not understood", hint="use `%%capture name`")
    arguments = ", ".join(f"{options[word]}=False" for word in words if word in options)
    body = _body(call)
    target = f" as {names[0]}" if names else ""
    code = show_last(body.python, "__nb_show")
    lines = body.lines
    if parse(code).body:
        code = shift(code, _INDENT)
    else:
        code, lines = f"{_INDENT}pass", (call.number,)
    return replace(body, python=f"with __nb_capture({arguments}){target}:\n{code}", lines=(call.number, *lines))


def profiled(call: Call) -> Lowered:
    """Lower `%prun statement` and the like to the statement: the profile goes to a pager, but the code does run."""
    if call.value_used:
        raise call.refusal(
            f"the result of `{call.shown_name}` is used",
            why="The result holds measured times.",
            hint="delete the measurement",
        )
    statement = _after_options(call.line)
    lowered = _statement(call, statement)
    body = parse(lowered.python).body
    if body and isinstance(body[-1], ast.Expr) and not lowered.python.rstrip().endswith(";"):
        return replace(lowered, python=f"{lowered.python};")
    return lowered


def profiled_cell(call: Call) -> Lowered:
    """Lower `%%prun` and the like to the cell's code, without the display of its last value."""
    body = _body(call)
    statements = parse(body.python).body
    if not statements or not isinstance(statements[-1], ast.Expr):
        return body
    return replace(body, python=f"{body.python}\npass", lines=(*body.lines, body.lines[-1]))


def memory(call: Call) -> Lowered:
    """Lower `%memit statement` to nothing, unless it binds names."""
    lowered = profiled(call)
    binds = any(not isinstance(node, ast.Expr) for node in parse(lowered.python).body)
    return lowered if binds else Lowered()


def _after_options(line: str) -> str:
    rest = line
    while match := _OPTION.match(rest):
        rest = rest[match.end() :].lstrip()
        if match[1] in _VALUED and " " in rest:
            rest = rest.split(None, 1)[1]
    return rest.strip()


def delete(call: Call) -> Lowered:
    """Lower `%xdel name` to `del name`."""
    name = call.line.strip()
    if not name.isidentifier():
        raise call.refusal(f"`%xdel {call.line}` is not understood", hint="use `del`")
    return Lowered(f"del {name}")


def reset(call: Call) -> Lowered:
    """Lower `%reset` to nothing: a notebook that runs from top to bottom binds again what it reads after it.

    A builtin that it has rebound would come back, which nothing can carry.
    """
    shadowed = sorted(call.scene.bound & frozenset(dir(builtins)))
    if shadowed or "-f" not in call.line.split():
        why = f"It makes {shadowed[0]!r} the builtin again." if shadowed else "Without `-f` it asks a person."
        raise call.refusal("`%reset` has no counterpart", why=why, hint="delete the line")
    message = "`%reset` is left out: the names from above stay bound"
    return Lowered(findings=(call.finding("magic", message, "warning"),))

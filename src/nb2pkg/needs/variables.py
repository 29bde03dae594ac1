"""Which variables of the environment a package reads: its secrets, and those that the notebook's code names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nb2pkg.cells.secret_names import names_secret
from nb2pkg.flow.context import Context
from nb2pkg.machine import Variable
from nb2pkg.model import Flow, Statement

# What every shell sets: nobody needs to be told.
_OF_SHELLS = frozenset(
    "HOME USER LOGNAME PATH PWD OLDPWD SHELL LANG TERM TMPDIR TEMP TMP HOSTNAME DISPLAY EDITOR".split()
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_IN_SHELL = re.compile(r"(?<![\\$])\$\{?([A-Z][A-Z0-9_]{2,60})\b")
_TOLD_BY = frozenset({"os.environ.get", "os.getenv", "os.environ.pop", "__nb_environment.get", "os.environb.get"})
_MAPPINGS = frozenset({"os.environ", "__nb_environment"})
_SETTING = frozenset({"os.putenv", "os.environ.setdefault", "__nb_set_environment"})
# Readers of `.env` files whose first argument names a variable; a call without a default fails where it isn't set.
_READERS = frozenset({"decouple.config"})
_ENVIRONS = ("environs.Env", "environ.Env")
# Clients that fail at once without their variable, unless they are given a key.
_CLIENTS: Mapping[str, tuple[str, str]] = {
    "openai.OpenAI": ("OPENAI_API_KEY", "api_key"),
    "openai.AsyncOpenAI": ("OPENAI_API_KEY", "api_key"),
    "anthropic.Anthropic": ("ANTHROPIC_API_KEY", "api_key"),
    "anthropic.AsyncAnthropic": ("ANTHROPIC_API_KEY", "api_key"),
}
_LONGEST = 200  # characters of a default that is shown


class _Read(NamedTuple):
    """One place that reads a variable; `sure` says that a run fails there without it."""

    name: str
    sure: bool
    default: str = ""


def find_variables(flow: Flow) -> tuple[Variable, ...]:
    """Return the variables of the environment that a notebook's code reads, sorted by name.

    Args:
        flow: the analysed notebook.
    """
    found: dict[str, Variable] = {}
    cells: dict[str, dict[int, None]] = {}
    for name, why, kind in flow.notebook.secret_variables:
        label = "" if kind == "secret" else f" ({kind})"
        found.setdefault(name, Variable(name, f"{why}{label}", secret=True))
    held = frozenset(found)
    bound = _instances(flow)
    settled: set[str] = set()  # the notebook itself sets them
    for statement in flow.statements:
        written = set(_written(statement, flow.context))
        for read in _reads(statement, flow.context, bound):
            if read.name in settled or read.name in _OF_SHELLS or not _NAME.fullmatch(read.name):
                continue
            if read.name in held:
                continue
            old = found.get(read.name)
            secret = names_secret(read.name)
            cells.setdefault(read.name, {})[statement.location.cell] = None
            found[read.name] = Variable(
                read.name,
                _why([*cells[read.name]]),
                secret=secret,
                required=read.sure or (old is not None and old.required),
                value="" if secret else read.default or (old.value if old is not None else ""),
            )
        settled |= written
    return tuple(found[name] for name in sorted(found))


def _why(cells: list[int]) -> str:
    return f"cell {cells[0]} reads it" if len(cells) == 1 else f"cells {', '.join(map(str, cells))} read it"


def _reads(statement: Statement, context: Context, bound: Mapping[str, str]) -> Iterator[_Read]:
    """Yield what a statement reads, in the order of its code."""
    stack: list[tuple[ast.AST, bool]] = [(statement.node, True)]
    while stack:
        node, surely = stack.pop()
        read = _read(node, context, bound)
        if read is not None:
            yield read._replace(sure=read.sure and surely)
        elif isinstance(node, ast.Call) and _qualified(node.func, context).startswith("__nb_"):
            # A command of the shell goes on with nothing where a variable isn't set.
            texts = (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
            names = (name for text in texts for name in _IN_SHELL.findall(text) if not _assigns(text, name))
            yield from (_Read(name, sure=False) for name in names)
        inner = surely and not _is_conditional(node)
        stack += [(child, inner) for child in reversed([*ast.iter_child_nodes(node)])]


def _assigns(text: str, name: str) -> bool:
    """Return whether a command itself sets a variable, as scripts and loops of shells do."""
    return re.search(rf"\b{name}=|\bfor {name}\b|\bread\b[^\n]*\b{name}\b", text) is not None


def _is_conditional(node: ast.AST) -> bool:
    """Return whether what stands in a node may not run, or may fail without stopping the run."""
    branches = (ast.If, ast.IfExp, ast.Try, ast.For, ast.While, ast.With, ast.BoolOp, ast.Match, ast.comprehension)
    later = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    return isinstance(node, (*branches, *later))


def _read(node: ast.AST, context: Context, bound: Mapping[str, str]) -> _Read | None:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        name = _literal(node.slice)
        return _Read(name, sure=True) if name and _qualified(node.value, context) in _MAPPINGS else None
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        name = _literal(node.left)
        inside = _qualified(node.comparators[0], context) in _MAPPINGS
        return _Read(name, sure=False) if name and inside else None
    return _call(node, context, bound) if isinstance(node, ast.Call) else None


def _call(node: ast.Call, context: Context, bound: Mapping[str, str]) -> _Read | None:
    called = _qualified(node.func, context)
    keywords = {keyword.arg for keyword in node.keywords}
    if called in _CLIENTS:
        variable, argument = _CLIENTS[called]
        given = bool(node.args) or None in keywords or keywords & {argument, "base_url", "auth_token"}
        return None if given else _Read(variable, sure=True)
    name = _literal(node.args[0]) if node.args else ""
    if not name:
        return None
    default = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "default"), None)
    value = _literal(default) if default is not None else ""
    if called in _TOLD_BY:
        return _Read(name, sure=called.endswith(".pop") and default is None, default=value)
    if called in _READERS or _is_environs(node.func, bound):
        return _Read(name, sure=default is None, default=value)
    return None


def _is_environs(function: ast.expr, bound: Mapping[str, str]) -> bool:
    """Return whether `env("X")` or `env.int("X")` is called, for an `env` of the library environs."""
    base = function.value if isinstance(function, ast.Attribute) else function
    special = isinstance(function, ast.Attribute) and function.attr in {"read_env", "prefixed", "seal", "dump"}
    return isinstance(base, ast.Name) and base.id in bound and not special


def _instances(flow: Flow) -> dict[str, str]:
    """Return the names that are bound to readers of environs."""
    return {
        statement.node.targets[0].id: name
        for statement in flow.statements
        if isinstance(statement.node, ast.Assign) and isinstance(statement.node.targets[0], ast.Name)
        if isinstance(statement.node.value, ast.Call)
        if (name := flow.context.qualified(statement.node.value.func)) in _ENVIRONS
    }


def _written(statement: Statement, context: Context) -> Iterator[str]:
    """Yield the variables that a statement surely sets, for all that comes after it."""
    node = statement.node
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _qualified(target.value, context) in _MAPPINGS:
                yield _literal(target.slice)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = _qualified(node.value.func, context)
        if called in _SETTING and node.value.args:
            yield _literal(node.value.args[0])
        elif called == "os.environ.update":
            yield from (k.arg for k in node.value.keywords if k.arg)
            for argument in node.value.args:
                if isinstance(argument, ast.Dict):
                    yield from (_literal(key) for key in argument.keys if key is not None)


def _qualified(node: ast.expr, context: Context) -> str:
    """Return a name in full; helpers of ours keep their placeholders."""
    if isinstance(node, ast.Name) and node.id.startswith("__nb_"):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id.startswith("__nb_"):
        return f"{node.value.id}.{node.attr}"
    return context.qualified(node)


def _literal(node: ast.expr | None) -> str:
    """Return the text of a literal, or nothing."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float))
    text = str(node.value) if is_text and isinstance(node, ast.Constant) else ""
    return text if len(text) <= _LONGEST and text.isprintable() else ""

"""What the rest of a notebook says about a statement: what its names stand for, which calls have done with what."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from types import MappingProxyType

from nb2pkg.cells.runtime import LIBRARY, VALUED
from nb2pkg.flow.effects import dotted
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

SUPPRESSORS = frozenset(
    {"suppress", "raises", "assertRaises", "assertRaisesRegex", "ignored", "ExitStack", "AsyncExitStack"}
)


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Context(NamedTuple):
    """What the rest of the notebook says about a statement.

    `managers` are functions and classes of the notebook itself: a context manager among them may swallow exceptions;
    `methods` are the methods of its classes.
    `aliases` maps imported names to what they stand for, `bound` are all names that the notebook binds, `words` what it
    names at all, `lazy_annotations` says that `from __future__ import annotations` is in force, and `lifted` which
    variables each call of a function passes on.
    """

    managers: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = _NOTHING
    bound: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    lazy_annotations: bool = False
    lifted: Mapping[str, tuple[str, ...]] = _NOTHING
    plain_objects: frozenset[str] = frozenset()  # names that only results of libraries' calls are bound to
    stored: frozenset[str] = frozenset()  # names of attributes that the notebook stores to, of whatever object
    patched: frozenset[str] = frozenset()  # names of objects that it stores attributes of
    quoted: frozenset[str] = frozenset()  # names that its strings mention as `@name`

    def lets_through(self, call: ast.Call) -> bool:
        """True when what a library's call returns is, as a context manager, known to pass exceptions on."""
        name = self.qualified(call.func)
        last = name.rpartition(".")[2]
        return bool(name) and last not in SUPPRESSORS and last not in self.methods

    def qualified(self, node: ast.expr) -> str:
        """Return what is called, in full (`pandas.read_csv`), or `.dropna` for a method, or nothing."""
        name = dotted(node)
        head, _, rest = name.partition(".")
        if head in self.aliases:
            return f"{self.aliases[head]}.{rest}" if rest else self.aliases[head]
        if isinstance(node, ast.Attribute):
            return f".{rest or node.attr}"
        if name and name not in self.bound and hasattr(builtins, name):
            return f"builtins.{name}"
        return f"{LIBRARY}.{name}" if name in VALUED else ""

    def finishes(self, node: ast.Call, argument: ast.expr) -> bool:
        """True when a call has done with an argument, a function or a generator, when it returns.

        Args:
            node: the call.
            argument: one of its arguments, or the value of a keyword.
        """
        from nb2pkg.flow.libraries import consumes_callable, exhausts, is_lazy_iterator  # large tables, rarely asked

        name = self.qualified(node.func)
        if not name or name.lstrip(".") in self.methods or is_lazy_iterator(name):
            return False
        if isinstance(argument, (ast.GeneratorExp, ast.Call)):
            place = 1 if name == "functools.reduce" else 0
            alone = len(node.args) == 1 or name not in {"builtins.min", "builtins.max"}
            return exhausts(name) and alone and node.args[place : place + 1] == [argument]
        if name in {"builtins.sorted", "builtins.min", "builtins.max", "builtins.sum", "builtins.any", "builtins.all"}:
            return any(k.arg == "key" and k.value is argument for k in node.keywords)
        if name == "functools.reduce":
            return node.args[:1] == [argument]
        return consumes_callable(name, self.words)


_PASSING_ON = frozenset(
    {f"builtins.{name}" for name in ("enumerate", "sorted", "list", "tuple", "reversed")}
) | frozenset({"tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.tqdm_notebook"})


def surely_runs(iterable: ast.expr, context: Context) -> bool:
    """True when a loop over `iterable` runs at least once, whatever happens before."""
    if isinstance(iterable, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(e, ast.Starred) for e in iterable.elts)
    if isinstance(iterable, ast.Dict):
        return any(k is not None for k in iterable.keys)
    if isinstance(iterable, ast.Constant):
        return isinstance(iterable.value, (str, bytes)) and bool(iterable.value)
    if not isinstance(iterable, ast.Call) or iterable.keywords:
        return False
    name = context.qualified(iterable.func)
    if name == "builtins.range":
        try:
            return len(range(*[ast.literal_eval(a) for a in iterable.args])) > 0
        except (ValueError, TypeError, SyntaxError, OverflowError):
            return False
    if name in _PASSING_ON and len(iterable.args) == 1:
        return surely_runs(iterable.args[0], context)
    if name == "builtins.zip":
        return bool(iterable.args) and all(surely_runs(a, context) for a in iterable.args)
    return False

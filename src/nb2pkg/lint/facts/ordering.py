"""Where an order that nobody has fixed, of files in a folder or of a set, gets into a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb2pkg.lint.notebook import Notebook, Site, Statement
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Calls that do away with the order, or that fix it.
_SORTING = frozenset({"builtins.sorted", "natsort.natsorted", "natsort.os_sorted", "natsort.humansorted"})
# Calls that keep the order of what they get.
_KEEPING = frozenset({"list", "tuple", "enumerate", "reversed", "iter", "filter", "map", "tqdm", "trange", "chain"})
# Calls whose result has the order of what they get.
_DEPENDING = frozenset("""
    pandas.concat pandas.DataFrame pandas.Series numpy.array numpy.asarray numpy.stack numpy.vstack numpy.hstack
    numpy.concatenate torch.stack torch.cat torch.tensor tensorflow.stack tensorflow.concat builtins.zip builtins.next
    polars.concat polars.DataFrame sklearn.model_selection.train_test_split itertools.islice
    """.split())
# What some of them do with the order; the others keep it.
_DOING = {
    "zip": "`{}` pairs by it",
    "next": "it decides which item is taken",
    "islice": "it decides which items are taken",
    "train_test_split": "`{}` splits by it",
}
_SORTING_METHODS = frozenset({"sort", "sort_values", "sort_index", "groupby", "value_counts", "shape", "nunique"})
_GROWING = frozenset({"append", "extend", "insert"})
_DEEPEST = 6  # names that are followed from one to the next


class Use:
    """How an unordered value is used: it is `sorted`, or `depends` says what its order gets into, or neither."""

    __slots__ = ("depends", "sorted")

    def __init__(self, depends: str = "", *, is_sorted: bool = False) -> None:
        self.depends = depends
        self.sorted = is_sorted


_FINE = Use()
_SORTED = Use(is_sorted=True)


class Orders:
    """Follows unordered values through a notebook.

    Args:
        notebook: it.
    """

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.names: dict[str, list[Site]] = {}
        self.followed: set[tuple[str, int, int]] = set()  # since the last question from outside
        for site in notebook.find(ast.Name):
            if isinstance(site.node.ctx, ast.Load):
                self.names.setdefault(site.node.id, []).append(site)

    def use(self, site: Site, *, exact: bool = False, depth: int = 0) -> Use:
        """Return what becomes of an expression's order.

        Args:
            site: the expression.
            exact: one item picked by its number counts, too.
            depth: how many names led here.
        """
        if not depth:
            self.followed.clear()
        node, above = site.node, self.notebook.parent(site.node)
        numbered = False
        while above is not None and depth < _DEEPEST:
            if isinstance(above, ast.Call) and node is not above.func:
                kind = self._call(above)
                if kind is not None:
                    return kind
                numbered = numbered or _last(above) == "enumerate"
            elif isinstance(above, ast.Attribute):
                return _SORTED if above.attr in _SORTING_METHODS else _FINE
            elif isinstance(above, ast.Subscript):
                return self._item(above, node, exact=exact)
            elif isinstance(above, ast.comprehension):
                if node is not above.iter:
                    return _FINE
                above = self.notebook.parent(above)
                if isinstance(above, ast.SetComp):
                    return _FINE
                if isinstance(above, ast.DictComp):
                    return Use("it decides which number each item gets") if numbered else _FINE
            elif isinstance(above, (ast.For, ast.AsyncFor)):
                return self._loop(above, site, depth=depth) if node is above.iter else _FINE
            elif isinstance(above, ast.Assign):
                return self._name(above, site, exact=exact, depth=depth)
            elif not isinstance(above, (ast.Dict, ast.keyword, ast.Starred, ast.List)) and not (
                isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add)
            ):
                return _FINE
            assert above is not None
            node, above = above, self.notebook.parent(above)
        return _FINE

    def _call(self, call: ast.Call) -> Use | None:
        """Return what a call does with the order of its argument; None when it keeps it."""
        name = self.notebook.qualified(call.func)
        if name in _SORTING:
            return _SORTED
        if name in _DEPENDING:
            return self._made(call, name)
        return None if _last(call) in _KEEPING else _FINE

    def _made(self, call: ast.Call, name: str) -> Use:
        """Return what becomes of the order in an object that a call has made, unless that is sorted."""
        above = self.notebook.parent(call)
        if name == "builtins.next" and isinstance(above, ast.Compare):
            return _FINE  # it only asks whether there is one
        if isinstance(above, ast.Attribute) and above.attr in _SORTING_METHODS:
            return _SORTED
        if isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Name):
            for site in self.names.get(above.targets[0].id, ()):
                outer = self.notebook.parent(site.node)
                if isinstance(outer, ast.Attribute) and outer.attr in {"sort_values", "sort_index"}:
                    return _SORTED
        short = name.rpartition(".")[2]
        return Use(_DOING.get(short, f"`{name}` keeps it").format(short))

    def _item(self, item: ast.Subscript, node: ast.AST, *, exact: bool) -> Use:
        if isinstance(self.notebook.parent(item), ast.Expr):
            return _FINE  # it is only shown
        if node is item.slice:
            return Use("the columns take it over")
        if isinstance(item.slice, ast.Slice) and (item.slice.lower or item.slice.upper):
            return Use("it decides which items are taken")
        number = item.slice.operand if isinstance(item.slice, ast.UnaryOp) else item.slice
        if exact and isinstance(number, ast.Constant) and isinstance(number.value, int):
            return Use("it decides which item is taken")
        return _FINE

    def _name(self, assign: ast.Assign, site: Site, *, exact: bool, depth: int) -> Use:
        """Return what becomes of the order after a value got a name."""
        if len(assign.targets) != 1 or not isinstance(assign.targets[0], ast.Name):
            return _FINE
        name, index = assign.targets[0].id, site.statement.index
        if not self._is_new(name, index, assign.lineno):
            return _FINE
        uses = [u for u in self.names.get(name, ()) if u.function is site.function]
        if site.function is None:
            uses = [u for u in uses if index in self._reaching(u.statement, name)]
        else:
            uses = [u for u in uses if u.statement is site.statement and u.node.lineno >= assign.lineno]
        return self._first(uses, exact=exact, depth=depth)

    def _is_new(self, name: str, index: int, line: int) -> bool:
        """Tell whether a binding has not been followed yet, and note that it has."""
        key = (name, index, line)
        if key in self.followed:
            return False
        self.followed.add(key)
        return True

    def _reaching(self, statement: Statement, name: str) -> frozenset[int]:
        return self.notebook.reaching[statement.index].get(name, frozenset())

    def _first(self, uses: list[Site], *, exact: bool, depth: int) -> Use:
        """Return the first use that depends on the order, unless one of them sorts."""
        found = [self.use(u, exact=exact, depth=depth + 1) for u in uses]
        if any(u.sorted for u in found):
            return _SORTED
        return next((u for u in found if u.depends), _FINE)

    def _loop(self, loop: ast.For | ast.AsyncFor, site: Site, *, depth: int) -> Use:
        """Return what becomes of the order in lists that a loop fills."""
        for name, number in _filled(loop):
            if not self._is_new(name, site.statement.index, loop.lineno):
                continue
            uses = [
                u
                for u in self.names.get(name, ())
                if u.function is site.function
                and u.statement.index >= site.statement.index
                and (u.statement is not site.statement or u.node.lineno > number)
                and not self._only_grows(u.node)
            ]
            use = self._first(uses, exact=False, depth=depth)
            if use.depends or use.sorted:
                return use
        for node in ast.walk(loop):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and self._gathers(node):
                return self._made(node.value, self.notebook.qualified(node.value.func))
            if _adds_text(node):
                return Use("the text is put together by it")
        return _FINE

    def _only_grows(self, node: ast.AST) -> bool:
        above = self.notebook.parent(node)
        return isinstance(above, ast.Attribute) and above.attr in _GROWING

    def _gathers(self, assign: ast.Assign) -> bool:
        """True for `df = pd.concat([df, part])`."""
        assert isinstance(assign.value, ast.Call)
        target = assign.targets[0]
        if self.notebook.qualified(assign.value.func) not in _DEPENDING or not isinstance(target, ast.Name):
            return False
        return any(isinstance(n, ast.Name) and n.id == target.id for n in ast.walk(assign.value))


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _adds_text(node: ast.AST) -> bool:
    """True for `text += file.read()` and `text = text + file.read()`."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        value: ast.expr = node.value
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Add):
        target, value = node.targets[0], node.value.right
        if not isinstance(target, ast.Name) or not isinstance(node.value.left, ast.Name):
            return False
        if node.value.left.id != target.id:
            return False
    else:
        return False
    return isinstance(value, ast.Call) and _last(value) in {"read", "read_text", "readlines"}


def _filled(loop: Any) -> Iterator[tuple[str, int]]:
    """Yield the names of the lists that a loop appends to, and the last line of the loop."""
    seen = set()
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROWING:
            value = node.func.value
            if isinstance(value, ast.Name) and value.id not in seen:
                seen.add(value.id)
                yield value.id, loop.end_lineno

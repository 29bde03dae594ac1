"""Which statement of a notebook each statement of its package stands for.

The plan says which statements became which function; within a function, and in `run()`, statements are matched by their
text, in order, so that edited ones are found as well. A statement of a package is known by its site,
`preprocessing.clean:3`: module, function, and position in the function's body.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nb2pkg.cells.runtime import HELPERS
from nb2pkg.model import Shared, Statement, Unit
from nb2pkg.project.functions import Build
from nb2pkg.project.shared import body_of
from nb2pkg.project.signatures import shared_of
from nb2pkg.run.probe.mentions import mentioned

_LIKE = 0.45  # of the tokens of two statements: from there on one may be the other, edited
_MOST = 200_000  # pairs of statements that are compared one by one
_FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Sites:
    """The statements of a package, matched with a notebook's.

    Args:
        statements: site -> for each time that it runs, the notebook's statements that are done by then; the last one is
            the one whose values count.
        renamed: site in a function that several places share -> for each time that it runs, the function's names and
            the notebook's for the same.
        covered: the notebook's statements that stand somewhere in the package.
        mentioned: site -> names that it mentions without binding them.
        functions: module -> functions that are watched.
        lines: module -> function -> (line, site) of its statements, in order.
    """

    statements: Mapping[str, tuple[tuple[int, ...], ...]]
    renamed: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    covered: frozenset[int] = frozenset()
    mentioned: Mapping[str, frozenset[str]] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, tuple[tuple[int, str], ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Item:
    """A statement on one of the two sides: its key is equal where both are surely the same."""

    key: str
    tokens: tuple[str, ...]
    words: frozenset[str]
    statements: tuple[int, ...] = ()  # of the notebook
    site: str = ""  # of the package; empty for what is no site: a return


def find_sites(build: Build, modules: Mapping[str, str]) -> Sites:
    """Return the sites of a package.

    Args:
        build: the notebook and its plan.
        modules: the package's modules: file name -> text. Those that don't parse are left out.
    """
    trees = {name.removesuffix(".py"): tree for name, text in modules.items() if (tree := _parsed(text)) is not None}
    finder = _Finder(build, trees)
    if build.plan.script:
        finder.script()
    else:
        finder.functions()
        finder.story()
    return finder.sites()


def edited_definitions(build: Build, expected: Mapping[str, str], modules: Mapping[str, str]) -> dict[int, str]:
    """Return definitions, constants and settings of the package that differ from what the notebook says.

    Args:
        build: the notebook and its plan.
        expected: the modules that the plan makes of the notebook.
        modules: those of the package.

    Returns:
        The notebook's statement -> what is different: `features.loyalty`.
    """
    found: dict[int, str] = {}
    for unit in build.plan.units:
        if unit.kind in ("definition", "constant"):
            file = f"{unit.module}.py"
            old, new = (_definition(texts.get(file, ""), unit.name) for texts in (expected, modules))
            if old and old != new:
                found[unit.statements[0]] = f"{unit.module}.{unit.name}"
    old_fields, new_fields = (_fields(texts.get("config.py", "")) for texts in (expected, modules))
    for setting in build.plan.settings:
        if old_fields.get(setting.name) != new_fields.get(setting.name) and setting.name in new_fields:
            found[setting.places[0].statement] = f"config.{setting.name}"
    return found


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _definition(text: str, name: str) -> str:
    """Return the code that binds a name at the top of a module, laid out in one way."""
    tree = _parsed(text)
    for node in tree.body if tree is not None else ():
        names = [node.name] if isinstance(node, (*_FunctionNode, ast.ClassDef)) else _bound(node)
        if name in names:
            return ast.unparse(node)
    return ""


def _bound(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]


def _fields(text: str) -> dict[str, str]:
    """Return the fields of `Config` with their defaults."""
    tree = _parsed(text)
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef)] if tree is not None else []
    rows = (n for c in classes for n in c.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name))
    return {n.target.id: ast.unparse(n.value) for n in rows if isinstance(n.target, ast.Name) and n.value is not None}


class _Finder:
    def __init__(self, build: Build, trees: Mapping[str, ast.Module]) -> None:
        self.build = build
        self.trees = trees
        self.found: dict[str, list[tuple[int, ...]]] = {}
        self.renamed: dict[str, tuple[Mapping[str, str], ...]] = {}
        self.covered: set[int] = set()
        self.watched: dict[str, list[str]] = {}
        self.mentioned: dict[str, frozenset[str]] = {}
        self.placed: dict[str, dict[str, list[tuple[int, str]]]] = {}
        placeholders = {**{p: h.name for p, h in HELPERS.items()}, **build.names.helpers}
        self.helpers = {**placeholders, "show_figures": "show_figures"}

    def sites(self) -> Sites:
        lines = {m: {f: tuple(rows) for f, rows in found.items()} for m, found in self.placed.items()}
        return Sites(
            {site: tuple(groups) for site, groups in self.found.items()},
            self.renamed,
            frozenset(self.covered),
            self.mentioned,
            {module: tuple(names) for module, names in self.watched.items()},
            lines,
        )

    # functions

    def functions(self) -> None:
        """Match the bodies of the functions that units became."""
        seen: set[str] = set()
        for unit in self.build.plan.units:
            node = self.function(unit.module, unit.name)
            if unit.kind != "function" or unit.name in seen or node is None:
                continue
            seen.add(unit.name)
            shared = shared_of(self.build.plan, unit)
            mine = self.statements_of(unit, shared)
            items = [self.item(s.node, (s.index,)) for s in mine]
            nodes = {s.index: s.node for s in mine}
            body = [item for item in self.body_items(unit.module, node) if not item.key.startswith(("'", '"'))]
            for own, theirs in _filled(items, body, _matched(items, body)):
                self.match_in_function(shared, own.statements[0], nodes, theirs.site)

    def statements_of(self, unit: Unit, shared: Shared | None) -> list[Statement]:
        if shared is None:
            return [self.build.flow.statements[i] for i in unit.statements]
        return body_of(self.build.flow, shared)

    def match_in_function(self, shared: Shared | None, index: int, nodes: Mapping[int, ast.stmt], site: str) -> None:
        groups: list[tuple[int, ...]] = [(index,)]
        if shared is not None:
            place = shared.members[0].index(index)
            groups = [(member[place],) for member in shared.members]
            theirs = [self.build.flow.statements[group[0]].node for group in groups]
            if site:
                self.renamed[site] = tuple(dict(_same_names(nodes[index], node)) for node in theirs)
        self.covered.update(i for group in groups for i in group)
        if site:
            self.found[site] = groups

    def function(self, module: str, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        nodes = self.trees[module].body if module in self.trees else []
        return next((n for n in nodes if isinstance(n, _FunctionNode) and n.name == name), None)

    def body_items(self, module: str, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module) -> Iterator[_Item]:
        """Yield the statements of a body, and note their sites."""
        name = "" if isinstance(node, ast.Module) else node.name
        self.watched.setdefault(module, []).append(name)
        rows = self.placed.setdefault(module, {}).setdefault(name, [])
        for position, statement in enumerate(node.body):
            site = f"{module}.{name}:{position}"
            rows.append((statement.lineno, site))
            self.mentioned[site] = frozenset(mentioned(statement)) - frozenset(_bound(statement))
            if isinstance(statement, ast.Return):
                if statement.value is not None:
                    yield self.item(ast.Expr(statement.value), (), "")
            else:
                yield self.item(statement, (), site)

    def item(self, node: ast.stmt, statements: tuple[int, ...] = (), site: str = "") -> _Item:
        text = _text(node, self.helpers)
        tokens = tuple(re.findall(r"\w+|[^\w\s()\[\]{}.,:\"']", text))  # brackets and the like make all code alike
        return _Item(text, tokens, frozenset(tokens), statements, site)

    # the story

    def story(self) -> None:
        """Match `run()`, and the chapters that it calls, with the notebook's story."""
        driver = self.function("pipeline", self.build.names.driver)
        if driver is None:
            return
        calls: Counter[str] = Counter()
        ends: list[tuple[str, int]] = []  # site of a chapter's call, and how many items stand before it
        told = [*self.told(driver, calls, ends, depth=0)]
        pairs = _matched([*self.notebook_story()], told)
        reached = {id(theirs): own for own, theirs in pairs}
        for own, theirs in pairs:
            if theirs.site:
                self.found[theirs.site] = [own.statements]
                if own.key.startswith("call "):
                    continue  # its function says which of them stand there
            self.covered.update(own.statements)
        for site, number in ends:
            last = next((reached[id(item)] for item in reversed(told[:number]) if id(item) in reached), None)
            if last is not None:
                self.found[site] = [last.statements]

    def notebook_story(self) -> Iterator[_Item]:
        for unit in self.build.plan.units:
            if unit.kind == "function":
                yield _call_item(f"{unit.module}.{unit.name}", unit.statements)
            elif unit.kind in ("story", "setting"):
                yield from (self.item(self.build.flow.statements[i].node, (i,)) for i in unit.statements)

    def told(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        calls: Counter[str],
        ends: list[tuple[str, int]],
        depth: int,
        before: int = 0,
    ) -> Iterator[_Item]:
        """Yield what a function of the story does, with what the chapters do that it calls."""
        count = before
        modules = {alias: module for module, alias in self.build.names.modules.items()}
        for statement, item in zip(
            (s for s in node.body if not (isinstance(s, ast.Return) and s.value is None)),
            [*self.body_items("pipeline", node)],
            strict=True,
        ):
            chapter = self.called_chapter(statement)
            if chapter is not None and depth < 3:
                for inner in self.told(chapter, calls, ends, depth + 1, count):
                    count += 1
                    yield inner
                ends.append((item.site, count))
                continue
            unit = _called_unit(statement, modules)
            if unit:
                item = _call_item(unit, (), item.site)
            count += 1
            yield item

    def called_chapter(self, statement: ast.stmt) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Await):
            value = value.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            name = value.func.id
            if name != self.build.names.driver and name not in self.watched.get("pipeline", ()):
                return self.function("pipeline", name)
        return None

    def script(self) -> None:
        """Match a notebook that stayed one script."""
        tree = self.trees.get("__main__")
        if tree is None:
            return
        mine = [self.item(s.node, (s.index,)) for s in self.build.flow.statements]
        for own, theirs in _matched(mine, [*self.body_items("__main__", tree)]):
            self.covered.update(own.statements)
            if theirs.site:
                self.found[theirs.site] = [own.statements]


def _same_names(a: ast.AST, b: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that stand in the same places of two statements that do the same."""
    if isinstance(a, ast.Name) and isinstance(b, ast.Name):
        yield a.id, b.id
    elif type(a) is type(b):
        children = list(ast.iter_child_nodes(a)), list(ast.iter_child_nodes(b))
        for one, other in zip(*children, strict=False) if len(children[0]) == len(children[1]) else ():
            yield from _same_names(one, other)


def _call_item(function: str, statements: tuple[int, ...], site: str = "") -> _Item:
    key = f"call {function}"
    return _Item(key, (key,), frozenset({key}), statements, site)


def _called_unit(statement: ast.stmt, modules: Mapping[str, str]) -> str:
    """Return the function of another module that a statement calls, `preprocessing.clean`."""
    value = getattr(statement, "value", None)
    function = value.func if isinstance(value, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in modules:
        return f"{modules[function.value.id]}.{function.attr}"
    return ""


def _text(node: ast.stmt, helpers: Mapping[str, str]) -> str:
    """Return the text of a statement, laid out in one way, without what shows its value."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
        name = node.value.func.id
        if helpers.get("__nb_show") == name.lstrip("_") or name in ("__nb_show", "_show"):
            node = ast.Expr(node.value.args[0]) if len(node.value.args) == 1 else node
    text = ast.unparse(node)
    if "__nb_" in text:
        text = re.sub(r"\b__nb_\w+", lambda match: helpers.get(match[0], match[0]), text)
    return text


def _matched(own: Sequence[_Item], theirs: Sequence[_Item]) -> list[tuple[_Item, _Item]]:
    """Return pairs of a notebook's and a package's statements, in order: those that are most alike in all."""
    start = 0
    while start < min(len(own), len(theirs)) and own[start].key == theirs[start].key:
        start += 1
    pairs = [*zip(own[:start], theirs[:start], strict=True)]
    own, theirs = own[start:], theirs[start:]
    if len(own) * len(theirs) <= _MOST:
        return pairs + _alike(own, theirs)
    matcher = difflib.SequenceMatcher(None, [i.key for i in own], [i.key for i in theirs], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pairs += zip(own[i1:i2], theirs[j1:j2], strict=True)
        elif tag == "replace" and (i2 - i1) * (j2 - j1) <= _MOST:
            pairs += _alike(own[i1:i2], theirs[j1:j2])
    return pairs


def _filled(
    own: Sequence[_Item], theirs: Sequence[_Item], pairs: Sequence[tuple[_Item, _Item]]
) -> Iterator[tuple[_Item, _Item]]:
    """Yield pairs, and in gaps with as many statements on both sides those that stand in the same place."""
    places = [(own.index(a), theirs.index(b)) for a, b in pairs]
    for (i1, j1), (i2, j2) in pairwise([(-1, -1), *places, (len(own), len(theirs))]):
        if i2 - i1 == j2 - j1:
            yield from zip(own[i1 + 1 : i2], theirs[j1 + 1 : j2], strict=True)
    yield from pairs


def _alike(own: Sequence[_Item], theirs: Sequence[_Item]) -> list[tuple[_Item, _Item]]:
    """Return the pairs, in order, that are most alike in all."""
    likeness = [[_likeness(a, b) for b in theirs] for a in own]
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(own) + 1)]
    for i in reversed(range(len(own))):
        for j in reversed(range(len(theirs))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], likeness[i][j] + best[i + 1][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(own) and j < len(theirs):
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((own[i], theirs[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(a: _Item, b: _Item) -> float:
    """Return how alike two statements are: 1 when they are the same, 0 when they surely are two."""
    if a.key == b.key:
        return 1.0
    common = len(a.words & b.words)
    if 2 * common < _LIKE * (len(a.words) + len(b.words)) or a.key.startswith("call ") or b.key.startswith("call "):
        return 0.0
    ratio = difflib.SequenceMatcher(None, a.tokens, b.tokens, autojunk=False).ratio()
    return (
        ratio**2 / 2 if ratio >= _LIKE else 0.0
    )  # so that one that is the same counts for more than two that are like

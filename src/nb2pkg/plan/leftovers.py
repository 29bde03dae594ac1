"""Which units nothing of what the notebook is for depends on: candidates to drop. Nothing is dropped unasked.

A statement counts when it does something (prints, draws, writes, seeds, calls what is not known to be free of effects),
or when what it binds or changes reaches one that counts, or a result. All doubts count: what is left is a lost
experiment that only computes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nb2pkg.flow.context import Context
from nb2pkg.flow.libraries import draws, is_lazy_iterator, is_setting, stage_of_call
from nb2pkg.model import Plan, Statement, Unit
from nb2pkg.plan.story import Story

# Functions that compute, and do nothing else.
_COMPUTING = re.compile(
    r"^(pandas|numpy|math|cmath|statistics|collections|re|datetime|fractions|itertools|string|copy)\.(?!random\b|load|memmap|io\b|testing\b)"
    r"|^sklearn\.(preprocessing|impute|feature_extraction|metrics|linear_model|naive_bayes|neighbors|tree|ensemble|svm)\."
)
_BUILTINS = frozenset("""
    abs all any bin bool chr complex dict divmod enumerate filter float format frozenset hex int isinstance len list map
    max min oct ord pow range repr reversed round set slice sorted str sum tuple type zip
    """.split())
_METHODS = frozenset("""
    abs all any argmax argmin argsort astype copy corr count cumsum describe dot drop dropna drop_duplicates
    duplicated endswith fillna flatten format get groupby agg head idxmax idxmin isin isna isnull items join
    keys lower map max mean median melt merge min mode notna notnull nunique pivot_table predict predict_proba
    quantile ravel rename replace reset_index reshape round set_index size sort_index sort_values split
    startswith std strip sum tail to_dict to_list to_numpy tolist transform transpose unique unstack stack upper
    value_counts values var
    """.split())
# Methods that change what they are called on, and do nothing else; estimators draw random numbers unless seeded.
_CHANGING = frozenset(["append", "extend", "add", "update", "insert", "setdefault", "sort", "reverse"])
_FITTING = frozenset(["fit", "fit_transform"])
_STEADY = re.compile(
    r"^sklearn\.(preprocessing|impute|feature_extraction|naive_bayes|neighbors)\.|\.(LinearRegression|Ridge|Lasso)$"
)


@dataclass(frozen=True, slots=True)
class _Deed:
    """What a statement does beside binding names: `changes` objects of these names, or more than that (`counts`)."""

    counts: bool
    changes: frozenset[str] = frozenset()


def find_leftovers(plan: Plan, story: Story) -> tuple[Unit, ...]:
    """Return the units that no result, output, file or other effect depends on, in order."""
    units = [u for u in plan.units if u.kind in ("function", "setting", "story") and not plan.script]
    needed, kept = _needed(story, frozenset()), frozenset[int]()
    while needed - kept:  # a unit stays as a whole, with all that it reads
        kept = frozenset(i for u in units if not needed.isdisjoint(u.statements) for i in u.statements)
        needed = _needed(story, kept)
    return tuple(u for u in units if needed.isdisjoint(u.statements))


def _needed(story: Story, kept: frozenset[int]) -> frozenset[int]:
    """Return the statements of the story that count, from the last to the first; some are `kept` in any case."""
    solid = _solid_names(story)
    families = _families(story.statements)
    # What is read later than it looks, or written by functions, is never out of reach.
    always = story.definitions.volatile | story.captured.keys() | story.kept
    always |= frozenset().union(*(s.names.late_uses for s in story.statements))
    wanted = set(story.results)
    found: set[int] = set()
    for statement in reversed(story.statements):
        deed = _deed(statement, story, solid)
        names = statement.names
        reach = wanted | always
        changes = any(not reach.isdisjoint(families.get(name, {name})) for name in deed.changes)
        if statement.index in kept or deed.counts or changes or not reach.isdisjoint(names.defs):
            found.add(statement.index)
            wanted = (wanted - names.kills) | names.uses | names.late_uses | names.deletes
    return frozenset(found)


def _families(statements: Sequence[Statement]) -> dict[str, set[str]]:
    """Return, per name, the names that may lead to the same object: all that stand in one assignment, and theirs."""
    families: dict[str, set[str]] = {}
    for statement in statements:
        names = statement.names.defs | statement.names.uses
        merged = set(names).union(*(families.get(name, set()) for name in names))
        families.update(dict.fromkeys(merged, merged))
    return families


def _deed(statement: Statement, story: Story, solid: frozenset[str]) -> _Deed:
    node = statement.node
    plain = isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)) and not statement.displayed
    if not plain or statement.effects or statement.names.deletes or statement.names.late_writes:
        return _Deed(counts=True)
    changes = statement.names.uses - solid  # reading an iterator changes it
    if changes and any(isinstance(s.node, ast.ClassDef) for s in story.flow.statements):
        return _Deed(counts=True)  # an operator of such a class may do anything
    for n in ast.walk(node):
        if isinstance(n, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)) or _is_own_function(n, story):
            return _Deed(counts=True)
        if isinstance(n, (ast.Attribute, ast.Subscript)) and not isinstance(n.ctx, ast.Load):
            changes |= {_root(n)}
        if isinstance(n, ast.Call):
            changed = _changed(n, story)
            if changed is None:
                return _Deed(counts=True)
            changes |= changed
    if isinstance(node, ast.AugAssign):
        changes |= {_root(node.target)}
    return _Deed(counts=not changes <= story.variables, changes=changes)


def _is_own_function(node: ast.AST, story: Story) -> bool:
    return isinstance(node, ast.Name) and (node.id in story.definitions.by_name or node.id in story.context.managers)


def _changed(call: ast.Call, story: Story) -> frozenset[str] | None:
    """Return the names whose objects a call changes, or None when it may do anything else."""
    name = story.context.qualified(call.func)
    keywords = {k.arg for k in call.keywords}
    if not name or "inplace" in keywords or "out" in keywords or "verbose" in keywords or "copy" in keywords:
        return None
    if not name.startswith("."):
        return frozenset() if _computes(name, keywords) else None
    method = name.rpartition(".")[2]
    if method in story.context.methods or not isinstance(call.func, ast.Attribute):
        return None
    if method in _CHANGING or (method in _FITTING and _is_steady(call.func.value, story)):
        return frozenset([_root(call.func.value)])
    return frozenset() if method in _METHODS else None


def _computes(name: str, keywords: Iterable[str | None]) -> bool:
    if name.startswith("builtins."):
        return name.removeprefix("builtins.") in _BUILTINS
    known = bool(_COMPUTING.search(name)) and not is_setting(name) and not draws(name)
    return known and stage_of_call(name) not in ("export", "visualization")


def _is_steady(node: ast.expr, story: Story) -> bool:
    """True for an estimator whose fitting draws no random numbers of the process, and prints nothing."""
    made = [_value(s.node) for s in story.statements if isinstance(node, ast.Name) and node.id in s.names.defs]
    made = [node] if isinstance(node, ast.Call) else made
    return bool(made) and all(isinstance(m, ast.Call) and _is_steady_call(m, story.context) for m in made)


def _is_steady_call(call: ast.Call, context: Context) -> bool:
    name = context.qualified(call.func)
    seeds = [k.value for k in call.keywords if k.arg == "random_state"]
    seeded = any(isinstance(s, ast.Constant) and isinstance(s.value, int) for s in seeds)
    return (name.startswith("sklearn.") and seeded) or bool(_STEADY.search(name))


def _solid_names(story: Story) -> frozenset[str]:
    """Return the names that surely hold no iterator, nor an object of the notebook's own classes."""
    good: set[str] = set()
    bad: set[str] = set()
    for statement in story.statements:
        value = _value(statement.node)
        solid = value is not None and _is_solid(value, story.context)
        (good if solid or isinstance(statement.node, ast.AugAssign) else bad).update(statement.names.defs)
    return frozenset(good - bad)


def _is_solid(node: ast.expr, context: Context) -> bool:
    for n in ast.walk(node):
        if isinstance(n, (ast.GeneratorExp, ast.Lambda, ast.Await, ast.NamedExpr)):
            return False
        if isinstance(n, ast.Call):
            name = context.qualified(n.func)
            if not name or is_lazy_iterator(name) or "chunksize" in {k.arg for k in n.keywords}:
                return False
            if not (_COMPUTING.search(name) or name.startswith("builtins.") or name.rpartition(".")[2] in _METHODS):
                return False
            if name == "builtins.open" or name.startswith("itertools."):
                return False
    return True


def _value(node: ast.stmt) -> ast.expr | None:
    return node.value if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) else None


def _root(node: ast.expr) -> str:
    """Return the name of the object that a place is in: `df` of `df.loc[0]["x"]`; nothing where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""

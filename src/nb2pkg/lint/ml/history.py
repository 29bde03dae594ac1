"""The forward pass over a notebook's statements: straight on, loops once, functions where they are called."""

from __future__ import annotations

import ast

from nb2pkg.lint.ml.columns import assigned, below, joined, names_in, without
from nb2pkg.lint.ml.expressions import EVALUATORS, bind, item
from nb2pkg.lint.ml.facts import LIBRARIES
from nb2pkg.lint.ml.state import History, Names, State
from nb2pkg.lint.ml.values import Group, Routine, Rows, Sequence
from nb2pkg.lint.notebook import Notebook
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_KEY = "_history_of_rows"
_GROWING = frozenset({"append", "extend", "insert"})
_SHRINKING = frozenset({"remove", "pop", "clear", "sort", "reverse"})


def history_of(notebook: Notebook) -> History:
    """Return what happened in a notebook that has to do with learning from rows; computed once."""
    found: History | None = vars(notebook).get(_KEY)
    if found is None:
        found = vars(notebook)[_KEY] = _passed(notebook)
    return found


def _passed(notebook: Notebook) -> History:
    history = History()
    if not any(library in notebook.code_text for library in LIBRARIES) or not notebook.statements:
        return history
    state = State(notebook, history, Names(), None, EVALUATORS, _follow)
    for statement in notebook.statements:
        if "raises-exception" in statement.cell.tags:
            continue
        state.statement = statement
        run(state, statement.node)
    return history


def run(state: State, node: ast.stmt) -> None:
    """Take one statement into account."""
    step = _STEPS.get(node.__class__)
    if step is not None:
        step(state, node)


def _body(state: State, body: list[ast.stmt]) -> None:
    for node in body:
        run(state, node)


def _expression(state: State, node: ast.Expr) -> None:
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Name):
        held = state.lookup(value.func.value.id)
        listed = isinstance(held, Sequence) or (isinstance(held, Rows) and not held.groups)
        if listed and _list_method(state, value.func.value.id, held, value):
            return
    state.value(value)


def _list_method(state: State, name: str, held: Any, node: ast.Call) -> bool:
    """`parts.append(x)`: a list of data grows; one of names changes."""
    attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if attribute not in _GROWING | _SHRINKING or node.keywords:
        return False
    values = [state.value(a) for a in node.args]
    last = values[-1] if values else None
    if attribute in _GROWING and isinstance(last, Rows):
        before = [held] if isinstance(held, Rows) else [i for i in held.items if isinstance(i, Rows)]
        grown = below([*before, last])
        state.names[name] = grown.plain(cuts=grown.cuts | {state.history.next()})
    elif isinstance(held, Sequence):
        state.names[name] = _changed(held, attribute, last)
    return isinstance(held, Sequence) or attribute in _GROWING


def _changed(held: Sequence, attribute: str, value: Any) -> Sequence | None:
    if attribute == "append" and value is not None:
        return Sequence((*held.items, value))
    if attribute == "extend" and isinstance(value, Sequence):
        return Sequence((*held.items, *value.items))
    if attribute == "remove" and isinstance(value, str) and value in held.items:
        return Sequence(tuple(i for i in held.items if i != value))
    return held if attribute in ("sort", "reverse") else None


def _assign(state: State, node: ast.Assign) -> None:
    value = state.value(node.value)
    for target in node.targets:
        _store(state, target, value)


def _annotated(state: State, node: ast.AnnAssign) -> None:
    if node.value is not None:
        _store(state, node.target, state.value(node.value))


def _augmented(state: State, node: ast.AugAssign) -> None:
    load: ast.expr = node.target
    if isinstance(node.target, ast.Name):
        load = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
    value = state.value(ast.copy_location(ast.BinOp(load, node.op, node.value), node.value))
    _store(state, node.target, value)


def _store(state: State, target: ast.expr, value: Any) -> None:
    if isinstance(target, ast.Subscript):
        _store_item(state, target, value)
    elif isinstance(target, ast.Attribute):
        held = state.value(target.value)
        if isinstance(held, Rows):
            if target.attr == "columns":
                state.replace(held, held.but(groups=(Group(state.history.next()),), takes=frozenset()))
            elif target.attr != "index":
                state.replace(held, assigned(held, frozenset({target.attr}), state.history.next(), value))
    elif isinstance(target, (ast.Tuple, ast.List)) and any(
        isinstance(e, (ast.Subscript, ast.Attribute)) for e in target.elts
    ):
        known = isinstance(value, Sequence) and len(value.items) == len(target.elts)
        for place, element in enumerate(target.elts):
            _store(state, element, value.items[place] if known else None)
    else:
        bind(state, target, value)


def _store_item(state: State, target: ast.Subscript, value: Any) -> None:
    """`df["a"] = ...`, `df.loc[rows, "a"] = ...`: the data of all its names change."""
    base, key = target.value, target.slice
    if isinstance(base, ast.Attribute) and base.attr in ("loc", "iloc", "at", "iat"):
        base = base.value
        key = key.elts[1] if isinstance(key, ast.Tuple) and len(key.elts) == 2 else key
    held = state.value(base)
    if isinstance(held, Sequence) and isinstance(base, ast.Name):
        state.names[base.id] = None
        return
    if not isinstance(held, Rows):
        return
    names = names_in(state.value(key))
    if names is not None:
        state.replace(held, assigned(held, names, state.history.next(), value))
    elif isinstance(value, Rows):
        changed = held.but(learned=held.learned | value.learned, sampled=held.sampled | value.sampled, groups=())
        state.replace(held, changed)
    else:
        state.replace(held, held.but(groups=()))


def _delete(state: State, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            state.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            held, names = state.value(target.value), names_in(state.value(target.slice))
            if isinstance(held, Rows):
                state.replace(held, held.but(groups=()) if names is None else without(held, names))


def _if(state: State, node: ast.If) -> None:
    state.value(node.test)
    names, before = state.names, dict(state.names)
    outer, names.changed = names.changed, set()
    _body(state, node.body)
    changed = names.changed
    first = {name: names[name] for name in changed if name in names}
    for name in changed:
        if name in before:
            dict.__setitem__(names, name, before[name])
        else:
            names.pop(name, None)
    _body(state, node.orelse)
    for name, value in first.items():
        names[name] = joined(value, names[name]) if name in names else value
    names.changed = outer | names.changed


def _for(state: State, node: ast.For | ast.AsyncFor) -> None:
    held = state.value(node.iter)
    first = item(state, held)
    _store(state, node.target, first)
    outer, state.loop = state.loop, node
    _body(state, node.body)
    state.loop = outer
    _body(state, node.orelse)


def _while(state: State, node: ast.While) -> None:
    state.value(node.test)
    _body(state, node.body)
    _body(state, node.orelse)


def _with(state: State, node: ast.With | ast.AsyncWith) -> None:
    for part in node.items:
        value = state.value(part.context_expr)
        if part.optional_vars is not None:
            _store(state, part.optional_vars, value)
    _body(state, node.body)


def _try(state: State, node: ast.Try) -> None:
    _body(state, node.body)
    after = dict(state.names)
    for handler in node.handlers:
        _body(state, handler.body)
        state.names.update(after)
    _body(state, node.orelse)
    _body(state, node.finalbody)


def _function(state: State, node: ast.FunctionDef) -> None:
    plain = not node.decorator_list and node.args.vararg is None and node.args.kwarg is None
    state.names[node.name] = Routine(node) if plain else None


def _forget(state: State, node: ast.ClassDef | ast.AsyncFunctionDef) -> None:
    state.names[node.name] = None


def _return(state: State, node: ast.Return) -> None:
    value = state.value(node.value)
    known = state.names.get("return ")
    state.names["return "] = value if "return " not in state.names else joined(known, value)


def _follow(state: State, function: ast.FunctionDef, node: ast.Call) -> Any:
    """Return what a call of a function of the notebook gives, with what happens in it noted."""
    args = function.args
    parameters = [*args.posonlyargs, *args.args]
    names = Names({a.arg: None for a in (*parameters, *args.kwonlyargs)})
    for parameter, default in zip(reversed(parameters), reversed(args.defaults), strict=False):
        names[parameter.arg] = state.value(default)
    for parameter, given in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        names[parameter.arg] = state.value(given)
    for parameter, argument in zip(parameters, node.args, strict=False):
        names[parameter.arg] = None if isinstance(argument, ast.Starred) else state.value(argument)
    for keyword in node.keywords:
        value = state.value(keyword.value)
        if keyword.arg is not None and keyword.arg in names:
            names[keyword.arg] = value
    outer = state.names if state.outer is None else {**state.outer, **state.names}
    inner = State(state.notebook, state.history, names, outer, EVALUATORS, _follow)
    inner.caller = state
    inner.statement, inner.loop, inner.level, inner.depth = state.statement, state.loop, state.level + 1, state.depth
    routine = next((f for f in state.notebook.functions if f.node is function), None)
    if routine is not None:
        inner.statement = routine.statement
    _body(inner, function.body)
    return inner.names.get("return ")


_STEPS: dict[type[ast.stmt], Any] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _forget,
    ast.ClassDef: _forget,
    ast.Return: _return,
}

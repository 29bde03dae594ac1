"""What holds of every split into training and test rows, whichever rows they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from nb2pkg.project.static_claims import Claim
from nb2pkg.project.static_text import slug
from nb2pkg.promises.trial import Outcome, splits
from nb2pkg.promises.values import Array, Doubt, Frame, Instance, Series

Half = Frame | Series | Array


def split_claims(node: ast.FunctionDef, outcome: Outcome) -> list[Claim]:
    """Return what is asserted of the training and test rows that a function returns.

    Args:
        node: the function.
        outcome: what it surely does.

    Raises:
        Doubt: it returns no halves as they are.
    """
    parts = {expr: v for expr, v in _parts(outcome.result) if isinstance(v, (Frame, Series, Array)) and v.half}
    pairs: dict[int, dict[int, str]] = {}
    for expr, value in parts.items():
        number, which = value.half or (0, 0)
        pairs.setdefault(number, {})[which] = expr
    whole = {number: pair for number, pair in pairs.items() if len(pair) == 2}
    if not splits(node) or not whole:
        raise Doubt("no halves")
    train, test = whole[min(whole)][0], whole[min(whole)][1]
    sizes = (_size(parts[train]), _size(parts[test]))
    used = frozenset({"result"})
    found = [
        Claim(
            "sizes_the_halves",
            tuple(f"assert len({pair[which]}) == {sizes[which]}" for pair in whole.values() for which in (0, 1)),
            used,
        ),
        *(Claim(says, lines, used) for says, lines in _rows(whole, parts, sum(sizes))),
    ]
    first = parts[train]
    if isinstance(first, Frame):
        found.append(Claim("keeps_the_columns", (f"assert list({train}.columns) == {list(first.columns)!r}",), used))
    centred = [e for e, v in parts.items() if isinstance(v, Array) and v.centred]
    for expr in centred:
        line = f"np.testing.assert_allclose({expr}.mean(axis=0), 0, atol=1e-9)"
        found.append(Claim("scales_by_the_training_rows" if expr == train else f"centres_{slug(expr)}", (line,), used))
    return [*found, *_stratified(node, whole, parts, sizes[1]), *_repeated(node, whole, parts)]


def _parts(result: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(result, Instance):
        yield from ((f"result.{k}", v) for k, v in result.attributes.items())
    elif isinstance(result, (tuple, list)):
        yield from ((f"result[{i}]", v) for i, v in enumerate(result))


def _size(value: Half) -> int:
    return len(value.cells) if isinstance(value, Series) else len(value)


def _rows(whole: dict[int, dict[int, str]], parts: dict[str, Half], size: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield that the halves hold each row once, and that what belongs together stays together."""
    tables = [pair for pair in whole.values() if all(isinstance(parts[e], (Frame, Series)) for e in pair.values())]
    if tables:
        train, test = tables[0][0], tables[0][1]
        yield "puts_each_row_in_one_half", (f"assert sorted([*{train}.index, *{test}.index]) == list(range({size}))",)
    else:
        arrays = [p for p in whole.values() if _counts_up(parts[p[0]])]
        if arrays:
            train, test = arrays[0][0], arrays[0][1]
            cells = f"[*{train}.ravel(), *{test}.ravel()]"
            yield "puts_each_row_in_one_half", (f"assert len(set({cells})) == {size * _width(parts[train])}",)
    if len(tables) > 1:
        lines = tuple(f"assert {tables[0][w]}.index.equals({pair[w]}.index)" for pair in tables[1:] for w in (0, 1))
        yield "keeps_rows_together", lines


def _counts_up(value: Half) -> bool:
    """True for an array all of whose cells differ before it is split, as `trial` makes them."""
    return isinstance(value, Array) and len(value.shape) == 2 and value.dtype == "int"


def _width(value: Half) -> int:
    return value.shape[1] if isinstance(value, Array) and len(value.shape) == 2 else 1


def _stratified(
    node: ast.FunctionDef, whole: dict[int, dict[int, str]], parts: dict[str, Half], size: int
) -> Iterator[Claim]:
    """Yield that both classes have their share of the test rows; the rows given hold as many of one as of the other."""
    for call in _calls(node):
        given = [ast.unparse(k.value) for k in call.keywords if k.arg == "stratify"]
        number = next((i for i, arg in enumerate(call.args) if ast.unparse(arg) in given), None)
        if number in whole and size % 2 == 0:
            expr = whole[number][1]
            half = parts[expr]
            if isinstance(half, (Series, Array)) and half.dtype == "int":
                yield Claim("keeps_the_shares_of_classes", (f"assert {expr}.mean() == 0.5",), frozenset({"result"}))


def _calls(node: ast.FunctionDef) -> list[ast.Call]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Call) and ast.unparse(n.func).endswith("train_test_split")]


def _repeated(node: ast.FunctionDef, whole: dict[int, dict[int, str]], parts: dict[str, Half]) -> Iterator[Claim]:
    """Yield that a second call gives the same rows, where the code fixes the seed."""
    calls = _calls(node)
    given = [k.value for call in calls for k in call.keywords if k.arg == "random_state"]
    if len(calls) != 1 or len(given) != 1 or (isinstance(given[0], ast.Constant) and given[0].value is None):
        return
    expr = whole[min(whole)][1]
    again = expr.replace("result", "again", 1)
    if isinstance(parts[expr], Array):
        line = f"assert {expr}.tolist() == {again}.tolist()"
    else:
        line = f"assert {expr}.index.tolist() == {again}.index.tolist()"
    yield Claim("repeats_under_one_seed", (line,), frozenset({"result", "again"}))

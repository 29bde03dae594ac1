"""What a call surely does -> assertions, one idea each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nb2pkg.project.static_text import NUMPY, PANDAS, PYTEST, Writer, listed, rounded, slug
from nb2pkg.promises.arrays import as_list
from nb2pkg.promises.trial import Outcome, same
from nb2pkg.promises.values import (
    UNKNOWN,
    Array,
    Column,
    Doubt,
    Estimator,
    Frame,
    Instance,
    Series,
    certain,
    is_missing,
    is_number,
)

_MOST_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """One idea: what it says, as the end of the test's name, and the lines that check it.

    Args:
        says: `fills_age`.
        lines: assertions.
        uses: `result`, `shown` or `printed`: what of the call they read, beside the arguments.
    """

    says: str
    lines: tuple[str, ...]
    uses: frozenset[str] = frozenset()


def claims_of(outcome: Outcome, writer: Writer, names: Sequence[str] = ()) -> list[Claim]:
    """Return what is asserted of a call: of its result, of what it changed, of what it shows and prints.

    Args:
        outcome: what it surely does.
        writer: writes values.
        names: what the function calls the values of a tuple that it returns.
    """
    found: list[Claim] = []
    kinds = (Frame, Array, list, dict, Estimator)
    changed = [k for k, v in outcome.before.items() if isinstance(v, kinds) and not same(v, outcome.after[k])]
    for name in changed:
        whose = f"_of_{slug(name)}" if len(changed) > 1 else ""
        claims = _changed(name, outcome.before[name], outcome.after[name], writer)
        found += [Claim(f"{c.says}{whose}", c.lines, c.uses) for c in claims]
    if outcome.result is not None and not any(outcome.result is v for v in outcome.after.values()):
        found += [_with(c, "result") for c in _result(outcome, writer, names)]
    for number, value in enumerate(outcome.shown):
        if not any(value is v for v in outcome.after.values()):
            found += [_with(c, "shown") for c in _shown(number, value, outcome, writer)]
    if outcome.printed and certain(outcome.printed) and all(isinstance(v, (str, int)) for v in outcome.printed):
        parts = [str(v) for v in outcome.printed]
        if len(parts) <= 3 and all("\n" not in p and p for p in parts):
            lines = tuple(f"assert {writer.plain(p)} in printed" for p in parts)
            found.append(Claim("prints_it", lines, frozenset({"printed"})))
    if not any(isinstance(v, Frame) and not same(v, outcome.after[k]) for k, v in outcome.before.items()):
        found += _left_alone(outcome)
    return found


def _with(claim: Claim, *uses: str) -> Claim:
    return Claim(claim.says, claim.lines, claim.uses | set(uses))


def _changed(name: str, before: Any, after: Any, writer: Writer) -> Iterator[Claim]:
    if isinstance(before, Frame):
        yield from _against(name, before, after, writer, in_place=True)
    elif isinstance(before, Estimator):
        yield from _learned(name, after, writer)
    else:
        for claim in value_claims(name, after, writer):
            yield Claim(f"changes_{slug(name)}_in_place", claim.lines)


def _learned(name: str, estimator: Estimator, writer: Writer) -> Iterator[Claim]:
    learned = [(key, value) for key, value in estimator.learned.items() if isinstance(value, Array)]
    lines = [line for key, value in learned for line in _array(f"{name}.{key}", value, writer)]
    if lines:
        yield Claim(f"fits_{slug(name)}", tuple(lines))


def _shown(number: int, value: Any, outcome: Outcome, writer: Writer) -> Iterator[Claim]:
    base = _base(value, outcome)
    expr = f"shown[{number}]"
    claims = _against(expr, base, value, writer) if base is not None else value_claims(expr, value, writer)
    for claim in claims:
        yield Claim(_as_shown(claim.says), claim.lines)


def _as_shown(says: str) -> str:
    """Return what a claim says of a value that is shown, not returned."""
    verb, _, rest = says.partition("_")
    if verb == "drops":
        return "shows_the_rows_left" if rest == "rows" else f"shows_it_without_{rest.removeprefix('rows_without_')}"
    if verb == "adds":
        return f"shows_it_with_{rest}"
    if verb == "orders":
        return f"shows_{rest}_in_order"
    return f"shows_{rest}"


def _result(outcome: Outcome, writer: Writer, names: Sequence[str]) -> Iterator[Claim]:
    value = outcome.result
    if isinstance(value, Instance) and value.cls.record:
        for key, part in value.attributes.items():
            yield from _part(f"result.{key}", key, part, outcome, writer)
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            name = names[number] if len(names) == len(value) else str(number)
            yield from _part(f"result[{number}]", name, part, outcome, writer)
    else:
        base = _base(value, outcome)
        yield from (
            _against("result", base, value, writer) if base is not None else value_claims("result", value, writer)
        )


def _part(expr: str, name: str, value: Any, outcome: Outcome, writer: Writer) -> Iterator[Claim]:
    if value is None or any(value is v for v in outcome.after.values()):
        return
    base = _base(value, outcome)
    for claim in _against(expr, base, value, writer) if base is not None else value_claims(expr, value, writer):
        yield Claim(f"{claim.says}_of_{slug(name)}", claim.lines)


def _base(value: Any, outcome: Outcome) -> Frame | None:
    """Return the argument that a table was made of."""
    if not isinstance(value, Frame) or value.half is not None:
        return None
    frames = [v for v in outcome.after.values() if isinstance(v, Frame)]
    shared = [
        f for f in frames if len(set(f.columns) & set(value.columns)) * 2 > min(len(f.columns), len(value.columns))
    ]
    return shared[0] if len(shared) == 1 else None


def _against(expr: str, before: Frame, after: Frame, writer: Writer, *, in_place: bool = False) -> Iterator[Claim]:
    """Yield what differs between a table and what was made of it."""
    place = "_in_place" if in_place else ""
    gone = [k for k in before.columns if k not in after.columns]
    added = [k for k in after.columns if k not in before.columns]
    if list(before.columns) != list(after.columns):
        verb = f"drops_{listed(gone)}" if gone and not added else f"adds_{listed(added)}" if added and not gone else ""
        verb = verb or ("orders_the_columns" if not gone else "gives_the_columns")
        yield Claim(f"{verb}{place}", (f"assert list({expr}.columns) == {writer.plain(list(after.columns))}",))
    rows = before.index.cells != after.index.cells
    if rows and certain(after.index.cells):
        yield from _rows(expr, before, after, writer, place)
    elif rows:
        yield Claim("gives_so_many_rows", (f"assert len({expr}) == {len(after)}",))
    if rows and not set(after.index.cells) <= set(before.index.cells):
        return
    changed = [k for k in after.columns if k in added or _differs(before, after, k)]
    kept = [k for k in changed if k not in added and rows and _is_part(after.columns[k].cells, before.columns[k].cells)]
    if kept and after.index.counted:  # rows were taken out and numbered anew
        telling = max(kept, key=lambda k: len({repr(c) for c in after.columns[k].cells}))
        changed = [k for k in changed if k not in kept or k == telling]
    changed = [k for k in changed if any(c is not UNKNOWN for c in after.columns[k].cells)]
    for label in changed[:_MOST_COLUMNS]:
        series = after.series(label)
        lines = [*_cells(f"{expr}[{writer.plain(label)}]", series, writer)]
        if lines:
            yield Claim(f"{_says(before.columns.get(label), series.column, slug(label))}{place}", tuple(lines))
    if not (rows or changed or added or gone or list(before.columns) != list(after.columns)):
        source = next(iter(k for k in [before.origin.parameter] if k), "") if before.origin is not None else ""
        if source and not in_place:
            writer.needs(PANDAS)
            yield Claim("keeps_the_table_as_it_is", (f"pd.testing.assert_frame_equal({expr}, {source})",))


def _is_part(cells: Sequence[Any], whole: Sequence[Any]) -> bool:
    """True where cells stand among others in the same order."""
    rest = iter(map(repr, whole))
    return all(any(repr(cell) == other for other in rest) for cell in cells)


def _differs(before: Frame, after: Frame, label: Any) -> bool:
    """True where cells of a column are others than those of the same rows before."""
    if len(set(before.index.cells)) < len(before) or not certain(after.index.cells):
        return repr(before.columns[label]) != repr(after.columns[label])
    old = dict(zip(before.index.cells, before.columns[label].cells, strict=True))
    new = zip(after.index.cells, after.columns[label].cells, strict=True)
    return any(repr(old.get(i)) != repr(c) for i, c in new) or before.columns[label].dtype != after.columns[label].dtype


def _rows(expr: str, before: Frame, after: Frame, writer: Writer, place: str) -> Iterator[Claim]:
    index = list(after.index.cells)
    if not all(isinstance(c, (int, str)) for c in index):
        return
    says = "gives_the_rows"
    if set(index) < set(before.index.cells):
        says = "drops_rows"
        full = [i for i, label in enumerate(before.index.cells) if label in index]
        gaps = [k for k, c in before.columns.items() if any(map(is_missing, c.cells))]
        gaps = [k for k in gaps if not any(is_missing(before.columns[k].cells[i]) for i in full)]
        rows = [tuple(repr(c.cells[i]) for c in before.columns.values()) for i in range(len(before))]
        dropped = [i for i in range(len(before)) if i not in full]
        if len(gaps) == 1 and all(is_missing(before.columns[gaps[0]].cells[i]) for i in dropped):
            says = f"drops_rows_without_{slug(gaps[0])}"
        elif gaps and all(any(is_missing(before.columns[k].cells[i]) for k in gaps) for i in dropped):
            says = "drops_rows_with_gaps"
        elif all(rows.count(rows[i]) > 1 for i in dropped):
            says = "keeps_each_row_once"
    elif sorted(map(str, index)) == sorted(map(str, before.index.cells)):
        says = "orders_the_rows"
    elif after.index.counted:
        says = "numbers_the_rows"
    yield Claim(f"{says}{place}", (f"assert {expr}.index.tolist() == {writer.plain(index)}",))


def _says(before: Column | None, after: Column, name: str) -> str:
    """Return what became of a column, as part of a test's name."""
    if before is None:
        return f"computes_{name}"
    if any(map(is_missing, before.cells)) and not any(map(is_missing, after.cells)) and before.dtype == after.dtype:
        return f"fills_{name}"
    if before.dtype == "str" and all(is_number(c) for c in after.cells):
        return f"makes_{name}_numeric"
    if after.dtype == "datetime" and before.dtype == "str":
        return f"parses_{name}"
    return f"changes_{name}"


def value_claims(expr: str, value: Any, writer: Writer) -> Iterator[Claim]:
    """Yield assertions of a value by itself."""
    if isinstance(value, Frame):
        yield from _frame(expr, value, writer)
    elif isinstance(value, Series):
        lines = [*_cells(expr, value, writer)]
        if not value.index.counted and certain(value.index.cells) and value.index.name != "\0":
            yield Claim(
                "labels_the_values", (f"assert {expr}.index.tolist() == {writer.plain(list(value.index.cells))}",)
            )
        if lines:
            yield Claim("computes_the_values", tuple(lines))
    elif isinstance(value, Array):
        yield Claim("computes_the_array", tuple(_array(expr, value, writer)))
    elif isinstance(value, Estimator):
        if value.fitted:
            yield from _learned(expr, value, writer)
        else:
            yield Claim("makes_the_estimator", (f'assert type({expr}).__name__ == "{value.name}"',))
    else:
        yield Claim("gives_the_value", (_equal(expr, value, writer),))


def _frame(expr: str, frame: Frame, writer: Writer) -> Iterator[Claim]:
    yield Claim("gives_the_columns", (f"assert list({expr}.columns) == {writer.plain(list(frame.columns))}",))
    if not frame.index.counted and certain(frame.index.cells):
        labels = list(frame.index.cells)
        if all(isinstance(c, (int, str)) for c in labels):
            yield Claim("labels_the_rows", (f"assert {expr}.index.tolist() == {writer.plain(labels)}",))
    elif frame.half is None:
        yield Claim("gives_so_many_rows", (f"assert len({expr}) == {len(frame)}",))
    for label in list(frame.columns)[:_MOST_COLUMNS]:
        lines = [*_cells(f"{expr}[{writer.plain(label)}]", frame.series(label), writer)]
        if lines and frame.half is None:
            yield Claim(f"computes_{slug(label)}", tuple(lines))


def _cells(expr: str, series: Series, writer: Writer) -> Iterator[str]:
    """Yield assertions of the cells of a column."""
    cells = list(series.cells)
    if not certain(cells):
        if not any(c is not UNKNOWN for c in cells):
            return
        known = [i for i, c in enumerate(cells) if c is not UNKNOWN and not is_missing(c)]
        if known and len(known) <= 4 and all(isinstance(cells[i], (int, str)) for i in known):
            wanted = writer.plain([cells[i] for i in known])
            yield f"assert {expr}.iloc[{known}].tolist() == {wanted}"
        return
    gaps = any(map(is_missing, cells))
    if all(is_number(c) for c in cells) and any(isinstance(c, float) for c in cells):
        writer.needs(PYTEST)
        wanted = writer.plain(rounded(cells))
        yield f"assert {expr}.tolist() == pytest.approx({wanted}{', nan_ok=True' if gaps else ''})"
    elif gaps:
        yield f"assert {expr}.isna().tolist() == {writer.plain([is_missing(c) for c in cells])}"
        present = [c for c in cells if not is_missing(c)]
        if present and all(isinstance(c, (int, str, datetime)) for c in present):
            yield f"assert {expr}.dropna().tolist() == {writer.plain(present)}"
    elif (
        all(isinstance(c, (int, str, datetime)) for c in cells)
        or not cells
        or (all(isinstance(c, list) for c in cells) and certain(cells))
    ):
        yield f"assert {expr}.tolist() == {writer.plain(cells)}"
    if series.dtype in ("int", "float") and cells:
        yield f'assert {expr}.dtype.kind == "{series.dtype[0]}"'


def _array(expr: str, array: Array, writer: Writer) -> Iterator[str]:
    if not certain(array):
        yield f"assert {expr}.shape == {writer.plain(array.shape)}"
        return
    cells = as_list(array)
    if any(isinstance(c, float) for c in array.cells):
        writer.needs(NUMPY)
        yield f"np.testing.assert_allclose({expr}, {writer.plain(rounded(cells))}, atol=1e-9)"
    else:
        yield f"assert {expr}.tolist() == {writer.plain(cells)}"


def _equal(expr: str, value: Any, writer: Writer) -> str:
    if not certain(value):
        if isinstance(value, (list, dict)):
            return f"assert len({expr}) == {len(value)}"
        raise Doubt("nothing to assert")
    if isinstance(value, bool):
        return f"assert {expr}" if value else f"assert not {expr}"
    if isinstance(value, float) or (isinstance(value, (list, tuple)) and any(isinstance(v, float) for v in value)):
        writer.needs(PYTEST)
        gaps = any(is_missing(v) for v in ([value] if isinstance(value, float) else value))
        return f"assert {expr} == pytest.approx({writer.plain(rounded(value))}{', nan_ok=True' if gaps else ''})"
    if value is None:
        return f"assert {expr} is None"
    if _holds_tables(value) or _holds_floats(value):
        return f"assert len({expr}) == {len(value)}"
    return f"assert {expr} == {writer.plain(value)}"


def _holds_tables(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return any(isinstance(p, (Frame, Series, Array, Instance, Estimator)) or _holds_tables(p) for p in parts)


def _holds_floats(value: Any) -> bool:
    if isinstance(value, float):
        return True
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return any(_holds_floats(p) for p in parts)


def _left_alone(outcome: Outcome) -> Iterator[Claim]:
    """Yield that a table stays as it was, where the function makes a changed one of it."""
    result = outcome.result
    if not isinstance(result, Frame):
        return
    for name, before in outcome.before.items():
        if isinstance(before, Frame) and result is not outcome.after[name] and _reworked(before, result):
            lines = (f"pd.testing.assert_frame_equal({name}, before)",)
            yield Claim(f"leaves_{slug(name)}_alone", lines, frozenset({f"copy of {name}"}))
            return


def _reworked(before: Frame, result: Frame) -> bool:
    shared = [k for k in before.columns if k in result.columns]
    new = [k for k in result.columns if k not in before.columns]
    return bool(shared) and (bool(new) or any(_differs(before, result, k) for k in shared))

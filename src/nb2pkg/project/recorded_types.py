"""Types that a run of the notebook showed, for names whose types the code alone does not tell.

Only what does not hang on the data is taken: a table stays a table, but which model was best may change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nb2pkg.flow.type_facts import ARRAY, BOOL, FLOAT, FRAME, INDEX, INT, SERIES, TEXT, Type
from nb2pkg.flow.types import NameTypes
from nb2pkg.project.recording import Recorded, Recording, Value

_TYPES: Mapping[str, Type] = {
    "pandas.DataFrame": FRAME,
    "pandas.Series": SERIES,
    "pandas.Index": INDEX,
    "numpy.ndarray": ARRAY,
    "int": INT,
    "float": FLOAT,
    "str": TEXT,
    "bool": BOOL,
}


def with_recorded(types: NameTypes, recording: Recording) -> NameTypes:
    """Return the types of names, with those that were recorded where none was known."""
    changes = {name: list(found) for name, found in types.changes.items()}
    for unit in recording.units:
        for name, statement, kind in _seen(unit):
            known = NameTypes({name: tuple(changes.get(name, ()))})
            if known.after(name, statement) is None:
                found = [change for change in changes.get(name, []) if change[0] != statement]
                changes[name] = sorted([*found, (statement, kind)], key=lambda change: change[0])
    return NameTypes({name: tuple(found) for name, found in changes.items()})


def _seen(unit: Recorded) -> Iterator[tuple[str, int, Type]]:
    """Yield names, the statements after which they had a type, and the type."""
    for values, statement in ((unit.arguments, unit.statements[0] - 1), (unit.results, unit.statements[-1])):
        for name, value in values.items():
            kind = _type(value)
            if kind is not None and name.isidentifier():
                yield name, statement, kind


def _type(value: Value) -> Type | None:
    return _TYPES.get(value.type) if value.steady else None

"""Our named tuples are those of `typing`, but for what they cost."""

from __future__ import annotations

import collections
import copy
import pickle
import typing
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.tuples import NamedTuple


class Ours(NamedTuple):
    """A place."""

    line: int
    column: int = 1
    name: str = ""

    @property
    def next(self) -> int:
        """The line below."""
        return self.line + 1


Theirs = collections.namedtuple("Ours", ["line", "column", "name"], defaults=[1, ""])
VALUES = st.integers() | st.text(max_size=3)


def outcome(make: Callable[[], Any]) -> Any:
    """Return a result as a plain tuple, or the type of an error."""
    try:
        return tuple(make())
    except (TypeError, ValueError) as error:
        return type(error)


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.sampled_from(["line", "column", "name", "other"]), VALUES))
def test_they_are_made_alike(values: list[Any], named: dict[str, Any]) -> None:
    assert outcome(lambda: Ours(*values, **named)) == outcome(lambda: Theirs(*values, **named))


def test_they_do_the_same() -> None:
    made: Any = Ours(3, name="x")
    assert (made.line, made.column, made.name, made.next) == (3, 1, "x", 4)
    assert repr(made) == "Ours(line=3, column=1, name='x')" == repr(Theirs(3, name="x"))
    assert made == (3, 1, "x") == Theirs(3, name="x")
    assert made._replace(line=4) == Ours(4, 1, "x")
    assert made._asdict() == {"line": 3, "column": 1, "name": "x"}
    assert type(made._replace(line=4)) is Ours is type(Ours._make([1, 2, "z"]))
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)
    assert Ours.__doc__ == "A place."
    assert Ours._fields == ("line", "column", "name")
    match made:
        case Ours(line, column):
            assert (line, column) == (3, 1)
    with pytest.raises((TypeError, ValueError)):
        made._replace(nonsense=1)
    with pytest.raises(AttributeError):
        made.line = 4
    with pytest.raises(AttributeError):
        made.other = 4


def test_type_checkers_see_those_of_typing() -> None:
    assert typing.get_type_hints(Ours) == {"line": int, "column": int, "name": str}

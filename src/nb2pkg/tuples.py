"""Named tuples with annotated fields, as of `typing`, but without importing that: it takes as long as Python to start.

To type checkers this is `typing.NamedTuple` itself. Types that only annotations name are imported below
`if TYPE_CHECKING`, which no run reaches.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers take for true, whoever says so

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class _Meta(type):
        """Makes a named tuple of a class with annotated fields."""

        def __new__(mcs, name, bases, body):
            if not bases:
                return super().__new__(mcs, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                if key not in fields and key not in _MADE:
                    setattr(made, key, value)
            return made

    _MADE = frozenset({"__module__", "__qualname__", "__annotations__", "__slots__", "__firstlineno__"})

    class NamedTuple(metaclass=_Meta):
        """The base of named tuples: `class Place(NamedTuple): line: int = 0`."""

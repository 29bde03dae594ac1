"""Named tuples with annotated fields, as of `typing`, but without importing that: it takes as long as Python to start.

Nor are they made by `collections.namedtuple`, which compiles code for each: a hook makes some fifty of them. To type
checkers this is `typing.NamedTuple` itself. Types that only annotations name are imported below `if TYPE_CHECKING`,
which no run reaches.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers take for true, whoever says so

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter  # what gives the fields of named tuples in `collections`, too

    _new = tuple.__new__

    class _Tuple(tuple):
        """What all named tuples can do."""

        __slots__ = ()
        _fields = ()
        _field_defaults = {}  # noqa: RUF012

        def __new__(cls, *values, **named):
            """Make one of values in order, and by name."""
            if named or len(values) != len(cls._fields):
                values = cls._filled(values, named)
            return _new(cls, values)

        @classmethod
        def _filled(cls, values, named):
            """Return the values of all fields.

            Raises:
                TypeError: one is missing, or there is one too many.
            """
            found = dict(zip(cls._fields, values, strict=False))
            if len(values) > len(cls._fields) or not named.keys() <= set(cls._fields) - found.keys():
                raise TypeError(f"{cls.__name__}() got values that it has no fields for")
            found = {**cls._field_defaults, **found, **named}
            missing = [field for field in cls._fields if field not in found]
            if missing:
                raise TypeError(f"{cls.__name__}() misses {', '.join(missing)}")
            return [found[field] for field in cls._fields]

        @classmethod
        def _make(cls, values):
            """Make one of an iterable."""
            return cls(*values)

        def _asdict(self):
            """Return the values by name."""
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **named):
            """Return one with other values for some fields."""
            return type(self)(**{**self._asdict(), **named})

        def __repr__(self):
            """Return it as it would be made."""
            return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self._asdict().items())})"

        def __getnewargs__(self):
            """Return the values, for pickle."""
            return tuple(self)

    class _Meta(type):
        """Makes a named tuple of a class with annotated fields."""

        def __new__(mcs, name, bases, body):
            if not bases:  # of NamedTuple itself
                return super().__new__(mcs, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            getters = {field: _tuplegetter(place, "") for place, field in enumerate(fields)}
            made = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return type(name, (_Tuple,), {**body, **made, **getters})

    class NamedTuple(metaclass=_Meta):
        """The base of named tuples: `class Place(NamedTuple): line: int = 0`."""

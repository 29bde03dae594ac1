"""Which columns of a frame are left, by what was written out: lists, names, keywords."""

from __future__ import annotations

from nb2pkg.lint.ml.values import Group, Rows, Sequence
from nb2pkg.tuples import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Columns of a frame that were assigned; with more than these it is no longer followed.
_MOST = 200


def names_in(value: Any) -> frozenset[str] | None:
    """Return the names of columns that a value is, or None when they aren't known."""
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value.items):
        return frozenset(value.items)
    return None


def chosen(rows: Rows, names: frozenset[str]) -> Rows:
    """Return data with only some columns: `df[names]`."""
    groups = tuple(group._replace(keep=names if group.keep is None else group.keep & names) for group in rows.groups)
    return rows.plain(groups=groups, takes=rows.tokens(names))


def taken(rows: Rows, name: str) -> Rows:
    """Return one column."""
    return rows.plain(takes=rows.tokens(frozenset({name})))


def without(rows: Rows, names: frozenset[str]) -> Rows:
    """Return data without some columns."""
    groups = tuple(group._replace(dropped=group.dropped | names) for group in rows.groups)
    return rows.but(groups=groups, takes=frozenset(t for t in rows.takes if t.name not in names))


def assigned(rows: Rows, names: frozenset[str], version: int, value: Any) -> Rows:
    """Return data in which columns got new values."""
    groups = tuple(_assigned(group, names, version) for group in rows.groups if len(group.versions) < _MOST)
    if not isinstance(value, Rows):
        return rows.but(groups=groups)
    return rows.but(groups=groups, learned=rows.learned | value.learned, sampled=rows.sampled | value.sampled)


def _assigned(group: Group, names: frozenset[str], version: int) -> Group:
    versions = {**dict(group.versions), **dict.fromkeys(names, version)}
    keep = None if group.keep is None else group.keep | names
    return group._replace(versions=tuple(versions.items()), dropped=group.dropped - names, keep=keep)


def beside(parts: list[Rows], cut: int | None = None) -> Rows:
    """Return data with the columns of all: `concat(axis=1)`, `hstack`."""
    first = parts[0]
    return first.plain(
        groups=tuple(group for part in parts for group in part.groups),
        learned=frozenset(fit for part in parts for fit in part.learned),
        sampled=frozenset(fit for part in parts for fit in part.sampled),
        cuts=frozenset.union(*(part.cuts for part in parts)) | (frozenset() if cut is None else {cut}),
    )


def below(parts: list[Rows]) -> Rows:
    """Return data with the rows of all: `concat`, `vstack`. What is true of it is what is true of each part."""
    first = parts[0]
    groups = tuple(group for group in first.groups if all(group in part.groups for part in parts[1:]))
    return first.plain(
        roots=frozenset.union(*(part.roots for part in parts)),
        cuts=frozenset.intersection(*(part.cuts for part in parts)),
        learned=frozenset.intersection(*(part.learned for part in parts)),
        sampled=frozenset(fit for part in parts for fit in part.sampled)
        | frozenset(part.drawn for part in parts if part.drawn is not None),
        groups=groups,
        dated=first.dated,
    )


def joined(first: Any, second: Any) -> Any:
    """Return what is known of a value that is one or the other."""
    if first is second or second is None:
        return first
    if not (isinstance(first, Rows) and isinstance(second, Rows)):
        return None if first is not None else second
    return first.but(
        roots=first.roots | second.roots,
        cuts=first.cuts & second.cuts,
        learned=first.learned & second.learned,
        sampled=first.sampled & second.sampled,
        groups=tuple(g for g in first.groups if g in second.groups),
        takes=first.takes & second.takes,
        prediction=first.prediction if first.prediction == second.prediction else None,
        mask=first.mask and second.mask,
        drawn=None,
    )

"""Heads of data files -> tables of a few rows that show what the columns hold."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nb2pkg.promises.personal import is_personal, made_up
from nb2pkg.promises.values import NAN, File, Frame, Labels, column_of, counted, is_missing, need

MOST_ROWS = 20
_FIRST = 5
_MISSING = {
    "",
    "NA",
    "N/A",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
    "n/a",
    "<NA>",
    "#N/A",
    "-NaN",
    "-nan",
    "#NA",
    "1.#QNAN",
}
_INT, _FLOAT = re.compile(r"[+-]?\d{1,15}"), re.compile(r"[+-]?(\d+\.\d*|\.?\d+)([eE][+-]?\d+)?")
_READERS = {"pandas.read_csv": ",", "pandas.read_table": "\t"}


@dataclass(slots=True)
class Heads:
    """Data files by the path that the notebook reads them by.

    Args:
        texts: path -> first lines.
        whole: the texts are all there is, and nothing personal: each row counts.
        replaced: path -> labels of the columns whose values are made up.
    """

    texts: Mapping[str, str]
    whole: bool = False
    replaced: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Return the table that a function reads, or None where it reads no file that is known."""
        if name not in _READERS or not args:
            return None
        path = args[0].text if isinstance(args[0], File) else args[0]
        if not isinstance(path, str) or posixpath.normpath(path) not in self.normal:
            return None
        path = self.normal[posixpath.normpath(path)]
        rows, options = parsed(self.texts[path], _READERS[name], args[1:], kwargs)
        return table(rows if self.whole else _chosen(self._anonymous(path, rows, options)), options)

    def excerpt(self, path: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> str:
        """Return the text of a file of the few rows that `read` gives.

        Raises:
            Doubt: it is not known how the file is read.
        """
        rows, options = parsed(self.texts[path], _READERS[name], args, kwargs)
        made = io.StringIO()
        writer = csv.writer(made, delimiter=options.separator, lineterminator="\n")
        if options.header:
            writer.writerow(["" if label == "Unnamed: 0" else label for label in options.written])
        writer.writerows(_chosen(self._anonymous(path, rows, options)))
        return made.getvalue()

    @property
    def normal(self) -> dict[str, str]:
        """Paths in plain form -> as the notebook writes them."""
        return {posixpath.normpath(path): path for path in self.texts}

    def _anonymous(self, path: str, rows: list[list[str]], options: Options) -> list[list[str]]:
        columns = [list(column) for column in zip(*rows, strict=True)]
        found = [i for i, column in enumerate(columns) if is_personal(options.labels[i], column)]
        found = [i for i in found if not all(_INT.fullmatch(c) or not c for c in columns[i])]
        if found:
            self.replaced[path] = tuple(str(options.labels[i]) for i in found)
            for i in found:
                columns[i] = made_up(columns[i])
        return [list(row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Options:
    """How a table is read: the labels of all columns, and which of them names the rows."""

    labels: tuple[Any, ...]
    index: int | None
    separator: str
    header: bool
    written: tuple[Any, ...]  # the labels that stand in the file


def parsed(
    text: str, separator: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[list[list[str]], Options]:
    """Return the rows of a text table as texts, and how it is read.

    Raises:
        Doubt: the call has options that are not known, or the rows differ in length.
    """
    given = dict(kwargs)
    separator = given.pop("sep", given.pop("delimiter", args[0] if args else separator))
    header, names, index = given.pop("header", "infer"), given.pop("names", None), given.pop("index_col", None)
    need(given.pop("encoding", "utf-8") in ("utf-8", "utf8", "UTF-8", None))
    given.pop("low_memory", None)
    need(not given and len(args) <= 1 and isinstance(separator, str) and len(separator) == 1, "options of the reader")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row and row != [""]]
    need(rows and header in ("infer", 0, None) and len({len(row) for row in rows}) == 1, "rows of several lengths")
    with_header = header == 0 or (header == "infer" and names is None)
    labels: tuple[Any, ...] = tuple(rows[0]) if with_header else tuple(range(len(rows[0])))
    written = labels
    if names is not None:
        need(isinstance(names, list) and len(names) == len(labels) and all(isinstance(n, str) for n in names))
        labels = tuple(names)
    need(len(set(labels)) == len(labels) and all(label != "" or i == 0 for i, label in enumerate(labels)))
    labels = tuple("Unnamed: 0" if label == "" else label for label in labels)
    if isinstance(index, str):
        need(index in labels)
        index = labels.index(index)
    need(index is None or (isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(labels)))
    return rows[1:] if with_header else rows, Options(labels, index, separator, with_header, written)


def table(rows: Sequence[Sequence[str]], options: Options) -> Frame:
    """Return the table that pandas reads from these rows."""
    need(rows, "no rows")
    columns = {label: column_of(_cells([r[i] for r in rows])) for i, label in enumerate(options.labels)}
    index = counted(len(rows))
    if options.index is not None:
        label = options.labels[options.index]
        cells = columns.pop(label).cells
        need(not any(map(is_missing, cells)))
        index = Labels(cells, None if label == "Unnamed: 0" else label)
    return Frame(columns, index)


def _cells(texts: Sequence[str]) -> list[Any]:
    """Return the values that pandas makes of the texts of a column."""
    present = [t for t in texts if t not in _MISSING]
    need(all(t == t.strip() or not _FLOAT.fullmatch(t.strip()) for t in present), "numbers with blanks")
    if present and all(_INT.fullmatch(t) for t in present):
        return [NAN if t in _MISSING else int(t) if len(present) == len(texts) else float(t) for t in texts]
    if present and all(_FLOAT.fullmatch(t) for t in present):
        return [NAN if t in _MISSING else float(t) for t in texts]
    if present and {t.lower() for t in present} <= {"true", "false"}:
        need(len(present) == len(texts) and {*present} <= {"True", "False"}, "truth with gaps")
        return [t == "True" for t in texts]
    need(not present or not all(t.lower() in ("inf", "-inf", "infinity") or _FLOAT.fullmatch(t) for t in present))
    return [NAN if t in _MISSING else t for t in texts] if present else [NAN for _ in texts]


def _chosen(rows: Sequence[list[str]]) -> list[list[str]]:
    """Return a few rows that show what the columns hold: the first, gaps, odd ones, extremes, one that stands twice."""
    places = dict.fromkeys(range(min(_FIRST, len(rows))))
    for i in range(len(rows[0])):
        column = [row[i] for row in rows]
        numbers = [bool(_FLOAT.fullmatch(c)) for c in column]
        wanted = [next((k for k, c in enumerate(column) if c in _MISSING), None)]
        if sum(numbers) * 2 > len(column):
            wanted.append(next((k for k, n in enumerate(numbers) if not n and column[k] not in _MISSING), None))
            values = [(float(c), k) for k, c in enumerate(column) if numbers[k]]
            wanted += [min(values)[1], max(values)[1]]
        else:
            seen: dict[str, int] = {}
            for k, c in enumerate(column):
                seen.setdefault(c, k)
            wanted += list(seen.values())[:6] if len(seen) <= 6 else []
        for place in wanted:
            if place is not None and len(places) < MOST_ROWS - 2:
                places[place] = None
    first: dict[tuple[str, ...], int] = {}
    for k, row in enumerate(rows):
        if first.setdefault(tuple(row), k) != k:
            places |= {first[tuple(row)]: None, k: None}
            break
    return [rows[k] for k in sorted(places)[:MOST_ROWS]]

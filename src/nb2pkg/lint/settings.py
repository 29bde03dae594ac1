"""`[tool.nb2pkg]` of a pyproject.toml, and which rules are on.

The nearest pyproject.toml that has such a table counts, from the notebook's folder upwards: in a repository of many
projects, each has its own. A reader of TOML takes longer to import than a notebook to check, so it waits until a
file speaks of us.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from nb2pkg.lint.rules.table import BY_CODE, ROWS
from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any, NoReturn

    from nb2pkg.errors import UsageError

ALL = "ALL"
default_when_declared = frozenset({"NB104"})  # on, but the rule itself asks whether anything is declared
_DEFAULT = frozenset(row.code for row in ROWS if row.default) | default_when_declared
_FILE = "pyproject.toml"


class Settings(NamedTuple):
    """What a pyproject.toml says; the names are those of its keys, with `_` for `-`.

    Args:
        select: prefixes of codes, instead of the default; None: the default.
        ignore: prefixes.
        extend_select: prefixes, beside `select` or the default.
        per_file_ignores: pattern of paths -> prefixes.
        exclude: patterns of paths that folders are searched without; those with a slash are absolute here.
        min_score: the lowest testability score that passes.
        baseline: the file of accepted findings, as a path that can be opened.
        max_statements: of a cell (NB403).
        max_top_level_lines: without any function (NB407).
        max_output_bytes: of saved outputs (NB703).
        max_depth: of loops and branches at top level (NB410).
        max_crossing: names into and out of a cell (NB405).
        min_stages: of one cell (NB404).
        folder: where the file stands: patterns are relative to it. Empty: there is no file.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    min_score: int | None = None
    baseline: str = ""
    max_statements: int = 40
    max_top_level_lines: int = 100
    max_output_bytes: int = 1_000_000
    max_depth: int = 3
    max_crossing: int = 10
    min_stages: int = 3
    folder: str = ""


_KEYS = tuple(field.replace("_", "-") for field in Settings._fields if field != "folder")
_PREFIXES = frozenset({"select", "ignore", "extend-select"})


def nearest_settings(folder: str, cache: dict[str, Settings]) -> Settings:
    """Return the settings of the notebooks in a folder.

    Args:
        folder: of the notebook.
        cache: folder -> settings, of earlier calls; filled for all folders that are passed.

    Raises:
        UsageError: the file is broken, or says something that is not known.
    """
    passed: list[str] = []
    at = os.path.abspath(folder)
    while True:
        found = cache.get(at)
        if found is None:
            passed.append(at)
            found = _settings_of(at)
        parent = os.path.dirname(at)
        if found is None and (parent == at or os.path.lexists(os.path.join(at, ".git"))):
            found = Settings()
        if found is not None:
            cache.update(dict.fromkeys(passed, found))
            return found
        at = parent


def enabled(
    settings: Settings,
    *,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
) -> frozenset[str]:
    """Return the codes of the rules that are on.

    First the file speaks, then the command line; of one of them, the longest prefix counts, and of equally long ones
    `ignore`.

    Args:
        settings: of the file.
        select: of the command line; replaces all that the file says.
        ignore: of the command line.
        extend_select: of the command line.

    Raises:
        UsageError: a prefix of the command line is that of no rule.
    """
    for option, prefixes in (("--select", select), ("--ignore", ignore), ("--extend-select", extend_select)):
        check_prefixes(prefixes or (), option)
    on = _layer(_DEFAULT, settings.select, settings.extend_select, settings.ignore)
    return _layer(on, select, extend_select, ignore)


def _layer(
    before: frozenset[str], select: Sequence[str] | None, extend_select: Sequence[str], ignore: Sequence[str]
) -> frozenset[str]:
    """Return the codes that are on after one place has said its say."""
    codes = before if select is None else frozenset[str]()
    said = [(_length(prefix), True, prefix) for prefix in (*(select or ()), *extend_select)]
    said += [(_length(prefix), False, prefix) for prefix in ignore]
    for _, on, prefix in sorted(said, key=lambda one: (one[0], not one[1])):
        codes = codes | codes_of(prefix) if on else codes - codes_of(prefix)
    return codes


def _length(prefix: str) -> int:
    return 0 if prefix == ALL else len(prefix)


def codes_of(prefix: str) -> frozenset[str]:
    """Return the codes that a prefix stands for; none: it is unknown."""
    if prefix in BY_CODE:
        return frozenset({prefix})
    if prefix == ALL:
        return frozenset(BY_CODE)
    return frozenset(row.code for row in ROWS if row.code.startswith(prefix)) if prefix else frozenset()


def ignored_in(path: str, settings: Settings) -> frozenset[str]:
    """Return the codes that `per-file-ignores` takes away from a file."""
    codes = frozenset[str]()
    if settings.per_file_ignores:
        from nb2pkg.lint.globs import absolute_patterns, slashed

        absolute = slashed(os.path.abspath(path))
        for pattern, prefixes in settings.per_file_ignores:
            if absolute_patterns((pattern,), settings.folder).covers(absolute):
                codes = codes.union(*map(codes_of, prefixes))
    return codes


def is_excluded(path: str, settings: Settings) -> bool:
    """Return whether `exclude` of the file's own settings takes it away."""
    if not settings.exclude:
        return False
    from nb2pkg.lint.globs import absolute_patterns, slashed

    return absolute_patterns(settings.exclude, settings.folder).covers(slashed(os.path.abspath(path)))


def check_prefixes(prefixes: Iterable[str], option: str) -> None:
    """Refuse what is the prefix of no rule.

    Raises:
        UsageError: with the nearest that there is.
    """
    for prefix in prefixes:
        if not codes_of(prefix):
            raise _unknown_prefix(prefix, option, "", "")


# reading


def _settings_of(folder: str) -> Settings | None:
    """Return what the pyproject.toml of a folder says to us, or None where it says nothing."""
    path = os.path.join(folder, _FILE)
    try:
        if not os.path.isfile(path):  # a pipe would never end
            return None
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, ValueError) as error:
        _refuse(f"can't be read: {getattr(error, 'strerror', None) or error}", path)
    if b"nb2pkg" not in data or not re.search(rb"tool[\"']?\s*\.\s*[\"']?nb2pkg|nb2pkg[\"']?\s*(=\s*\{|\.)", data):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse("is not UTF-8", path, data.count(b"\n", 0, error.start) + 1)
    tool = _parsed(text, path).get("tool")
    table = tool.get("nb2pkg") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        _refuse("`tool.nb2pkg` must be a table", path)
    return _Reader(path, text).settings(table)


def _parsed(text: str, path: str) -> dict[str, Any]:
    """Return TOML as Python sees it."""
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(where[1]), int(where[2])) if where else (text.count("\n") + 1, 0)
        why = re.sub(r" \(at .*", "", str(error))
        _refuse(f"is not valid TOML: {why[:1].lower()}{why[1:]}", path, line, column)
    except RecursionError:
        _refuse("is nested too deeply", path)


class _Reader:
    """Reads one table, and knows the lines of its keys."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def settings(self, table: dict[str, Any]) -> Settings:
        """Return the settings of a table, each checked."""
        values: dict[str, Any] = {"folder": os.path.dirname(self.path)}
        for key, value in table.items():
            if key not in _KEYS:
                self._fail(f"unknown key `{key}`", key, _near(key.replace("_", "-"), _KEYS))
            values[key.replace("-", "_")] = self._value(key, value)
        return Settings(**values)

    def _value(self, key: str, value: object) -> object:
        """Return the value of a key."""
        if key in _PREFIXES:
            return self._prefixes(key, value)
        if key == "exclude":
            from nb2pkg.lint.globs import anchored

            return tuple(anchored(pattern, os.path.dirname(self.path)) for pattern in self._strings(key, value))
        if key == "per-file-ignores":
            if not isinstance(value, dict):
                self._fail(f'`{key}` must be a table such as {{ "drafts/*" = ["NB4"] }}', key)
            return tuple((pattern, self._prefixes(pattern, prefixes)) for pattern, prefixes in value.items())
        if key == "baseline":
            if not isinstance(value, str):
                self._fail(f"`{key}` must be a string: the path of a file", key)
            return os.path.join(os.path.dirname(self.path), value) if value else ""
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._fail(f"`{key}` must be a whole number, 0 or more", key)
        if key == "min-score" and value > 100:
            self._fail(f"`{key}` must be between 0 and 100", key)
        return value

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._fail(f"`{key}` must be a list of strings", key)
        return tuple(value)

    def _prefixes(self, key: str, value: object) -> tuple[str, ...]:
        prefixes = self._strings(key, value)
        for prefix in prefixes:
            if not codes_of(prefix):
                raise _unknown_prefix(prefix, f"`{key}`", self.path, self.text)
        return prefixes

    def _fail(self, message: str, key: str, hint: str = "") -> NoReturn:
        _refuse(message, self.path, _line_of(self.text, key), hint=hint)


def _unknown_prefix(prefix: str, option: str, path: str, text: str) -> UsageError:
    names = {row.name: row.code for row in ROWS}
    upper = prefix.upper()
    hint = "`ALL` stands for all rules, `NB2` for all whose codes begin so"
    if prefix.lower() in names:
        hint = f"rules are selected by code: {names[prefix.lower()]}"
    elif upper[:5] in BY_CODE:
        hint = f"did you mean `{upper[:5]}`?"
    elif upper.startswith("N") or "-" in prefix:  # codes of other tools are near to none of ours
        hint = _near(upper, BY_CODE) or _near(prefix, names) or hint
    return _error(f"{option}: no rule has the code or prefix `{prefix}`", path, _line_of(text, prefix), hint=hint)


def _near(name: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known name, if one is near."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def _line_of(text: str, word: str) -> int:
    """Return the line of a key or value below our table's header, or 0."""
    header = re.search(r"^\s*\[\s*tool\s*\.\s*[\"']?nb2pkg", text, re.MULTILINE)
    start = header.start() if header else 0
    found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text[start:]) if word else None
    return text.count("\n", 0, start + found.start()) + 1 if found else 0


def _error(message: str, path: str, line: int = 0, column: int = 0, hint: str = "") -> UsageError:
    from nb2pkg.errors import UsageError  # 30 ms, which only errors cost
    from nb2pkg.model import Location

    location = Location(os.path.relpath(path), 0, line, column) if path else None
    return UsageError(message, location=location, hint=hint)


def _refuse(message: str, path: str, line: int = 0, column: int = 0, hint: str = "") -> NoReturn:
    raise _error(message, path, line, column, hint)

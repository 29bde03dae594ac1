"""Lowerings of `%sql` and `%%sql`, as jupysql and ipython-sql run them, to calls that send a query."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.cells.interpolate import formatted, literal
from nb2pkg.cells.sql_session import Session, holds_secret, is_address

# Options that take no word, and those that take one.
_FLAGS = {"-n": "no-index", "--no-index": "no-index", "--append": "append", "-p": "persist", "--persist": "persist"}
_FLAGS |= {"-P": "persist-replace", "--persist-replace": "persist-replace"}
_VALUED = {"-A": "alias", "--alias": "alias"}
_REFUSED = {
    "-l": "it shows the session's connections",
    "--connections": "it shows the session's connections",
    "-x": "it closes a connection of the session",
    "--close": "it closes a connection of the session",
    "-c": "a function of the notebook makes the connection",
    "--creator": "a function of the notebook makes the connection",
    "-s": "the address stands in a file of one person",
    "--section": "the address stands in a file of one person",
    "-a": "it passes arguments to the driver",
    "--connection_arguments": "it passes arguments to the driver",
    "-f": "the query stands in another file",
    "--file": "the query stands in another file",
    "-S": "queries that mention the saved one are rewritten",
    "--save": "queries that mention the saved one are rewritten",
    "-w": "the query is put together from saved ones",
    "--with": "the query is put together from saved ones",
    "-N": "queries that mention the saved one are rewritten",
    "--no-execute": "queries that mention the saved one are rewritten",
    "--interact": "it waits for a person",
}
_COMMANDS = {
    "select",
    "from",
    "with",
    "pivot",
    "create",
    "update",
    "delete",
    "insert",
    "alter",
    "drop",
    "describe",
}
_UNFIT_OPTIONS = {"autopolars", "column_local_vars", "dsn_filename", "lazy_execution"}
_HARMLESS_OPTIONS = {"short_errors", "autocommit", "style", "polars_dataframe_kwargs"}
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_JINJA = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_]\w*$")
_TABLE = re.compile(r"\b(?:from|join)\s+([A-Za-z_]\w*)\b(?!\s*[.(])", re.I)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a magic says: options, the address of a database, the name that it binds, the query."""

    options: tuple[tuple[str, str], ...]
    target: str  # an address, or the name of an engine, or empty
    binds: str
    query: str
    returns: bool = False  # `name = << query` shows as well


def sql(call: Call) -> Lowered:
    """Lower `%sql` and `%%sql` to connecting, to sending a query, or to writing a table."""
    session = call.scene.sql or Session()
    parts = _parts(call, session)
    options = dict(parts.options)
    before = _connects(call, session)
    lines: list[str] = []
    connection = session.name
    if parts.target or not before.known:
        opened = _connection(call, session, parts, options, before)
        lines.append(f"{connection} = {opened}")
    if {"persist", "persist-replace", "append"} & options.keys():
        sent = _persisted(call, session, parts, options, shows=not lines)
    elif not parts.query.strip():
        if call.value_used:
            raise call.refusal(f"`{call.shown_name}` without a query has no value", hint="let it stand alone")
        return _noted(call, "\n".join(lines))
    else:
        sent = _sent(call, session, parts, shows=not lines)
    if call.value_used:
        if parts.binds:
            raise call.refusal("the query binds two names", why="`<<` binds one already.", hint="keep one of the two")
        if lines:
            sent = sent.replace(f"({connection},", f"(({connection} := {opened}),", 1)
        return _noted(call, sent) if lines else Lowered(sent)
    python = "\n".join([*lines, *_bound(call, session, parts, sent)])
    return _noted(call, python) if lines else Lowered(python)


def _noted(call: Call, python: str) -> Lowered:
    note = "queries go to a database: the package needs the same one wherever it runs"
    return Lowered(python, findings=(call.finding("magic", f"`{call.shown_name}`: {note}", "warning"),))


def _bound(call: Call, session: Session, parts: _Parts, sent: str) -> list[str]:
    if not parts.binds:
        return [sent]
    lines = [f"{parts.binds} = {sent}"]
    if session.flavour == "ipython_sql":
        lines.append(f"print({literal(f'Returning data to local variable {parts.binds}')})")
    elif parts.returns:
        lines.append(parts.binds)
    return lines


@dataclass(frozen=True, slots=True)
class _Before:
    known: bool  # a magic above connects


def _connects(call: Call, session: Session) -> _Before:
    place = call.scene.at(call.number)
    return _Before(session.first < (place.cell, place.line))


def _option(call: Call, session: Session, name: str, default: Any) -> Any:
    place = call.scene.at(call.number)
    return session.option(name, place.cell, place.line, default)


def _connection(call: Call, session: Session, parts: _Parts, options: dict[str, str], before: _Before) -> str:
    """Return the call that connects: the address comes from the environment, and by default from the notebook."""
    target, quiet = parts.target, []
    if not target:  # both extensions take the address from there
        source = '__nb_environment["DATABASE_URL"]'
        quiet = ["feedback=False"] if session.flavour == "jupysql" else []
    elif is_address(target) and not re.search(r"[${}]", target):
        variable = session.variables.get(target, "DATABASE_URL")
        if holds_secret(target):
            source = f"__nb_environment[{literal(variable)}]"
        elif "://" not in target:
            source = literal(target)
        else:
            source = f"__nb_environment.get({literal(variable)}, {literal(target)})"
    elif match := re.fullmatch(r"\$\{?(\w+)\}?", target):
        known = session.flavour == "ipython_sql" and match[1] in call.names
        source = match[1] if known else f"__nb_environment[{literal(match[1])}]"
    elif _NAME.match(target) and target in call.names:
        source = target
    elif target in session.aliases:
        source = literal(target)
    else:
        source = _text(call, session, target)
    arguments = [source]
    if alias := options.get("alias"):
        arguments.append(f"alias={literal(alias)}")
    if before.known:
        arguments.append(f"before={session.name}")
    if session.flavour == "jupysql" and not quiet and not _feedback(call, session):
        quiet = ["feedback=False"]
    return f"__nb_{session.flavour}_connect({', '.join([*arguments, *quiet])})"


def _feedback(call: Call, session: Session) -> bool:
    return bool(_option(call, session, "feedback", True))


def _announces(call: Call, session: Session, *, shows: bool) -> bool:
    """Return whether it is shown where a query runs: not where the magic connects itself."""
    return shows and bool(_option(call, session, "displaycon", True))


def _sent(call: Call, session: Session, parts: _Parts, *, shows: bool) -> str:
    """Return the call that sends a query."""
    query = parts.query.strip("\n")
    if "<<" in query and session.flavour == "jupysql":
        raise call.refusal("the query holds `<<`", why="The extension takes it for `name << query`.", hint="use `*`")
    if re.match(r"\s*begin\b", query, re.I):
        why = "The extension refuses it as well."
        raise call.refusal("a query begins a transaction", why=why, hint="leave `BEGIN` out")
    _check_frames(call, session, query)
    arguments = [session.name, _text(call, session, query)]
    arguments += _parameters(call, session, query)
    if _option(call, session, "autopandas", False):
        arguments.append("as_frame=True")
    if not _announces(call, session, shows=shows):
        arguments.append("announce=False")
    if not _feedback(call, session):
        arguments.append("feedback=False")
    limits = [("displaylimit", "limit", 10 if session.flavour == "jupysql" else None), ("autolimit", "autolimit", 0)]
    for option, argument, default in limits:
        value = _option(call, session, option, default)
        value = 0 if value is None and session.flavour == "jupysql" else value
        if value != default and not (option == "autolimit" and not value):
            if not isinstance(value, int) or value < 0 or (option == "autolimit" and session.flavour == "jupysql"):
                raise call.refusal(f"`SqlMagic.{option} = {value}` has no counterpart", hint="delete the option")
            arguments.append(f"{argument}={value}")
    return f"__nb_{session.flavour}_query({', '.join(arguments)})"


def _check_frames(call: Call, session: Session, query: str) -> None:
    """Refuse a query of DuckDB that may read a value of the notebook by its name."""
    if not any(address.startswith("duckdb:") for address in session.variables) and not session.objects:
        return
    for name in _TABLE.findall(query):
        if name in call.names:
            why = f"DuckDB looks for a table {name!r} in its own tables, and then among the notebook's values."
            hint = f"give the table another name than the value, or register it: connection.register('{name}', {name})"
            raise call.refusal(f"the query may read the notebook's `{name}`", why=why, hint=hint)


def _text(call: Call, session: Session, query: str) -> str:
    """Return the expression for a query's text, with the values that the extension puts into it."""
    if session.flavour == "ipython_sql":
        if "\n" in query and re.search(r"\$\w", query.partition("\n")[2]):
            why = "IPython loses the lines above a `$name`."
            raise call.refusal("`$name` in a query of several lines", why=why, hint="write `{name}` or `:name`")
        return formatted(query, call.names)
    rest = _JINJA.sub("", query)
    if re.search(r"\{[{%#]", rest):
        why = "Only `{{ name }}` of its templates has a counterpart."
        raise call.refusal("the query is a template", why=why, hint="build the text in Python, and give it by its name")
    names = _JINJA.findall(query)
    unbound = sorted(set(names) - call.names)
    if unbound:
        why = "The template puts nothing in its place."
        raise call.refusal(f"the query reads `{unbound[0]}`, which no cell above binds", why=why)
    if not names:
        return literal(query)
    pieces = _JINJA.split(query)  # text and names in turn
    for index in range(0, len(pieces), 2):
        pieces[index] = pieces[index].replace("{", "{{").replace("}", "}}")
    for index in range(1, len(pieces), 2):
        pieces[index] = f"{{{pieces[index]}}}"
    values = ", ".join(f"{name}={name}" for name in dict.fromkeys(names))
    return f"{literal(''.join(pieces))}.format({values})"


def _parameters(call: Call, session: Session, query: str) -> list[str]:
    """Return the argument for the values of `:name` in a query."""
    names = list(dict.fromkeys(_PARAMETER.findall(query)))
    if session.flavour == "jupysql":
        mode = _option(call, session, "named_parameters", "warn")
        if mode in ("disabled", False):
            return ["parameters={}"]
        if mode not in ("enabled", True):
            return []
    bound = [name for name in names if name in call.names]
    return [f"parameters={{{', '.join(f'{literal(name)}: {name}' for name in bound)}}}"] if bound else []


def _persisted(call: Call, session: Session, parts: _Parts, options: dict[str, str], *, shows: bool) -> str:
    """Return the call that writes a table of a DataFrame."""
    name = parts.query.strip().rstrip(";").strip()
    if not _NAME.match(name):
        raise call.refusal(f"`{call.shown_name} --persist {name}` names no DataFrame", hint="give it a name before")
    table = name.lower() if session.flavour == "ipython_sql" else name
    arguments = [session.name, name, literal(table.lower())]
    if "append" in options:
        arguments.append('if_exists="append"')
    elif "persist-replace" in options:
        arguments.append('if_exists="replace"')
    if "no-index" in options:
        arguments.append("index=False")
    quiet = session.flavour == "jupysql" and not _feedback(call, session)
    if quiet or not _announces(call, session, shows=shows):
        arguments.append("announce=False")
    return f"__nb_{session.flavour}_persist({', '.join(arguments)})"


def _parts(call: Call, session: Session) -> _Parts:
    """Take a magic apart as the extensions do."""
    options, rest = _options(call, _words(call, session), session)
    line = " ".join(rest)
    alone = len(rest) == 1 and session.flavour == "jupysql" and not _writes(options)
    if alone and (line.startswith("$") or (line in session.aliases | call.names and not is_address(line))):
        return _Parts(options, line, *_assigned(call.body or ""))
    command = f"{line}\n{call.body}" if call.body else line
    pieces = command.split(None, 1)
    if not pieces:
        return _Parts(options, "", "", "")
    target = ""
    if is_address(pieces[0]) or re.fullmatch(r"\$\{?\w+\}?|\{+\s*\w+\s*\}+", pieces[0]):
        target, command = pieces[0], pieces[1] if len(pieces) > 1 else ""
    return _Parts(options, target, *_assigned(command, line_only=session.flavour == "ipython_sql"))


def _writes(options: tuple[tuple[str, str], ...]) -> bool:
    """Return whether options of the magic say that a table is written."""
    return any(name in ("persist", "persist-replace", "append") for name, _ in options)


def _assigned(command: str, *, line_only: bool = False) -> tuple[str, str, bool]:
    """Return the name that `name << query` binds, the query, and whether it is shown as well."""
    match = re.match(r"\s*([A-Za-z_]\w*)\s*(=?)\s*<<(?!<)", command)
    if not match or (line_only and match[2]):
        return "", command, False
    return match[1], command[match.end() :].lstrip(" "), bool(match[2])


def _words(call: Call, session: Session) -> list[str]:
    """Return the words of the magic's line, as its parser of arguments has them."""
    try:
        words = shlex.split(call.line, posix=False)
    except ValueError as error:
        raise call.refusal(f"the arguments of `{call.shown_name}` are not understood", why=f"{error}.") from None
    known = {*_FLAGS, *_VALUED, *_REFUSED}
    end = next((i for i, w in enumerate(words) if w.startswith("--") and w.partition("=")[0] not in known), len(words))
    return words[:end]  # the rest is a comment of SQL


def _options(call: Call, words: list[str], session: Session) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Return the options among the words of a line, and the other words."""
    found: list[tuple[str, str]] = []
    rest: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        name, _, value = word.partition("=")
        position += 1
        if session.flavour == "jupysql" and word.lower() in _COMMANDS:
            return tuple(found), [*rest, *words[position - 1 :]]
        if name in _REFUSED:
            why = f"{_REFUSED[name][0].upper()}{_REFUSED[name][1:]}."
            raise call.refusal(f"`{call.shown_name} {name}` has no counterpart", why=why, hint="use Python for it")
        if name in _VALUED:
            if not value and position < len(words):
                value, position = words[position], position + 1
            found.append((_VALUED[name], value))
        elif word in _FLAGS:
            found.append((_FLAGS[word], ""))
        elif re.match(r"-[A-Za-z]", word):
            raise call.refusal(
                f"`{call.shown_name} {word}` is not understood", hint="write the query into a %%sql cell"
            )
        else:
            rest.append(word)
    return tuple(found), rest


def sql_config(call: Call, name: str) -> Lowered:
    """Lower `%config SqlMagic.name = value`, which the calls below take into account.

    Args:
        call: the magic.
        name: of the option.
    """
    session = call.scene.sql or Session()
    place = call.scene.at(call.number)
    value = session.option(name, place.cell, place.line + 1, None)
    if name in _UNFIT_OPTIONS and value:
        raise call.refusal(f"`SqlMagic.{name}` has no counterpart", hint="delete the option")
    if name == "displaylimit" and value is None and session.flavour == "jupysql":
        return Lowered('__nb_show_text("displaylimit: Value None will be treated as 0 (no limit)")')
    if name in _HARMLESS_OPTIONS and value not in (True, "DEFAULT"):
        message = f"the option `SqlMagic.{name}` has no counterpart and is left out"
        return Lowered(findings=(call.finding("magic", message, "warning"),))
    return Lowered()

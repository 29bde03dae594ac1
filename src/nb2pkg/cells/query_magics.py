"""Lowerings of `%%bigquery`, `%%sparksql`, `%%td_presto` and other cells that hold one query."""

from __future__ import annotations

import ast
import re
import shlex

from nb2pkg.cells.calls import Call, Lowered
from nb2pkg.cells.interpolate import literal

# Cells of one engine -> the environment variable with the address of the database.
ENGINES = {
    "presto": "PRESTO_URL",
    "trino": "TRINO_URL",
    "hive": "HIVE_URL",
    "redshift": "REDSHIFT_URL",
    "athena": "ATHENA_URL",
    "snowflake": "SNOWFLAKE_URL",
    "postgres": "POSTGRES_URL",
}
_BIGQUERY_FLAGS = {"--use_bqstorage_api", "--use_rest_api", "--verbose", "--progress_bar_type"}
_NAME = re.compile(r"[A-Za-z_]\w*$")


def bigquery(call: Call) -> Lowered:
    """Lower `%%bigquery [name] [--project p] [--params {...}]`."""
    line, parameters = _taken_parameters(call)
    arguments = [_query(call)]
    binds = ""
    words = _words(call, line)
    while words:
        word, _, value = words.pop(0).partition("=")
        if word in ("--project", "--location", "--max_results", "--progress_bar_type") and not value and words:
            value = words.pop(0)
        if word in ("--project", "--location"):
            arguments.append(f"{word[2:]}={_name_or_text(call, value)}")
        elif word == "--max_results" and value.isdigit():
            arguments.append(f"max_results={int(value)}")
        elif word == "--no_query_cache":
            arguments.append("use_cache=False")
        elif word.startswith("-") and word not in _BIGQUERY_FLAGS:
            raise _unfit(call, word)
        elif _NAME.match(word):
            binds = word
        elif not word.startswith("-"):
            raise _unfit(call, word)
    arguments += [f"parameters={parameters}"] if parameters else []
    return _result(binds, f"__nb_bigquery({', '.join(arguments)})")


def _taken_parameters(call: Call) -> tuple[str, str]:
    """Return a magic's line without its `--params`, and the expression for them."""
    match = re.search(r"--params(?:\s+|=)(\$\w+|\{.*\}|'\{.*\}')", call.line)
    if not match:
        return call.line, ""
    rest, text = call.line[: match.start()] + call.line[match.end() :], match[1].strip("'")
    code = re.sub(r"\$(\w+)", r"\1", text)
    try:
        tree = ast.parse(code, mode="eval")
    except SyntaxError:
        raise _unfit(call, "--params") from None
    unbound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - call.names
    if unbound or any(isinstance(node, ast.Call) for node in ast.walk(tree)):
        raise _unfit(call, "--params")
    return rest, code


def _query(call: Call) -> str:
    """Return the expression for the query: the cell's text, or `$name` for a text of the notebook."""
    query = (call.body or "").strip("\n")
    if not query.strip():
        raise call.refusal(f"`{call.shown_name}` has no query", hint="write it below, or delete the cell")
    match = re.fullmatch(r"\s*\$(\w+)\s*", query)
    return match[1] if match and match[1] in call.names else literal(query)


def _name_or_text(call: Call, value: str) -> str:
    match = re.fullmatch(r"\$(\w+)|\{(\w+)\}", value)
    name = (match[1] or match[2]) if match else ""
    return name if name and name in call.names else literal(value.strip("'\""))


def spark_sql(call: Call) -> Lowered:
    """Lower `%%sparksql [name]` to the session's own `sql`."""
    words = _words(call, call.line)
    options = [word for word in words if word.startswith("-")]
    if options or len(words) > 1 or "spark" not in call.names or re.search(r"\{\w+\}", call.body or ""):
        why = "Only `%%sparksql` and `%%sparksql name`, with a session called `spark`, have one."
        raise call.refusal(f"`%%sparksql {call.line}` has no counterpart", why=why, hint='write `spark.sql("...")`')
    sent = f"spark.sql({_query(call)})"
    if words:
        return Lowered(f"{words[0]} = {sent}")
    shown = "<IPython.core.display.HTML object>"
    return Lowered(f"{sent}.limit(20).collect(); __nb_show_text({literal(shown)})")


def treasure_data(call: Call) -> Lowered:
    """Lower `%%td_presto database [-o name]` and `%%td_hive`."""
    if re.search(r"\{\w*\}", call.body or ""):
        raise call.refusal("the query is a template", hint="use pytd.pandas_td.read_td_query")
    words = _words(call, call.line)
    binds, databases = _output(call, words)
    if len(databases) != 1:
        why = "The database is known only to the session."
        raise call.refusal(f"`{call.shown_name}` names no database", why=why, hint="write `%%td_presto database`")
    engine = call.name.removeprefix("td_")
    return _result(
        binds, f"__nb_treasure_data({_query(call)}, engine={literal(engine)}, database={literal(databases[0])})"
    )


def engine_cell(call: Call) -> Lowered:
    """Lower a cell for one engine, such as `%%presto`, to a DataFrame of what it returns."""
    if re.search(r"\{\{|\{%", call.body or ""):
        raise call.refusal("the query is a template", hint="build the text in Python, and use pandas.read_sql")
    words = _words(call, call.line)
    if words[-1:] == ["<<"]:
        words = words[:-1]
    binds, rest = _output(call, words)
    if len(rest) > (0 if binds else 1) or not all(_NAME.match(word) for word in rest):
        raise _unfit(call, " ".join(rest))
    source = f"__nb_environment[{literal(ENGINES[call.name])}]"
    return _result(binds or "".join(rest), f"__nb_read_frame({source}, {_query(call)})")


def _output(call: Call, words: list[str]) -> tuple[str, list[str]]:
    """Return the name that `-o name` binds, and the other words."""
    binds, rest = "", list(words)
    for option in ("-o", "--out", "--output"):
        if option in rest and rest.index(option) + 1 < len(rest):
            position = rest.index(option)
            binds = rest[position + 1]
            del rest[position : position + 2]
    unknown = [word for word in rest if word.startswith("-")]
    if unknown or (binds and not _NAME.match(binds)):
        raise _unfit(call, (unknown or [binds])[0])
    return binds, rest


def _result(binds: str, sent: str) -> Lowered:
    return Lowered(f"{binds} = {sent}" if binds else sent)


def _words(call: Call, line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise call.refusal(f"the arguments of `{call.shown_name}` are not understood", why=f"{error}.") from None


def _unfit(call: Call, word: str) -> Exception:
    hint = "use the client library in Python: what the cell shows is then in your hands"
    return call.refusal(f"`{call.shown_name} {word}` has no counterpart", hint=hint)

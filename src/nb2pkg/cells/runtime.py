"""THE TABLE of runtime helpers: the placeholder that lowered code calls -> where its counterpart lives."""

from __future__ import annotations

from nb2pkg.tuples import NamedTuple


class Helper(NamedTuple):
    """A name that lowered code uses. `module` is one of the generated package's, or the standard library's."""

    module: str
    name: str
    standard: bool = False


HELPERS: dict[str, Helper] = {
    "__nb_run_shell": Helper("shell", "run_shell"),
    "__nb_shell_lines": Helper("shell", "shell_lines"),
    "__nb_run_script": Helper("shell", "run_script"),
    "__nb_change_directory": Helper("shell", "change_directory"),
    "__nb_set_environment": Helper("shell", "set_environment"),
    "__nb_run_file": Helper("shell", "run_file"),
    "__nb_write_file": Helper("shell", "write_file"),
    "__nb_no_shell": Helper("shell", "no_shell"),
    "__nb_secret": Helper("shell", "secret"),
    "__nb_measure": Helper("timing", "measure"),
    "__nb_capture": Helper("display", "capture"),
    "__nb_show": Helper("display", "show"),
    "__nb_show_text": Helper("display", "show_text"),
    "__nb_report_error": Helper("display", "report_error"),
    "__nb_clear_output": Helper("display", "clear_output"),
    "__nb_display": Helper("display", "display"),
    "__nb_jupysql_connect": Helper("query", "connect"),
    "__nb_jupysql_query": Helper("query", "run_query"),
    "__nb_jupysql_persist": Helper("query", "persist"),
    "__nb_ipython_sql_connect": Helper("query", "connect"),
    "__nb_ipython_sql_query": Helper("query", "run_query"),
    "__nb_ipython_sql_persist": Helper("query", "persist"),
    "__nb_read_frame": Helper("query", "read_frame"),
    "__nb_bigquery": Helper("query", "read_bigquery"),
    "__nb_treasure_data": Helper("query", "read_treasure_data"),
    "__nb_sql": Helper("query", "sql"),
    "__nb_working_directory": Helper("os", "getcwd", standard=True),
    "__nb_environment": Helper("os", "environ", standard=True),
    "__nb_partial": Helper("functools", "partial", standard=True),
}

# Those that give what a database returned, which a notebook shows; to the analysis they are calls of a library.
VALUED = frozenset(name for name, helper in HELPERS.items() if helper.module == "query")
LIBRARY = "nb2pkg"
PREFIX = "__nb_"
# Bound and read within one lowered statement: it has no counterpart.
ERROR_NAME = "__nb_error"

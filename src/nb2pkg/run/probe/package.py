"""Runs a generated package as `python -m PACKAGE` does, and writes down what names hold after each statement.

Standard library only. Modules of the package are loaded from their source with calls put behind the statements of the
functions that are asked for; no other code is changed, and no bytecode is read or written.
"""

from __future__ import annotations

import ast
import builtins
import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from importlib import abc, machinery
from types import CodeType, ModuleType
from typing import Any

SEE = "__nb2pkg_see__"  # in builtins
RESULT = "__nb2pkg_result__"


def install(package: str, functions: Mapping[str, Sequence[str]], driver: str, records: bool = True) -> None:
    """Prepare for the package to be imported.

    Args:
        package: its name.
        functions: module (`preprocessing`) -> functions whose statements are watched; `""` is the module's own code.
        driver: the function of `pipeline` whose returned value holds the results.
        records: write down what names hold; else only the results and the end.
    """
    setattr(builtins, SEE, _see)
    setattr(builtins, RESULT, _result)
    watched = {f"{package}.{module}": frozenset(names) for module, names in functions.items()} if records else {}
    sys.meta_path.insert(0, _Finder(watched, f"{package}.pipeline", driver))


def run(package: str) -> int:
    """Run the package and return its exit status; what it raises is reported, and printed as Python does."""
    kernel = sys.modules["_nb2pkg_kernel"]
    status, error = 0, None
    sys.argv = [package]
    try:
        runpy.run_module(package, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as raised:
        frames = traceback.extract_tb(raised.__traceback__)
        places = [[f.filename, f.lineno, f.name] for f in frames]
        error, status = {"name": type(raised).__name__, "message": str(raised), "frames": places}, 1
        traceback.print_exception(type(raised), raised, raised.__traceback__)
    kernel.finish()
    kernel.report({"kind": "end", "status": status, "error": error})
    return status


def _see(site: str, values: dict[str, Any], pairs: Any = (), record: Any = None) -> None:
    try:
        sys.modules["_nb2pkg_trace"].see(site, values, pairs, record)
    except Exception:
        sys.modules["_nb2pkg_kernel"].report(
            {"kind": "failure", "where": site, "error": traceback.format_exc(limit=-3)}
        )


def _result(value: Any) -> Any:
    """Report the fields of what the driver returns."""
    try:
        summary, kernel = sys.modules["_nb2pkg_summary"], sys.modules["_nb2pkg_kernel"]
        for name, part in vars(value).items():
            kernel.report({"kind": "result", "name": name, "summary": summary.summarise(part)})
    except Exception:
        return value
    return value


class _Finder(abc.MetaPathFinder):
    def __init__(self, watched: Mapping[str, frozenset[str]], pipeline: str, driver: str) -> None:
        self.watched = watched
        self.pipeline = pipeline
        self.driver = driver

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> machinery.ModuleSpec | None:
        if name not in self.watched and name != self.pipeline:
            return None
        spec = machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, machinery.SourceFileLoader) or spec.origin is None:
            return spec
        driver = self.driver if name == self.pipeline else ""
        spec.loader = _Loader(name, spec.origin, self.watched.get(name, frozenset()), driver)
        return spec


class _Loader(machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, functions: frozenset[str], driver: str) -> None:
        super().__init__(name, path)
        self.functions = functions
        self.driver = driver

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        watch(tree, fullname.rpartition(".")[2], self.functions, self.driver)
        return compile(tree, path, "exec", dont_inherit=True)


def watch(tree: ast.Module, module: str, functions: frozenset[str], driver: str) -> None:
    """Put the calls into a module."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name == driver:
                _report_results(node)
            if node.name in functions:
                node.body = [*_with_calls(node.body, f"{module}.{node.name}")]
    if "" in functions:
        tree.body = [*_with_calls(tree.body, f"{module}.")]
    ast.fix_missing_locations(tree)


def _report_results(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    for node in function.body:
        if isinstance(node, ast.Return) and node.value is not None:
            node.value = ast.Call(ast.Name(RESULT, ast.Load()), [node.value], [])


def _with_calls(body: list[ast.stmt], where: str) -> Iterator[ast.stmt]:
    mentions = sys.modules["_nb2pkg_mentions"]
    for position, node in enumerate(body):
        yield node
        if isinstance(node, (ast.Return, ast.Raise)) or (not position and _is_docstring(node)):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        call = _call(f"{where}:{position}", mentions.mentioned(node), mentions.identities(node), _record(node))
        for part in ast.walk(call):
            ast.copy_location(part, node)
        yield call


def _record(node: ast.stmt) -> str:
    """Return the last name that a call's result is bound to: the place of a record of several values."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return ""
    target = node.targets[-1]
    last = target.elts[-1] if isinstance(target, ast.Tuple) and target.elts else target
    return last.id if isinstance(last, ast.Name) else ""


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _call(site: str, names: list[str], pairs: list[tuple[str, str]], record: str) -> ast.stmt:
    """Return code that reports the names, as far as they are bound; it keeps no reference to their values.

    `locals()` would: in Python up to 3.12 the frame holds its dictionary.
    """
    text = ["if True:", "    __nb2pkg_values__ = {}"]
    for name in names:
        text += ["    try:", f"        __nb2pkg_values__[{name!r}] = {name}", "    except NameError:", "        pass"]
    last = f"__nb2pkg_values__.get({record!r})" if record else "None"
    text += [f"    {SEE}({site!r}, __nb2pkg_values__, {pairs!r}, {last})", "    del __nb2pkg_values__"]
    return ast.parse("\n".join(text)).body[0]

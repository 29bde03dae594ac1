"""The rules of the source: who imports whom, which library is used where, and that nothing of a notebook runs."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "nb2pkg"
NAMES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
LONGEST = 460  # lines of a file

# From the bottom to the top: a module imports from its own row and from rows above it here. The longest prefix counts.
ORDER = (
    "nb2pkg",  # the version
    "nb2pkg.tuples",
    "nb2pkg.names",
    "nb2pkg.declarations",
    "nb2pkg.machine",
    "nb2pkg.model",
    "nb2pkg.errors",
    "nb2pkg.report.errors",
    "nb2pkg.wishes",
    "nb2pkg.cells",
    "nb2pkg.flow",
    "nb2pkg.lint",
    "nb2pkg.needs",
    "nb2pkg.around",
    "nb2pkg.plan",
    "nb2pkg.promises",
    "nb2pkg.project",
    "nb2pkg.run",
    "nb2pkg.doctor",
    "nb2pkg.report",  # summaries
    "nb2pkg.pipeline",
    "nb2pkg.commands",
    "nb2pkg.cli",
    "nb2pkg.entry",
    "nb2pkg.__main__",
)
# Library -> where it may be imported, so that replacing it is one edit. There are no others.
FENCES = {
    "black": ("project/format.py",),
    "IPython": ("cells/lower.py",),
    "jinja2": ("project/render.py", "report/verify_html.py"),
    "jupyter_client": ("run/notebook.py",),
    "jupytext": ("cells/percent.py",),
    "libcst": ("run/mutants",),
    "mutmut": ("run/mutants.py", "commands/strength.py"),  # the command asks whether it is there
    "nbclient": ("run/notebook.py",),
    "markupsafe": ("report/verify_html.py",),
    "nbconvert": ("report/verify_html.py",),
    "nbformat": ("run/notebook.py", "report/verify_html.py"),
    "packaging": ("doctor/", "needs/standards.py"),
    "PIL": ("run/figures.py",),
    "pytest": ("run/probe/mutants_tests.py",),
    "rich": ("commands/progress.py",),
    "sqlglot": ("project/query_tables.py",),
    # Tables of ours and of projects.
    "tomli": (
        "declarations.py",
        "doctor/project.py",
        "flow/",
        "lint/settings.py",
        "needs/",
        "plan/file.py",
        "project/versions.py",
    ),
    "typer": ("cli.py",),
}
STANDARD = sys.stdlib_module_names | {"tomllib"}  # which Python 3.10 lacks
# What could run code of a notebook, or start something. `compile` alone runs nothing.
RUNNERS = {"code", "codeop", "ctypes", "importlib", "marshal", "multiprocessing", "pickle", "runpy", "subprocess"}
RUNNING_CALLS = {"exec", "eval", "__import__", "builtins.exec", "builtins.eval", "os.system", "os.popen", "os.fork"}
RUNNING_STARTS = ("os.exec", "os.spawn", "os.posix_spawn")  # what RUNNERS do can't be called without an import
RUNS = "run/"  # the one folder that may, as its commands say
RESOURCES = "importlib.resources"  # reads tables of ours
RULES = "lint/rules/__init__.py"  # imports a rule's file by the name that the table gives it


def module_of(name: str) -> str:
    """Return the dotted name of a source file."""
    return ".".join(("nb2pkg", *name.removesuffix(".py").split("/"))).removesuffix(".__init__")


MODULES = {module_of(name): name for name in NAMES}


@cache
def tree(name: str) -> ast.Module:
    """Return a source file, parsed."""
    return ast.parse((SOURCE / name).read_text(encoding="utf-8"))


def imports_of(name: str) -> Iterator[str]:
    """Yield what a file imports, at its top or anywhere below: the module that holds a name, or is that name."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            members = [f"{module}.{alias.name}" for alias in node.names]
            yield from (member if member in MODULES or module == "importlib" else module for member in members)


def calls_of(name: str) -> Iterator[str]:
    """Yield what a file calls by a plain or dotted name."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield ast.unparse(node.func)


def layer(module: str) -> int:
    """Return the row of the table that a module belongs to; a module that no row names is in none."""
    rows = [row for row in ORDER if module == row or (row != "nb2pkg" and module.startswith(f"{row}."))]
    assert rows, f"{module} is in no row of ORDER"
    return ORDER.index(max(rows, key=len))


def test_every_module_has_its_row_and_every_row_its_modules() -> None:
    assert {layer(module) for module in MODULES} == set(range(len(ORDER)))


def test_imports_go_one_way() -> None:
    upwards = [
        f"{name} imports {module}"
        for name in NAMES
        for module in imports_of(name)
        if module.startswith((".", "nb2pkg")) and (module not in MODULES or layer(module) > layer(module_of(name)))
    ]
    assert upwards == []


def test_no_modules_import_each_other() -> None:
    """Nor within a row, nor by an import inside of a function, which would only hide the circle."""
    graph = {module: {m for m in imports_of(name) if m in MODULES} - {module} for module, name in MODULES.items()}
    in_order = [*graphlib.TopologicalSorter(graph).static_order()]  # a circle raises, and is named
    assert sorted(in_order) == sorted(MODULES)


@pytest.mark.parametrize("library", FENCES)
def test_library_is_used_in_its_place(library: str) -> None:
    users = [name for name in NAMES if any(module.split(".")[0] == library for module in imports_of(name))]
    assert users
    assert [name for name in users if not name.startswith(FENCES[library])] == []


def test_no_other_library_is_used() -> None:
    tops = {module.split(".")[0] for name in NAMES for module in imports_of(name)}
    assert tops - STANDARD - {"nb2pkg"} == set(FENCES)


def test_only_commands_print() -> None:
    printing = {name for name in NAMES for call in calls_of(name) if call == "print" or call.startswith("sys.std")}
    assert "commands/convert.py" in printing
    assert [name for name in sorted(printing) if not name.startswith(("commands/", "run/probe/"))] == []


def test_nothing_of_a_notebook_runs() -> None:
    found = [
        f"{name} calls {call}"
        for name in NAMES
        for call in calls_of(name)
        if not name.startswith(RUNS)
        if call in RUNNING_CALLS or call.startswith(RUNNING_STARTS)
    ]
    found += [
        f"{name} imports {module}"
        for name in NAMES
        for module in imports_of(name)
        if not name.startswith(RUNS)
        if module.split(".")[0] in RUNNERS and module != RESOURCES
        if (name, module) != (RULES, "importlib.import_module")
    ]
    assert found == []


def test_probes_need_no_library() -> None:
    """They run in the user's Python, where nb2pkg may not be installed."""
    probes = [name for name in NAMES if name.startswith("run/probe/")]
    assert "run/probe/kernel.py" in probes
    beside = {module_of(name) for name in probes}  # they are laid out under their own names
    foreign = [m for name in probes for m in imports_of(name) if m.split(".")[0] not in STANDARD and m not in beside]
    assert foreign == ["pytest"]  # what runs tests can't do without


def test_files_can_be_read_in_one_sitting() -> None:
    lengths = {name: len((SOURCE / name).read_text(encoding="utf-8").splitlines()) for name in NAMES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize(
    ("module", "left_out"),
    [
        ("nb2pkg.cli", {"black", "jinja2", "IPython", "pandas", "numpy", "nb2pkg.pipeline", "nb2pkg.commands"}),
        (
            "nb2pkg.commands.check_one",
            {"black", "jinja2", "libcst", "IPython", "pandas", "numpy", "rich", "typer", "nbformat", "dataclasses"}
            | {
                "pathlib",
                "argparse",
                "inspect",
                "typing",
                "nb2pkg.model",
                "nb2pkg.errors",
                "nb2pkg.pipeline",
                "nb2pkg.plan",
            },
        ),
        (
            "nb2pkg.commands.check",
            {"black", "jinja2", "libcst", "IPython", "pandas", "numpy", "rich", "typer", "nbformat", "dataclasses"}
            | {
                "ast",
                "json",
                "pathlib",
                "inspect",
                "typing",
                "nb2pkg.model",
                "nb2pkg.errors",
                "nb2pkg.lint.notebook",
                "sqlite3",
            },
        ),
        ("nb2pkg.commands.convert", {"black", "jinja2", "IPython", "pandas", "numpy", "rich"}),
        ("nb2pkg.commands.doctor", {"black", "jinja2", "IPython", "pandas", "numpy", "rich", "nb2pkg.pipeline"}),
        (
            "nb2pkg.report.doctor",
            {"black", "jinja2", "IPython", "rich", "typer", "importlib.metadata", "nb2pkg.pipeline", "nb2pkg.project"},
        ),
        ("nb2pkg.pipeline", {"typer", "IPython", "pandas", "numpy", "rich", "nb2pkg.commands", "nb2pkg.report"}),
    ],
)
def test_start_up_leaves_out_what_is_heavy(module: str, left_out: set[str]) -> None:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    loaded = set(done.stdout.splitlines())
    assert module in loaded
    assert left_out & loaded == set()

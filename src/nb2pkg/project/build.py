"""Flow and Plan -> Project: every file of the package in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from nb2pkg.cells.document import read_document
from nb2pkg.cells.hide import blank_copy, is_sure
from nb2pkg.errors import RefusedError
from nb2pkg.flow.distributions import PASSING_STANDARD_MODULES
from nb2pkg.flow.imports import imported_tops
from nb2pkg.machine import Around
from nb2pkg.model import Flow, Location, Notebook, Plan, Project
from nb2pkg.plan.file import plan_text
from nb2pkg.project.chapters import chapters_with_functions
from nb2pkg.project.config import environment
from nb2pkg.project.data_files import brought_along
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.habits import broken_rules, tops_of, untyped_habits
from nb2pkg.project.modules import make_build, package_modules, uses_figures
from nb2pkg.project.naming import safe_name
from nb2pkg.project.queries import query_context, sent_queries, sql_files
from nb2pkg.project.query_tests import query_tests
from nb2pkg.project.readme import readme_text
from nb2pkg.project.recording import Recording
from nb2pkg.project.render import one_line
from nb2pkg.project.scaffold import check_places, scaffold_names, scaffold_texts
from nb2pkg.project.script import script_source
from nb2pkg.project.static_cases import made_up_findings, static_tests
from nb2pkg.project.tasks import staged_story
from nb2pkg.project.testing import test_files
from nb2pkg.project.validate import validate
from nb2pkg.project.versions import pythons_of


def build_project(
    flow: Flow,
    plan: Plan,
    heads: Mapping[str, str] | None = None,
    recording: Recording | None = None,
    *,
    around: Around | None = None,
    without: Collection[str] = (),
    loose: Collection[str] = (),
) -> Project:
    """Return the project that a plan makes of a notebook; the same input gives the same bytes.

    Args:
        flow: what the analysis knows of the notebook.
        plan: what becomes of it.
        heads: the first lines of data files beside the notebook, that tests may be made of.
        recording: what a run of the notebook recorded, if it was run.
        around: what lies around the notebook: templates of people, data that is brought along.
        without: names of tests that are left out.
        loose: names of recorded tests that check of results only what kind they are.
    """
    around = around or Around()
    build = make_build(flow, plan, recording, around.templates)
    modules = {"__main__.py": format_code(script_source(build))} if plan.script else package_modules(build)
    sent = sent_queries(flow, build.names, "\n".join(modules.values()))
    static, asked = static_tests(build, modules, heads or {}), query_tests(build, sent)
    tests = test_files(build, static, recording, without, loose)
    tests |= {"tests/test_queries.py": asked.text.encode("utf-8")} if asked.text else {}
    texts = _package_texts(build, modules, sql_files(sent))
    texts |= {name: content.decode("utf-8") for name, content in tests.items() if name.endswith(".py")}
    texts["pyproject.toml"] = _pyproject(build, modules, texts, _test_needs(tests))
    texts |= _decisions(build)
    check_places(build, {*texts, *tests})
    copies = _copies(build)
    taken = ["README.md", *texts, *tests, *scaffold_names(build), *copies]
    brought, clashes = brought_along(build, around.contents, taken)
    texts |= scaffold_texts(build, brought)
    validate(plan, texts)
    files = {**tests, **{name: text.encode("utf-8") for name, text in texts.items()}, **copies, **brought}
    files[build.layout.place(f"{plan.package}/py.typed")] = b""
    if "README.md" not in files:  # else people bring their own
        files["README.md"] = readme_text(build, files, around).encode("utf-8")
    _check_secrets(flow.notebook, files, build.layout.notebooks)
    findings = (*plan.findings, *asked.findings, *made_up_findings(flow.notebook.path, static), *clashes)
    return Project(plan.package, dict(sorted(files.items())), plan, findings)


def _package_texts(build: Build, modules: dict[str, str], queries: Mapping[str, str]) -> dict[str, str]:
    """Return the files of the package: its modules, what they need at run time, and the queries that they send."""
    texts = {**_runtime(build, modules), **modules, **queries}
    return {build.layout.place(f"{build.plan.package}/{name}"): text for name, text in texts.items()}


def _test_needs(tests: Mapping[str, bytes]) -> list[str]:
    """Return the distributions that the tests need, besides those of the package."""
    queries = ["duckdb", "sqlglot"] if "tests/test_queries.py" in tests else []
    tables = ["pyarrow"] if any(name.endswith(".parquet") for name in tests) else []
    return ["pytest", *queries, *tables]


def _decisions(build: Build) -> dict[str, str]:
    """Return what is noted of the conversion: its plan, and which line went where."""
    provenance = json.dumps(_provenance(build), indent=2, ensure_ascii=False, sort_keys=True)
    return {".nb2pkg/plan.toml": plan_text(build.plan, build.flow), ".nb2pkg/provenance.json": f"{provenance}\n"}


def _copies(build: Build) -> dict[str, bytes]:
    """Return what is taken over as it is: the notebook without its secrets, and the modules that lie beside it."""
    notebook, layout = build.flow.notebook, build.layout
    copies = {f"{layout.notebooks}/{safe_name(notebook.path)}": blank_copy(notebook.raw, notebook.secrets)}
    for module in notebook.local_modules:
        if not module.written:
            copies |= {layout.place(name): content for name, content in module.files}
    return copies


def _check_secrets(notebook: Notebook, files: Mapping[str, bytes], folder: str) -> None:
    """Refuse to write a secret of the notebook, by whatever way it came into a file."""
    texts = [*_contents(notebook, files, folder)] if notebook.secrets else []
    for secret in filter(is_sure, notebook.secrets):
        escaped = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
        forms = {form.encode("utf-8") for form in (secret, *escaped)}
        held = [name for name, content in texts if any(form in content for form in forms)]
        if held:
            raise RefusedError(
                f"a secret of the notebook would stand in {min(held)!r}: nothing was written",
                location=Location(notebook.path),
                why="Literals, comments and outputs are freed of it, but not names.",
                hint="withdraw the secret, and read it from os.environ in the notebook",
            )


def _contents(notebook: Notebook, files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of the files, and of the notebook's copy once more as Jupyter would read it."""
    yield from files.items()
    if notebook.path.lower().endswith(".ipynb"):
        name = f"{folder}/{safe_name(notebook.path)}"
        for cell in read_document(files[name], Location(notebook.path)).cells:
            yield name, "\n".join((cell.source, *(output.text for output in cell.outputs))).encode("utf-8", "replace")


def _runtime(build: Build, modules: dict[str, str]) -> dict[str, str]:
    plan = build.plan
    code = "\n".join(modules.values())
    figures = uses_figures(build.flow)
    staged = staged_story(build)
    context: dict[str, Any] = {
        "package": plan.package,
        "title": _one_line_title(plan.title),
        "uses_figures": figures,
        "uses_pandas": _may_bring_pandas(build.flow),
        "uses_ipython": _imports_any(build.flow, _SHOWING),
        "asynchronous": plan.asynchronous,
        "has_config": bool(plan.settings),
        "needs_tomli": _needs_tomli(plan),
        "environment": environment(build),
        "driver": build.names.driver,
        "tellers": [build.names.driver, *chapters_with_functions(modules.get("pipeline.py", ""), build.names.driver)],
        "results_class": build.names.results_class if plan.results else "",
        "predictor_class": build.names.predictor_class if plan.predictor is not None else "",
        "script": plan.script,
        "writes_files": bool(plan.results) or bool(staged.stages),
        "stages": [{"name": s.name, "arguments": s.arguments} for s in staged.stages],
        "options": staged.options,
        "config": build.names.config,
    }
    names = ["batch.py", "display.py", "pretty.py", "cli.py", "__init__.py", *([] if plan.script else ["__main__.py"])]
    names += ["figures.py"] if figures else []
    names += ["settings.py"] if plan.settings else []
    names += ["metrics.py"] if plan.results else []
    names += ["stages.py", "state.py"] if staged.stages else []
    names += [f"{name}.py" for name in ("shell", "timing") if f"{plan.package}.{name} " in code]
    found = {name: build.templates.render(f"src/PACKAGE/{name}.jinja", **context) for name in names}
    formatted = ("cli.py", "stages.py", "state.py") if staged.stages else ()
    found |= {name: format_code(found[name]) for name in formatted}
    if f"{plan.package}.query " in code:
        parts = query_context(build.flow, sent_queries(build.flow, build.names, code))
        found["query.py"] = format_code(
            build.templates.render("src/PACKAGE/query.py.jinja", package=plan.package, **parts)
        )
    return found


# Libraries that surely leave pandas out, when nothing else is imported; any other may bring it in.
_WITHOUT_PANDAS = frozenset(
    {"numpy", "matplotlib", "scipy", "sympy", "requests", "IPython", "PIL", "joblib", "bs4", "yaml", "networkx", "nltk"}
    | {"torch", "torchvision", "cv2", "MeCab", "fugashi", "janome"}
)
# Libraries that show things through IPython by themselves.
_SHOWING = frozenset(
    {"IPython", "PIL", "altair", "bokeh", "folium", "graphviz", "ipywidgets", "mglearn", "plotly", "shap", "tqdm"}
)


def _imports_any(flow: Flow, tops: frozenset[str]) -> bool:
    return not tops.isdisjoint(imported_tops(flow.statements))


def _may_bring_pandas(flow: Flow) -> bool:
    tops = imported_tops(flow.statements)
    return bool(tops - sys.stdlib_module_names - _WITHOUT_PANDAS)


def _one_line_title(text: str) -> str:
    return " ".join(one_line(text).split()).replace("\\", "\\\\").replace('"', "'")


def _needs_tomli(plan: Plan) -> bool:
    """Return whether the settings may be read by a Python whose standard library can't read TOML."""
    return bool(plan.settings) and "3.10" in pythons_of(plan.needs.python)


def _pyproject(build: Build, modules: Mapping[str, str], texts: Mapping[str, str], test: Sequence[str]) -> str:
    flow, plan, place = build.flow, build.plan, build.layout.place
    local = [m for m in flow.notebook.local_modules if not m.written]
    tops = {place(name.split("/")[0]) for m in local for name, _ in m.files}
    rules = {place(f"{plan.package}/{name}"): broken_rules(text) for name, text in sorted(modules.items())}
    code = [text for name, text in texts.items() if name.endswith(".py") and not name.startswith("tests/")]
    standard = sys.stdlib_module_names | PASSING_STANDARD_MODULES  # the same on each Python that runs this
    libraries = tops_of(code) - standard - {plan.package} - {m.name for m in local}
    return build.templates.render(
        "pyproject.toml.jinja",
        package=plan.package,
        source=build.layout.source or ".",
        package_folder=place(plan.package),
        notebooks=build.layout.notebooks,
        distribution=plan.package.replace("_", "-"),
        title=one_line(plan.title),
        python=plan.needs.python,
        license=plan.scaffold.license,
        requirements=plan.needs.requirements,
        direct=any(requirement.url for requirement in plan.needs.requirements),
        test=test,
        needs_tomli=_needs_tomli(plan),
        wheel=[place(plan.package), *sorted(tops)],
        beside=sorted(tops),
        broken={name: codes for name, codes in rules.items() if codes},
        libraries=sorted(libraries),
        modules=[f"{plan.package}.{name.removesuffix('.py')}" for name in sorted(modules) if name != "config.py"],
        local=sorted(m.name for m in local),
        untyped_habits=untyped_habits({code for codes in rules.values() for code in codes}),
    )


def _provenance(build: Build) -> dict[str, Any]:
    rows = []
    for unit in build.plan.units:
        statements = [build.flow.statements[i] for i in unit.statements]
        rows.append(
            {
                "unit": unit.name,
                "module": unit.module,
                "kind": unit.kind,
                "statements": [
                    {"cell": s.cell_id, "number": s.location.cell, "line": s.location.line} for s in statements
                ],
            }
        )
    return {"schema": 1, "notebook": safe_name(build.plan.notebook), "sha256": build.plan.digest, "units": rows}

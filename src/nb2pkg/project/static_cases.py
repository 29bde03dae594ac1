"""Tests of single functions, made without running anything: what the code of each one guarantees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nb2pkg.model import Finding, Location
from nb2pkg.project.cases import Case, Setup
from nb2pkg.project.functions import Build
from nb2pkg.project.hazards import runs_in_process
from nb2pkg.project.static_claims import Claim, claims_of
from nb2pkg.project.static_data import loader_cases
from nb2pkg.project.static_observed import observed_cases
from nb2pkg.project.static_rows import is_plain, row_cases
from nb2pkg.project.static_split import split_claims
from nb2pkg.project.static_text import PANDAS, PYTEST, Writer, slug
from nb2pkg.promises.execute import Call
from nb2pkg.promises.heads import Heads
from nb2pkg.promises.package import Package
from nb2pkg.promises.trial import Outcome, missing_column, splits, try_function
from nb2pkg.promises.values import Array, Doubt, Frame, Function, Raised, Series

EACH = ("preprocessing", "features")  # modules of which each function gets a test
MODULES = ("data", *EACH, "training", "evaluation")  # in the order of the story
STRICT = False  # our own tests want to see what goes wrong
_MOST = 10  # tests of a function
_SHARED = (Frame, Series, Array)
ANY = "from typing import Any"
_TYPES = {Frame: ("pd.DataFrame", PANDAS), Series: ("pd.Series", PANDAS), Array: ("np.ndarray", "import numpy as np")}


@dataclass(frozen=True, slots=True)
class StaticTests:
    """Tests that were made without running anything.

    Args:
        cases: the tests.
        fixtures: files that they read: path in the project -> text.
        replaced: path of a data file -> the columns whose values were replaced by made-up ones.
    """

    cases: tuple[Case, ...] = ()
    fixtures: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def static_tests(build: Build, modules: Mapping[str, str], texts: Mapping[str, str]) -> StaticTests:
    """Return the tests of the functions of a package.

    Args:
        build: what is known of the package.
        modules: file name -> text of its modules.
        texts: the first lines of data files beside the notebook.
    """
    if build.plan.script:
        return StaticTests()
    sources = {name.removesuffix(".py"): text for name, text in modules.items()}
    heads = Heads(texts)
    package = Package(build.plan.package, sources)
    package.calls = _story(package, build.names.driver, heads)
    cases, fixtures = loader_cases(package, heads)
    tested = {(case.module, case.function) for case in cases}
    cases += [case for case in _cases_of(build, package) if (case.module, case.function) not in tested]
    return StaticTests(tuple(cases), fixtures, heads.replaced)


def _cases_of(build: Build, package: Package) -> list[Case]:
    sources = package.sources
    made = {(u.module, u.name) for u in build.plan.units if u.kind == "function"}
    in_process = runs_in_process(build.flow, build.plan)
    found: list[Case] = []
    for module in (m for m in MODULES if m in sources):
        names: set[str] = set()
        tree = ast.parse(sources[module])
        for node in (n for n in tree.body if isinstance(n, ast.FunctionDef)):
            cases = _surely(package, module, node)
            typed = (module, node.name) in made
            if not cases and module in EACH and in_process and (typed or _is_used(node.name, sources)):
                cases = observed_cases(module, tree, node, typed=typed)
            found += _unique(cases, names)
    return found


def _surely(package: Package, module: str, node: ast.FunctionDef) -> list[Case]:
    """Return the tests of a function; one that can't be thought through has none, and ends no conversion."""
    with suppress(Exception):
        return function_cases(package, module, node)
    return []


def _is_used(name: str, sources: Mapping[str, str]) -> bool:
    """True when something of the package calls a function, or passes it on."""
    return any(
        isinstance(n, (ast.Name, ast.Attribute)) and (n.id if isinstance(n, ast.Name) else n.attr) == name
        for text in sources.values()
        for n in ast.walk(ast.parse(text))
    )


def _story(package: Package, driver: str, heads: Heads) -> list[Call]:
    interpreter = package.interpreter(heads.read, tolerant=True)
    with suppress(Doubt, Raised, RecursionError):
        interpreter.call(interpreter.module_name("pipeline", driver), [], {})
    return interpreter.calls


def _unique(cases: Sequence[Case], names: set[str]) -> Iterator[Case]:
    """Yield cases whose names none of the module has yet."""
    for case in cases:
        if case.name not in names:
            names.add(case.name)
            yield case


def function_cases(package: Package, module: str, node: ast.FunctionDef) -> list[Case]:
    """Return the tests of one function: what it surely does with small inputs."""
    try:
        outcome = try_function(package, module, node.name)
        return [] if outcome is None else list(_cases(package, module, node, outcome))
    except Doubt:
        return []
    except Exception:  # a test that can't be made is no reason not to convert
        if STRICT:
            raise
        return []


def _cases(package: Package, module: str, node: ast.FunctionDef, outcome: Outcome) -> Iterator[Case]:
    if is_plain(outcome):
        found = row_cases(package, module, node, outcome)
        if found:
            yield from found
            return
    claims = _claims(package, node, outcome)[:_MOST]
    missing = missing_column(package, module, node.name, outcome)
    if not claims:
        return
    shared = _needs(package, node, outcome) if len(claims) + (missing is not None) > 1 else {}
    for claim in claims:
        yield _case(package, module, node, outcome, claim, shared)
    if missing is not None:
        yield _without(package, module, node, outcome, missing, shared)


def _claims(package: Package, node: ast.FunctionDef, outcome: Outcome) -> list[Claim]:
    if splits(node):
        with suppress(Doubt):
            return split_claims(node, outcome)
    return claims_of(outcome, Writer(package.name), _returned_names(node))


def _needs(package: Package, node: ast.FunctionDef, outcome: Outcome) -> dict[str, Setup]:
    """Return fixtures for the tables and arrays that several tests of a function share: parameter -> fixture."""
    found = {}
    for name, value in outcome.before.items():
        if isinstance(value, _SHARED) or _is_long(value):
            writer = Writer(package.name)
            kind, line = _type_of(value)
            fixture = f"{name}_for_{node.name}"
            source = f"@pytest.fixture\ndef {fixture}() -> {kind}:\n    return {writer.value(value)}\n"
            lines = [*sorted(writer.imports), *([line] if line else []), PYTEST]
            found[name] = Setup(fixture, source, tuple(lines))
    return found


def _is_long(value: Any) -> bool:
    return isinstance(value, (list, dict)) and len(value) > 3


def _type_of(value: Any) -> tuple[str, str]:
    """Return the annotation of a value, and the import that it needs."""
    if isinstance(value, list):
        kinds = {type(v) for v in value}
        return ("list[str]", "") if kinds == {str} else ("list[int]", "") if kinds == {int} else ("list[Any]", ANY)
    return ("dict[Any, Any]", ANY) if isinstance(value, dict) else _TYPES[type(value)]


def _call(module: str, node: ast.FunctionDef, given: Mapping[str, str]) -> str:
    named = {a.arg for a in node.args.kwonlyargs}
    parts = [f"{name}={text}" if name in named else text for name, text in given.items()]
    return f"{module}.{node.name}({', '.join(parts)})"


def _case(
    package: Package, module: str, node: ast.FunctionDef, outcome: Outcome, claim: Claim, shared: Mapping[str, Setup]
) -> Case:
    writer = Writer(package.name)
    body, given = _arranged(outcome, writer, shared)
    arguments = {k: given.get(k, "") for k in outcome.before}
    parameters = [f"{shared[k].name}: {_type_of(v)[0]}" for k, v in outcome.before.items() if k in shared]
    if "shown" in claim.uses:
        writer.needs(ANY)
        writer.needs(PYTEST)
        parameters.append("monkeypatch: pytest.MonkeyPatch")
        body += ["shown: list[Any] = []", f'monkeypatch.setattr({module}, "show", shown.append)']
    if "printed" in claim.uses:
        writer.needs(PYTEST)
        parameters.append("capsys: pytest.CaptureFixture[str]")
    for name in outcome.before:
        if f"copy of {name}" in claim.uses:
            body.append(f"before = {arguments[name]}.copy()")
    call = _call(module, node, arguments)
    lines = [_renamed(line, arguments) for line in claim.lines]
    target, lines = _unpacked(_returned_names(node), lines, set(arguments.values()))
    body += ["", f"{target} = {call}" if "result" in claim.uses else call]
    body += [f"again = {call}"] if "again" in claim.uses else []
    body += ["printed = capsys.readouterr().out.splitlines()"] if "printed" in claim.uses else []
    name = f"test_{node.name}_{claim.says}"
    body = body[1:] if body[0] == "" else body
    text = "\n".join(f"    {line}" if line else "" for line in [*body, "", *lines])
    source = f"def {name}({', '.join(parameters)}) -> None:\n{text}\n"
    used = {line for line in _lines_of(claim.lines)}
    imports = tuple(sorted(writer.imports | used))
    return Case(module, node.name, name, source, imports, tuple(shared.values()))


def _unpacked(names: Sequence[str], lines: list[str], taken: set[str]) -> tuple[str, list[str]]:
    """Return what a test binds the returned values to, by the names that the function has for them, and its lines."""
    wanted = {int(n) for line in lines for n in re.findall(r"\bresult\[(\d+)\]", line)}
    bare = any(re.search(r"\bresult\b(?!\[\d+\])", line) or "again" in line for line in lines)
    plain = len(set(names)) == len(names) and all(n.isidentifier() and n not in taken for n in names)
    if not wanted or bare or not plain or max(wanted) >= len(names):
        return "result", lines
    targets = ", ".join(name if i in wanted else "_" for i, name in enumerate(names))
    return targets, [re.sub(r"\bresult\[(\d+)\]", lambda m: names[int(m.group(1))], line) for line in lines]


def _lines_of(lines: Sequence[str]) -> Iterator[str]:
    text = "\n".join(lines)
    for module, line in (("pd", PANDAS), ("np", "import numpy as np"), ("pytest", PYTEST)):
        if re.search(rf"\b{module}\.", text):
            yield line


def _renamed(line: str, arguments: Mapping[str, str]) -> str:
    """Return an assertion with the names that the arguments have in the test."""
    for name, text in arguments.items():
        if text.isidentifier() and text != name:
            line = re.sub(rf"(?<![\w.\"'\[]){re.escape(name)}(?=[\[.),])", text, line)
    return line


def _arranged(outcome: Outcome, writer: Writer, shared: Mapping[str, Setup]) -> tuple[list[str], dict[str, str]]:
    """Return the lines that make the arguments, and how the call names them."""
    lines, given = [], {}
    for name, value in outcome.before.items():
        if name in shared:
            given[name] = shared[name].name
        elif isinstance(value, (str, int, float, type(None), Function)) or value == [] or value == {}:
            given[name] = writer.value(value)
        else:
            lines.append(f"{name} = {writer.value(value)}")
            given[name] = name
    return lines, given


def _without(
    package: Package,
    module: str,
    node: ast.FunctionDef,
    outcome: Outcome,
    missing: tuple[str, Any, str],
    shared: Mapping[str, Setup],
) -> Case:
    """Return the test that a function fails without a column that it reads."""
    parameter, label, error = missing
    writer = Writer(package.name)
    body, given = _arranged(outcome, writer, shared)
    given[parameter] = f"{given[parameter]}.drop(columns={writer.plain(label)})"
    parameters = [f"{shared[k].name}: {_type_of(v)[0]}" for k, v in outcome.before.items() if k in shared]
    name = f"test_{node.name}_needs_{slug(label)}"
    call = _call(module, node, {k: given[k] for k in outcome.before})
    body += ["", f"with pytest.raises({error}, match={re.escape(str(label))!r}):", f"    {call}"]
    text = "\n".join(f"    {line}" if line else "" for line in body).lstrip("\n")
    source = f"def {name}({', '.join(parameters)}) -> None:\n{text}\n"
    return Case(module, node.name, name, source, (*sorted(writer.imports), PYTEST), tuple(shared.values()))


def _returned_names(node: ast.FunctionDef) -> list[str]:
    """Return what a function calls the values of the tuple that it returns."""
    last = node.body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.Tuple):
        return [ast.unparse(e) for e in last.value.elts]
    return []


def made_up_findings(path: str, tests: StaticTests) -> tuple[Finding, ...]:
    """Return what people are told of personal data in the files that tests are made of."""
    return tuple(
        Finding(
            "NB-MADE-UP",
            f"tests hold made-up values in place of those of {', '.join(f'`{label}`' for label in labels)} in {name}",
            Location(path),
            "info",
            "These columns may say who somebody is.",
            "--no-data makes tests without rows of data files",
        )
        for name, labels in sorted(tests.replaced.items())
    )

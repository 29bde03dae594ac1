"""Recording -> tests that hold the package's functions against what the notebook's code did with the same values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from nb2pkg.model import Unit
from nb2pkg.project.cases import Case
from nb2pkg.project.config import reads_moved
from nb2pkg.project.functions import Build
from nb2pkg.project.recorded_arguments import WIDE, expression, setting_text, short_setting
from nb2pkg.project.recorded_calls import call_cases
from nb2pkg.project.recorded_predictor import predictor_cases
from nb2pkg.project.recorded_values import NOTHING, Code, checked, compared, loaded
from nb2pkg.project.recording import SHOWN, Recorded, Recording, Value
from nb2pkg.project.signatures import Parameter, parameters, passed, record_of, results_of

_TAKEN = frozenset({"load", "captured", "assert_same", "rounded", "shown", "result", "expected", "pd", "np", "plt"})
_INLINE = frozenset({"int", "float", "str", "bool", "NoneType"})  # they stand in the call
_SMALL = 5000  # bytes
_SHORT_LINE = 50  # of shown text that stands in the assertion as it is
_CHANGING = frozenset({"preprocessing", "features"})  # modules whose functions might change what they take
_QUICK = 1.0  # seconds: what takes longer is called once
_LONG_NUMBER = re.compile(r"\d\.\d{7,}")
_SEEDS = {
    "random": ("random.seed(0)", "import random"),
    "numpy": ("np.random.seed(0)", "import numpy as np"),
    "torch": ("torch.manual_seed(0)", "import torch"),
}


def recorded_cases(
    build: Build, recording: Recording, without: Collection[str] = (), loose: Collection[str] = ()
) -> list[Case]:
    """Return the tests that a recording makes, in the order of the notebook.

    Args:
        build: the package.
        recording: what a run of the notebook recorded.
        without: names of tests that are left out, or of their files, `tests.test_data`.
        loose: names of tests that check of results only what kind they are.
    """
    names = fixture_names(build, recording)
    units = {u.statements: u for u in build.plan.units if u.kind == "function"}
    cases: list[Case] = []
    for recorded in (r for r in recording.units if r.statements in units):
        maker = _Maker(build, units[recorded.statements], recorded, names, recording)
        for case in maker.cases():
            cases += [case] if case.name not in loose else replace(maker, recorded=_loosened(recorded)).cases()
    found = [*call_cases(build, recording, names), *cases, *predictor_cases(build, recording, names)]
    return [case for case in found if not {case.name, f"tests.test_{case.module}"} & {*without}]


def fixture_names(build: Build, recording: Recording) -> dict[str, str]:
    """Return file as recorded -> its name below `tests/fixtures`.

    Files of the same content are one, but small ones only where their names are the same too: names say what is what.
    """
    places = _places(build) | {f"{m.statements[0]:03d}": next(iter(m.results), "values") for m in recording.makers}
    of_calls = _call_files(recording)
    found: dict[str, str] = {}
    contents: dict[tuple[str, bytes], str] = {}
    single = {f"{r.statements[0]:03d}": len(r.results) == 1 for r in recording.units}
    for file in sorted(recording.files):
        folder, _, name = file.partition("/")
        if name.startswith("result_") and single.get(folder, False):
            name = f"result.{name.rpartition('.')[2]}"
        name = name.removeprefix("written_")
        name = re.sub(r"^changed_(.*)(\.\w+)$", r"\1_after\2", name)
        call = next((c.function for c in recording.calls if name.startswith(f"{c.function}_")), "")
        if call and file in of_calls:
            name, folder = re.sub(r"^\d+_", "", name.removeprefix(f"{call}_")), call
        content = recording.files[file]
        key = (name if len(content) < _SMALL else "", content)
        if key not in contents:
            contents[key] = _free(f"{places.get(folder, folder)}/{name}", {*contents.values()})
        found[file] = contents[key]
    return found


def _loosened(recorded: Recorded) -> Recorded:
    """Return what was recorded without what another process may not repeat."""
    results = {name: replace(value, steady=False) for name, value in recorded.results.items()}
    return replace(recorded, results=results, changed={}, shown="", figures="", written={})


def _free(path: str, taken: Collection[str]) -> str:
    """Return a path that no other file has."""
    stem, _, end = path.rpartition(".")
    return next(p for p in (path, *(f"{stem}_{n}.{end}" for n in range(2, 1000))) if p not in taken)


def _call_files(recording: Recording) -> frozenset[str]:
    values = [v for c in recording.calls for v in (*c.arguments.values(), c.result, *c.changed.values())]
    return frozenset(v.file.partition("#")[0] for v in values if v.file)


def _places(build: Build) -> dict[str, str]:
    """Return the folder of each unit: the name of its function, with a number for further calls of it."""
    counts: dict[str, int] = {}
    found = {}
    for unit in build.plan.units:
        if unit.kind == "function":
            counts[unit.name] = counts.get(unit.name, 0) + 1
            number = f"_{counts[unit.name]}" if counts[unit.name] > 1 else ""
            found[f"{unit.statements[0]:03d}"] = f"{unit.name}{number}"
    return found


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the tests of one recorded unit."""

    build: Build
    unit: Unit
    recorded: Recorded
    names: Mapping[str, str]
    recording: Recording

    def cases(self) -> Iterator[Case]:
        """Yield them."""
        given, variables = self._given()
        does = self._does(variables)
        if does is not None:
            yield self._case(given, *does)
        kept = self._kept(variables)
        loose = any(not value.steady for value in self.recorded.results.values())
        if kept is not None and self.recorded.seconds < _QUICK and not loose:
            yield self._case(given, *kept)

    def _case(self, arranged: Code, name: str, acting: Code) -> Case:
        code = arranged + acting
        recorded, fixtures = self.recorded, dict[str, str]()
        imports, lines = set(code.imports), list[str]()
        if recorded.written:
            fixtures["tmp_path"] = "Path"
            lines += [f"(tmp_path / {folder!r}).mkdir(parents=True)" for folder in recorded.folders]
            lines.append("monkeypatch.chdir(tmp_path)")
        elif recorded.reads or reads_moved(self.build.plan, self.unit):
            fixtures["workdir"] = "Path"
            lines.append("monkeypatch.chdir(workdir)")
        if code.local:
            fixtures["workdir"] = "Path"
            lines += [f"monkeypatch.syspath_prepend(workdir / {path!r})" for path in sorted(code.paths)]
            lines += [*sorted(code.local), ""]
        if fixtures:
            fixtures["monkeypatch"] = "pytest.MonkeyPatch"
            imports |= {"from pathlib import Path", "import pytest"}
        given = ", ".join(f"{name}: {kind}" for name, kind in fixtures.items())
        code = Code((*lines, *(code.lines if lines or arranged.lines else code.lines[1:])))
        body = "\n".join(f"    {line}" if line else "" for line in "\n".join(code.lines).split("\n"))
        source = f"def {name}({given}) -> None:\n{body}"
        return Case(self.unit.module, self.unit.name, name, source, tuple(sorted(imports)))

    def _name(self, what: str) -> str:
        place = _places(self.build)[f"{self.unit.statements[0]:03d}"]
        further = place.removeprefix(self.unit.name)
        ends = [n for n in results_of(self.build.plan, self.unit) if n]
        suffix = f"_for_{ends[-1].lower()}" if further and ends else further
        return f"test_{self.unit.name}_{what}{suffix}"

    def _given(self) -> tuple[Code, dict[str, str]]:
        """Return the lines that make the arguments, and name in the notebook -> variable."""
        code, variables = NOTHING, dict[str, str]()
        for parameter in parameters(self.build.plan, self.unit):
            code += self._argument(parameter, variables)
        return code, variables

    def _argument(self, parameter: Parameter, variables: dict[str, str]) -> Code:
        plan, module = self.build.plan, self.unit.module
        texts = passed(plan, self.unit, parameter)
        if not texts:
            return self._config(parameter)
        taken = _TAKEN | {u.module for u in plan.units}
        name = f"given_{parameter.name}" if parameter.name in taken or parameter.name == module else parameter.name
        value = self.recorded.arguments[texts[0]]
        alone = len(texts) == 1 and parameter.annotation not in {r.name for r in plan.records}
        if alone and value.how == "literal" and value.type in _INLINE and len(value.text) <= WIDE:
            variables[texts[0]] = value.text
            return Code((), frozenset(value.imports))
        if alone:
            variables[texts[0]] = name
            return self._made(name, value, variables)
        parts = [self._expression(self.recorded.arguments[t], variables) for t in texts]
        variables |= {text: f"{name}.{text}" for text in texts}
        fields = ", ".join(f"{t}={p.lines[0]}" for t, p in zip(texts, parts, strict=True))
        imports = frozenset({f"from {plan.package}.model import {parameter.annotation}"}).union(
            *(p.imports for p in parts)
        )
        seeded = any(self.recorded.arguments[t].seeded for t in texts)
        seeds = Code((_SEEDS["numpy"][0],), frozenset({_SEEDS["numpy"][1]})) if seeded else NOTHING
        return seeds + Code((f"{name} = {parameter.annotation}({fields})",), imports)

    def _made(self, name: str, value: Value, variables: Mapping[str, str]) -> Code:
        made = self._expression(value, variables)
        if made.lines[0] == name:  # it is imported by that name
            return replace(made, lines=())
        line, (seed, needed) = f"{name} = {made.lines[0]}", _SEEDS["numpy"]
        if value.seeded:
            return replace(made, lines=(seed, line), imports=made.imports | {needed})
        return replace(made, lines=(line,))

    def _expression(self, value: Value, variables: Mapping[str, str]) -> Code:
        return expression(
            self.build,
            value,
            names=self.names,
            variables=variables,
            arguments=self.recorded.arguments,
            recording=self.recording,
        )

    def _config(self, parameter: Parameter) -> Code:
        plan = self.build.plan
        if parameter.argument != plan.config and short_setting(self.build, parameter):
            return NOTHING
        return Code(
            (f"config = {plan.config_class}()",), frozenset({f"from {plan.package}.config import {plan.config_class}"})
        )

    def _call(self, variables: Mapping[str, str]) -> str:
        plan, parts = self.build.plan, []
        for p in parameters(plan, self.unit):
            texts = passed(plan, self.unit, p)
            if not texts:
                text, _ = setting_text(self.build, p, "config")
            else:
                first = variables[texts[0]]
                text = first.partition(".")[0] if p.annotation in {r.name for r in plan.records} else first
            parts.append(f"{p.name}={text}" if p.keyword_only else text)
        return f"{self.unit.module}.{self.unit.name}({', '.join(parts)})"

    def _does(self, variables: Mapping[str, str]) -> tuple[str, Code] | None:
        """Return the name and the lines of the test that calls the function and looks at all that came of it."""
        target, results = self._results(variables)
        after = self._after(variables)
        shown = self._shown()
        written = self._written()
        kinds = (("gives", results), ("changes", after), ("shows", shown), ("writes", written))
        what = [w for w, code in kinds if code.lines]
        if not what:
            return None
        call = self._call(variables)
        act = [f"{target} = {call}" if target and results.lines else call]
        seeds = [_SEEDS[library] for library in self.recorded.random]
        imports = frozenset(line for _, line in seeds)
        if shown.lines:
            act = ["with captured() as shown:", f"    {act[0]}"]
            imports |= {"from recorded import captured"}
        acting = Code(("", *(line for line, _ in seeds), *act, ""), imports)
        return self._name(self._what(what)), acting + results + after + shown + written

    def _what(self, what: list[str]) -> str:
        if what == ["gives"]:
            sure = any(value.steady for value in self.recorded.results.values())
            return "gives_what_the_notebook_had" if sure else "gives_the_kind_of_value_that_the_notebook_had"
        if what == ["changes"]:
            return f"changes_{'_and_'.join(n.lower() for n in self.recorded.changed)}_as_the_notebook_did"
        if what == ["shows"]:
            return "draws_what_the_notebook_drew" if self.recorded.figures else "shows_what_the_notebook_showed"
        return "writes_what_the_notebook_wrote" if what == ["writes"] else "does_what_the_notebook_did"

    def _results(self, variables: Mapping[str, str]) -> tuple[str, Code]:
        """Return what the call's value is bound to, and the assertions about it."""
        plan, recorded = self.build.plan, self.recorded
        names = results_of(plan, self.unit)
        record = record_of(plan, self.unit)
        fields = record.fields if record is not None else ()
        rest = [name for name in names if name not in fields]
        alone = len(rest) + bool(fields) == 1
        taken = {*variables.values(), *_TAKEN, self.unit.module}
        free = {n: "result" if alone else f"new_{n}" if n in taken else n for n in rest}
        held = "result" if alone else f"new_{record.variable}" if record is not None else ""
        code = NOTHING
        for name in names:
            value = recorded.results.get(name)
            if value is not None and not (value.other and value.other in recorded.changed):
                code += checked(f"{held}.{name}" if name in fields else free[name], value, self.names, variables)
        return ", ".join([*free.values(), *([held] if fields else [])]), code

    def _after(self, variables: Mapping[str, str]) -> Code:
        code = NOTHING
        for text, value in self.recorded.changed.items():
            if text in variables:
                code += checked(variables[text], value, self.names, variables)
        return code

    def _shown(self) -> Code:
        """Return the assertions about what the function prints, displays and draws."""
        code, text = NOTHING, self.recorded.shown
        if text and " at 0x" not in text:
            code += self._shown_text(text)
        if self.recorded.figures:
            imports = frozenset({"from recorded import assert_same", "from recorded import load"})
            code += Code((f"assert_same(shown.figures, load({self.names[self.recorded.figures]!r}))",), imports)
        return code

    def _shown_text(self, text: str) -> Code:
        """Return the assertion about what is printed and displayed; long numbers are rounded on both sides."""
        long = bool(_LONG_NUMBER.search(text))
        imports = frozenset({"from recorded import rounded"} if long else ())
        mine = "rounded(shown.text)" if long else "shown.text"
        file = f"{self.recorded.statements[0]:03d}/{SHOWN}"
        if file in self.names:
            expected = f"load({self.names[file]!r})"
            expected = f"rounded({expected})" if long else expected
            return Code((f"assert {mine} == {expected}",), imports | {"from recorded import load"})
        expected = _rounded(text) if long else text
        lines = expected.splitlines()
        if len(lines) == 1 and expected.endswith("\n") and len(expected) < _SHORT_LINE:
            return Code((f"assert {mine} == {expected!r}",), imports)
        return Code((f"assert {mine}.splitlines() == {lines!r}",), imports)

    def _written(self) -> Code:
        """Return the assertions about the files that the function writes."""
        code = NOTHING
        for name, file in self.recorded.written.items():
            if file:
                line = f"assert Path({name!r}).read_text(encoding='utf-8') == load({self.names[file]!r})"
                code += Code((line,), frozenset({"from recorded import load"}))
            else:
                code += Code((f"assert Path({name!r}).is_file()",))
        return code

    def _kept(self, variables: Mapping[str, str]) -> tuple[str, Code] | None:
        """Return the name and the lines of the test that the function leaves its arguments as they are."""
        recorded = self.recorded
        if self.unit.module not in _CHANGING or record_of(self.build.plan, self.unit) or recorded.written:
            return None
        kept = [
            text
            for text, value in recorded.arguments.items()
            if text in variables and "." not in variables[text] and text not in recorded.changed and value.how == "file"
        ]
        further = _places(self.build)[f"{self.unit.statements[0]:03d}"] != self.unit.name
        if not kept or recorded.figures or further:
            return None
        code = Code(("", self._call(variables), ""))
        for text in kept:
            value = recorded.arguments[text]
            code += compared(variables[text], value, loaded(value, self.names))
        what = "_and_".join(variables[text].lower() for text in kept[:2]) if len(kept) <= 2 else "its_arguments"
        return self._name(f"leaves_{what}_unchanged"), code


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d{7,}(e[-+]?\d+)?", lambda found: f"{float(found[0]):.6g}", text)

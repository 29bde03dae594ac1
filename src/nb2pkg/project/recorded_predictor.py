"""The tests of the package's predictor: its parts fitted to a few rows, before and after it is saved."""

from __future__ import annotations

from collections.abc import Mapping

from nb2pkg.project.cases import Case, Setup
from nb2pkg.project.functions import Build
from nb2pkg.project.predictor import PREDICTOR
from nb2pkg.project.recorded_arguments import expression
from nb2pkg.project.recorded_values import compared, loaded
from nb2pkg.project.recording import Predicted, Recording


def predictor_cases(build: Build, recording: Recording, names: Mapping[str, str]) -> list[Case]:
    """Return the tests of the predictor, if there is one and it could be fitted to a few rows."""
    found, plan = recording.predictor, build.plan.predictor
    if found is None or plan is None:
        return []
    setup = _fixture(build, found, names)
    kind = f"{PREDICTOR}.{build.names.predictor_class}"
    rows = loaded(found.rows, names)
    cases = []
    for method, answer in found.answers.items():
        check = compared("result", answer, loaded(answer, names))
        what = "gives_probabilities" if "proba" in method else "predicts"
        title = f"test_{PREDICTOR}_{what}_for_rows_as_they_come"
        body = [f"result = fitted.{method}({rows})", "", *check.lines]
        cases.append(_case(title, f"fitted: {kind}", body, frozenset(check.imports), setup))
    method = next(iter(found.answers))
    body = [
        'fitted.save(tmp_path / "model")',
        f'again = {kind}.load(tmp_path / "model")',
        "",
        f"np.testing.assert_array_equal(again.{method}({rows}), fitted.{method}({rows}))",
    ]
    imports = frozenset({"from pathlib import Path", "import numpy as np", "from recorded import load"})
    title = f"test_{PREDICTOR}_answers_the_same_once_saved_and_loaded"
    return [*cases, _case(title, f"fitted: {kind}, tmp_path: Path", body, imports, setup)]


def _case(title: str, given: str, body: list[str], imports: frozenset[str], setup: Setup) -> Case:
    lines = "\n".join(f"    {line}" if line else "" for line in body)
    source = f"def {title}({given}) -> None:\n{lines}"
    return Case(PREDICTOR, "predict", title, source, tuple(sorted(imports)), (setup,))


def _fixture(build: Build, found: Predicted, names: Mapping[str, str]) -> Setup:
    """Return the fixture that fits the parts one after the other, as rows go through them."""
    plan = build.plan.predictor
    assert plan is not None
    kind, imports = f"{PREDICTOR}.{build.names.predictor_class}", {"import pytest", "from recorded import load"}
    value, lines = "rows", [f"rows = {loaded(found.rows, names)}"]
    made = {name: expression(build, part, names=names, variables={}) for name, part in found.parts.items()}
    for step in plan.steps:
        lines.append(f"{step.name} = {made[step.name].lines[0]}.fit({value})")
        value = f"{step.name}.transform({value})" + (f".{step.then}()" if step.then else "")
    lines.append(f"{plan.model} = {made[plan.model].lines[0]}.fit({value}, {loaded(found.target, names)})")
    given = ", ".join(f"{name}={name}" for name in plan.parts)
    lines.append(f"return {kind}({given})")
    text = "\n".join(f"    {line}" for line in lines)
    doc = '"""The notebook\'s model and its transformers, fitted to a few of its rows."""'
    source = f"@pytest.fixture\ndef fitted() -> {kind}:\n    {doc}\n{text}"
    return Setup("fitted", source, tuple(sorted(imports.union(*(code.imports for code in made.values())))))

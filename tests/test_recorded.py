"""`convert --run`: the notebook is executed, and its package gets tests made of what was recorded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from making import analysed, notebook
from typer.testing import CliRunner

from nb2pkg.cli import app
from nb2pkg.flow.type_facts import FRAME
from nb2pkg.flow.types import infer_types
from nb2pkg.model import Project
from nb2pkg.pipeline import plan_notebook, recorded_project
from nb2pkg.plan.make import make_plan
from nb2pkg.project.recorded_types import with_recorded
from nb2pkg.project.recording import Recorded, Recording, Value
from nb2pkg.project.write import write_project
from nb2pkg.run.marks import unit_marks
from nb2pkg.run.trial import Recordings

CELLS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier\n"
    "from sklearn.linear_model import LogisticRegression",
    "#md # Load the data",
    "df = pd.read_csv('people.csv')\ndf.head()",
    "#md # Clean",
    "df = df.drop_duplicates()\ndf = df.dropna(subset=['age'])\ndf['name'] = df['name'].str.strip()",
    "def shout(frame, columns):\n    frame = frame.copy()\n    frame[columns] = frame[columns].fillna('?')\n"
    "    return frame.rename(columns=str.upper)",
    "loud = shout(df, ['city'])",
    "#md # Features",
    "def decade(age):\n    if age >= 60:\n        return 6\n    return int(age) // 10",
    "df['decade'] = df['age'].apply(decade)\ndf['noise'] = np.random.rand(len(df))",
    "X = df[['age', 'decade']]\ny = (df['city'] == 'Oslo').astype(int)",
    "#md # Train",
    "model = LogisticRegression(C=0.5)\nmodel.fit(X, y)\npredicted = model.predict(X)",
    "#md # Evaluate",
    "accuracy = (predicted == y).mean()\nprint('accuracy', round(accuracy, 3))\nbest = model.coef_[0].argmax()",
    "#md # Compare with a forest",
    "forest = RandomForestClassifier(n_estimators=5)\nforest.fit(X, y)",
    "#md # Evaluate the forest",
    "share = forest.predict(X).mean()\nprint(forest.predict_proba(X).shape)\nimportant = forest.feature_importances_",
    "#md # Save",
    "df[['name', 'decade']].to_csv('out.csv', index=False)",
)

CITIES = ("Oslo", "Bern")


def people(folder: Path) -> Path:
    """Write the notebook and its data."""
    rows = [f"{' ' * (n % 3)}p{n},{20 + n * 7 % 60 if n % 17 else ''},{CITIES[n % 5 == 0]}" for n in range(190)]
    rows += rows[40:50]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.csv").write_text("name,age,city\n" + "\n".join(rows) + "\n", "utf-8")
    return notebook(folder, *CELLS, name="people.ipynb")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recordings]:
    path = people(tmp_path_factory.mktemp("people"))
    return path, recorded_project(path)


def module_tests(project: Project, module: str) -> str:
    return project.files[f"tests/test_{module}.py"].decode("utf-8")


def run_tests(folder: Path, project: Path, tests: str = "tests") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(project / tests)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_generated_tests_pass_at_once_and_fail_when_code_breaks(
    recorded: tuple[Path, Recordings], tmp_path: Path
) -> None:
    path, found = recorded
    place = write_project(found.project, tmp_path / "project")
    assert found.failed == ()
    done = run_tests(path.parent, place)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout
    source = next(f for f in (place / "src/people").glob("*.py") if "drop_duplicates" in f.read_text("utf-8"))
    source.write_text(source.read_text("utf-8").replace(".drop_duplicates()", ".copy()"), "utf-8")
    assert "gives_what_the_notebook_had" in run_tests(path.parent, place, f"tests/test_{source.stem}.py").stdout


def test_each_function_has_a_recorded_test(recorded: tuple[Path, Recordings]) -> None:
    _, found = recorded
    assert found.recording.missing == ()
    code = "\n".join(
        text.decode("utf-8") for name, text in found.project.files.items() if name.startswith("tests/test_")
    )
    for unit in found.project.plan.units:
        if unit.kind == "function":
            assert f".{unit.name}(" in code, unit.name


def test_tests_are_a_line_each_to_arrange_act_and_assert(recorded: tuple[Path, Recordings]) -> None:
    text = "\n".join(module_tests(recorded[1].project, m) for m in ("preprocessing", "features"))
    bodies = re.findall(r"^def test_\w+\((?:[^)]*)\) -> None:\n((?:    .*\n|\n)+)", text, re.M)
    assert bodies
    assert all("assert" in body or "pytest.raises" in body for body in bodies)


def test_calls_of_own_functions_become_rows_with_the_border_between_results(recorded: tuple[Path, Recordings]) -> None:
    text = next(t.decode() for n, t in recorded[1].project.files.items() if b"decade_gives" in t)
    assert "@pytest.mark.parametrize" in text
    assert "(59.0, 5)," in text and "(60.0, 6)," in text


def test_own_functions_of_tables_are_tested_with_a_few_rows(recorded: tuple[Path, Recordings]) -> None:
    found = [t.decode() for n, t in recorded[1].project.files.items() if b"def test_shout_gives" in t]
    assert found and 'load("shout/' in found[0]


def test_what_draws_random_numbers_is_tested_with_a_seed(recorded: tuple[Path, Recordings]) -> None:
    code = "\n".join(
        text.decode("utf-8") for name, text in recorded[1].project.files.items() if name.startswith("tests/test_")
    )
    assert "np.random.seed(0)" in code


def test_fixtures_are_small(recorded: tuple[Path, Recordings]) -> None:
    sizes = [len(c) for n, c in recorded[1].project.files.items() if n.startswith("tests/fixtures/")]
    assert sizes and max(sizes) <= 200_000 and sum(sizes) <= 2_000_000


def test_nothing_of_the_notebook_s_folder_changes(recorded: tuple[Path, Recordings]) -> None:
    assert sorted(p.name for p in recorded[0].parent.iterdir()) == ["people.csv", "people.ipynb"]


def test_recorded_types_are_taken_where_the_code_tells_none(tmp_path: Path) -> None:
    flow = analysed(tmp_path, "import pandas as pd\nimport secret", "df = secret.load()", "total = df.sum().sum() + 1")
    frame, number = Value("file", "pandas.DataFrame"), Value("literal", "int", steady=False)
    recorded = Recorded((3,), arguments={"df": frame}, results={"total": number}, changed={})
    types = with_recorded(infer_types(flow), Recording(units=(recorded,)))
    assert types.before("df", 3) == FRAME
    assert types.after("total", 3) is None, "what differs from run to run may have another type as well"


def test_a_sample_is_taken_by_the_loaders_alone(tmp_path: Path) -> None:
    cells = (
        "import pandas as pd",
        "df = pd.read_csv('people.csv')",
        "names = df['name'].str.upper()\nprint(len(names))",
    )
    people(tmp_path)
    found = recorded_project(notebook(tmp_path, *cells), sample=20)
    assert found.recording.shown[3] == ("20",)
    assert [m.reason for m in found.recording.missing] == ["it loads the data, of which there was a sample only"]
    assert found.failed == ()


@pytest.mark.parametrize("option", ["--sample", "--timeout", "--memory"])
def test_limits_go_with_run_only(tmp_path: Path, option: str) -> None:
    done = CliRunner().invoke(app, ["convert", str(people(tmp_path)), option, "5", "-o", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert f"{option} goes with --run" in done.output
    assert not (tmp_path / "out").exists()


def test_a_notebook_that_fails_is_named_with_its_cell_and_nothing_is_written(tmp_path: Path) -> None:
    path = notebook(tmp_path, "a = 1", "b = a / 0")
    done = CliRunner().invoke(app, ["convert", str(path), "--run", "-o", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "small_book.ipynb:cell 2" in done.output and "ZeroDivisionError" in done.output
    assert "executing the notebook" in done.output
    assert not (tmp_path / "out").exists()


def test_marks_stand_before_units_and_leave_out_what_is_not_alone(tmp_path: Path) -> None:
    flow = analysed(
        tmp_path, "import pandas as pd\nx = pd.DataFrame({'a': [1]})", "y = x.dropna()\nz = y.head()", "!ls"
    )
    marks = unit_marks(flow, make_plan(flow))
    assert [m["cell"] for m in marks] == sorted(m["cell"] for m in marks)
    assert all("__nb_" not in step["source"] for m in marks for step in m["steps"])
    assert {m["when"] for m in marks} == {"before"}


def test_a_script_is_not_recorded(tmp_path: Path) -> None:
    path = notebook(tmp_path, "exec('a = 1')", "print(a)")
    flow, plan = plan_notebook(path)
    assert plan.script and unit_marks(flow, plan) == []

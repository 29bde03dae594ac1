"""Tests of single functions that `convert` writes: they pass at once, and each of them sees what it is there for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import code_of, notebook

from nb2pkg.model import Project
from nb2pkg.pipeline import convert_notebook
from nb2pkg.project import static_cases

CELLS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.model_selection import train_test_split\n"
    "from sklearn.preprocessing import StandardScaler",
    "#md # Load",
    "people = pd.read_csv('data/people.csv')",
    "#md # Clean the people",
    "people = people.drop_duplicates()\npeople = people.dropna(subset=['age'])\npeople = people[people['age'] >= 18]",
    "#md # Fill the fare",
    "people['fare'] = people['fare'].fillna(people['fare'].median())\n" "people['log_fare'] = np.log1p(people['fare'])",
    "#md # Encode the sex",
    "people['sex'] = people['sex'].map({'male': 0, 'female': 1})\npeople = people.drop(columns=['name', 'mail'])",
    "#md # Bands of age",
    "def age_band(age):\n    if age < 20:\n        return 'young'\n    if age <= 60:\n        return 'grown'\n"
    "    return 'old'",
    "people['band'] = people['age'].apply(age_band)\npeople = pd.get_dummies(people, columns=['band'])",
    "#md # Split into training and test rows",
    "X = people[['age', 'log_fare', 'sex']]\ny = people['survived']",
    "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=1, stratify=y)",
    "#md # Scale",
    "scaler = StandardScaler()\nX_train_scaled = scaler.fit_transform(X_train)\n"
    "X_test_scaled = scaler.transform(X_test)",
    "print(X_train_scaled.shape, X_test_scaled.shape, y_train.sum(), y_test.sum(), sorted(people.columns))",
)
ROWS = "\n".join(
    f"Doe {n},p{n}@mail.net,{'' if n == 5 else n % 50 + 17},{'' if n == 4 else n * 1.5},"
    f"{'male' if n % 3 else 'female'},{n % 2}"
    for n in range(48)
)
DATA = f"name,mail,age,fare,sex,survived\n{ROWS}\nDoe 1,p1@mail.net,18,1.5,male,1\n"

# Runs pytest on each folder in turn, in a child of a process that has the libraries loaded.
DRIVER = """
import json, os, sys
import numpy, pandas, pytest, sklearn.model_selection, sklearn.preprocessing
found = {}
for folder in sys.argv[1:]:
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.chdir(os.path.join(folder, os.pardir, "home"))
        out = os.open(os.path.join(folder, "said.txt"), os.O_CREAT | os.O_WRONLY)
        os.dup2(out, 1), os.dup2(out, 2)
        told = ["-xq", "-p", "no:cacheprovider", "--ignore", folder + "/tests/test_end_to_end.py", folder + "/tests"]
        os._exit(pytest.main(told))
    found[folder] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps(found))
"""
# What somebody may break: (module, text, new text). At least one of the tests of single functions must see it.
BREAKS = [
    ("people.drop_duplicates()", "people"),
    ('people["age"] >= 18', 'people["age"] > 18'),
    (".median()", ".mean()"),
    ("np.log1p(", "np.sqrt("),
    ('{"male": 0, "female": 1}', '{"male": 1, "female": 0}'),
    ('["name", "mail"]', '["name"]'),
    ("age < 20", "age <= 20"),
    ("age <= 60", "age < 60"),
    ('"old"', '"aged"'),
    ('columns=["band"]', 'columns=["sex"]'),
    ('["age", "log_fare", "sex"]', '["age", "fare", "sex"]'),
    ('people["survived"]', 'people["sex"]'),
    ("X_train, X_test, y_train, y_test = train", "X_test, X_train, y_train, y_test = train"),
    ("stratify=y", "stratify=None"),
    ("random_state=seed", "random_state=None"),
    ("scaler.fit_transform(X_train)", "scaler.fit_transform(X_test)"),
]


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what goes wrong in the making of tests be seen."""
    monkeypatch.setattr(static_cases, "STRICT", True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook and its data."""
    folder = tmp_path_factory.mktemp("static") / "home"
    notebook(folder, *CELLS)
    (folder / "data").mkdir()
    (folder / "data" / "people.csv").write_text(DATA, "utf-8")
    return folder


@pytest.fixture(scope="module")
def project(home: Path) -> Project:
    """What the notebook becomes."""
    return convert_notebook(home / "small_book.ipynb")


def write(project: Project, folder: Path, **changed: str) -> Path:
    """Write a project, with other texts of some modules."""
    for name, data in project.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for module, text in changed.items():
        (folder / "src" / project.package / f"{module}.py").write_text(text, "utf-8")
    return folder


def exit_codes(*folders: Path) -> dict[str, int]:
    """Run the tests of projects; return what pytest exits with."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "NOTEBOOK_"))}
    command = [sys.executable, "-B", "-c", DRIVER, *map(str, folders)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True)
    found: dict[str, int] = json.loads(done.stdout)
    return {Path(folder).name: code for folder, code in found.items()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="runs children of one process")
def test_tests_pass_at_once_and_see_each_break(home: Path, project: Project) -> None:
    folders, modules = [write(project, home.parent / "untouched")], code_of(project)
    for number, (old, new) in enumerate(BREAKS):
        where = [m for m in ("preprocessing", "features", "data") if old in modules[m]]
        assert where, old
        changed = {m: modules[m].replace(old, new) for m in where}
        folders.append(write(project, home.parent / f"break{number}", **changed))
    codes = exit_codes(*folders)
    said = (home.parent / "untouched" / "said.txt").read_text("utf-8")
    assert codes.pop("untouched") == 0, said
    unseen = [BREAKS[int(name.removeprefix("break"))] for name, code in codes.items() if code != 1]
    assert not unseen, unseen


def test_each_function_has_a_test_that_calls_it(project: Project) -> None:
    tests = "".join(data.decode() for name, data in project.files.items() if name.startswith("tests/test_"))
    names = [
        line.split("(")[0][4:]
        for m in ("preprocessing", "features")
        for line in code_of(project)[m].splitlines()
        if line.startswith("def ")
    ]
    assert names
    assert [name for name in names if f".{name}(" not in tests and f'.{name}")' not in tests] == []


def test_nothing_personal_is_copied(project: Project) -> None:
    texts = {n: d.decode() for n, d in project.files.items() if n.startswith("tests/")}
    assert not [name for name, text in texts.items() if "Doe" in text or "mail.net" in text]
    assert "person1@example.com" in texts["tests/fixtures/people.csv"]
    assert [f.message for f in project.findings] == [
        "tests hold made-up values in place of those of `name`, `mail` in data/people.csv"
    ]


def test_without_data_no_row_is_copied(home: Path) -> None:
    project = convert_notebook(home / "small_book.ipynb", data=False)
    assert not [name for name in project.files if "fixtures" in name]
    assert "tests/test_preprocessing.py" in project.files


def test_no_two_tests_of_a_file_have_one_name(project: Project) -> None:
    for name, data in project.files.items():
        if name.startswith("tests/test_"):
            names = [line for line in data.decode().splitlines() if line.startswith("def test_")]
            assert len(names) == len({n.split("(")[0] for n in names})


def test_the_same_notebook_gives_the_same_tests(home: Path, project: Project) -> None:
    again = convert_notebook(home / "small_book.ipynb")
    assert {n: d for n, d in again.files.items() if n.startswith("tests/")} == {
        n: d for n, d in project.files.items() if n.startswith("tests/")
    }


def cases(project: Project, module: str) -> dict[str, Any]:
    """Return the tests of a module: name -> text."""
    text = project.files[f"tests/test_{module}.py"].decode()
    parts = text.split("\ndef test_")[1:]
    return {part.split("(")[0]: part for part in parts}


def test_a_plain_function_is_tried_around_its_limits(project: Project) -> None:
    text = "".join(data.decode() for name, data in project.files.items() if name.startswith("tests/test_"))
    assert '(19.5, "young"), (20.0, "grown"), (20.5, "grown")' in " ".join(text.split())
    assert "test_age_band_says_young_or_grown_or_old" in text

"""Generated projects pass ruff and mypy, whatever the notebook's own lines look like."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from making import converted, notebook

from nb2pkg.machine import Around, Environment, Installed
from nb2pkg.needs.find import find_needs
from nb2pkg.pipeline import plan_notebook
from nb2pkg.project.build import build_project
from nb2pkg.project.habits import broken_rules
from nb2pkg.project.write import write_project

HABITS = {
    "E401": "def f():\n    import os, sys\n    return os, sys",
    "E711": "x = 1\ny = x == None",
    "E712": "x = 1\ny = x == True",
    "E713": "x = 1\ny = not x in [1]",
    "E714": "x = 1\ny = not x is None",
    "E721": "x = 1\ny = type(x) == int",
    "E722": "try:\n    x = 1\nexcept:\n    x = 2",
    "E731": "f = lambda v: v",
    "E741": "l = 1\nprint(l)",
    "F401": "def f():\n    import os",
    "F403": "from math import *\nx = sin(1)",
    "F507": "x = 1\ny = '%d %d' % (x,)",
    "F523": "x = 'a {0}'.format(1, 2)",
    "F524": "x = 'a {b}'.format(c=2)",
    "F541": "x = f'a'",
    "F601": "x = {'a': 1, 'a': 1}",
    "F632": "x = 'a'\ny = x is 'a'",
    "F811": "def f():\n    return 1\nf()\ndef f():\n    return 2\nf()",
    "F841": "def f():\n    unused = 1",
    "I001": "def f():\n    import sys\n    import os\n    return os, sys",
    "UP004": "class K(object):\n    pass",
    "UP008": "class K:\n    pass\nclass L(K):\n    def __init__(self):\n        super(L, self).__init__()",
    "UP012": "x = 'a'.encode('utf-8')",
    "UP015": "def f():\n    return open('a', 'r')",
    "UP018": "x = str('a')",
    "UP024": "try:\n    x = 1\nexcept IOError:\n    x = 2",
    "UP025": "x = u'a'",
    "UP028": "def f(xs):\n    for x in xs:\n        yield x",
    "UP030": "x = '{0} {1}'.format(1, 2)",
    "UP031": "x = 1\ny = '%d' % x",
    "UP032": "x = 1\ny = '{}'.format(x)",
    "UP034": "x = 1\nprint((x))",
    "UP035": "from typing import List\ndef f(x: List[int]): return x",
    "UP036": "import sys\nif sys.version_info[0] < 3:\n    x = 1\nelse:\n    x = 2",
    "spec": "x = 2.5\nprint(f'{x:.2f}')",
    "types": "x = 1\nx = 'a'\nx.foo = 1\nx[0] = 2\nlen(3)\nprint(x + 1)\nxs = []\nxs.append(1)",
}
NEVER = {"spec": "F541"}  # what looks like a habit and is none


@pytest.mark.parametrize("code", [code for code in HABITS if code[1:].isdigit() or code[2:].isdigit()])
def test_habits_are_seen(code: str) -> None:
    assert code in broken_rules(HABITS[code])


@pytest.mark.parametrize("case", NEVER)
def test_looks_like_a_habit(case: str) -> None:
    assert NEVER[case] not in broken_rules(HABITS[case])


def check(tool: list[str], folder: Path) -> str:
    """Run a tool in a project; return what it objects to."""
    if find_spec(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    done = subprocess.run([sys.executable, "-m", *tool], cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def write(tmp_path: Path, *cells: str) -> Path:
    """Write the project of a notebook; return its folder."""
    for name, data in converted(tmp_path, *cells).files.items():
        target = tmp_path / "project" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return tmp_path / "project"


@pytest.mark.parametrize("case", HABITS)
def test_ruff_passes(case: str, tmp_path: Path) -> None:
    project = write(tmp_path, HABITS[case], "z = 1\nz += 1", "print(z)")
    assert check(["ruff", "check", "--no-cache", "."], project) == ""


IMPORTS = {
    "aliases": "from collections import Counter as C, OrderedDict, deque as d\nimport os.path as p, os\n"
    "x = C([1]), OrderedDict(), d(), p.join('a'), os.sep",
    "idle": "from collections import Counter, deque\nimport json\nx = deque()\ny = json.dumps(1)",
    "idle of a library": "import numpy as np\nfrom numpy.linalg import inv, norm\nfrom numpy import random\n"
    "x = np.ones(3)\ny = norm(x)",
    "order counts": "from sklearn.experimental import enable_iterative_imputer\n"
    "from sklearn.ensemble import IsolationForest\nfrom sklearn.impute import IterativeImputer\n"
    "x = IterativeImputer(), IsolationForest()",
    "star": "from math import *\nimport json\nfrom collections import deque, Counter\nx = sin(1), deque(), json",
}  # fmt: skip


@pytest.mark.parametrize("case", IMPORTS)
def test_imports_are_sorted(case: str, tmp_path: Path) -> None:
    project = write(tmp_path, IMPORTS[case], "z = [x]\nz += [1]", "print(z)")
    assert check(["ruff", "check", "--no-cache", "."], project) == ""
    assert check(["black", "--check", "-q", "src", "tests"], project) == ""


def test_imports_that_change_others_come_first(tmp_path: Path) -> None:
    project = write(tmp_path, IMPORTS["order counts"], "z = [x]\nz += [1]", "print(z)")
    texts = [path.read_text("utf-8") for path in project.rglob("src/**/*.py")]
    found = [text for text in texts if "import IterativeImputer" in text]
    assert found
    for text in found:
        assert text.index("enable_iterative_imputer") < text.index("import IterativeImputer")


def test_mypy_passes(tmp_path: Path) -> None:
    cells = [code for case, code in HABITS.items() if case not in ("F811", "F403")]
    project = write(tmp_path, "SEED = 1", *cells, "print(SEED)")
    assert check(["mypy", "--cache-dir", str(tmp_path / "cache")], project) == ""


def test_ruff_passes_where_only_newer_pythons_will_do(tmp_path: Path) -> None:
    installed = {"pandas": Installed("pandas", "2.2.3", python=">=3.12")}
    around = Around(environment=Environment("3.12.4", ".venv", installed))
    cells = ("import datetime\nimport pandas as pd", "limit = 3\nprint(pd.Series(range(limit)), datetime.timezone.utc)")
    flow, plan = plan_notebook(notebook(tmp_path, *cells))
    project = build_project(flow, replace(plan, needs=find_needs(flow, around)[0]))
    write_project(project, tmp_path / "project")
    assert 'requires-python = ">=3.12"' in project.files["pyproject.toml"].decode()
    assert check(["ruff", "check", "--no-cache", "."], tmp_path / "project") == ""

"""Variables of the environment: what the code reads, what a run can do without, what the notebook sets itself."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from making import analysed, converted, notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.errors import RefusedError
from nb2pkg.machine import Variable
from nb2pkg.needs.variables import find_variables
from nb2pkg.pipeline import convert_notebook
from nb2pkg.project.write import write_project

KEY = "rFsSehe51RLz" + "REtYhLfo"
READS = [
    ('import os\nx = os.environ["REGION"]', "REGION", True, ""),
    ('import os\nx = os.environ.get("REGION")', "REGION", False, ""),
    ('from os import environ\nx = environ["REGION"]', "REGION", True, ""),
    ('from os import getenv as read\nx = read("REGION", "eu")', "REGION", False, "eu"),
    ('import os\nx = int(os.getenv("ROWS", 100))', "ROWS", False, "100"),
    ('import os\nif x:\n    y = os.environ["REGION"]', "REGION", False, ""),
    ('import os\ndef f():\n    return os.environ["REGION"]', "REGION", False, ""),
    ('import os\ntry:\n    x = os.environ["REGION"]\nexcept KeyError:\n    x = 1', "REGION", False, ""),
    ('import os\nx = "REGION" in os.environ', "REGION", False, ""),
    ('from decouple import config\nx = config("REGION", default="eu")', "REGION", False, "eu"),
    ('from decouple import config\nx = config("REGION")', "REGION", True, ""),
    ('from environs import Env\nenv = Env()\nenv.read_env("my.env")\nx = env.int("ROWS")', "ROWS", True, ""),
    ('from openai import OpenAI\nclient = OpenAI()', "OPENAI_API_KEY", True, ""),
    ("!echo $REGION", "REGION", False, ""),
]  # fmt: skip
NONE = [
    'import os\nos.environ["REGION"] = "eu"\nx = os.environ["REGION"]',
    'import os\nos.environ.setdefault("REGION", "eu")\nx = os.environ["REGION"]',
    'import os\nos.environ.update(REGION="eu")\nx = os.environ["REGION"]',
    '%env REGION=eu\nimport os\nx = os.environ["REGION"]',
    'import os\nx = os.environ["HOME"]',
    'import os\nx = os.environ[name]',
    'import os\nx = os.environ["a b\\n$(rm)"]',
    'x = config("REGION")',
    'd = {"REGION": 1}\nx = d.get("REGION")',
    'from openai import OpenAI\nclient = OpenAI(api_key=key)',
    "!for REGION in a b; do echo $REGION; done",
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "required", "value"), READS)
def test_what_the_code_reads(tmp_path: Path, code: str, name: str, required: bool, value: str) -> None:
    secret = name == "OPENAI_API_KEY"
    expected = Variable(name, "cell 2 reads it", secret=secret, required=required, value=value)
    assert find_variables(analysed(tmp_path, "x = 1", code)) == (expected,)


@pytest.mark.parametrize("code", NONE)
def test_what_is_none(tmp_path: Path, code: str) -> None:
    assert find_variables(analysed(tmp_path, "name = key = 1\ndef config(x): ...", code)) == ()


def test_cells_are_told_once_and_in_order(tmp_path: Path) -> None:
    read = 'print(os.environ.get("REGION", "eu"))'
    flow = analysed(tmp_path, "import os", read, f"{read}\n{read}", 'x = os.environ["REGION"]')
    assert find_variables(flow) == (Variable("REGION", "cells 2, 3, 4 read it", value="eu"),)


def test_secrets_are_variables(tmp_path: Path) -> None:
    plan = converted(tmp_path, f'api_key = "{KEY}"', 'import os\npassword = os.environ["DB_PASSWORD"]').plan
    assert plan.needs.variables == (
        Variable("API_KEY", "a secret that cell 1 held", secret=True),
        Variable("DB_PASSWORD", "cell 2 reads it", secret=True),
    )


def test_a_secret_that_no_code_reads_is_no_variable(tmp_path: Path) -> None:
    assert find_variables(analysed(tmp_path, f'x = 1  # api_key = "{KEY}"', f"#md `api_key = '{KEY}'`")) == ()


def test_a_module_beside_the_notebook_reads_its_secret(tmp_path: Path) -> None:
    source = (
        f'"""Access."""\nfrom __future__ import annotations\n\nAPI_KEY = "{KEY}"\n\n\ndef key():\n    return API_KEY\n'
    )
    (tmp_path / "access.py").write_text(source)
    project = converted(tmp_path, "import access\nprint(access.key())", f'api_key = "{KEY}"\nprint(len(api_key))')
    assert project.plan.needs.variables == (Variable("API_KEY", "a secret that cell 2 held", secret=True),)
    assert all(KEY.encode() not in content for content in project.files.values())
    module = project.files["src/access.py"].decode()
    assert [type(node).__name__ for node in ast.parse(module).body][:3] == ["Expr", "ImportFrom", "Import"]
    finding, _ = [f for f in project.findings if "secret" in f.message and "module" in f.message] * 2
    assert finding.location.path.endswith("access.py")
    target = tmp_path / "project"
    write_project(project, target)
    environment = {**os.environ, "API_KEY": "from outside", "PYTHONPATH": str(target / "src")}
    command = [sys.executable, "-m", project.package]
    ran = subprocess.run(command, cwd=target, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "from outside\n12\n"


def test_a_file_that_is_no_code_is_refused_with_its_secret(tmp_path: Path) -> None:
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "__init__.py").write_text("")
    (tmp_path / "access" / "keys.json").write_text(f'{{"api_key": "{KEY}"}}')
    with pytest.raises(RefusedError, match="comes along holds a secret") as error:
        read_notebook(notebook(tmp_path, "import access"))
    assert KEY not in str(error.value)
    assert error.value.location is not None
    assert error.value.location.path.endswith("keys.json")


def test_paths_of_settings_are_variables_that_nobody_needs_to_set(tmp_path: Path) -> None:
    top = tmp_path / "templates"
    top.mkdir()
    lines = "{% for v in needs.variables %}{{ v.name }}={{ v.value }} {{ v.required }}\n{% endfor %}"
    (top / "names.txt.jinja").write_text(lines)
    cells = ("import os\nimport pandas as pd", "data_csv = 'in.csv'\ndf = pd.read_csv(data_csv)", 'x = os.environ["X"]')
    project = convert_notebook(notebook(tmp_path, *cells), templates=top)
    assert project.files["names.txt"].decode() == "SMALL_BOOK_DATA_CSV=in.csv False\nX= True\n"
    assert [variable.name for variable in project.plan.needs.variables] == ["X"]

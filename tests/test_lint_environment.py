"""The rules about the file and its environment, as far as their cases can't show it: secrets, paths, declared names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2pkg.cells import secrets
from nb2pkg.cells.python2 import is_python2
from nb2pkg.lint.beside import Beside
from nb2pkg.lint.check import check_bytes, read
from nb2pkg.lint.facts.commands import commands
from nb2pkg.lint.facts.declared import declared
from nb2pkg.lint.facts.literals import HOLE, text_of
from nb2pkg.lint.findings import Finding
from nb2pkg.lint.notebook import Notebook
from nb2pkg.lint.options import Options
from nb2pkg.lint.rules import nb106_secret_literal as secret_rule

MINE = frozenset(
    [f"NB10{number}" for number in range(1, 10)] + ["NB702", "NB703", "NB704", "NB706", "NB708"]  # this file's rules
)
TOKEN = "ghp_" + "0123456789abcdefghij" + "ABCDEFGHIJ012345"


def saved(*sources: str, outputs: list[dict[str, Any]] | None = None, kind: str = "code") -> bytes:
    """Return a notebook as a file holds it; the outputs are those of its last cell."""
    cells: list[dict[str, Any]] = [
        {"cell_type": kind, "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    if outputs is not None:
        cells[-1]["outputs"] = outputs
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def found(data: bytes, *codes: str, folder: str = "", options: Options | None = None) -> tuple[Finding, ...]:
    return check_bytes(data, "a.ipynb", frozenset(codes), folder, options or Options())


def notebook_of(*sources: str) -> Notebook:
    notebook = read(saved(*sources), "a.ipynb")
    assert isinstance(notebook, Notebook)
    return notebook


# secrets


def test_each_known_shape_begins_as_the_rule_expects() -> None:
    for kind, _, starts, _, _ in secrets.SHAPES:
        for start in starts:
            assert kind == "password in a URL" or start.startswith(secret_rule.STARTS), start


NAMES = st.sampled_from(
    [
        "password",
        "api_key",
        "apiKey",
        "API_KEY",
        "token",
        "auth-token",
        "client_secret",
        "pwd",
        "DB_PASSWD",
        "x",
        "key",
        "secret_access_key",
        "credentials",
        "accessKey",
        "passphrase",
        "github_token",
        "app_key",
        "subscriptionKey",
    ]
)
VALUES = st.sampled_from(
    ["9f86d081884c7d659a2feaa0c55ad015", "Tr0ub4dor-and-3", TOKEN, "secret", "customer_id", "<key>"]
)
FORMS = st.sampled_from(
    [
        '{name} = "{value}"',
        'settings = {{"{name}": "{value}"}}',
        'connect({name}="{value}")',
        'os.environ["{name}"] = "{value}"',
        'os.environ.setdefault("{name}", "{value}")',
        "# {name}: '{value}'",
        "!login --{name} {value}",
        "%env {name}={value}",
        "{name} = load() if live else '{value}'",
        'engine = make("postgresql://anna:{value}@db.example.org/{name}")',
    ]
)


@given(st.lists(st.tuples(FORMS, NAMES, VALUES), min_size=1, max_size=4))
@settings(deadline=None)
def test_the_quick_look_at_a_source_hides_no_secret(lines: list[tuple[str, str, str]]) -> None:
    source = "\n".join(form.format(name=name, value=value) for form, name, value in lines)
    expected = {s.value for s in secrets.find_secrets(source) if not secret_rule._is_example(s.kind, s.value)}
    findings = found(saved(source), "NB106")
    assert len(findings) >= len(expected)
    for finding in findings:
        assert not any(value in finding.message + finding.help for value in expected)


@pytest.mark.parametrize(
    "source", [f'x = "{TOKEN}"', f"# π and {TOKEN}\nx = 1", f"y = 1\nif y:\n    call('é', '{TOKEN}')"]
)
def test_the_place_of_a_secret_is_the_secret(source: str) -> None:
    (finding,) = found(saved(source), "NB106")
    place = finding.place
    line = source.split("\n")[place.line - 1]
    assert place.end_line == place.line
    assert line[place.column - 1 : place.end_column - 1] == TOKEN


def test_a_private_key_takes_several_lines() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7b\nq1Zk9\n-----END RSA PRIVATE KEY-----"
    (finding,) = found(saved(f'key = """{key}"""'), "NB106")
    assert (finding.place.line, finding.place.end_line) == (1, 4)
    assert finding.place.end_column == len("-----END RSA PRIVATE KEY-----") + 1


def test_a_secret_is_told_once_though_its_output_repeats_it() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": [f"using {TOKEN}\n"]}
    assert len(found(saved(f'x = "{TOKEN}"', "print(x)", outputs=[output]), "NB106")) == 1


def test_a_secret_in_an_output_is_found_in_all_its_forms() -> None:
    for output in (
        {"output_type": "error", "ename": "E", "evalue": "x", "traceback": [f"\x1b[0;31m{TOKEN}\x1b[0m"]},
        {"output_type": "display_data", "metadata": {}, "data": {"application/json": {"a": [{"b": TOKEN}]}}},
        {"output_type": "execute_result", "metadata": {}, "data": {"text/html": ["<b>", TOKEN, "</b>"]}},
    ):
        (finding,) = found(saved("x", outputs=[output]), "NB106")
        assert finding.place.cell == 1
        assert TOKEN not in finding.message
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": TOKEN}}
    assert not found(saved("x", outputs=[picture]), "NB106")


def test_the_search_for_secrets_starts_without_what_is_slow_to_import() -> None:
    code = "import sys, nb2pkg.cells.secrets; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"dataclasses", "tokenize", "inspect", "nb2pkg.model", "IPython"} & set(run.stdout.split())


def test_a_secret_does_not_show_in_its_representation() -> None:
    (secret,) = secrets.find_secrets(f'x = "{TOKEN}"')
    assert TOKEN not in repr(secret)


# code that does not parse


def test_python_2_is_told_once() -> None:
    findings = found(saved('print "a"', "x = 1", 'print "b"', "print 'c'", "def f(:"), "NB102")
    assert [(f.place.cell, f.message) for f in findings] == [
        (1, "cell 1 does not parse: it looks like Python 2, as do 2 more cells"),
        (5, "cell 5 does not parse: invalid syntax"),
    ]


@pytest.mark.parametrize(
    "line", ['print "a"', "print x", "raise E, 'a'", "except E, e:", "x <> y", "0777", "10L", "ur'a'"]
)
def test_python_2_is_recognized(line: str) -> None:
    assert is_python2(line)


@pytest.mark.parametrize("line", [r"export PS1='\033[01;32m'", 'x = "print a', "def f(:", "print(x", "a b"])
def test_what_is_only_broken_is_not_python_2(line: str) -> None:
    assert not is_python2(line)


@pytest.mark.parametrize(
    "source", ["x = '\0'", "x = '\ud800'", "(" * 500 + ")" * 500, "\\", "%%time\ndef f(:", "é = (\n"]
)
def test_odd_code_is_a_finding_with_a_place_in_the_cell(source: str) -> None:
    for finding in found(saved(source), "NB102"):
        assert 1 <= finding.place.line <= source.count("\n") + 1
        assert "\n" not in finding.message


@pytest.mark.parametrize(
    ("version", "count", "number"), [("3.99.1", 1, 0), ("3.99.1", None, 1), ("3.9.1", 1, 1), ("x", 1, 1)]
)
def test_what_ran_in_a_newer_python_is_left_alone(version: str, count: int | None, number: int) -> None:
    content = json.loads(saved("x = (1 +"))
    content["metadata"] = {"language_info": {"name": "python", "version": version}}
    content["cells"][0]["execution_count"] = count
    assert len(found(json.dumps(content).encode(), "NB102")) == number


# outputs and empty cells


def test_a_huge_output_is_measured_as_it_is_saved() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "é" * 600_000}
    (finding,) = found(saved("x", outputs=[output]), "NB703")
    assert finding.message == "the saved output of cell 1 takes 1.2 MB"
    assert finding.fix is not None
    assert finding.fix.cleared_outputs == (1,)
    assert not finding.fix.safe
    assert not found(saved("x", outputs=[{**output, "text": "e" * 900_000}]), "NB703")


def test_the_last_empty_cell_stays() -> None:
    (finding,) = found(saved(""), "NB702")
    assert finding.fix is None
    first, second = found(saved("", "x = 1", " \n"), "NB702")
    assert first.fix is not None
    assert first.fix.removed_cells == (1,)
    assert second.fix is not None
    assert second.fix.safe


# commands and texts


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!ls data", ["ls data"]),
        ("x = !ls data", ["ls data"]),
        ("%cd data", ["cd data"]),
        ("pip install x", ["pip install x"]),
        ("%%bash\nls \\\n  data\n\n# no\npwd", ["ls data", "pwd"]),
        ("%%capture\n!pip install x\nx = 1", ["pip install x"]),
        ("import os\nos.system('ls data')", ["ls data"]),
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip'])", ["{} -m pip"]),
        ("import os\nos.system(command)", []),
        ("print('!ls')", []),
        ("%%html\n!ls", []),
    ],
)
def test_commands_are_found_however_they_are_written(source: str, expected: list[str]) -> None:
    found_ones = [" ".join(command.text.split()) for command in commands(notebook_of(source))]
    assert found_ones == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f('a')", "a"),
        ("x = 'a'\nf(x)", "a"),
        ("x = 'a'\nf(x + '/b')", "a/b"),
        ("import os\nx = 'a'\nf(os.path.join(x, 'b', 'c'))", "a/b/c"),
        ("from pathlib import Path\nx = Path('a')\nf(x / 'b')", "a/b"),
        ("f(f'a/{n}.csv')", f"a/{HOLE}.csv"),
        ("def g(x):\n    f(x)\nx = 'a'", HOLE),
        ("f(','.join(names))", HOLE),
        ("x = 'a'\nx = 'b'\nf(x)", "b"),
        ("x = x\nf(x)", HOLE),
    ],
)
def test_texts_are_put_together(source: str, expected: str) -> None:
    notebook = notebook_of(source)
    call = next(call for call in notebook.calls if getattr(call.node.func, "id", "") == "f")
    assert text_of(notebook, call.node.args[0], call.statement) == expected


# what is declared


def declared_in(folder: Path, **files: str) -> frozenset[str] | None:
    for name, text in files.items():
        path = folder / name.replace("__", "-").replace("_", ".")
        path.write_text(text, encoding="utf-8")
    answer = declared(Beside(str(folder)))
    return None if answer is None else answer.names


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "requirements.txt",
            "pandas==2 ; python_version > '3'\nscikit_learn[x]>=1 # a\n--index-url http://a/b\n",
            "pandas scikit-learn",
        ),
        ("requirements.txt", "git+https://github.com/a/shap.git@v1\na @ https://b/c.whl\n", "shap a"),
        ("requirements.txt", "-e git+https://github.com/a/b.git#egg=c.d\nhttps://x/numpy-1.0.whl\n", "c-d numpy"),
        ("requirements-dev.txt", "pandas \\\n  --hash=sha256:abc\n", "pandas"),
        ("environment.yml", "dependencies:\n  - conda-forge::pandas=2\n  - pip:\n    - shap==1\n", "pandas shap"),
        (
            "pyproject.toml",
            "[project]\nname='a'\ndependencies=['pandas>2']\noptional-dependencies.x=['shap']",
            "pandas shap",
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\npandas='^2'\n[tool.poetry.group.dev.dependencies]\nshap='*'",
            "pandas shap",
        ),
        ("pyproject.toml", "[dependency-groups]\ndev=['pandas', {include-group='x'}]", "pandas"),
        ("pyproject.toml", "[tool.uv]\ndev-dependencies=['pandas']", "pandas"),
        ("setup.cfg", "[options]\ninstall_requires =\n    pandas>=2\n    shap\n", "pandas shap"),
        ("setup.py", "setup(install_requires=['pandas>=2', 'shap'])", "pandas shap"),
        ("Pipfile", "[packages]\npandas='*'\n[dev-packages]\nshap='*'", "pandas shap"),
    ],
)
def test_declared_names_are_read(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    answer = declared(Beside(str(tmp_path)))
    assert answer is not None
    assert set(expected.split()) <= answer.names


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.black]\nline-length = 100"),
        ("pyproject.toml", "not toml ["),
        ("pyproject.toml", "[project]\nname = 'a'\ndynamic = ['dependencies']"),
        ("requirements.txt", "pandas\n-r other/missing.txt\n"),
        ("requirements.txt", "pandas\n-e ../other\n"),
        ("requirements.txt", ""),
        ("setup.py", "setup(install_requires=["),
        ("setup.cfg", "[flake8]\nmax-line-length = 100"),
    ],
)
def test_where_more_may_be_declared_there_is_no_answer(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert declared(Beside(str(tmp_path))) is None


def test_requirements_that_include_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r requirements-b.txt\npandas", encoding="utf-8")
    (tmp_path / "requirements-b.txt").write_text("-r requirements.txt\nshap", encoding="utf-8")
    answer = declared(Beside(str(tmp_path)))
    assert answer is not None
    assert answer.names == {"pandas", "shap"}


def test_files_of_a_missing_folder_are_one_finding(tmp_path: Path) -> None:
    source = (
        "import pandas as pd\na = pd.read_csv('data/a.csv')\nb = pd.read_csv('data/b.csv')\nc = pd.read_csv('c.csv')"
    )
    first, second = found(saved(source), "NB109", folder=str(tmp_path))
    assert first.message.endswith("as is 1 more in `data`")
    assert "`c.csv`" in second.message


# any notebook


PIECES = st.sampled_from(
    [
        "import pandas as pd",
        "!pip install x",
        "%cd /home/anna/x",
        "%%bash",
        "# x = 1",
        "# y = f(x)",
        "def f(:",
        "x = (",
        '"""',
        "pd.read_csv('/home/anna/a.csv')",
        "open('a.txt').read()",
        "password = 'Tr0ub4dor-and-3'",
        "\\",
        "\t",
        "é",
        "\0",
        "def f(x):\n    print(x)\n    return x",
        "print 'a'",
        "import requests; requests.get(url)",
        "x?",
        "%%R",
        "#",
        "\ud800",
    ]
)


@given(
    st.lists(st.lists(PIECES, max_size=5).map("\n".join), max_size=5),
    st.sampled_from(["code", "markdown", "raw", "odd"]),
)
@settings(deadline=None, max_examples=150)
def test_nothing_breaks_the_rules(sources: list[str], kind: str) -> None:
    data = saved(*sources, kind=kind)
    findings = check_bytes(data, "a.ipynb", MINE, ".")
    assert findings == check_bytes(data, "a.ipynb", MINE, ".")
    for finding in findings:
        assert "\n" not in finding.message
        assert 0 <= finding.place.cell <= len(sources)

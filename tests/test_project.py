"""What is written: files that parse whatever a notebook holds, code that moved as it was, and nothing that leaks."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import black
import pytest
from harness import close_worker, examine
from making import analysed, code_of, converted, notebook

from nb2pkg.errors import RefusedError
from nb2pkg.model import Project
from nb2pkg.pipeline import convert_notebook
from nb2pkg.plan.make import identifiers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# The same in every package.
RUNTIME = {"__init__", "__main__", "batch", "cli", "display", "figures", "pretty", "settings", "shell"}


@pytest.fixture(scope="module", autouse=True)
def _end_worker() -> Iterator[None]:
    yield
    close_worker()


def texts(project: Project) -> dict[str, str]:
    return {name: data.decode("utf-8") for name, data in project.files.items()}


def own_code(project: Project) -> dict[str, str]:
    """Return the modules that hold the notebook's code."""
    return {name: text for name, text in code_of(project).items() if name not in RUNTIME}


def written(project: Project, folder: Path) -> Path:
    """Write a project below a folder and return the one to import from."""
    for name, data in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "src"


def run(project: Project, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a package in a folder, from the source."""
    source = str(written(project, folder.parent / f"{folder.name} project"))
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-B", "-m", project.package, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": source, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


# Headings and titles that could break out of where they are put.

HOSTILE = {
    "triple quotes": "Say \"\"\"hello\"\"\" and '''bye'''",
    "quote at the end": 'He said "no"',
    "backslash at the end": "ends in \\",
    "backslashes": r"C:\temp\new \" \N{BULLET} \x",
    "template": "{{ 1000 + 337 }} {% raw %} {# gone #}",
    "brackets": "a ]] b [[units]] [project] x = 1",
    "hashes": "# // -*- coding: latin-1 -*- #! # type: ignore # fmt: off",
    "formats": "%s %d {0} {x!r} $HOME %(name)s",
    "markup": "<script>alert(1)</script> & | pipe | `code` **b** [link](http://x) ![i](y)",
    "control characters": "a\x01b\x1b[31mc\x7fd\x85e\u2028f\u2029g\ufeffh",
    "form feeds": "a\x0bb\x0cc\x1cd\x1ee",
    "emoji": "🚀 Rocket 👩\u200d👩\u200d👧 science",
    "right to left": "abc \u202egnirts\u202c \u200f\u2066 שלום",
    "long": "word " * 60,
    "Japanese": "飲食店の口コミの「分類」",
    "numbers": "1. 2) -- ===",
}


def hostile_project(folder: Path, text: str) -> Project:
    """Return a project with a text as title, heading, comment, setting, constant and name of a closure."""
    line = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", " ", text)
    return converted(
        folder,
        f"#md # {text}",
        f"label = {text!r}\nrate = 0.5\nparts = ({text!r}, {text!r})",
        f"#md ## {text}",
        f"# {line}\nimport math\nroots = [math.sqrt(v) * rate for v in range(4)]\nprint(sum(roots), parts)",
        f"#md ### {text}",
        "k = float(1)\ndef f(v):\n    return v * k, parts",
        f"hooks = [f]\nfor mark in [{text!r}]: hooks.append(lambda: mark)\nmark = 3\nprint(hooks[0](1), label)",
        name="we\"ird `book` {{ 7 }}|'''.ipynb",
    )


@pytest.mark.parametrize("case", HOSTILE)
def test_files_parse_whatever_a_title_holds(case: str, tmp_path: Path) -> None:
    project = hostile_project(tmp_path, HOSTILE[case])

    for name, text in texts(project).items():
        assert "1337" not in text, name
        if name.endswith(".py"):
            compile(text, name, "exec")
        elif name.endswith(".json"):
            json.loads(text)
        elif name.endswith(".toml"):
            tomllib.loads(text)
    data = tomllib.loads(texts(project)["pyproject.toml"])
    assert set(data) == {"build-system", "project", "tool"}
    assert data["project"]["description"] == project.plan.title
    assert data["project"]["dependencies"] == ["tomli; python_version < '3.11'"]  # for the settings
    assert data["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [f"src/{project.package}"]
    doc, *rest = ast.parse(code_of(project)["__init__"]).body
    assert isinstance(doc, ast.Expr)
    plain = ast.parse(code_of(hostile_project(tmp_path, "Plain"))["__init__"]).body[1:]
    assert [ast.dump(node) for node in rest] == [ast.dump(node) for node in plain]


@pytest.mark.parametrize("case", HOSTILE)
def test_values_survive_whatever_they_hold(case: str, tmp_path: Path) -> None:
    code = own_code(hostile_project(tmp_path, HOSTILE[case]))

    values = Counter(
        n.value for text in code.values() for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)
    )
    assert values[HOSTILE[case]] == 4


def cells_of_row(line: str) -> list[str]:
    """Return the cells of a row of a Markdown table; a pipe after a backslash is text."""
    return re.split(r"(?<!\\)\|", line)[1:-1]


@pytest.mark.parametrize("case", HOSTILE)
def test_tables_of_the_readme_keep_their_columns(case: str, tmp_path: Path) -> None:
    project = hostile_project(tmp_path, HOSTILE[case])
    lines = texts(project)["README.md"].split("\n")

    below = [line for row, line in pairwise(lines) if row.startswith("|") and not line.startswith("|")]
    assert set(below) == {""}  # any other line would be a row, too
    rows = [cells_of_row(line) for line in lines if line.startswith("|")]
    starts = [number for number, row in enumerate(rows) if row[0].strip() in ("function", "setting")]
    assert [{len(row) for row in rows[i:j]} for i, j in pairwise([*starts, len(rows)])] == [{3}, {4}]
    names = {row[0].strip(" `") for row in rows}
    assert {u.name for u in project.plan.units if u.kind not in ("story", "setting")} <= names
    assert {s.name for s in project.plan.settings} <= names
    assert lines[0].startswith("# ")
    assert not any(c in line for line in lines for c in "\x01\x0b\x0c\x1b\x1c\x7f\x85\u2028\u2029")


# Secrets: `{secret}` in the source of a cell, and the same in what the cell has shown.

RANDOM = "rFsSehe51RLzREtYhLfo"
GITHUB = "ghp_" + "a1B2" * 9
SECRETS = {
    "a known shape": (GITHUB, "token = '{secret}'\nprint(token)"),
    "a telling name": (RANDOM, "api_key = '{secret}'\nprint(api_key)"),
    "an attribute": (RANDOM, "class Box: pass\nbox = Box()\nbox.api_key = '{secret}'\nprint(box.api_key)"),
    "a dictionary": (RANDOM, "keys = {{'secret_key': '{secret}'}}\nprint(keys)"),
    "an argument": ("S3cr3t!!", "made = dict(user='bob', password='{secret}')\nprint(made)"),
    "a default": (RANDOM, "def call(api_key='{secret}'):\n    return api_key\nprint(call())"),
    "a constant of a function": (RANDOM, "API_KEY = '{secret}'\ndef call():\n    return API_KEY\nprint(call())"),
    "an environment variable": (
        RANDOM,
        "import os\nos.environ['MY_TOKEN'] = '{secret}'\nprint(os.environ['MY_TOKEN'])",
    ),
    "a URL": ("hunter22", "address = 'postgres://bob:{secret}@db.example.com/x'\nprint(address)"),
    "an f-string": (GITHUB, "user = 'bob'\nprint(f'Bearer {secret} {{user}}')"),
    "bytes": (GITHUB, "token = b'{secret}'\nprint(token)"),
    "a comment": (GITHUB, "# the token is {secret}\nprint(1)  # {secret}"),
    "a docstring": (GITHUB, "def call():\n    '''Use {secret}.'''\n    return 1\nprint(call())"),
    "a shell line": (GITHUB, "!echo {secret}"),
    "a script of another language": (GITHUB, "%%bash\necho {secret}"),
    "a file that is written": (GITHUB, "%%writefile secrets.json\n{{'token': '{secret}'}}"),
    "a file that is imported": (GITHUB, "%%writefile own_keys.py\nTOKEN = '{secret}'"),
    "code that inspects itself": (RANDOM, "API_KEY = '{secret}'\nprint(globals()['API_KEY'])"),
    "letters that JSON escapes": ("pässwörd9!", "password = '{secret}'\nprint(password)"),
    "signs that JSON escapes": ('p"wd/9!xy', "password = '{secret}'\nprint(password)"),
}


def secret_cells(case: str) -> tuple[str, dict[str, Any]]:
    secret, template = SECRETS[case]
    shown = {"text/plain": repr(secret), "text/html": f"<b>{secret}</b>"}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": [f"it is {secret}\n", "and that's it\n"]},
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": shown},
        {"output_type": "error", "ename": "ValueError", "evalue": secret, "traceback": [f"bad {secret}"]},
    ]
    source = template.format(secret=secret)
    return secret, {"cell_type": "code", "source": source, "execution_count": 1, "outputs": outputs}


def holding(files: Mapping[str, str], secret: str) -> list[str]:
    """Return the files that hold a secret, as it is or as JSON or Python write it."""
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return [name for name, text in files.items() if any(form in text for form in forms)]


@pytest.mark.parametrize("case", SECRETS)
def test_copy_of_the_notebook_holds_no_secret(case: str, tmp_path: Path) -> None:
    secret, cell = secret_cells(case)
    project = converted(tmp_path, cell)

    before = (tmp_path / "small_book.ipynb").read_text(encoding="utf-8")
    text = texts(project)["notebooks/small_book.ipynb"]
    assert holding({"before": before, "after": text}, secret) == ["before"]
    outputs = json.loads(text)["cells"][0]["outputs"]
    assert outputs[0]["text"] == ["it is ***\n", "and that's it\n"]
    assert outputs[1]["data"]["text/html"] == "<b>***</b>"
    assert outputs[2]["evalue"] == "***"


@pytest.mark.parametrize("case", SECRETS)
def test_no_file_holds_a_secret_of_the_code(case: str, tmp_path: Path) -> None:
    secret, cell = secret_cells(case)
    project = converted(tmp_path, {**cell, "outputs": []})

    assert holding(texts(project), secret) == []
    assert any(finding.code == "secret" for finding in project.findings)
    assert not any(secret in f"{finding}" for finding in project.findings)


@pytest.mark.parametrize("case", SECRETS)
def test_no_file_holds_a_secret_that_was_shown(case: str, tmp_path: Path) -> None:
    secret, cell = secret_cells(case)
    project = converted(tmp_path, cell)

    assert holding(texts(project), secret) == []
    assert "and that's it" in texts(project)["tests/test_end_to_end.py"]


AWS = "AKIA" + "Z2Y4" * 4
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0B\nAQEFAASCBKYwggSiAgEAAoIB\n-----END PRIVATE KEY-----"
CELLS_WITH_SECRETS = {
    "title": (AWS, f"#md # My key {AWS}", "print(1)"),
    "heading": (AWS, "#md # T", f"#md ## Load with {AWS}", "import math\nx = math.sqrt(3)\nprint(x)"),
    "prose": (RANDOM, f"#md Write\n```\napi_key = '{RANDOM}'\n```", f"f = len\nprint(f('{RANDOM}'))"),
    "%env=": (RANDOM, f"%env API_KEY={RANDOM}", "print(1)"),
    "%env": (RANDOM, f"%env API_KEY {RANDOM}", "print(1)"),
    "%set_env": (RANDOM, f"%set_env API_KEY={RANDOM}", "print(1)"),
    "requirement": (GITHUB, f"!pip install git+https://{GITHUB}@github.com/x/y.git\nprint(1)"),
    "%pip": (GITHUB, f"%pip install git+https://bob:{GITHUB}@github.com/x/y.git", "import y\nprint(1)"),
    "comment": (RANDOM, f'# api_key = "{RANDOM}"\nprint(1)'),
    "comment of a function": (RANDOM, f"import math\n# API_KEY={RANDOM}\nx = math.sqrt(4)", "print(x)"),
    "export": (RANDOM, f"!export API_KEY={RANDOM}"),
    "export with a field": (RANDOM, f"n = 3\n!export API_KEY={RANDOM} && echo {{n}}"),
    "script": (RANDOM, f'%%bash\nexport API_KEY="{RANDOM}"\necho 1'),
    "escapes": ("p\\ss!w0rd", "password = 'p\\\\ss!w0rd'\nprint(repr(password))"),
    "escaped key": (KEY.split("\n")[1], f"key = {KEY!r}\nprint(len(key))"),
    "key over lines": (KEY.split("\n")[2], f'key = """{KEY}"""\nprint(len(key))'),
    "nested f-string": (GITHUB, f"print(f\"{{len('{GITHUB}')}}\")"),
    "part of a longer text": ("hunter22", "password = 'hunter22'\nprint('say hunter22 now')  # hunter22"),
    "stub": (GITHUB, f"%%time\ntoken = '{GITHUB}'\nprint(token)"),
    "display": (GITHUB, f"'{GITHUB}'"),
    "raw": (GITHUB, {"cell_type": "raw", "source": GITHUB}, "print(1)"),
    "skipped": (
        GITHUB,
        {
            "cell_type": "code",
            "source": f"t = '{GITHUB}'",
            "metadata": {"tags": ["skip-execution"]},
            "outputs": [],
            "execution_count": None,
        },
        "print(1)",
    ),
    "metadata": (GITHUB, {"cell_type": "markdown", "source": "a", "metadata": {"token": GITHUB}}, "print(1)"),
}


@pytest.mark.parametrize("case", CELLS_WITH_SECRETS)
def test_no_file_holds_a_secret_of_these_cells(case: str, tmp_path: Path) -> None:
    secret, *cells = CELLS_WITH_SECRETS[case]
    project = converted(tmp_path, *cells)

    assert holding({name: text.lower() for name, text in texts(project).items()}, str(secret).lower()) == []
    assert not any(str(secret) in str(finding) for finding in project.findings)
    found, *_ = [finding for finding in project.findings if finding.code == "secret"]
    reads = any("secret(" in text for text in own_code(project).values())
    assert ("environment" in found.message) == reads
    for name, text in texts(project).items():
        if name.endswith(".py"):
            compile(text, name, "exec")
    json.loads(texts(project)["notebooks/small_book.ipynb"])


@pytest.mark.parametrize("mime", ["text/plain", "text/html"])
def test_a_token_that_stands_only_in_an_output_is_blanked(mime: str, tmp_path: Path) -> None:
    data = {"text/plain": "<HTML>", mime: f"the token\n{GITHUB}\n\x1b[31m{AWS}\x1b[0m"}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    project = converted(
        tmp_path, {"cell_type": "code", "source": "print(1)", "execution_count": 1, "outputs": [output]}
    )

    assert holding(texts(project), GITHUB) == []
    assert holding(texts(project), AWS) == []
    found, _ = [finding for finding in project.findings if finding.code == "secret"]
    assert "a saved output" in found.message
    assert found.location.cell == (1 if mime == "text/plain" else 0)


REFUSED = {
    "two parts": (f'api_key = ("{RANDOM[:8]}"\n  "{RANDOM[8:]}")\nprint(api_key)', "in several pieces", 1),
    "sum": (f'x = 1\napi_key = "{RANDOM[:8]}" + "{RANDOM[8:]}"', "in several pieces", 2),
    "parts in an f-string": (f'x = 1\ny = (f"{GITHUB[:9]}"\n  f"{GITHUB[9:]}{{x}}")', "in several pieces", 2),
    "pattern": (f'x = "a"\nmatch x:\n    case "{GITHUB}":\n        print(1)', "can't be read", 3),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_secret_that_can_not_be_taken_out_is_refused(case: str, tmp_path: Path) -> None:
    cell, message, line = REFUSED[case]
    with pytest.raises(RefusedError, match=message) as error:
        converted(tmp_path, "print(1)", cell)

    assert error.value.location is not None
    assert (error.value.location.cell, error.value.location.line) == (2, line)
    assert "os.environ" in error.value.hint
    assert not any(secret in str(error.value) for secret in (RANDOM, GITHUB, RANDOM[:8], GITHUB[9:]))


def test_errors_of_magics_tell_no_secret(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as error:
        converted(tmp_path, f"%run -x {GITHUB}")

    assert GITHUB not in str(error.value)
    assert GITHUB not in repr(error.value)


def test_a_secret_that_would_come_into_a_file_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "own_keys.py").write_text(f"KEY = '{RANDOM}'\n")
    with pytest.raises(RefusedError, match=r"'src/own_keys\.py': nothing was written") as error:
        converted(tmp_path, f"import own_keys\napi_key = '{RANDOM}'\nprint(own_keys.KEY == api_key)")
    assert RANDOM not in str(error.value)


@pytest.mark.parametrize("spelling", ["\\u005f", "pieces"])
def test_a_copy_that_can_not_be_blanked_stops_everything(spelling: str, tmp_path: Path) -> None:
    path = notebook(tmp_path, f"t = '{GITHUB}'")
    book = path.read_text(encoding="utf-8")
    if spelling == "pieces":
        data = json.loads(book)
        data["cells"][0]["source"] = [f"t = '{GITHUB[:9]}", f"{GITHUB[9:]}'"]
        path.write_text(json.dumps(data), "utf-8")
    else:
        path.write_text(book.replace("ghp_", f"ghp{spelling}"), "utf-8")
    with pytest.raises(RefusedError, match="nothing was written"):
        convert_notebook(path)


def test_copies_of_text_notebooks_are_blanked(tmp_path: Path) -> None:
    path = tmp_path / "small_book.py"
    path.write_text(f"# %% [markdown]\n# # The {AWS}\n\n# %%\npassword = 'p\"wd/9!xy'\nprint(1)\n", "utf-8")
    copy = texts(convert_notebook(path))["notebooks/small_book.py"]

    assert copy == "# %% [markdown]\n# # The ***\n\n# %%\npassword = '***'\nprint(1)\n"


def test_run_reads_a_secret_of_a_magic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "from outside")
    project = converted(tmp_path, f"%env API_KEY={RANDOM}", "import os\nprint(os.environ['API_KEY'])")

    assert run(project, tmp_path / "work").stdout.splitlines()[-1] == "from outside"


# Control characters and marks of Markdown.

CONTROLS = "".join(map(chr, (*range(1, 9), *range(14, 32), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x2066, 0x2069)))


@pytest.mark.parametrize("sign", [*CONTROLS, "\x00"], ids=ascii)
def test_control_characters_stay_out_of_what_is_written(sign: str, tmp_path: Path) -> None:
    heading = f"a{sign}b{sign}"
    files = texts(converted(tmp_path, f"#md # {heading}", "import math\nx = math.sqrt(4)\nprint(x)"))

    assert [name for name, text in files.items() if sign in text and not name.startswith("notebooks/")] == []
    assert tomllib.loads(files["pyproject.toml"])["project"]["description"] == "a b"
    compile(files["src/small_book/pipeline.py"], "x", "exec")


def test_control_characters_of_a_file_name_stay_out(tmp_path: Path) -> None:
    project = converted(tmp_path, "print(1)", name="small\x1b[31m\u202ebook.ipynb")

    assert project.plan.title == "small [31m book.ipynb"
    assert "notebooks/small [31m book.ipynb" in project.files
    assert not any(sign in text for text in texts(project).values() for sign in "\x1b\u202e")


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Load train_data_2.csv and 7*7", "Load train_data_2.csv and 7*7"),
        ("**Bold** _it_ `co_de` ~~no~~ ***all***, (*x*)", "Bold it co_de no all, (x)"),
        ("**_both_** *a b*: __init__.py", "both a b: init.py"),
        ("f(*args, **kwargs) 2 * 3 * 4", "f(*args, **kwargs) 2 * 3 * 4"),
        ("口コミの**分類**です: 売上_2020_東京", "口コミの分類です: 売上_2020_東京"),
        ("x" * 99 + " yz", "x" * 99),
    ],
)
def test_titles_lose_marks_of_emphasis_only(heading: str, expected: str, tmp_path: Path) -> None:
    project = converted(tmp_path, f"#md # {heading}", "print(1)")

    assert project.plan.title == expected
    assert f'"""{expected}: the notebook' in texts(project)["src/small_book/pipeline.py"]


def test_copy_of_a_notebook_without_secrets_is_the_file(tmp_path: Path) -> None:
    project = converted(tmp_path, "#md # Ünïcode 🚀", "x = 1\nprint(x)")

    assert project.files["notebooks/small_book.ipynb"] == (tmp_path / "small_book.ipynb").read_bytes()


# One notebook with many kinds of names and forms, so that an order that is a set's would show.

MANY = (
    "#md # Many names",
    "import collections, json, math, os, random, string\nfrom itertools import chain, count, product, repeat\n"
    "from math import ceil, floor, pi, sqrt, tau",
    "alpha = 1\nbeta = 2.5\ngamma = 'text'\ndelta = True\nSIZES = (1, 2, 3)\nTABLE = {'a': 1, 'b': 2}",
    "#md ## Load {all} the `things`",
    "one, two, three = floor(pi), ceil(tau), sqrt(4)\nfour = [one, two, three]\nfive = {one, two}\n"
    "six = dict(zip(string.ascii_lowercase, four))\n# next\nseven = list(chain(four, repeat(1, 2)))",
    "def area(w, h=alpha):\n    return w * h * beta * TABLE['a'] + len(SIZES)\n"
    "def volume(w):\n    return area(w) * depth * one * two * three",
    "depth = float(3)\nprint(area(2), volume(2), json.dumps(six), collections.Counter(seven))",
    "hooks = [volume, area, lambda v: v + depth + one]\ndepth = 4\n[hook(1) for hook in hooks]",
    "class Shape:\n    sides = alpha\n    def __init__(self, *names):\n        self.names = set(names)\n"
    "    def __repr__(self):\n        return f'<{sorted(self.names)} {gamma} {depth}>'\nShape('x', 'y')",
    "if delta:\n    extra, more = product([1], [2]), count()\nprint(list(extra), next(more), os.sep)",
)
DIGEST = """
import hashlib, sys
from pathlib import Path
from nb2pkg.pipeline import convert_notebook
for path in sys.argv[1:]:
    for name, data in convert_notebook(Path(path)).files.items():
        print(name, hashlib.sha256(data).hexdigest())
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    paths = [
        notebook(tmp_path, *MANY),
        notebook(tmp_path, *MANY, "print(sorted(globals())[:2])", name="script_book.ipynb"),
        notebook(tmp_path, "#md # x\n```\ny\n```", "a, b = {1, 2}, {'x', 'y'}\nprint(len(a | b))", name="sets.ipynb"),
    ]
    command = [sys.executable, "-c", DIGEST, *map(str, paths)]
    runs = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(runs) == 1
    assert len(runs.pop().splitlines()) > 30


@pytest.mark.parametrize("name", ["pipeline", "script"])
def test_no_generated_file_needs_formatting(name: str, tmp_path: Path) -> None:
    plots = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot(four)\nplt.show()"
    cells = [*MANY, plots, "!echo done", *(["print(sorted(globals())[:2])"] if name == "script" else [])]
    project = converted(tmp_path, *cells)

    assert project.plan.script == (name == "script")
    files = {path: text for path, text in texts(project).items() if path.endswith(".py")}
    assert {"figures.py", "shell.py", "cli.py", "pretty.py", "conftest.py"} <= {path.split("/")[-1] for path in files}
    for path, text in files.items():
        assert black.format_str(text, mode=black.Mode()) == text, path


def test_provenance_names_every_statement_once(tmp_path: Path) -> None:
    flow = analysed(tmp_path, *MANY, "x = 1; y = 2; print(x + y)")
    project = converted(tmp_path, *MANY, "x = 1; y = 2; print(x + y)")

    data = json.loads(texts(project)[".nb2pkg/provenance.json"])
    found = Counter((s["cell"], s["number"], s["line"]) for unit in data["units"] for s in unit["statements"])
    # Imports stand in the modules that use them.
    expected = Counter(
        (s.cell_id, s.location.cell, s.location.line)
        for s in flow.statements
        if not isinstance(s.node, ast.Import | ast.ImportFrom)
    )
    assert found == expected
    assert (data["notebook"], data["sha256"]) == ("small_book.ipynb", flow.notebook.digest)
    assert [unit["unit"] for unit in data["units"]] == [unit.name for unit in project.plan.units]


# Importing the package does nothing, whatever the notebook does at its top level.

EFFECTS = (
    "import os, random, sys, warnings, logging\nrandom.seed(3)\nstart = random.random()\nprint(start)",
    "os.environ['NB2PKG_TEST_EFFECT'] = '1'\nwarnings.simplefilter('ignore')\nsys.setrecursionlimit(4321)\n"
    "logging.basicConfig(level=10)\nopen('made.txt', 'w').close()\nos.chdir('.')",
    "def loud(f):\n    print('decorating', f.__name__)\n    return f\n@loud\ndef quiet(v):\n    return v\nquiet(1)",
    "def late(v=print('default'), w=random.random()):\n    return w\nlate()",
    "class Body:\n    print('body')\n    drawn = random.random()\n    def use(self): return self.drawn\nBody().use()",
    "from dataclasses import dataclass, field\n@dataclass\nclass Row:\n    size: int = random.randint(1, 6)\n"
    "    rest: list = field(default_factory=lambda: print('rest'))\nRow()",
    "def annotated(v: print('annotation')) -> random.random():\n    return v\nannotated(1)",
    "drawn = [random.random() for _ in range(3)]\ndef use():\n    return drawn[0]\nuse()",
    "shown = lambda v=print('lambda'): v\nshown()",
    "class Meta(type):\n    def __init__(cls, *args): print('meta')\nclass Made(metaclass=Meta): pass\nMade()",
    "class Base:\n    def __init_subclass__(cls): print('subclass')\nclass Derived(Base): pass\nDerived()",
    "import atexit\natexit.register(print, 'bye')\nrandom.shuffle(drawn)",
)
IMPORTING = """
import importlib, os, random, sys, warnings
sys.path.insert(0, sys.argv[1])
def state():
    limits = sys.getrecursionlimit(), sys.getswitchinterval()
    return random.getstate(), dict(os.environ), os.getcwd(), [*warnings.filters], limits, [*sys.path]
importlib.import_module("dataclasses"); importlib.import_module("pathlib")
before = state()
for name in sys.argv[2:]:
    importlib.import_module(name)
after = state()
print([old == new for old, new in zip(before, after)], file=sys.stderr)
"""


def test_importing_the_modules_does_nothing(tmp_path: Path) -> None:
    project = converted(tmp_path, *EFFECTS)
    source = written(project, tmp_path / "project")
    empty = tmp_path / "empty"
    empty.mkdir()
    modules = [f"{project.package}.{name}" for name in code_of(project)]

    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORTING, str(source), *modules], cwd=empty, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{[True] * 6}\n")
    assert list(empty.iterdir()) == []
    assert {"pipeline", "preprocessing"} <= own_code(project).keys()


def test_those_effects_happen_in_a_run(tmp_path: Path) -> None:
    """Otherwise the test above would look at nothing."""
    done = run(converted(tmp_path, *EFFECTS), tmp_path / "work")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work/made.txt").is_file()
    lines = done.stdout.splitlines()
    for line in ("decorating quiet", "default", "body", "rest", "annotation", "lambda", "meta", "subclass", "bye"):
        assert lines.count(line) == 1, line


# Imports: the notebook's cells, and lines that must be in modules of the package.

IMPORTS: dict[str, tuple[tuple[str, ...], dict[str, list[str]]]] = {
    "star of a library": (
        ("from sympy import *\nfrom os.path import join as j", "x = sqrt(pi) + len(j('a', 'b'))", "print(x, floor(x))"),
        {
            "stages": ["from sympy import *\n", "from os.path import join as j\n"],
        },
    ),
    "star of the standard library": (
        ("from math import *", "x = sqrt(pi)", "print(x, floor(x))"),
        {"stages": ["from math import pi, sqrt\n"], "pipeline": ["from math import floor\n"]},
    ),
    "alias": (
        (
            "import xml.dom as xd, os.path\nfrom collections import Counter as C, OrderedDict",
            "c = C([1, 1])\nn = xd.__name__",
            "def f():\n    return C([2]), OrderedDict()\nprint(c, n, f(), os.path.basename('a/b'))",
        ),
        {
            "stages": ["Counter as C", "OrderedDict"],
            "pipeline": ["import xml.dom as xd\n", "import os.path\n"],
        },
    ),
    "conditional": (
        (
            "try:\n    import no_such_json as json\nexcept ImportError:\n    import json\n"
            "if len('ab') > 1:\n    import math as m\nelse:\n    import cmath as m",
            "d = json.dumps([1])",
            "def f():\n    return json.loads(d)\nprint(m.sqrt(4), f())",
        ),
        {"stages": ["    import no_such_json as json\n", "    import json\n", "    import math as m\n"]},
    ),
    "in a function": (
        ("def f(v):\n    import math\n    from os import path as p\n    return math.floor(v), p.sep", "print(f(2.5))"),
        {"stages": ["    import math\n", "    from os import path as p\n"]},
    ),
    "in a function and outside": (
        ("def f(v):\n    import math\n    return math.floor(v)", "import math\nprint(f(2.5), math.ceil(2.1))"),
        {"stages": ["    import math\n"], "pipeline": ["\nimport math\n"]},
    ),
    "of a function, for all": (
        ("def setup():\n    global json\n    import json\nsetup()", "print(json.dumps([1]))"),
        {"pipeline": ["        import json\n"]},
    ),
    "of display": (
        ("from IPython.display import display, Markdown\ndisplay([1])\ndisplay(Markdown('a'))", "x = 3\nx"),
        {"pipeline": ["from IPython.display import Markdown\n", "from small_book.display import display"]},
    ),
    "of a name that is rebound": (
        ("import json\nprint(json.dumps([1]))", "json = 3\ndef f():\n    return json\nprint(f())"),
        {"pipeline": ["json"]},
    ),
    "twice under one name": (
        ("from math import sqrt\nprint(sqrt(4))", "from cmath import sqrt\nprint(sqrt(4))"),
        {"pipeline": ["    from math import sqrt\n", "    from cmath import sqrt\n"]},
    ),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_imports_stand_where_they_are_needed(case: str, tmp_path: Path) -> None:
    cells, expected = IMPORTS[case]
    code = own_code(converted(tmp_path, *cells))
    found = {
        "pipeline": code["pipeline"],
        "stages": "".join(text for name, text in sorted(code.items()) if name != "pipeline"),
    }

    for place, lines in expected.items():
        for line in lines:
            assert line in found[place], found[place]


@pytest.mark.parametrize("case", IMPORTS)
def test_imports_find_the_same(case: str) -> None:
    verdict = examine(IMPORTS[case][0])

    assert verdict.kind == "same", verdict.detail
    assert verdict.cells is not None
    assert verdict.cells.stdout


def test_annotations_stay_text_where_the_notebook_says_so(tmp_path: Path) -> None:
    definitions = (
        "from dataclasses import dataclass, fields\n"
        "@dataclass\nclass Row:\n    size: int = 1\n    more: Unknown = None\n"
        "def f(v: Missing = 1) -> Nobody:\n    return v"
    )
    shown = "print(f.__annotations__, [field.type for field in fields(Row)], f())"
    project = converted(tmp_path, "from __future__ import annotations", definitions, shown)

    for name, text in own_code(project).items():
        assert text.count("from __future__ import annotations") == 1, name
    done = run(project, tmp_path / "work")
    assert done.stdout == "{'v': 'Missing', 'return': 'Nobody'} ['int', 'Unknown'] 1\n", done.stderr


LOCAL = {
    "helper.py": "import deeper\n\n\ndef h(v):   # kept as it is\n    return v + deeper.K\n",
    "deeper.py": "K = 3\n",
    "tools/__init__.py": "from .inner import g\n",
    "tools/inner.py": "from . import other\ndef g(v): return v * other.N\n",
    "tools/other.py": "N = 2\n",
    "tools/unused.py": "print('never imported')\n",
    "config.py": "rate = 5\nclass Config: pass\n",
    "loud.py": "print('loud')\nVALUE = 7\n",
    "unrelated.py": "print('unrelated')\n",
    "small_book.py": "",
}
USES_LOCAL = (
    "import helper\nfrom tools import g\nimport tools.other as to\nfrom config import rate\nprint('first')",
    "import loud\nprint(helper.h(1), g(2), to.N, rate, loud.VALUE)",
    "def late():\n    from tools.inner import g as again\n    return again(5)\nprint(late())",
)


@pytest.fixture
def with_local_modules(tmp_path: Path) -> Project:
    for name, text in LOCAL.items():
        path = tmp_path / "beside" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return converted(tmp_path / "beside", *USES_LOCAL)


def test_modules_beside_the_notebook_come_along(with_local_modules: Project) -> None:
    project = with_local_modules
    assert project.package == "small_book_notebook"  # a package small_book would hide small_book.py

    source = {name.removeprefix("src/"): text for name, text in texts(project).items() if name.startswith("src/")}
    brought = {name: text for name, text in source.items() if not name.startswith("small_book_notebook/")}
    assert brought == {name: text for name, text in LOCAL.items() if name not in ("unrelated.py", "small_book.py")}

    build = tomllib.loads(texts(project)["pyproject.toml"])["tool"]["hatch"]["build"]
    expected = ["small_book_notebook", "config.py", "deeper.py", "helper.py", "loud.py", "tools"]
    assert build["targets"]["wheel"]["packages"] == [f"src/{name}" for name in expected]


def test_modules_beside_the_notebook_are_found_from_anywhere(with_local_modules: Project, tmp_path: Path) -> None:
    done = run(with_local_modules, tmp_path / "elsewhere")

    assert done.stdout == "first\nloud\n4 4 2 5 7\n10\n", done.stderr


def test_modules_that_a_cell_writes_are_not_copied(tmp_path: Path) -> None:
    project = converted(tmp_path, "%%writefile made.py\nM = 4", "import made\nprint(made.M)")

    assert [name for name in project.files if name.endswith("made.py")] == []
    done = run(project, tmp_path / "work")
    assert done.stdout.splitlines()[-1] == "4", done.stderr


# Names that the package likes, too, and that it leaves to the notebook.

NAMES = {
    "variables": (
        "import math\ndata = [1, 2]\ntraining = math.sqrt(len(data))\nconfig = {'a': training}\nshow = 5\n"
        "pipeline = 'p'\npreprocessing = 3.5\nshow_figures = 6",
        "print(data, training, config, show, pipeline, preprocessing, show_figures)",
        "data",
    ),
    "functions": (
        "def run():\n    return show\ndef show(v):\n    print('mine', v)\nrun()(4)",
        "def data():\n    return 1\ndef main():\n    return data()\ndef preprocessing():\n    return main()",
        "print(preprocessing())\n[1, 2]",
    ),
    "classes and settings": (
        "class Config:\n    x = 1\nSettings = 1.5\nsettings = 'x'\nconfig = 3\nrun_config = True",
        "print(Config.x, Settings, settings, config, run_config)",
    ),
    "parameters": ("def f(config, run, show, data=1):\n    return config + run + show + data\nk = 4\nf(1, 2, k)",),
    "modules of every package": (
        "figures = 3\ncli = 4\npretty = [figures]\nshell = pretty * 2\ndisplay = 7\nos = 8\nsys = 9",
        "print(figures, cli, pretty, shell, display, os, sys)",
        "pretty",
    ),
    "the package itself": ("fuzzed = 3\nimport math\nx = math.sqrt(fuzzed)", "print(fuzzed, x)\nx"),
    "display": ("def display(v):\n    print('mine', v)\ndisplay(1)", "[3]"),
    "main": ("main = 3\nif __name__ == '__main__':\n    print(main, __name__)\ndef f(): return __name__\nf()",),
    "a module before it is imported": ("math = 3\nprint(math)", "import math\nprint(math.pi)"),
    "a module that is replaced": (
        "import random\nrandom = random.Random(3)",
        "def f():\n    return random.randint(1, 9)\nf()",
    ),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_keep_the_meaning_that_the_notebook_gave_them(case: str) -> None:
    verdict = examine(NAMES[case])

    assert verdict.kind == "same", verdict.detail
    assert verdict.cells is not None
    assert verdict.cells.stdout


def test_names_of_ours_give_way(tmp_path: Path) -> None:
    cells = (*NAMES["functions"], *NAMES["classes and settings"], "import math\ntraining = math.sqrt(4)\ntraining")
    code = code_of(converted(tmp_path, *cells))
    tree = ast.parse(code["pipeline"])

    (driver,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    ours = {driver.name, *(a.arg for a in driver.args.args)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in (
            "small_book",
            "small_book.config",
            "small_book.display",
        ):
            ours |= {a.asname or a.name for a in node.names}
    assert len(ours) >= 5
    assert ours & identifiers(analysed(tmp_path, *cells)) == set()
    assert f"pipeline.{driver.name}(config)" in code["cli"]


# Comments and text over several lines. Each of `# c1`, `# c2` ... must stand once in the package.

COMMENTED = (
    """
import math
# c1 above
x = math.sqrt(2)  # c2 beside

# c3 after a blank line
y = x

# c4 at the end""",
    """
for i in range(2):  # c5 loop
    # c6 body
    math.sqrt(i)  # c7 beside
    # c8 end of the body
# c9 before else
else:
    # c10 in else
    pass
# c11 below
print(i)""",
    """
# c12 above
def f():  # c13 head
    # c14 first
    return 1  # c15 return
# c16 below
print(f())""",
    """
import functools
# c17 above
@functools.lru_cache  # c18 decorator
# c19 between
def g():
    return 1
print(g())""",
    """
# c20 above
class A:  # c21 head
    # c22 first
    x = 1  # c23 beside

    # c24 method
    def m(self):
        pass  # c25 pass
# c26 below
print(A.x)""",
    """
# c27 above
TABLE = {
    "a": 1,  # c28 one
    # c29 two
    "b": 2,
}  # c30 end
def h():
    return TABLE
print(h())""",
    """
# c31 setting
rate = 0.5
LEVEL = {"x": 1}  # c32 constant
def level():
    return LEVEL["x"] * rate
print(level())""",
    """
z = max(  # c33 open
    1,  # c34 one
    # c35 alone
    math.pi,
    # c36 last
)  # c37 close
print(z)""",
    """
math.sqrt(  # c38 open
    2  # c39 argument
)  # c40 close""",
    "math.sqrt(2);  # c41 quiet",
    """
k = float(1)  # c42 beside
# c43 above
def stays(v):  # c44 head
    # c45 first
    return v * k  # c46 return
hooks = [stays]""",
    """
print(hooks[0](1))  # c47 beside
# c48 at the very end""",
)
LONG_TEXTS = (
    """
one = '''first
  second
\tthird\x20\x20

'''
two = [one, r'''a\\
  b''', 'x\\\ny']
print(two)""",
    """
def f():
    return '''in f
  two
'''
print(f())""",
    """
for i in range(2):
    if i:
        three = f'''{i}
      deep {i:>{4}}
''' + b'''by
 tes'''.decode()
print(three)""",
    """
class A:
    text = '''in A
  two'''
    def m(self):
        return '''in m
    two
    '''
print(A.text, A().m())""",
    """
k = float(1)
def stays(v):
    return f'''{v * k}
  stays
'''
hooks = [stays]
print(hooks[0](2))""",
    """'''shown
  as it is'''""",
    """
if k:
\tfour = '''tabs
\tand more
    '''
\tprint(repr(four))""",
)


def test_comments_move_with_their_code(tmp_path: Path) -> None:
    text = "\n".join(own_code(converted(tmp_path, *COMMENTED)).values())

    comments = re.findall(r"# c\d+ .*", "\n".join(COMMENTED))
    assert len(comments) == 48
    found = Counter(comment for line in text.split("\n") for comment in re.findall(r"# c\d+ (?:(?!  # ).)*", line))
    assert found == Counter(comments)


def long_texts(code: str) -> Counter[str | bytes]:
    """Return the literals over several lines in a source."""
    values = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    return Counter(value for value in values if isinstance(value, str | bytes) and len(value.splitlines()) > 1)


def test_text_over_several_lines_moves_as_it_is(tmp_path: Path) -> None:
    code = own_code(converted(tmp_path, *LONG_TEXTS))

    expected = sum((long_texts(cell) for cell in LONG_TEXTS), Counter[str | bytes]())
    assert len(expected) > 8
    assert sum((long_texts(text) for text in code.values()), Counter[str | bytes]()) == expected


@pytest.mark.parametrize("cells", [COMMENTED, LONG_TEXTS], ids=["comments", "texts"])
def test_cells_with_comments_and_texts_do_the_same(cells: tuple[str, ...]) -> None:
    verdict = examine(cells)

    assert verdict.kind == "same", verdict.detail

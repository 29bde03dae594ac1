"""Which data a package reads, where the project has them, and that nothing leads out of it."""

from __future__ import annotations

import hashlib
import os
import posixpath
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import analysed, code_of, converted, notebook

from nb2pkg.around.data import looks_secret
from nb2pkg.errors import PlanError
from nb2pkg.machine import Around, DataFile
from nb2pkg.needs.data import find_data
from nb2pkg.needs.moving import new_places
from nb2pkg.pipeline import convert_notebook, plan_notebook, recorded_project
from nb2pkg.plan.file import plan_text
from nb2pkg.project.data_files import place_of, size_text
from nb2pkg.project.write import write_project

PANDAS = "import pandas as pd\n"
HOME = "/home/anna/data/churn.csv"


def rows(tmp_path: Path, *cells: str) -> dict[str, DataFile]:
    """Return what the plan says of the data of a notebook: path -> row."""
    _, plan = plan_notebook(notebook(tmp_path, *cells))
    return {row.path: row for row in plan.needs.data}


def codes(tmp_path: Path, *cells: str) -> list[str]:
    """Return the findings about data."""
    _, plan = plan_notebook(notebook(tmp_path, *cells))
    return [f.code for f in plan.findings if f.code.startswith("NB31")]


def touch(folder: Path, *names: str, text: str = "x\n1\n") -> None:
    """Write files."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("pd.read_csv('data/a.csv')", ["data/a.csv"]),
        ("pd.read_csv('./data/a.csv')", ["data/a.csv"]),
        ("P = 'a.csv'\npd.read_csv(P)", ["a.csv"]),
        ("pd.read_csv(filepath_or_buffer='a.csv')", ["a.csv"]),
        ("import os\npd.read_csv(os.path.join('data', 'a.csv'))", ["data/a.csv"]),
        ("from pathlib import Path\nD = Path('data')\npd.read_csv(D / 'raw' / 'a.csv')", ["data/raw/a.csv"]),
        ("from pathlib import Path\nprint(Path('a.txt').read_text())", ["a.txt"]),
        ("from pathlib import Path\nD = Path.cwd() / 'data'\npd.read_csv(D.joinpath('a.csv'))", ["data/a.csv"]),
        ("D = 'data'\npd.read_csv(f'{D}/a.csv')", ["data/a.csv"]),
        ("pd.read_csv('data/' + 'a.csv')", ["data/a.csv"]),
        ("pd.read_csv('data/%s.csv' % 'a')", []),
        ("for n in ['a', 'b']:\n    pd.read_csv(f'{n}.csv')", ["a.csv", "b.csv"]),
        ("x = [pd.read_csv(n) for n in ('a.csv', 'b.csv')]", ["a.csv", "b.csv"]),
        ("with open('a.json') as f:\n    print(f.read())", ["a.json"]),
        ("with open('a.json', 'rb') as f:\n    print(f.read())", ["a.json"]),
        ("from PIL import Image\nImage.open('cat.png')", ["cat.png"]),
        ("import cv2\ncv2.imread('cat.png')", ["cat.png"]),
        ("import numpy as np, joblib\nnp.load('a.npy')\njoblib.load('m.pkl')", ["a.npy", "m.pkl"]),
        ("import os\nfor n in os.listdir('images'):\n    print(n)", ["images"]),
        ("import glob\nfor n in glob.glob('images/*.png'):\n    print(n)", ["images"]),
        ("def load(name):\n    return pd.read_csv('a.csv')\nload(1)", ["a.csv"]),
        ("import os\nos.chdir('data')\npd.read_csv('a.csv')", ["data/a.csv"]),
    ],
)
def test_what_is_read_is_an_input(code: str, paths: list[str], tmp_path: Path) -> None:
    assert list(rows(tmp_path, PANDAS + code)) == paths


@pytest.mark.parametrize(
    "code",
    [
        "pd.read_csv('https://a.example/a.csv')",
        "pd.read_csv('s3://bucket/a.csv')",
        "pd.read_json('{\"a\": [1]}')",
        "open('out.txt', 'w').write('')",
        "pd.DataFrame({'x': [1]}).to_csv('a.csv')\npd.read_csv('a.csv')",
        "from pathlib import Path\nP = Path('a.csv')\nP.write_text('x')\npd.read_csv(P)",
        "import urllib.request\nurllib.request.urlretrieve('https://a.example/a.csv', 'a.csv')\npd.read_csv('a.csv')",
        "!wget https://a.example/a.csv\npd.read_csv('a.csv')",
        "%%writefile a.csv\nx",
        "import os\nif os.path.exists('a.csv'):\n    pd.read_csv('a.csv')",
        "try:\n    pd.read_csv('a.csv')\nexcept OSError:\n    pass",
        "import sqlite3\nsqlite3.connect('a.db')",
        "def load():\n    return pd.read_csv('a.csv')",
        "import os\nos.chdir(os.environ['HERE'])\npd.read_csv('a.csv')",
        "print('a.csv')",
        "open('/dev/null').read()\nopen('/etc/hosts').read()",
        "import seaborn as sns\nsns.load_dataset('iris')",
        "open(0)\nopen(f'{pd}.csv')\nopen('')\nopen('a\\nb')",
    ],
)
def test_what_is_no_input(code: str, tmp_path: Path) -> None:
    assert rows(tmp_path, PANDAS if not code.startswith("%%") else "", code) == {}


def test_what_may_be_read_is_an_input_where_it_is_there(tmp_path: Path) -> None:
    touch(tmp_path, "a.db", "images/b.png", "images/c.png", "z.csv")
    code = "import sqlite3, glob\nsqlite3.connect('a.db')\nglob.glob('images/*')\nload = list\nload('z.csv')"
    assert list(rows(tmp_path, code)) == ["a.db", "images/b.png", "images/c.png", "z.csv"]


def test_many_files_of_a_pattern_are_their_folder(tmp_path: Path) -> None:
    touch(tmp_path, *(f"images/{n}.png" for n in range(40)), "images/read.me")
    path = notebook(tmp_path, "import glob\nfor name in glob.glob('images/*.png'):\n    print(name)")
    found = {row.path: row for row in plan_notebook(path)[1].needs.data}
    assert list(found) == ["images"]
    assert found["images"].size == 41 * 4
    assert len(brought(path)) == 41


def test_size_and_digest(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "images/1.png", "images/2.png")
    found = rows(tmp_path, PANDAS + "import os\npd.read_csv('a.csv')\nos.listdir('images')")
    assert found["a.csv"].size == 4
    assert found["a.csv"].sha256 == hashlib.sha256(b"x\n1\n").hexdigest()
    assert (found["images"].size, found["images"].sha256) == (8, "")


def test_without_data_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.csv")
    path = notebook(tmp_path, PANDAS + "pd.read_csv('a.csv')")
    monkeypatch.setattr("nb2pkg.around.data._digest", lambda _: pytest.fail("it was read"))
    _, plan = plan_notebook(path, data=False)
    assert [(row.path, row.size, row.sha256) for row in plan.needs.data] == [("a.csv", -1, "")]


@pytest.mark.parametrize(
    ("code", "folder", "finding"),
    [
        ("pd.read_csv('data/a.csv')", ".", []),
        ("pd.read_csv('../data/a.csv')", "notebooks", []),
        ("pd.read_csv('../../a.csv')", ".", ["NB311"]),
        ("open('README.md').read()", "notebooks", []),
        ("open('src/a.txt').read()", "notebooks", []),
        ("open('conftest.py').read()", "notebooks", []),
    ],
)
def test_folder_that_the_package_runs_in(code: str, folder: str, finding: list[str], tmp_path: Path) -> None:
    flow = analysed(tmp_path, PANDAS + code)
    assert find_data(flow, Around())[1] == folder
    assert codes(tmp_path, PANDAS + code) == finding


def test_folder_is_called_as_the_layout_calls_it(tmp_path: Path) -> None:
    path = notebook(tmp_path, PANDAS + "pd.read_csv('../a.csv')")
    assert plan_notebook(path, layout="docker-science")[1].needs.folder == "notebook"


# Paths of one machine.


@pytest.mark.parametrize(
    "code",
    [
        f"pd.read_csv('{HOME}')",
        f"P = '{HOME}'\npd.read_csv(P)",
        f"with open('{HOME}') as f:\n    print(f.read())",
        f"from pathlib import Path\nP = Path('{HOME}')\nprint(P.read_text())",
        "pd.read_csv('/Users/anna/churn.csv')",
        "pd.read_csv('C:\\\\Users\\\\anna\\\\churn.csv')",
        "pd.read_csv('~/thesis/churn.csv')",
        "import os\nP = '~/thesis/churn.csv'\nopen(os.path.expanduser(P)).read()",
        "pd.read_csv('/content/drive/MyDrive/churn.csv')",
        "pd.read_csv('/kaggle/input/churn.csv')",
    ],
)
def test_paths_that_only_reading_calls_get_lead_into_the_project(code: str, tmp_path: Path) -> None:
    found = rows(tmp_path, PANDAS + code)
    assert list(found) == ["data/churn.csv"]
    assert found["data/churn.csv"].origin.endswith("churn.csv")
    assert found["data/churn.csv"].setting
    assert codes(tmp_path, PANDAS + code) == []
    config = code_of(converted(tmp_path, PANDAS + code))["config"]
    assert '_data_file("data/churn.csv", origin=' in " ".join(config.split()).replace("( ", "(")


def test_folders_lead_into_the_project(tmp_path: Path) -> None:
    code = "D = '/kaggle/input/titanic/'\npd.read_csv(D + 'train.csv')\npd.read_csv(D + 'test.csv')"
    found = rows(tmp_path, PANDAS + code)
    assert {path: row.origin for path, row in found.items()} == {
        "data/titanic/": "/kaggle/input/titanic/",
        "data/titanic/test.csv": "/kaggle/input/titanic/test.csv",
        "data/titanic/train.csv": "/kaggle/input/titanic/train.csv",
    }
    assert [row.setting for row in found.values()] == ["d", "", ""]


@pytest.mark.parametrize(
    "code",
    [
        f"P = '{HOME}'\npd.read_csv(P)\nprint(P)",
        f"P = '{HOME}'\npd.read_csv(P)\nP",
        f"P = '{HOME}'\nprint(len(P))\npd.read_csv(P)",
        f"import os\nP = '{HOME}'\nprint(os.path.exists(P))\npd.read_csv(P)",
        f"try:\n    df = pd.read_csv('{HOME}')\nexcept FileNotFoundError as error:\n    print(error)",
        f"P = '{HOME}'\ndf = pd.read_csv(P)\ndf.to_csv(P)",
        f"P = '{HOME}'\ndf = pd.read_csv(P)\ndf.to_csv('/home/anna/data/out.csv')\nos = P.upper()",
        f"pd.read_csv('{HOME}')\n!head {HOME}",
        f"print(pd.read_csv('{HOME}'), '{HOME}')",
        f"import os\npd.read_csv('{HOME}')\nos.chdir('/tmp')",
        f"def load():\n    return pd.read_csv('{HOME}')\nload()",
        f"P = '{HOME}'\nfiles = [P]\npd.read_csv(files[0])\npd.read_csv(P)",
        "pd.read_csv('/home/anna/' + 'churn.csv')",
        f"P = '{HOME}'\ndef load():\n    return pd.read_csv(P)\ntry:\n    load()\nexcept OSError:\n    pass",
        f"import contextlib\nwith contextlib.suppress(OSError):\n    pd.read_csv('{HOME}')",
        f"import glob\nP = '{HOME}'\nprint(glob.glob(P + '/*'))",
        f"P = '{HOME}'\ndef load():\n    return pd.read_csv(P)\nload()",
        f"import cv2\nprint(cv2.imread('{HOME}'))",
        f"import polars as pl\npl.scan_csv('{HOME}')",
        "open('~/churn.csv').read()",
        f"import sqlite3\nsqlite3.connect('{HOME}')\npd.read_csv('{HOME}')",
        f"df = pd.DataFrame()\ndf.to_csv('churn.csv')\npd.read_csv('{HOME}')",
        f"import os\nopen(os.path.join(os.getcwd(), 'churn.csv'), 'w').close()\npd.read_csv('{HOME}')",
        f"import urllib.request as u\nu.urlretrieve('http://a.b/c', 'churn.csv')\npd.read_csv('{HOME}')",
        "D = '/home/anna/in/'\npd.DataFrame().to_csv('churn.csv')\npd.read_csv(D + 'churn.csv')",
    ],
)
def test_other_paths_stay(code: str, tmp_path: Path) -> None:
    project = converted(tmp_path, PANDAS + code)
    assert "_data_file" not in code_of(project).get("config", "")
    assert not any(row.origin for row in project.plan.needs.data)
    assert "NB310" in [f.code for f in project.findings] or "try:" in code or "~" in code


def test_nothing_moves_in_a_script(tmp_path: Path) -> None:
    project = converted(tmp_path, f"{PANDAS}df = pd.read_csv('{HOME}')\nprint(sorted(globals())[:1])")
    assert project.plan.script
    assert [(row.path, row.origin) for row in project.plan.needs.data] == [(HOME, "")]
    assert "NB310" in [f.code for f in project.findings]


def test_a_plan_may_say_where_data_lie(tmp_path: Path) -> None:
    path = notebook(tmp_path, f"{PANDAS}pd.read_csv('{HOME}')")
    flow, plan = plan_notebook(path)
    edited = tmp_path / "plan.toml"
    edited.write_text(plan_text(plan, flow).replace('path = "data/churn.csv"', 'path = "raw/c.csv"'))
    project = convert_notebook(path, plan_file=edited)
    assert '"raw/c.csv", origin=' in code_of(project)["config"]
    edited.write_text(plan_text(plan, flow).replace("cells = [1]", 'cells = "1"'))
    with pytest.raises(PlanError, match="cells"):
        convert_notebook(path, plan_file=edited)


def test_a_dropped_setting_leaves_the_path(tmp_path: Path) -> None:
    path = notebook(tmp_path, f"{PANDAS}pd.read_csv('{HOME}')")
    flow, plan = plan_notebook(path)
    text = plan_text(plan, flow)
    start = text.index("[[settings]]")
    edited = tmp_path / "plan.toml"
    edited.write_text(text[:start] + text[text.index("[needs]") :])
    project = convert_notebook(path, plan_file=edited)
    assert [(row.path, row.origin) for row in project.plan.needs.data] == [(HOME, "")]
    assert "NB310" in [f.code for f in project.findings]


NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=20)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6), st.lists(NAMES, max_size=3), st.sampled_from(["data", "../data"]))
def test_places_are_unique_and_lie_in_the_data_folder(names: list[str], taken: list[str], folder: str) -> None:
    paths = [f"/home/anna/{name}" for name in dict.fromkeys(names)]
    places = new_places(paths, taken, folder)
    assert set(places) == set(paths)
    found = [place.rstrip("/").casefold() for place in places.values()]
    assert len(set(found)) == len(found)
    for place in found:
        home, _, name = place.rpartition("/")
        assert home.startswith(folder) and home not in {path.casefold() for path in taken}
        assert name not in ("readme.md", "sha256sums", "", ".", "..")


def test_a_folder_that_is_read_as_a_whole_gets_no_more_files() -> None:
    assert new_places(["/home/anna/x.csv"], ["data", "data_2"], "data") == {"/home/anna/x.csv": "data_3/x.csv"}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.sampled_from([".", "notebooks"]))
def test_no_place_leads_out_of_the_project(path: str, folder: str) -> None:
    place = place_of(folder, path)
    assert not place or not (posixpath.isabs(place) or posixpath.normpath(place).startswith(".."))


def test_projects_are_the_same_each_time(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv", "images/1.png")
    cells = f"{PANDAS}import os\npd.read_csv('a.csv')\nos.listdir('images')\npd.read_csv('{HOME}')"
    path = notebook(tmp_path, cells)
    first, second = (convert_notebook(path, with_data=True) for _ in range(2))
    assert first.files == second.files


# Files that are brought along.


def brought(path: Path, **wishes: object) -> set[str]:
    """Return which files of the project are no files of a project without the data."""
    with_data = convert_notebook(path, with_data=True, **wishes)
    return set(with_data.files) - set(convert_notebook(path, **wishes).files)


def test_small_files_are_brought_along(tmp_path: Path) -> None:
    touch(tmp_path, "data/a.csv", "images/1.png", "images/sub/2.png")
    touch(tmp_path, "big.csv", text="x" * 5_000_001)
    code = "import os\npd.read_csv('data/a.csv')\npd.read_csv('big.csv')\nos.walk('images')"
    path = notebook(tmp_path, PANDAS + code)
    assert brought(path) == {"data/a.csv", "images/1.png", "images/sub/2.png"}
    files = convert_notebook(path, with_data=True).files
    assert files["data/a.csv"] == b"x\n1\n"
    ignored = files[".gitignore"].decode().splitlines()
    assert "/big.csv" in ignored
    assert "/data/a.csv" not in ignored


@pytest.fixture
def far() -> Iterator[Path]:
    """A folder that is no temporary one: those are on every machine."""
    with tempfile.TemporaryDirectory(prefix=".nb2pkg-test-", dir=Path.home()) as name:
        yield Path(name)


def test_files_of_one_machine_are_brought_along(tmp_path: Path, far: Path) -> None:
    touch(tmp_path, "b.csv")
    touch(far, "churn.csv", "images/1.png", ".env", "link.csv")
    (far / "other.csv").symlink_to(far / "link.csv")
    names = ["churn.csv", ".env", "other.csv"]
    code = "".join(f"open('{far}/{name}').read()\n" for name in names) + f"import os\nos.listdir('{far}/images')"
    assert brought(notebook(tmp_path, code, "open('b.csv').read()")) == {"data/churn.csv", "data/images/1.png", "b.csv"}


@pytest.mark.parametrize("name", [".env", "key.pem", "id_rsa", "secrets.json", "data/.aws/x.csv", ".git/config"])
def test_secrets_are_not_brought_along(name: str, tmp_path: Path) -> None:
    touch(tmp_path, name)
    assert looks_secret(name) or ".git" in name
    assert brought(notebook(tmp_path, f"print(open('{name}').read())")) == set()


def test_what_holds_a_token_is_not_brought_along(tmp_path: Path) -> None:
    token = "gh" + "p_" + "a1B2c3D4e5" * 4
    touch(tmp_path, "a.csv", "images/1.txt")
    (tmp_path / "calls.csv").write_text(f"user,key\nanna,{token}\n")
    (tmp_path / "images" / "2.txt").write_text(token)
    path = notebook(
        tmp_path, f"{PANDAS}import os\npd.read_csv('a.csv')\npd.read_csv('calls.csv')\nos.listdir('images')"
    )
    assert brought(path) == {"a.csv", "images/1.txt"}
    files = convert_notebook(path, with_data=True).files
    assert not any(token.encode() in content for content in files.values())


def test_links_that_lead_elsewhere_are_said(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/a.csv", "here/images/1.png", "here/b.csv")
    (tmp_path / "here" / "a.csv").symlink_to(tmp_path / "elsewhere" / "a.csv")
    (tmp_path / "here" / "images" / "2.png").symlink_to(tmp_path / "elsewhere" / "a.csv")
    (tmp_path / "here" / "c.csv").symlink_to("b.csv")
    code = f"{PANDAS}import os\npd.read_csv('a.csv')\npd.read_csv('c.csv')\nos.listdir('images')"
    path = notebook(tmp_path / "here", code)
    assert brought(path) == {"images/1.png", "c.csv"}
    said = [f.message for f in convert_notebook(path, with_data=True).findings if f.code == "NB312"]
    assert len(said) == 2
    assert all("link" in text for text in said)


def test_files_of_ours_are_not_replaced(tmp_path: Path) -> None:
    touch(tmp_path, "README.md", "notebooks/small_book.ipynb", "pyproject.toml", "models/m.pkl", text="mine")
    code = "open('README.md').read()\nopen('pyproject.toml').read()\nopen('models/m.pkl').read()"
    project = convert_notebook(notebook(tmp_path, code), with_data=True)
    assert project.plan.needs.folder == "notebooks"
    assert project.files["notebooks/README.md"] == b"mine"
    assert b"small_book" in project.files["pyproject.toml"]


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert brought(notebook(tmp_path, PANDAS + "pd.read_csv('a.csv')")) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="such names can't be")
@pytest.mark.parametrize("name", [b"\xff\xfe.csv", b"a\nb.csv"])
def test_names_that_no_text_can_say_are_listed_by_their_folder(name: bytes, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/" + name)).write_text("a", encoding="utf-8")
    code = "import glob\nprint(len(glob.glob('in/*.csv')))"
    project = convert_notebook(notebook(tmp_path, code), with_data=True)
    assert [row.path for row in project.plan.needs.data] == ["in"]


HOSTILE = [
    "a b.csv",
    "a'b.csv",
    'q"q.csv',
    "$(touch x).csv",
    "-n.csv",
    "a*b.csv",
    "#a.csv",
    "!a.csv",
    "日本.csv",
    "b|c.csv",
]


@pytest.mark.skipif(sys.platform == "win32", reason="such names can't be")
def test_hostile_names(tmp_path: Path) -> None:
    names = [*HOSTILE, "back\\slash.csv", "`x`.csv", "{{ package }}.csv", "end .csv"]
    touch(tmp_path / "here", *names)
    code = "".join(f"pd.read_csv({name!r})\n" for name in names)
    project = convert_notebook(notebook(tmp_path / "here", PANDAS + code), with_data=True)
    assert {name for name in project.files if name.endswith(".csv")} == set(names)
    write_project(project, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").glob("*.csv")) == sorted(names)
    table = [line for line in project.files["data/README.md"].decode().splitlines() if line.startswith("| `")]
    assert len(table) == len(names)
    check = subprocess.run(["sha256sum", "-c", "--strict", "data/SHA256SUMS"], cwd=tmp_path / "out", check=False)
    assert check.returncode == 0


@pytest.mark.skipif(shutil.which("git") is None or sys.platform == "win32", reason="asks git")
def test_git_ignores_what_is_not_brought_along(tmp_path: Path) -> None:
    names = [*HOSTILE, "models/m.pkl", "build/x.csv"]
    code = PANDAS + "".join(f"pd.read_csv({name!r})\n" for name in names)
    for with_data in (False, True):
        touch(tmp_path / "here", *names)
        project = convert_notebook(notebook(tmp_path / "here", code), with_data=with_data)
        out = write_project(project, tmp_path / f"out{with_data}")
        touch(out, *names)
        subprocess.run(["git", "init", "-q"], cwd=out, check=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=out, check=True, capture_output=True
        ).stdout.decode().split("\0")  # fmt: skip
        assert set(names) & set(listed) == (set(names) if with_data else set())


def test_readme_says_what_belongs_where(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    code = f"pd.read_csv('a.csv')\npd.read_csv('{HOME}')\npd.read_csv('https://user:pw@b.example/c.csv?token=x')"
    path = notebook(tmp_path, PANDAS + code)
    text = convert_notebook(path, with_data=True).files["data/README.md"].decode()
    assert "| `a.csv` | 4 B |" in text
    assert f"| `data/churn.csv` |  |  | cell 1 | there, or `{HOME}` as in the notebook |" in text
    assert "SMALL_BOOK_CHURN_CSV" in text
    assert "token" not in text
    assert "pw" not in text
    assert "data/README.md" not in converted(tmp_path, "print(1)").files


@pytest.mark.parametrize(
    ("size", "text"), [(-1, ""), (0, "0 B"), (999, "999 B"), (30400, "30.4 kB"), (5_000_000, "5 MB")]
)
def test_size_text(size: int, text: str) -> None:
    assert size_text(size) == text


# End to end.

COUNTING = """import csv
with open({path!r}) as file:
    rows = list(csv.reader(file))
print(len(rows), rows[-1])
"""


def run(project: Path, package: str, folder: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a package of a project in one of its folders."""
    return subprocess.run(
        [sys.executable, "-m", package, "--workdir", str(project / folder)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(project / "src"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def pytest_in(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of a project."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", ["data/a.csv", "../data/a.csv", "README.md"])
def test_a_project_with_data_runs_elsewhere(path: str, tmp_path: Path) -> None:
    home = tmp_path / "before" / "work"
    touch(home, path, text="x,y\n1,2\n3,4\n")
    project = convert_notebook(notebook(home, COUNTING.format(path=path)), with_data=True)
    out = write_project(project, tmp_path / "out")
    shutil.rmtree(tmp_path / "before")
    done = run(out, "small_book", project.plan.needs.folder)
    assert (done.stdout, done.stderr) == ("3 ['3', '4']\n", "")


def test_tests_of_a_project_with_data_run_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / "before" / "work"
    touch(home, "../data/a.csv", text="x,y\n1,2\n3,4\n")
    project = convert_notebook(notebook(home, COUNTING.format(path="../data/a.csv")), with_data=True)
    out = write_project(project, tmp_path / "out")
    shutil.rmtree(tmp_path / "before")
    done = pytest_in(out)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_the_notebooks_own_file_comes_first(tmp_path: Path, far: Path) -> None:
    home = tmp_path / "work"
    touch(home, "data/a.csv", text="another\n")
    project = convert_notebook(notebook(home, COUNTING.format(path=f"{far}/a.csv")))
    assert [row.path for row in project.plan.needs.data] == ["data/a.csv"]
    out = write_project(project, tmp_path / "out")
    touch(far, "a.csv", text="own\n")
    assert run(out, "small_book", str(home)).stdout == "1 ['own']\n"
    (far / "a.csv").unlink()
    assert run(out, "small_book", str(home)).stdout == "1 ['another']\n"
    touch(tmp_path, "third.csv", text="third\n")
    done = run(out, "small_book", str(home), SMALL_BOOK_A_CSV=str(tmp_path / "third.csv"))
    assert done.stdout == "1 ['third']\n"


def test_recorded_tests_find_the_data_of_the_project(tmp_path: Path, far: Path) -> None:
    touch(far, "a.csv", text="a,b\n1,2\n")
    path = notebook(tmp_path / "work", f"{PANDAS}P = '{far}/a.csv'\ndf = pd.read_csv(P)\nprint(df.shape)\ndf.mean()")
    project = recorded_project(path, with_data=True).project
    assert "load" in project.files["tests/test_data.py"].decode()
    out = write_project(project, tmp_path / "out")
    (far / "a.csv").unlink()
    done = pytest_in(out)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_several_notebooks(tmp_path: Path) -> None:
    touch(tmp_path, "a.csv")
    for name, code in {"one.ipynb": "open('a.csv').read()", "two.ipynb": "print(2)"}.items():
        project = convert_notebook(notebook(tmp_path, code, name=name), with_data=True)
        assert ("a.csv" in project.files) == (name == "one.ipynb")

"""`nb2pkg doctor`: each kind of thing missing and present, and what mends it, which does mend it."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.commands.doctor import Options, run
from nb2pkg.doctor.check import Check, Fix, merged
from nb2pkg.doctor.diagnose import diagnose
from nb2pkg.doctor.environment import find_interpreter, read_distributions
from nb2pkg.doctor.install import fits
from nb2pkg.doctor.project import read_wanted
from nb2pkg.doctor.read import installed_packages, read_state
from nb2pkg.doctor.state import Found, Interpreter, State, System, Wanted
from nb2pkg.machine import DataFile, Download, Installed, Needs, SystemPackage, Variable
from nb2pkg.pipeline import convert_notebook
from nb2pkg.plan.needs_file import needs_lines
from nb2pkg.project.write import write_project
from nb2pkg.report.check.source_line import printable
from nb2pkg.report.doctor import as_data, doctor_lines

CHURN = Path(__file__).resolve().parent.parent / "examples" / "churn" / "churn.ipynb"
PANDAS = {"pandas": Installed("pandas", "2.2.3")}
PIP = {"pip": Installed("pip", "25.0")}
ITSELF = {"churn": Installed("churn", "0.1.0")}
VENV = Interpreter("churn/.venv/bin/python", "3.11.7", "project")
OWN = Interpreter("/usr/bin/python3", "3.11.2", "own")
STATUS = """\
Package: ffmpeg
Status: install ok installed
Version: 7:5.1

Package: graphviz
Status: deinstall ok config-files

Package: libglib2.0-0t64
Status: install ok installed
Provides: libglib2.0-0 (= 2.80.0), libglib
"""


@pytest.fixture(autouse=True)
def plain_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment is active, and no variable of the tests' machine says where things lie."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "NOTEBOOK_FOLDER", "NLTK_DATA", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)


def wanted(needs: Needs | None = None, *requirements: str, **others: Any) -> Wanted:
    """Return a project `churn`."""
    return Wanted("churn", "churn", "0.1.0", ">=3.10", requirements, "churn", needs or Needs(), **others)


def checks(project: Wanted, state: State, kind: str) -> list[Check]:
    """Return what is found of a kind."""
    return [check for check in diagnose(project, state) if check.kind == kind]


def only(project: Wanted, state: State, kind: str) -> Check:
    """Return the one check of a kind."""
    (check,) = checks(project, state, kind)
    return check


def write(folder: Path, needs: Needs | None = None, *requirements: str, plan: str | None = None) -> Path:
    """Write a project that is no more than its `pyproject.toml` and its plan."""
    (folder / ".nb2pkg").mkdir(parents=True)
    lines = ["[project]", 'name = "churn"', 'version = "0.1.0"', 'requires-python = ">=3.10"']
    (folder / "pyproject.toml").write_text("\n".join([*lines, f"dependencies = {json.dumps(requirements)}"]), "utf-8")
    text = "\n".join(["schema = 1", 'package = "churn"', *needs_lines(needs or Needs())])
    (folder / ".nb2pkg" / "plan.toml").write_text(text if plan is None else plan, "utf-8")
    return folder


def venv(folder: Path, version: str = "3.11.7", **distributions: str) -> Path:
    """Write the files of an environment that holds these distributions; they require what follows a `|`."""
    short = ".".join(version.split(".")[:2])
    place = folder / "lib" / f"python{short}" / "site-packages"
    place.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").touch()
    (folder / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n")
    for name, said in distributions.items():
        number, *requires = said.split("|")
        info = place / f"{name}-{number}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {number}"]
        text = "\n".join([*lines, *(f"Requires-Dist: {line}" for line in requires), "", "Requires-Dist: of-the-readme"])
        (info / "METADATA").write_text(text, encoding="utf-8")
    return folder


def look(folder: Path, python: str = "", workdir: str = "") -> tuple[Wanted, State, dict[str, Check]]:
    """Return what the doctor finds, by kind and name."""
    project = read_wanted(str(folder))
    state = read_state(project, python, workdir, lambda: None)
    return project, state, {f"{check.kind} {check.name}": check for check in diagnose(project, state)}


# ---------------------------------------------------------------- Python and distributions


def test_python_that_fits() -> None:
    assert only(wanted(), State(VENV), "python").ok


def test_python_that_is_too_old_is_replaced_by_one_that_is_there() -> None:
    state = State(replace(VENV, version="3.9.1"), system=System(pythons=(("3.9", "python3.9"), ("3.12", "python3.12"))))
    check = only(wanted(), state, "python")
    assert (check.status, check.message.split(" (")[0]) == ("missing", "3.9.1, but >=3.10 is required")
    assert str(check.fix) == (
        "python3.12 -m venv --clear churn/.venv && churn/.venv/bin/python -m pip install -e ./churn"
    )


def test_python_that_is_nowhere_is_brought_by_uv_or_by_hand() -> None:
    state = State(replace(VENV, version="3.9.1"), system=System(commands={"uv": "/usr/bin/uv"}))
    assert str(only(wanted(), state, "python").fix).startswith("uv venv --clear --python 3.12 churn/.venv && uv pip")
    assert only(wanted(), State(replace(VENV, version="3.9.1")), "python").fix.by_hand.startswith("install Python 3.12")


def test_python_without_a_known_version_is_a_note() -> None:
    assert only(wanted(), State(replace(VENV, version="")), "python").status == "note"


@pytest.mark.parametrize(
    ("installed", "message"),
    [
        ({}, "not installed; >=2.2,<3 is required"),
        ({"pandas": Installed("pandas", "1.5.3")}, "1.5.3 is installed, but >=2.2,<3 is required"),
    ],
)
def test_distribution_that_is_missing_or_out_of_range(installed: Mapping[str, Installed], message: str) -> None:
    check = only(wanted(None, "pandas>=2.2,<3"), State(VENV, {**PIP, **installed}), "distribution")
    assert (check.status, check.message) == ("missing", message)
    assert str(check.fix) == "churn/.venv/bin/python -m pip install 'pandas>=2.2,<3'"


def test_extras_and_places_of_distributions_stay_in_the_fix() -> None:
    lines = (
        "SQLAlchemy[postgresql,asyncio]>=2,!=2.0.1",
        "mine @ git+https://example.org/mine.git ; python_version > '3'",
    )
    found = checks(wanted(None, *lines), State(VENV, PIP), "distribution")
    assert [shlex.split(str(check.fix))[-1] for check in found] == [
        "SQLAlchemy[asyncio,postgresql]>=2,!=2.0.1",
        "mine @ git+https://example.org/mine.git",
    ]


def test_distribution_that_fits() -> None:
    assert only(wanted(None, "Pandas>=2.2"), State(VENV, PANDAS), "distribution").ok


def test_a_marker_is_asked_of_the_environment_and_not_of_this_python() -> None:
    line = "tomli; python_version < '3.11'"
    assert checks(wanted(None, line), State(VENV), "distribution") == []
    old = State(replace(VENV, version="3.10.4"), PIP)
    assert str(only(wanted(None, line), old, "distribution").fix).endswith("pip install tomli")


def test_what_distributions_require_in_turn_is_looked_at_and_named_only_when_it_is_missing() -> None:
    lines = ("numpy>=1.26", "pytest; extra == 'test'", "boto3>=1; extra == 'aws'", "this is no requirement")
    found = {"pandas": Installed("pandas", "2.2.3", lines), "numpy": Installed("numpy", "1.20")}
    plain = checks(wanted(None, "pandas"), State(VENV, {**PIP, **found}), "distribution")
    assert [(check.name, check.status, check.message) for check in plain] == [
        ("pandas", "ok", "2.2.3"),
        ("numpy", "missing", "1.20 is installed, but >=1.26 is required; pandas needs it"),
    ]
    extra = checks(wanted(None, "pandas[aws]"), State(VENV, {**PIP, **found}), "distribution")
    assert [check.name for check in extra] == ["pandas", "numpy", "boto3"]


def test_distributions_that_require_each_other_end() -> None:
    found = {"a": Installed("a", "1", ("b",)), "b": Installed("b", "1", ("a",))}
    assert [c.name for c in checks(wanted(None, "a"), State(VENV, found), "distribution")] == ["a"]


def test_an_environment_without_pip_is_served_by_uv_or_gets_pip() -> None:
    project = wanted(None, "pandas")
    with_uv = State(VENV, system=System(commands={"uv": "/usr/bin/uv"}))
    assert str(only(project, with_uv, "distribution").fix) == "uv pip install --python churn/.venv/bin/python pandas"
    python = "churn/.venv/bin/python"
    fix = only(project, State(VENV), "distribution").fix
    assert str(fix) == f"{python} -m ensurepip && {python} -m pip install pandas"


def test_nothing_is_installed_where_nb2pkg_lives_unless_the_package_is_there() -> None:
    pythons = System(pythons=(("3.11", "python3.11"),))
    fresh = only(wanted(None, "pandas"), State(OWN, PIP, pythons), "distribution").fix
    assert str(fresh).startswith("python3.11 -m venv --clear churn/.venv && ")
    chosen = only(wanted(None, "pandas"), State(OWN, {**PIP, **ITSELF}, pythons), "distribution").fix
    assert str(chosen) == "/usr/bin/python3 -m pip install pandas"


def test_package_itself() -> None:
    assert only(wanted(), State(VENV, ITSELF), "package").ok
    missing = only(wanted(), State(VENV, PIP), "package")
    assert (missing.status, str(missing.fix)) == ("missing", "churn/.venv/bin/python -m pip install -e ./churn")
    old = only(wanted(), State(VENV, {"churn": Installed("churn", "0.0.9")}), "package")
    assert old.message == "0.0.9 is installed, but pyproject.toml says 0.1.0"


# ---------------------------------------------------------------- system packages

PACKAGES = Needs(system=(SystemPackage("graphviz", "plot_tree"), SystemPackage("libpq-dev", "psycopg2", build=True)))


def test_system_packages_on_debian() -> None:
    run_, build = checks(wanted(PACKAGES), State(VENV, system=System("bookworm")), "system")
    assert (run_.status, run_.message, str(run_.fix)) == (
        "missing",
        "not installed: plot_tree",
        "sudo apt-get install -y graphviz",
    )
    assert (build.status, str(build.fix)) == ("note", "")
    there = State(VENV, system=System("bookworm", installed=frozenset({"graphviz", "libpq-dev"})))
    assert [check.status for check in checks(wanted(PACKAGES), there, "system")] == ["ok", "ok"]


def test_root_needs_no_sudo_and_another_release_is_named() -> None:
    check = checks(wanted(PACKAGES), State(VENV, system=System("noble", root=True)), "system")[0]
    assert str(check.fix) == "apt-get install -y graphviz"
    assert check.message == "not installed: plot_tree; the name is from bookworm, this is noble"


def test_a_command_that_does_not_come_from_debian_will_do() -> None:
    state = State(VENV, system=System("bookworm", commands={"dot": "/opt/conda/bin/dot"}))
    assert checks(wanted(PACKAGES), state, "system")[0].message == "not from Debian, but there is /opt/conda/bin/dot"


def test_elsewhere_commands_and_libraries_are_looked_for() -> None:
    needs = Needs(system=tuple(SystemPackage(name, "why") for name in ("ffmpeg", "libgomp1", "mecab-ipadic-utf8")))
    system = System(dpkg=False, libraries=frozenset())
    assert [(c.status, str(c.fix)) for c in checks(wanted(needs), State(VENV, system=system), "system")] == [
        ("missing", "# install what brings the command ffmpeg"),
        ("missing", "# install what brings the library libgomp.so.1"),
        ("note", ""),
    ]
    there = replace(system, commands={"ffmpeg": "/bin/ffmpeg"}, libraries=frozenset({"libgomp.so.1"}))
    found = checks(wanted(needs), State(VENV, system=there), "system")
    assert [check.status for check in found] == ["ok", "ok", "note"]
    mac = State(VENV, system=System(dpkg=False, commands={"ffmpeg": "/bin/ffmpeg"}))
    assert [check.status for check in checks(wanted(needs), mac, "system")] == ["ok", "note", "note"]


def test_debians_database_is_read() -> None:
    names = ["ffmpeg", "graphviz", "libglib2.0-0", "libgl1"]
    assert installed_packages(STATUS, names) == {"ffmpeg", "libglib2.0-0"}


# ---------------------------------------------------------------- data

DATA = b"customer,basket\n1,12\n"
FILE = DataFile("data/customers.csv", (4,), len(DATA), hashlib.sha256(DATA).hexdigest())


def with_data(tmp_path: Path, content: bytes | None, file: DataFile = FILE) -> Check:
    """Return what is found of a data file of this content."""
    folder = write(tmp_path / "churn", Needs(data=(file,)))
    if content is not None:
        (folder / file.path).parent.mkdir(parents=True)
        (folder / file.path).write_bytes(content)
    return look(folder)[2][f"data {file.path}"]


def test_data_that_is_there(tmp_path: Path) -> None:
    check = with_data(tmp_path, DATA)
    assert (check.status, check.message) == ("ok", f"21 bytes, {tmp_path}/churn/data/customers.csv")


def test_data_that_is_missing(tmp_path: Path) -> None:
    check = with_data(tmp_path, None)
    assert check.status == "missing"
    assert check.message == f"there is no {tmp_path}/churn/data/customers.csv; read in cell 4"
    assert check.fix.by_hand.startswith("put customers.csv (21 bytes, sha256 ")


@pytest.mark.parametrize("content", [DATA[:-1], DATA.replace(b"12", b"21")])
def test_data_of_another_content_differs(tmp_path: Path, content: bytes) -> None:
    check = with_data(tmp_path, content)
    assert (check.status, check.ok) == ("differs", False)
    assert check.message.startswith("another content than the notebook read: ")


def test_data_that_may_not_be_read() -> None:
    state = State(VENV, files={FILE.path: Found("data/customers.csv", True, len(DATA), readable=False)})
    check = only(wanted(Needs(data=(FILE,))), state, "data")
    assert (check.status, str(check.fix)) == ("missing", "chmod u+r data/customers.csv")


def test_a_pointer_of_git_lfs_is_told(tmp_path: Path) -> None:
    check = with_data(tmp_path, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 21\n")
    assert (check.status, str(check.fix)) == ("differs", f"git -C {tmp_path}/churn/data lfs pull")


def test_data_of_which_nothing_is_known_may_have_any_content(tmp_path: Path) -> None:
    assert with_data(tmp_path, b"any", DataFile("data/x.csv", (4,))).ok


def test_a_folder_and_a_pattern(tmp_path: Path) -> None:
    folder = write(tmp_path / "churn", Needs(data=(DataFile("images", ()), DataFile("parts/*.csv", ()))))
    assert [c.status for n, c in look(folder)[2].items() if n.startswith("data")] == ["missing", "missing"]
    (folder / "images").mkdir()
    (folder / "parts").mkdir()
    (folder / "parts" / "1.csv").touch()
    assert [c.status for n, c in look(folder)[2].items() if n.startswith("data")] == ["ok", "ok"]


def test_the_right_file_is_found_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "customers.csv").write_bytes(DATA)
    check = with_data(tmp_path, None)
    place = f"{tmp_path}/churn/data"
    assert str(check.fix) == f"mkdir -p {place} && cp -- {tmp_path}/data/customers.csv {place}/customers.csv"
    subprocess.run(str(check.fix), shell=True, check=True)
    assert look(tmp_path / "churn")[2]["data data/customers.csv"].ok


def test_a_name_that_differs_in_case_or_encoding_only(tmp_path: Path) -> None:
    folder = write(tmp_path / "churn", Needs(data=(DataFile("ガス.CSV", ()),)))
    (folder / "ガス.csv").touch()  # as macOS writes it
    check = look(folder)[2]["data ガス.CSV"]
    assert check.message.endswith("; there is ガス.csv, of another spelling")


def test_workdir_folder_and_variable_say_where_data_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere" / "data").mkdir(parents=True)
    (tmp_path / "elsewhere" / "data" / "customers.csv").write_bytes(DATA)
    needs = Needs(data=(replace(FILE, setting="customers_csv"),), folder="notebooks")
    folder = write(tmp_path / "churn", needs)
    name = "data data/customers.csv"
    assert look(folder)[2][name].message.startswith(f"there is no {folder}/notebooks/data/customers.csv")
    assert look(folder, workdir=str(tmp_path / "elsewhere"))[2][name].ok
    monkeypatch.setenv("CHURN_CUSTOMERS_CSV", str(tmp_path / "gone.csv"))
    assert "gone.csv, which CHURN_CUSTOMERS_CSV names" in look(folder)[2][name].message
    monkeypatch.setenv("CHURN_CUSTOMERS_CSV", str(tmp_path / "elsewhere" / "data" / "customers.csv"))
    assert look(folder)[2][name].ok


# ---------------------------------------------------------------- variables and downloads

VARIABLES = Needs(
    variables=(
        Variable("API_KEY", "cell 3 reads it", secret=True, value="looks like this"),
        Variable("DEBUG", "", required=False),
        Variable("MECABRC", "MeCab's settings", value="/etc/mecabrc"),
    )
)


def test_variables_that_are_not_set() -> None:
    key, debug, mecab = checks(wanted(VARIABLES), State(VENV), "variable")
    assert (key.status, key.message) == ("missing", "not set: cell 3 reads it")
    assert str(key.fix) == "# export API_KEY=...   with the secret, or give it in churn/.env"
    assert debug.status == "note"
    assert str(mecab.fix) == "export MECABRC=/etc/mecabrc"


def test_variables_that_are_set_or_stand_in_the_env_file() -> None:
    state = State(VENV, variables=frozenset({"MECABRC"}), dotenv=frozenset({"API_KEY"}), pointing={"MECABRC": False})
    key, _, mecab = checks(wanted(VARIABLES), state, "variable")
    assert (key.status, key.message) == ("ok", "set in churn/.env")
    assert (mecab.status, mecab.message) == ("missing", "set, but to a path that leads to nothing")
    right = replace(state, pointing={"MECABRC": True})
    assert checks(wanted(VARIABLES), right, "variable")[2].ok


def test_values_of_variables_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "churn", VARIABLES)
    (folder / ".env").write_text("# a comment\nexport API_KEY='s3cret-of-file'\n", encoding="utf-8")
    monkeypatch.setenv("DEBUG", "s3cret-of-shell")
    monkeypatch.setenv("MECABRC", "/s3cret/path")
    assert look(folder)[2]["variable API_KEY"].ok
    for format_ in ("text", "json"):
        assert run(Options(str(folder), format=format_)) == 1
    printed = capsys.readouterr()
    assert "MECABRC" in printed.out
    assert "s3cret" not in printed.out + printed.err


DOWNLOADS = Needs(
    downloads=(
        Download("huggingface", "cl-tohoku/bert (BertModel)", ("python", "-c", "load()"), "cell 5"),
        Download("keras", "mnist", ("python", "-c", "keras()"), "cell 6"),
        Download("nltk", "punkt", ("python", "-m", "nltk.downloader", "punkt"), "cell 2"),
        Download("spacy", "en_core_web_sm", ("python", "-m", "spacy", "download", "en_core_web_sm"), "cell 3"),
    )
)


def downloads_in(folder: Path) -> dict[str, Check]:
    """Return what is found of the downloads of a project, by their kind."""
    found = [check for check in look(folder)[2].values() if check.kind == "download"]
    return {check.name.split()[0]: check for check in found}


def test_downloads_missing_and_present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "nltk"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    folder = write(tmp_path / "churn", DOWNLOADS)
    venv(folder / ".venv")
    found = downloads_in(folder)
    assert {kind: check.status for kind, check in found.items()} == {
        "huggingface": "missing",
        "keras": "note",
        "nltk": "missing",
        "spacy": "missing",
    }
    assert str(found["nltk"].fix) == f"{folder}/.venv/bin/python -m nltk.downloader punkt"
    assert str(found["keras"].fix) == f"{folder}/.venv/bin/python -c 'keras()'"
    (tmp_path / "nltk" / "tokenizers").mkdir(parents=True)
    (tmp_path / "nltk" / "tokenizers" / "punkt.zip").touch()
    (tmp_path / "hf" / "hub" / "models--cl-tohoku--bert" / "snapshots").mkdir(parents=True)
    (folder / ".venv" / "lib" / "python3.11" / "site-packages" / "en_core_web_sm-3.8.0.dist-info").mkdir()
    after = downloads_in(folder)
    assert [kind for kind, check in after.items() if check.status == "ok"] == ["huggingface", "spacy", "nltk"]


@pytest.mark.parametrize(
    ("kind", "name", "place", "before"),
    [
        ("huggingface", "sentiment-analysis (pipeline)", "", None),
        ("huggingface", "cl-tohoku/bert (pipeline)", "hf/hub/models--cl-tohoku--bert/snapshots", None),
        ("huggingface", "mini", "hf/hub/models--sentence-transformers--mini/snapshots", False),
        ("unidic", "unidic", "churn/.venv/lib/python3.11/site-packages/unidic/dicdir", False),
        ("nltk", "all", "", None),
        ("nltk", "omw-1.4", "nltk/corpora/omw-1.4", False),
        ("torch-hub", "a/b:c", "", None),
    ],
)
def test_what_files_tell_of_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, place: str, before: bool | None
) -> None:
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "nltk"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    folder = write(tmp_path / "churn", Needs(downloads=(Download(kind, name, ("python", "-c", "1"), "cell 1"),)))
    venv(folder / ".venv")
    assert look(folder)[1].downloads.get((kind, name)) is before
    if place:
        (tmp_path / place).mkdir(parents=True)
        assert look(folder)[1].downloads.get((kind, name)) is True


def test_only_paths_of_system_packages_must_lead_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = (Variable("MECABRC", "", value="/etc/mecabrc"), Variable("OUT", "", value="/tmp/out"))
    folder = write(tmp_path / "churn", Needs(variables=variables))
    for name in ("MECABRC", "OUT"):
        monkeypatch.setenv(name, str(tmp_path / "gone"))
    assert look(folder)[1].pointing == {"MECABRC": False}


def test_tools_are_notes() -> None:
    project = wanted(makefile=True, dockerfile=True)
    assert [c.status for c in checks(project, State(VENV), "tool")] == ["note", "note"]
    there = State(VENV, system=System(commands={"make": "/usr/bin/make", "docker": "/usr/bin/docker"}))
    assert [c.status for c in checks(project, there, "tool")] == ["ok", "ok"]
    assert checks(wanted(), there, "tool") == []


# ---------------------------------------------------------------- which environment


def test_which_environment_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "churn"
    project.mkdir()
    assert find_interpreter(str(project), "")[0].chosen == "own"
    monkeypatch.setenv("VIRTUAL_ENV", str(venv(tmp_path / "active", "3.10.2")))
    assert find_interpreter(str(project), "")[0] == Interpreter(f"{tmp_path}/active/bin/python", "3.10.2", "active")
    venv(project / ".venv", "3.12.1")
    assert find_interpreter(str(project), "")[0] == Interpreter(f"{project}/.venv/bin/python", "3.12.1", "project")
    named, places = find_interpreter(str(project), str(venv(tmp_path / "named", "3.13.0") / "bin" / "python"))
    assert (named.chosen, named.version) == ("option", "3.13.0")
    assert places == (tmp_path / "named" / "lib" / "python3.13" / "site-packages",)
    assert find_interpreter(str(project), str(tmp_path / "named"))[0].version == "3.13.0"


def test_an_environment_whose_python_is_gone(tmp_path: Path) -> None:
    folder = write(tmp_path / "churn", None, "pandas")
    venv(folder / ".venv")
    (folder / ".venv" / "bin" / "python").unlink()
    (folder / ".venv" / "bin" / "python").symlink_to(tmp_path / "python3.9")
    _, _, found = look(folder)
    assert found["python Python"].message.startswith("it is a link to a Python that is gone")
    assert [*found] == ["python Python"]


def test_a_python_without_an_environment(tmp_path: Path) -> None:
    venv(tmp_path / "opt", "3.10.9", numpy="1.26.4")
    (tmp_path / "opt" / "pyvenv.cfg").unlink()
    (tmp_path / "opt" / "bin" / "python3.10").touch()
    (tmp_path / "opt" / "bin" / "python").unlink()
    (tmp_path / "opt" / "bin" / "python").symlink_to("python3.10")
    interpreter, places = find_interpreter(str(tmp_path), str(tmp_path / "opt" / "bin" / "python"))
    assert interpreter.version == "3.10"
    assert read_distributions(places, ["numpy"])["numpy"].version == "1.26.4"


def test_metadata_is_read_to_its_end_and_only_where_it_matters(tmp_path: Path) -> None:
    place = venv(tmp_path / "env", Scikit_Learn="1.5|numpy>=1.2|scipy", numpy="1.26", old="2|ghost")
    egg = place / "lib" / "python3.11" / "site-packages" / "PyICU-2.9-py3.11.egg-info"
    egg.write_text("Name: PyICU\nVersion: 2.9\n", encoding="utf-8")
    found = read_distributions(find_interpreter("", str(place))[1], ["scikit-learn"])
    assert found["scikit-learn"].requires == ("numpy>=1.2", "scipy")
    assert (found["old"].version, found["old"].requires) == ("2", ())
    assert found["pyicu"].version == "2.9"


def test_this_very_python_has_what_its_files_say() -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    interpreter, places = find_interpreter("", sys.executable)
    assert version.startswith(interpreter.version) and interpreter.version
    assert "pytest" in read_distributions(places, ())


# ---------------------------------------------------------------- the command


def test_the_fixes_are_one_block_in_the_order_in_which_they_are_needed() -> None:
    needs = replace(VARIABLES, system=(SystemPackage("ffmpeg", "mp4"), SystemPackage("graphviz", "trees")))
    state = State(VENV, PIP, System("bookworm", root=True))
    fixes = [str(fix) for fix in merged(diagnose(wanted(needs, "pandas", "numpy"), state))]
    assert fixes == [
        "apt-get install -y ffmpeg graphviz",
        "churn/.venv/bin/python -m pip install -e ./churn",
        "# export API_KEY=...   with the secret, or give it in churn/.env",
        "export MECABRC=/etc/mecabrc",
    ]
    installed = [str(fix) for fix in merged(diagnose(wanted(None, "pandas", "numpy"), State(VENV, {**PIP, **ITSELF})))]
    assert installed == ["churn/.venv/bin/python -m pip install pandas numpy"]


def test_text_and_json_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "churn", None, "pandas>=2")
    venv(folder / ".venv", pip="25.0", churn="0.1.0")
    assert run(Options(str(folder), format="json")) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["package"], data["python"]["version"]) == (False, "churn", "3.11.7")
    assert [(c["kind"], c["name"], c["status"]) for c in data["checks"]] == [
        ("python", "Python", "ok"),
        ("distribution", "pandas", "missing"),
        ("package", "churn", "ok"),
    ]
    assert run(Options(str(folder))) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == [
        "missing  distribution pandas  not installed; >=2 is required",
        f"         fix: {data['checks'][1]['fix']}",
    ]
    assert lines[-3:] == ["churn lacks 1 of 3 things. What mends it:", "", *data["fixes"]]


def test_nothing_missing_leaves_with_nought(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(tmp_path / "churn", None, "pandas>=2")
    venv(folder / ".venv", churn="0.1.0", pandas="2.2.3|numpy", numpy="2.0")
    assert run(Options(str(folder))) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "churn has all that it needs"


def test_pyproject_counts_for_distributions_and_python(tmp_path: Path) -> None:
    folder = write(tmp_path / "churn", None, "polars")
    assert "distribution polars" in look(folder)[2]


def test_an_older_plan_without_needs_and_a_project_without_plan(tmp_path: Path) -> None:
    older = write(tmp_path / "older", None, "pandas", plan='schema = 1\npackage = "churn"\n')
    venv(older / ".venv", pandas="2.2.3", churn="0.1.0")
    assert run(Options(str(older))) == 0
    (older / ".nb2pkg" / "plan.toml").unlink()
    assert look(older)[2]["plan plan"].status == "note"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("schema = 1\n[needs", "this is no TOML"),
        ("schema = 7", "the plan's schema is 7, not 1"),
        ("schema = 1\n[needs]\nsystem = 3", "`needs.system` are tables"),
        ('schema = 1\n[[needs.data]]\npath = "x"', "has no `cells`"),
        ("schema = 1\n[needs]\npyhton = 3", "[needs] has no `pyhton`"),
    ],
)
def test_a_broken_plan_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], plan: str, message: str
) -> None:
    folder = write(tmp_path / "churn", plan=plan)
    assert run(Options(str(folder))) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {folder}/.nb2pkg/plan.toml: ") and message in said
    assert "Traceback" not in said and "itself failed" not in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project", "this is no TOML"),
        ("[tool]", "it has no [project]"),
        ("[project]\nversion = '1'", "[project] has no `name`"),
        ("[project]\nname = 'x'\ndependencies = ['pandas >>2']", "'pandas >>2' is no requirement"),
        ("[project]\nname = 'x'\ndependencies = 3", "`dependencies` is a list of texts"),
        ("[project]\nname = 'x'\nrequires-python = 'new'", "`requires-python` can't be 'new'"),
    ],
)
def test_a_broken_pyproject_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert run(Options(str(tmp_path))) == 2
    assert message in capsys.readouterr().err


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Options(str(tmp_path / "gone"))) == 2
    assert run(Options(str(tmp_path))) == 2
    assert run(Options(str(write(tmp_path / "churn")), format="yaml")) == 2
    errors = capsys.readouterr().err
    assert "there is no such folder" in errors
    assert "no project: it has no pyproject.toml" in errors
    assert "there are text and json" in errors


_ENSURED = "churn/.venv/bin/python -m ensurepip && churn/.venv/bin/python -m".split()
HOSTILE = "x\x1b[2J\x07\r\n; rm -rf ~ $(reboot) `id` '\"\x9b31m\u202e\x7f"


@given(st.text(max_size=30) | st.just(HOSTILE))
def test_names_of_the_plan_cannot_move_the_terminal_or_leave_their_word(text: str) -> None:
    needs = Needs(
        system=(SystemPackage(text, text),),
        variables=(Variable(text, text, value=text), Variable(text, text, secret=True)),
        data=(DataFile(text, (1,), origin=text),),
        downloads=(Download("nltk", text, ("python", text), text),),
    )
    project = replace(wanted(needs), folder=f"./{text}".replace("\0", ""), package=text)
    state = State(VENV, system=System(release="bookworm", root=True))
    found = diagnose(project, state)
    for line in doctor_lines(project, found):
        assert line == printable(line)
    words = {check.kind: shlex.split(str(check.fix)) for check in found if check.fix.command}
    assert words.get("system", ["apt-get", "install", "-y", text]) == ["apt-get", "install", "-y", text]
    assert words.get("variable", ["export", f"{text}={text}"]) == ["export", f"{text}={text}"]
    assert words["download"] == ["churn/.venv/bin/python", text]
    assert words["package"] == [*_ENSURED, *"pip install -e".split(), project.folder]
    json.dumps(as_data(project, state, found))


@pytest.mark.parametrize("text", [HOSTILE, "a\0b", "*[", "/tmp/*?.csv", "../../x", "", "a/b" * 2000], ids=range(7))
@pytest.mark.parametrize("format_", ["text", "json"])
def test_whatever_stands_in_a_plan_is_read_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, format_: str
) -> None:
    downloads = tuple(Download(kind, text, (text,), text) for kind in ("nltk", "spacy", "huggingface", "unidic", text))
    needs = Needs(
        python_version=text,
        debian=text,
        folder=text,
        system=(SystemPackage(text, text),),
        variables=(Variable(text, text, value=f"/etc/{text}"),),
        data=(DataFile(text, (1,), 3, "ab", origin=text, setting=text),),
        downloads=downloads,
    )
    folder = write(tmp_path / "churn", needs)
    assert run(Options(str(folder), format=format_)) == 1
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.replace("\n", "") == printable(said.out.replace("\n", ""))
    if format_ == "json":
        assert text in [check["name"] for check in json.loads(said.out)["checks"] if check["kind"] == "data"]


def test_colours_are_for_terminals() -> None:
    found = diagnose(wanted(None, "pandas"), State(VENV, PIP))
    plain, coloured = (doctor_lines(wanted(), found, colour) for colour in (False, True))
    assert not any("\x1b" in line for line in plain)
    assert coloured[1] == plain[1].replace("missing", "\x1b[1;31mmissing\x1b[0m", 1)


def test_a_reader_that_leaves_early_is_no_defect(tmp_path: Path) -> None:
    write(tmp_path / "churn", None, *(f"package{number}" for number in range(2000)))
    command = f"{shlex.quote(sys.executable)} -m nb2pkg doctor churn | head -1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_fits() -> None:
    assert fits("", ">=3.10") and fits("3.11.7", "") and fits("3.13.0rc1", ">=3.10")
    assert not fits("3.9.18", ">=3.10") and not fits("3.13.0", ">=3.10,<3.13")


def test_fixes_done_by_hand_are_comments() -> None:
    assert str(Fix(by_hand="do it")) == "# do it"
    assert merged([Check("data", name, "missing", fix=Fix(by_hand="do it")) for name in "ab"]) == (
        Fix(by_hand="do it"),
    )


def test_what_a_large_project_is_read_in_time(tmp_path: Path) -> None:
    """The bound is loose: the machine may be busy."""
    names = [f"package{number}" for number in range(300)]
    folder = write(tmp_path / "churn", PACKAGES, *names)
    requires = {name: f"1.{n}|{'|'.join(names[:20])}" for n, name in enumerate(names)}
    venv(folder / ".venv", churn="0.1.0", **requires)
    start = time.perf_counter()
    look(folder)
    assert time.perf_counter() - start < 5


# ---------------------------------------------------------------- end to end


def converted(tmp_path: Path) -> Path:
    """Return the project that the churn example becomes, with its data told and beside it."""
    folder = tmp_path / "churn"
    write_project(convert_notebook(CHURN), folder)
    return folder


def shell(lines: list[str], folder: Path) -> None:
    """Run commands as people paste them."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        "set -e\n" + "\n".join(lines), shell=True, cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def doctor(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the doctor as people do, and return its exit code and its report."""
    command = [sys.executable, "-m", "nb2pkg", "doctor", "churn", "--format", "json", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_what_the_doctor_prints_mends_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip is a stand-in that writes what pip would: the real one takes long, and a network."""
    folder = converted(tmp_path)
    monkeypatch.chdir(tmp_path)
    names = [line.split(">")[0].split(";")[0] for line in read_wanted("churn").requirements]
    venv(folder / ".venv", pip="25.0")
    python = folder / ".venv" / "bin" / "python"
    python.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "assert sys.argv[1:] == ['-m', 'pip', 'install', '-e', './churn'], sys.argv\n"
        f"for name in {['churn', *names]!r}:\n"
        "    version = '0.1.0' if name == 'churn' else '999'\n"
        f"    pathlib.Path({str(folder)!r}, '.venv/lib/python3.11/site-packages', f'{{name}}-{{version}}.dist-info')"
        ".mkdir()\n",
        encoding="utf-8",
    )
    python.chmod(0o755)
    code, report = doctor(tmp_path)
    assert code == 1
    missing = [check["name"] for check in report["checks"] if not check["ok"] and check["kind"] == "distribution"]
    assert missing and {*missing} <= {*names}
    shell([fix for fix in report["fixes"] if " pip " in fix], tmp_path)
    _, after = doctor(tmp_path)
    installed = [c for c in after["checks"] if c["kind"] in ("python", "package")]
    assert all(check["ok"] for check in installed) and len(installed) == 2


@pytest.mark.slow
def test_what_the_doctor_prints_mends_the_project_for_real(tmp_path: Path) -> None:
    folder = converted(tmp_path)
    assert not (folder / ".venv").exists()
    workdir = ("--workdir", str(CHURN.parent))
    code, report = doctor(tmp_path, *workdir)
    assert (code, len(report["fixes"])) == (1, 1)
    shell(report["fixes"], tmp_path)
    assert doctor(tmp_path, *workdir)[0] == 0
    python = folder / ".venv" / "bin" / "python"
    done = subprocess.run([str(python), "-m", "churn", *workdir], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_pipe_in_an_environment_does_not_stop_the_doctor(tmp_path: Path) -> None:
    place = tmp_path / ".venv"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
    (place / "lib/python3.12/site-packages/a-1.0.dist-info").mkdir(parents=True)
    os.mkfifo(place / "pyvenv.cfg")
    os.mkfifo(place / "lib/python3.12/site-packages/a-1.0.dist-info/METADATA")

    interpreter, places = find_interpreter(str(tmp_path), "")

    assert interpreter.version == "3.12"
    assert read_distributions(places, ["a"])["a"].version == "1.0"

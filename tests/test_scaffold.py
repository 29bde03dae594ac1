"""What surrounds the package: which files there are, that tools take them, and that nothing can break out of them."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from making import notebook

from nb2pkg.machine import Around, Download, Needs, Requirement, SystemPackage, Variable
from nb2pkg.model import Project
from nb2pkg.pipeline import convert_notebook, plan_notebook
from nb2pkg.project.build import build_project
from nb2pkg.project.layouts import LAYOUTS
from nb2pkg.project.modules import make_build
from nb2pkg.project.render import one_line
from nb2pkg.project.scaffold import scaffold_context
from nb2pkg.project.versions import pythons_of, versions

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
CHURN, DOCS = ROOT / "examples" / "churn", ROOT / "docs"
NEEDS = Needs(
    python=">=3.11,<3.14",
    requirements=(Requirement("mecab-python3", "import MeCab"),),
    system=(
        SystemPackage("libmecab-dev", "builds mecab-python3", build=True),
        SystemPackage("mecab", "mecab-python3 reads its dictionaries"),
    ),
    variables=(
        Variable("API_TOKEN", "of the shop, cell 3", secret=True, value="never-written-4711"),
        Variable("MECABRC", "the wheel looks elsewhere", value="/etc/mecabrc"),
        Variable("SHOP_LIMIT", "cell 7", required=False, value="100"),
        Variable("SHOP_URL", "cell 4", value="https://shop.example/?a=1&b=2"),
    ),
    downloads=(
        Download("nltk", "stopwords", ("python", "-m", "nltk.downloader", "stopwords"), "stopwords.words, cell 5"),
        Download("spacy", "en_core_web_sm", ("python", "-m", "spacy", "download", "en_core_web_sm"), "cell 6"),
    ),
)
TESTS = {"tests/comparing.py", "tests/conftest.py", "tests/test_end_to_end.py"}
COMMON = {
    ".devcontainer/devcontainer.json", ".dockerignore", ".github/workflows/ci.yml", ".gitignore", ".nb2pkg/plan.toml",
    ".nb2pkg/provenance.json", ".pre-commit-config.yaml", ".python-version", "CHANGELOG.md", "Makefile", "README.md",
    "compose.yaml", "noxfile.py", "pyproject.toml", *TESTS,
}  # fmt: skip
MODULES = {"__init__.py", "__main__.py", "batch.py", "cli.py", "display.py", "pipeline.py", "pretty.py", "py.typed"}
FILES = {
    "src": {
        "Dockerfile", "models/.gitkeep", "notebooks/small_book.ipynb", "reports/figures/.gitkeep",
        *(f"src/small_book/{name}" for name in MODULES),
    },
    "docker-science": {
        "docker/Dockerfile", "docker/Dockerfile.dev", "docker/Dockerfile.release", "config/.gitkeep", "model/.gitkeep",
        "notebook/small_book.ipynb", "requirements.txt", "scripts/.gitkeep",
        *(f"small_book/{name}" for name in MODULES),
    },
    "ccds": {
        "Dockerfile", "data/external/.gitkeep", "data/interim/.gitkeep", "data/processed/.gitkeep", "data/raw/.gitkeep",
        "docs/.gitkeep", "models/.gitkeep", "notebooks/small_book.ipynb", "references/.gitkeep",
        "reports/figures/.gitkeep", *(f"small_book/{name}" for name in MODULES),
    },
}  # fmt: skip
COMMANDS = {
    "help", "init", "run", "test", "lint", "format", "lock", "jupyter", "profile", "sync-from-source", "sync-to-source",
    "init-docker", "init-docker-no-cache", "docker-build", "docker-run", "docker-test", "docker-lint",
    "create-container", "start-container", "clean", "clean-pyc", "clean-model", "clean-data", "clean-docker",
    "clean-container", "clean-image", "distclean",
}  # fmt: skip
OF_LAYOUT = {
    "src": set(),
    "docker-science": set(),
    "ccds": {"create_environment", "requirements", "data", "sync_data_down", "sync_data_up"},
}


def surrounded(folder: Path, layout: str, needs: Needs, title: str = "Small") -> Project:
    """Return the project of a small notebook that needs this of a machine."""
    flow, plan = plan_notebook(notebook(folder, f"#md # {title}", "print(1)"))
    scaffold = replace(plan.scaffold, layout=layout)
    return build_project(flow, replace(plan, needs=needs, scaffold=scaffold))


@cache
def texts(layout: str, full: bool) -> Mapping[str, str]:
    """Return the files of a small project, that needs much of a machine or nothing: path -> text."""
    with tempfile.TemporaryDirectory() as name:
        project = surrounded(Path(name), layout, NEEDS if full else Needs())
    return {path: data.decode("utf-8") for path, data in project.files.items()}


@cache
def written(layout: str, full: bool) -> Path:
    """Return a folder with the files of a small project; it goes when the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="scaffold-")
    KEPT.append(folder)
    write(Path(folder.name), texts(layout, full))
    return Path(folder.name)


KEPT: list[tempfile.TemporaryDirectory[str]] = []


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make in a project, as someone at a terminal would."""
    if shutil.which("make") is None or os.name == "nt":
        pytest.skip("make is not installed")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


def tool(name: str) -> str:
    """Return a program of a distribution of the test extra."""
    beside = shutil.which(name, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    return beside or pytest.skip(f"{name} is not installed")


def dockerfiles(layout: str) -> list[str]:
    """Return the names of a layout's Dockerfiles."""
    return sorted(name for name in FILES[layout] if "Dockerfile" in name)


both = pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
layouts = pytest.mark.parametrize("layout", LAYOUTS)


@layouts
@both
def test_these_files_and_no_others(layout: str, full: bool) -> None:
    assert set(texts(layout, full)) == COMMON | FILES[layout] | ({".env.example"} if full else set())


@layouts
@both
def test_no_braces_of_a_template_are_left(layout: str, full: bool) -> None:
    for name, text in texts(layout, full).items():
        rest = re.sub(r"\$\{\{ [a-zA-Z]+(\.[a-z]+|\([^()]*\)) \}\}", "", text) if "/workflows/" in name else text
        if not name.endswith((".py", ".json", ".ipynb")):
            assert not re.search(r"\{\{|\}\}|\{%|%\}|\{#", rest), name
        assert "\r" not in text
        assert text.endswith("\n") or not text or name.endswith(".ipynb"), name
        assert not re.search(r"[ \t]\n", text) or name.endswith(".toml"), name
        assert "\n\n\n" not in text or name.endswith(".py"), name


@layouts
@both
def test_every_file_is_what_its_name_says(layout: str, full: bool) -> None:
    for name, text in texts(layout, full).items():
        if name.endswith((".yaml", ".yml")):
            assert isinstance(yaml.safe_load(text), dict), name
        elif name.endswith(".toml"):
            tomllib.loads(text)
        elif name.endswith((".json", ".ipynb")):
            json.loads(text)
        elif name.endswith(".py"):
            ast.parse(text)


@layouts
@both
def test_make_lists_its_commands(layout: str, full: bool) -> None:
    done = make(written(layout, full))
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert listed == COMMANDS | OF_LAYOUT[layout] | ({"downloads"} if full else set())
    assert done.stderr == ""
    assert make(written(layout, full), "help").stdout == done.stdout


def test_make_explains_a_command() -> None:
    done = make(written("src", False), "help", "TARGET=clean-data")
    assert done.stdout.startswith("clean-data: Say which files are in data/")
    assert len(done.stdout.splitlines()) == 2
    assert make(written("src", False), "help", "TARGET=nothing").returncode != 0


@layouts
@both
@pytest.mark.parametrize("docker", ["", "1"])
def test_every_command_is_sound(layout: str, full: bool, docker: str) -> None:
    folder = written(layout, full)
    targets = sorted(COMMANDS | OF_LAYOUT[layout] | ({"downloads"} if full else set()))
    phony = set(re.findall(r"^\.PHONY: (.+)$", texts(layout, full)["Makefile"], re.M))
    assert {*targets} <= {name for names in phony for name in names.split()}
    for mode in ("dev", "release"):
        arguments = (
            "--warn-undefined-variables",
            f"DOCKER={docker}",
            f"MODE={mode}",
            "HOOKS=1",
            "TARGET=",
            "CONFIRM=yes",
        )
        for target in targets:
            done = make(folder, "-n", target, *arguments, "DATA_SOURCE=s3://bucket/data", "BUILD_ARGS=")
            assert (done.returncode, done.stderr) == (0, ""), target
            assert (
                "docker" in done.stdout or docker != "1" or target not in ("run", "test", "lint", "format", "jupyter")
            )


@layouts
@both
def test_dockerfiles_are_clean(layout: str, full: bool) -> None:
    done = subprocess.run(
        [tool("hadolint"), "--no-color", *dockerfiles(layout)],
        cwd=written(layout, full),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")


@layouts
@both
@pytest.mark.parametrize(
    ("schema", "name"), [("github-workflows", ".github/workflows/ci.yml"), ("compose-spec", "compose.yaml")]
)
def test_files_fit_their_schemas(layout: str, full: bool, schema: str, name: str) -> None:
    if find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", name]
    done = subprocess.run(command, cwd=written(layout, full), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_no_project_needs_is_not_there() -> None:
    bare = "\n".join(text for name, text in texts("src", False).items() if not name.endswith((".py", ".toml")))
    for word in (
        "apt-get install --yes --no-install-recommends make",
        "env_file",
        "env-file",
        "downloads",
        " container:",
    ):
        assert word not in bare
    assert texts("src", False)["Dockerfile"].count("apt-get update") == 1  # git and make, for the devcontainer


def test_images_have_what_the_project_needs() -> None:
    stages = re.split(r"^(?=FROM )", texts("src", True)["Dockerfile"], flags=re.M)[1:]
    by_name = {stage.split("\n")[0].split(" AS ")[1]: stage for stage in stages}
    assert list(by_name) == ["base", "builder", "builder-dev", "dev", "release"]
    assert "        mecab \\\n" in by_name["base"]
    assert "libmecab-dev" not in by_name["base"]
    assert "        libmecab-dev \\\n" in by_name["builder"]
    assert by_name["release"].startswith("FROM base AS release\n")
    assert 'MECABRC="/etc/mecabrc"' in by_name["base"]
    assert "NLTK_DATA=/opt/downloads/nltk_data" in by_name["base"]
    assert "python -m nltk.downloader stopwords" in by_name["builder"]
    assert by_name["builder"].index("COPY pyproject.toml") < by_name["builder"].index("COPY src src")
    assert 'ENTRYPOINT ["python", "-m", "small_book"]' in by_name["release"]
    assert "USER 1000" in by_name["release"]
    assert f"FROM python:{versions()['python']['3.12']}-slim-bookworm AS base" in by_name["base"]


@layouts
def test_secrets_stand_nowhere(layout: str) -> None:
    for name, text in texts(layout, True).items():
        if name != ".nb2pkg/plan.toml":  # here the test itself put it
            assert "never-written" not in text, name
    lines = texts(layout, True)[".env.example"].splitlines()
    assert "API_TOKEN=" in lines
    assert "MECABRC=/etc/mecabrc" in lines
    assert "# SHOP_LIMIT=100" in lines  # the package knows what holds without it
    assert "SHOP_URL=" in lines  # `&` means something to a shell
    assert "# for example: https://shop.example/?a=1&b=2" in lines


def test_models_are_in_the_image_and_data_is_not() -> None:
    ignored = {line for line in texts("docker-science", False)[".dockerignore"].splitlines() if line[:1] not in "#"}
    assert {"data", "notebook", ".git", ".env", ".venv"} <= ignored
    assert "model" not in ignored
    assert "COPY --chown=app model model" in texts("docker-science", False)["docker/Dockerfile.release"]


def test_workflow_tests_the_pythons_that_will_do() -> None:
    workflow = yaml.safe_load(texts("src", True)[".github/workflows/ci.yml"])
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    install = next(step["run"] for step in workflow["jobs"]["test"]["steps"] if "apt-get" in step.get("run", ""))
    assert shlex.split(install)[-3:] == ["make", "mecab", "libmecab-dev"]


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        (">=3.10", ["3.10", "3.11", "3.12", "3.13"]),
        (">=3.11.4,<3.13", ["3.11", "3.12"]),
        ("==3.12.*", ["3.12"]),
        ("~=3.12", ["3.12", "3.13"]),
        ("~=3.12.0", ["3.12"]),
        (">=3.10,!=3.11.*,<=3.12", ["3.10"]),
        (">3.12", ["3.13"]),
        ("<3.8", []),
        ("", ["3.10", "3.11", "3.12", "3.13"]),
        ("no specifier", ["3.10", "3.11", "3.12", "3.13"]),
    ],
)
def test_pythons_of_a_specifier(specifier: str, expected: list[str]) -> None:
    assert pythons_of(specifier) == expected


# What make does for real, as far as it is done in a moment.


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "it's a project", texts("src", True))
    return tmp_path / "it's a project"


def test_profile(project: Path) -> None:
    done = make(project, "profile", "PORT=9999", "MODE=dev")
    assert done.returncode == 0
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert (rows["PORT"], rows["IMAGE"], rows["VENV"], rows["ARGS"]) == (["9999"], ["small-book:dev"], [".venv"], [])


def test_cleaning(project: Path) -> None:
    kept = {path for path in project.rglob("*") if path.is_file()}
    left = ["build/a", ".ruff_cache/a", "src/small_book/__pycache__/a.pyc", "models/a.pickle", "reports/figures/a.png"]
    write(project, dict.fromkeys((*left, ".venv/bin/python", ".venv/lib/__pycache__/a.pyc", "data/raw.csv"), "x"))
    assert make(project, "clean-pyc").returncode == 0
    assert not (project / "src/small_book/__pycache__").exists()
    assert (project / ".venv/lib/__pycache__").exists()
    assert make(project, "clean").returncode == 0
    assert not (project / "build").exists()
    assert (project / "models/a.pickle").exists()
    assert make(project, "clean-model").returncode == 0
    assert not (project / "models/a.pickle").exists()
    assert make(project, "distclean").returncode == 0
    assert {path for path in project.rglob("*") if path.is_file()} == kept | {project / "data/raw.csv"}


def test_data_goes_only_when_that_is_confirmed(project: Path) -> None:
    write(project, {"data/raw.csv": "x", "data/sub/more.csv": "x", "data/README.md": "x"})
    done = make(project, "clean-data")
    assert done.returncode == 0
    assert "data/raw.csv" in done.stdout
    assert (project / "data/raw.csv").exists()
    assert make(project, "clean-data", "CONFIRM=yes").returncode == 0
    assert [path.name for path in (project / "data").rglob("*") if path.is_file()] == ["README.md"]


def test_data_comes_from_a_folder_and_goes_back(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "a source", {"a.csv": "1", "sub/b.csv": "2"})
    assert make(project, "sync-from-source", f"DATA_SOURCE={tmp_path / 'a source'}").returncode == 0
    assert (project / "data/sub/b.csv").read_text("utf-8") == "2"
    assert make(project, "sync-to-source", f"DATA_SOURCE={tmp_path / 'target'}").returncode == 0
    assert (tmp_path / "target/sub/b.csv").read_text("utf-8") == "2"
    assert make(project, "sync-from-source").returncode != 0
    assert make(project, "sync-to-source", "DATA_SOURCE=https://host/file.csv").returncode != 0


def test_docker_is_not_needed_to_clean_up_after_it(project: Path) -> None:
    (project / "bin").mkdir()
    (project / "bin/docker").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (project / "bin/docker").chmod(0o755)
    path = f"{project / 'bin'}:{os.environ['PATH']}"
    assert make(project, "clean-docker", PATH=path).returncode == 0


def test_run_reads_the_environment_of_its_file(project: Path) -> None:
    venv = project / ".venv"
    write(venv, {"bin/python": '#!/bin/sh\nprintf "%s\\n" "$API_TOKEN" "$MECABRC" "$SHOP_URL" "$@"\n'})
    (venv / "bin/python").chmod(0o755)
    (venv / ".installed").touch()
    os.utime(venv / ".installed", (2**31, 2**31))
    secret = "a b'\"$(touch escaped)`touch escaped`#=&\\"
    write(project, {".env": f"# a comment\nAPI_TOKEN={secret}\n\nnot a line\nSHOP_URL=https://shop.example"})
    done = make(project, "-s", "run", "ARGS=--quiet")
    assert done.stdout.splitlines() == [
        secret, "/etc/mecabrc", "https://shop.example", "-m", "small_book", "--workdir", ".", "--quiet",
    ]  # fmt: skip
    assert not (project / "escaped").exists()


# Nothing of a notebook, or of a plan, breaks out of the file that it is put in.

NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller example of evil shows no more, and takes minutes
EVIL = (
    "a\nb: [", "$(touch escaped)", "${HOME}", "`touch escaped`", "$$(x)", "'\"", "\\", "a\\", "# x", ": x", "{{ 7*7 }}",
    "{% x %}", "${{ github.token }}", "\u2028b\u2029", "\u0085", "\x1b[0m\x7f", "--- !!python/object", "&a *a |", "\t",
    "a\r\nFROM scratch\nRUN x", "include x", "x := y", "-x", "@y", "\\\\#",
    "<<EOF", "]]>", "%s", "= y", "x" * 3000, "🎉漢字",
)  # fmt: skip
nasty = st.lists(
    st.one_of(st.sampled_from(EVIL), st.text(st.characters(exclude_categories=["Cs"]), max_size=9)), max_size=4
)
nasty_text = nasty.map("".join)
names = st.one_of(nasty_text, st.sampled_from(["MECABRC", "A_1", "HOME2"]))
needs_of_any_kind = st.builds(
    Needs,
    python=st.one_of(st.just(">=3.10"), nasty_text),
    python_version=st.one_of(st.just("3.12"), nasty_text),
    debian=st.one_of(st.just("bookworm"), nasty_text),
    folder=st.one_of(st.sampled_from([".", "notebooks"]), nasty_text),
    requirements=st.builds(Requirement, st.just("numpy"), nasty_text).map(lambda r: (r,)),
    system=st.lists(
        st.builds(SystemPackage, st.one_of(nasty_text, st.just("mecab")), nasty_text, st.booleans()), max_size=3
    ).map(tuple),
    variables=st.lists(
        st.builds(Variable, names, nasty_text, st.booleans(), st.booleans(), nasty_text),
        max_size=3,
        unique_by=lambda v: v.name,
    ).map(tuple),
    downloads=st.lists(
        st.builds(
            Download,
            st.one_of(st.just("nltk"), nasty_text),
            nasty_text,
            st.lists(st.one_of(nasty_text, st.just("python")), max_size=3).map(tuple),
            nasty_text,
        ),
        max_size=2,
    ).map(tuple),
)


def instructions(dockerfile: str) -> list[str]:
    """Return the instructions of a Dockerfile, each on one line."""
    joined = re.sub(r"\\\n", " ", "".join(re.findall(r"^(?!\s*#).*\n", dockerfile, re.M)))
    return [line for line in joined.split("\n") if line.strip()]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], phases=NO_SHRINK)
@given(layout=st.sampled_from(sorted(LAYOUTS)), needs=needs_of_any_kind, title=nasty_text)
def test_nothing_breaks_out(layout: str, needs: Needs, title: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        project = surrounded(Path(name), layout, needs, title.replace("\n", " "))
    found = {path: data.decode("utf-8") for path, data in project.files.items()}
    for path in ("compose.yaml", ".github/workflows/ci.yml", ".pre-commit-config.yaml"):
        assert yaml.safe_load(found[path]), path
        assert len(found[path].splitlines()) < 120
    assert "escaped" not in found[".github/workflows/ci.yml"]
    workflow = found[".github/workflows/ci.yml"]
    assert set(re.findall(r"\$\{\{ *([a-zA-Z]+)", workflow)) <= {"github", "matrix", "hashFiles"}
    assert "github.token" not in workflow
    assert set(json.loads(found[".devcontainer/devcontainer.json"])) <= {
        "name", "build", "image", "initializeCommand", "runArgs", "workspaceMount", "workspaceFolder", "remoteUser",
        "overrideCommand", "customizations",
    }  # fmt: skip
    tables = tomllib.loads(found["pyproject.toml"])
    assert set(tables) <= {"build-system", "project", "tool"}
    ast.parse(found["noxfile.py"])
    for dockerfile in dockerfiles(layout):
        lines = instructions(found[dockerfile])
        words = {line.split(" ")[0] for line in lines}
        assert words <= {"FROM", "RUN", "ENV", "WORKDIR", "COPY", "USER", "EXPOSE", "CMD", "ENTRYPOINT", "ARG"}
        assert "FROM scratch" not in lines
        assert all(shlex.split(line) for line in lines)
    entries = [line for line in found.get(".env.example", "").split("\n") if line and not line.startswith("#")]
    known = {v.name for v in needs.variables if v.required and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", v.name)}
    assert {entry.partition("=")[0] for entry in entries} == known
    assert len(entries) == len(known)
    rules = re.findall(r"^([^\s#:=.][^\s:=]*):(?!=)", found["Makefile"], re.M)
    assert set(rules) - {"image-base", "$(INSTALLED)", "image-dev", "init-docker-no-cache"} <= (
        COMMANDS | OF_LAYOUT[layout] | {"downloads", "image-release"}
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], phases=NO_SHRINK)
@given(value=nasty_text, why=nasty_text, words=st.lists(nasty_text, max_size=3))
def test_make_and_shell_read_values_as_they_are(value: str, why: str, words: list[str]) -> None:
    needs = Needs(
        variables=(Variable("GIVEN_VALUE", why, value=value),),
        downloads=(Download("other", "x", ("printf", "<%s>", *words), why),),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, surrounded(folder / "beside", "src", needs).files)
        write(folder, {".venv/bin/python": "", ".venv/.installed": ""})
        os.utime(folder / ".venv/.installed", (2**31, 2**31))
        done = make(folder, "-s", "downloads")
        assert done.returncode == 0, done.stderr
        assert done.stdout == ("".join(f"<{one_line(word)}>" for word in words) or "<>")
        shown = make(folder, "-s", "--eval", 'show: ; @printf %s "$$GIVEN_VALUE"', "show")
        assert shown.stdout == one_line(value)
        assert not (folder / "escaped").exists()
        run = next(line for line in instructions((folder / "Dockerfile").read_text("utf-8")) if "printf" in line)
        split = shlex.split(run)
        at = split.index("printf")
        assert split[at + 2 : at + 2 + len(words)] == [one_line(word) for word in words]


def test_templates_of_people_can_build_on_ours(tmp_path: Path) -> None:
    shown = re.search(r"^```\n(\{% extends.*?)^```$", (DOCS / "templates.md").read_text("utf-8"), re.M | re.S)
    assert shown is not None
    flow, plan = plan_notebook(notebook(tmp_path, "print(1)"))
    project = build_project(flow, plan, around=Around(templates=(("Makefile.jinja", shown[1]),)))
    write(tmp_path / "project", project.files)
    listed = {line.split()[0] for line in make(tmp_path / "project").stdout.splitlines()}
    assert listed == COMMANDS | {"publish"}


def test_context_is_documented() -> None:
    described = set(re.findall(r"`(\w+)`", (DOCS / "templates.md").read_text("utf-8")))
    with tempfile.TemporaryDirectory() as name:
        flow, plan = plan_notebook(notebook(Path(name), "print(1)"))
    assert set(scaffold_context(make_build(flow, plan))) - described == set()


@layouts
def test_commands_are_documented(layout: str) -> None:
    text = (DOCS / "scaffold.md").read_text("utf-8")
    described = {word for code in re.findall(r"`([^`\n]+)`", text) for word in code.split()}
    assert COMMANDS - {"help"} | OF_LAYOUT[layout] <= described


def test_hostile_package_names_are_left_out(tmp_path: Path) -> None:
    evil = ("mecab; touch x", "$(x)", "-o", "a b", "A", "", "libgl1", "g++", "mecab=0.996-14+b1", "x:amd64", "a\nb")
    needs = Needs(system=tuple(SystemPackage(name, "why") for name in evil))
    dockerfile = surrounded(tmp_path, "src", needs).files["Dockerfile"].decode("utf-8")
    listed = instructions(dockerfile)[1].partition("--no-install-recommends")[2].partition("&&")[0].split()
    assert listed == ["libgl1", "g++", "mecab=0.996-14+b1", "x:amd64"]


# Layouts whose package lies at the top.


@pytest.mark.parametrize(
    ("layout", "checks"), [("docker-science", ("black --check -q .", "pytest -q")), ("ccds", ("ruff check .", "mypy"))]
)
def test_flat_layouts_carry_modules_that_lay_beside_the_notebook(
    layout: str, checks: tuple[str, ...], tmp_path: Path
) -> None:
    write(tmp_path, {"helper.py": "def twice( x ): return 2*x\n", "tools/__init__.py": "", "tools/more.py": "one=1\n"})
    path = notebook(tmp_path, "import helper\nfrom tools import more\nprint(helper.twice(more.one))")
    project = convert_notebook(path, layout=layout)
    files = {name: data.decode("utf-8") for name, data in project.files.items()}
    assert {"helper.py", "tools/more.py"} <= set(files)
    dockerfile = files["docker/Dockerfile" if layout == "docker-science" else "Dockerfile"]
    for source in ("small_book", "helper.py", "tools"):
        assert f"COPY {source} {source}\n" in dockerfile
    write(tmp_path / "project", files)
    for command in map(str.split, checks):
        if find_spec(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path / "project", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@layouts
def test_lint_passes_on_what_is_generated(layout: str, tmp_path: Path) -> None:
    write(tmp_path, texts(layout, True))
    for command in (["ruff", "check", "."], ["black", "--check", "-q", "."]):
        if find_spec(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@layouts
def test_a_project_is_ready_after_make_init(layout: str, tmp_path: Path) -> None:
    """In an environment of its own: this fetches what the example needs."""
    shutil.copytree(CHURN / "data", tmp_path / "data")
    write(tmp_path / "churn", convert_notebook(CHURN / "churn.ipynb", layout=layout).files)
    for command in (["init"], ["lint"], ["docker-lint"], ["test"], ["run", "WORKDIR=..", "ARGS=--quiet"], ["clean"]):
        done = make(tmp_path / "churn", *command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@layouts
def test_downloads_find_pip_where_uv_makes_the_environment(layout: str) -> None:
    assert " venv --seed " in texts(layout, True)["Makefile"]  # `python -m spacy download` calls it
    assert "--seed" not in texts(layout, False)["Makefile"]

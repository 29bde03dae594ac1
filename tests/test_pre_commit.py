"""The hooks, as pre-commit installs and runs them: from a repository that holds this project's files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from making import notebook

ROOT = Path(__file__).resolve().parent.parent
HOOKS = (".pre-commit-hooks.yaml", "README.md", "LICENSE")
# All that `check` needs: without the libraries of the other commands, the hook is installed in seconds.
NEEDED = """dependencies = ["tomli; python_version < '3.11'"]\n"""
GOOD = ("numbers = [1, 2]", "print(sum(numbers))")
BAD = ("print(measurements[0])",)  # NB201

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Repository:
    """A git repository with notebooks and hooks.

    Args:
        folder: an empty one.
        environment: of its commands.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.environment = environment
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        """Run git and return what it prints."""
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit all files and return the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "State")
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run pre-commit; return its exit code and all that it prints."""
        command = [sys.executable, "-m", "pre_commit", "run", "--color", "never", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=600,
        )
        return done.returncode, done.stdout


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's own git and pre-commit counts, and nothing is kept."""
    config = folder / "gitconfig"
    config.write_text("[user]\nname = Anna\nemail = anna@example.org\n[core]\nautocrlf = false\n", "utf-8")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PRE_COMMIT", "PYTHON", "COV_"))}
    return {
        **inherited,
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(folder / "pre-commit"),
        "NB2PKG_CACHE_DIR": str(folder / "cache"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(folder / "virtualenv"),
    }


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """The repository that holds the hooks, made of this project's files; what pre-commit installed goes at the end."""
    folder = tmp_path_factory.mktemp("hooks")
    made = Repository(folder / "nb2pkg", _environment(folder))
    for name in HOOKS:
        shutil.copy2(ROOT / name, made.folder / name)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    small, count = re.subn(r"^dependencies = \[\n.*?^\]\n", NEEDED, project, count=1, flags=re.DOTALL | re.MULTILINE)
    assert count == 1
    (made.folder / "pyproject.toml").write_text(small, "utf-8")
    shutil.copytree(ROOT / "src", made.folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    made.commit()
    yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def work(hooks: Repository, tmp_path: Path) -> Repository:
    """A repository with a good notebook, which uses the hooks."""
    made = Repository(tmp_path / "work", hooks.environment)
    source = {"repo": str(hooks.folder), "rev": hooks.git("rev-parse", "HEAD")}
    verify = {"id": "nb2pkg-verify", "args": ["churn.ipynb", "churn"]}
    config = {"repos": [{**source, "hooks": [{"id": "nb2pkg-check"}, verify]}]}
    (made.folder / ".pre-commit-config.yaml").write_text(json.dumps(config), "utf-8")  # JSON is YAML
    notebook(made.folder, *GOOD, name="good.ipynb")
    (made.folder / "notes.txt").write_text("no notebook\n", "utf-8")
    made.commit()
    return made


def test_good_notebook_passes(work: Repository) -> None:
    code, said = work.run("--all-files")
    assert code == 0, said
    assert said.rstrip().splitlines()[-1].endswith("Passed")


def test_findings_make_the_hook_fail(work: Repository) -> None:
    notebook(work.folder, *BAD, name="with space/schlecht ü.ipynb")
    work.git("add", "--all")
    code, said = work.run("--all-files")
    assert code == 1
    assert "with space/schlecht ü.ipynb:cell 1:1:7: NB201 [E] `measurements` is bound by no cell above" in said
    assert "Found 1 finding in 1 of 2 notebooks." in said


def test_only_what_is_staged_is_checked(work: Repository) -> None:
    notebook(work.folder, *BAD, name="bad.ipynb")
    work.commit()
    notebook(work.folder, *GOOD, "print(max(numbers))", name="good.ipynb")
    work.git("add", "good.ipynb")
    assert work.run()[0] == 0


def test_excluded_notebooks_pass_although_the_hook_names_them(work: Repository) -> None:
    notebook(work.folder, *BAD, name="archive/bad.ipynb")
    (work.folder / "pyproject.toml").write_text('[tool.nb2pkg]\nexclude = ["archive"]\n', "utf-8")
    work.git("add", "--all")
    code, said = work.run("--all-files")
    assert code == 0, said


def test_commits_are_kept_from_being_made(work: Repository) -> None:
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=work.folder,
        env=work.environment,
        check=True,
        capture_output=True,
    )
    notebook(work.folder, *BAD, name="bad.ipynb")
    work.git("add", "--all")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        work.git("commit", "--quiet", "--message", "Bad")
    assert "NB201" in failed.value.stderr + failed.value.stdout


def test_verify_is_run_by_hand_only(work: Repository) -> None:
    assert "nb2pkg verify" not in work.run("--all-files")[1]
    code, said = work.run("--hook-stage", "manual", "nb2pkg-verify")
    assert code == 1, "there is no package to verify, or none of the libraries that would run it"
    assert "hook id: nb2pkg-verify" in said

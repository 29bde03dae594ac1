"""What runs a package at fixed times: cron, systemd, Airflow."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from executed import FOLDERS
from making import notebook

from nb2pkg.errors import UsageError
from nb2pkg.model import Project
from nb2pkg.pipeline import convert_notebook

CHURN = FOLDERS["churn"] / "churn.ipynb"
DEPLOY = {
    "cron": ["deploy/churn.cron"],
    "systemd": ["deploy/churn.service", "deploy/churn.timer"],
    "airflow": ["deploy/airflow_churn.py"],
}


def deployed(project: Project) -> dict[str, str]:
    return {name: text.decode() for name, text in project.files.items() if name.startswith("deploy/")}


@pytest.fixture(scope="module")
def churn() -> Project:
    return convert_notebook(CHURN, schedules=("systemd", "cron", "airflow"))


def test_only_what_is_asked_for_is_written() -> None:
    assert deployed(convert_notebook(CHURN)) == {}
    for schedule, names in DEPLOY.items():
        assert sorted(deployed(convert_notebook(CHURN, schedules=(schedule,)))) == names


def test_unknown_schedules_are_refused() -> None:
    with pytest.raises(UsageError, match="--schedule at: there are airflow, cron, systemd"):
        convert_notebook(CHURN, schedules=("cron", "at"))


def test_the_plan_keeps_the_schedules(churn: Project) -> None:
    assert 'schedules = ["airflow", "cron", "systemd"]' in churn.files[".nb2pkg/plan.toml"].decode()


def test_the_crontab_has_one_line_that_runs_the_package(churn: Project, tmp_path: Path) -> None:
    lines = deployed(churn)["deploy/churn.cron"].splitlines()
    variables = dict(line.split("=") for line in lines if re.match(r"\w+=", line))
    (job,) = (line for line in lines if re.match(r"[\d*]", line))
    assert job.startswith("15 6 * * * ")
    assert "%" not in job  # which would be a new line for cron
    assert all("#" not in value for value in variables.values())
    for name in ("python", "logger"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" $KEY\ncat\n')
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".env").write_text("KEY='a b'\n")
    variables |= {"PYTHON": str(tmp_path / "python"), "WORKDIR": str(tmp_path), "ENV_FILE": str(tmp_path / ".env")}
    if sys.platform != "win32":
        done = subprocess.run(
            ["sh", "-c", job.removeprefix("15 6 * * * ")],
            env={**variables, "PATH": f"{tmp_path}:{os.defpath}"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.stdout == (
            "logger -t churn\npython -m churn --log-level info --output /srv/churn/results.json a b\n"
        ), done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(churn: Project, tmp_path: Path) -> None:
    for name, text in deployed(churn).items():
        if name.endswith((".service", ".timer")):
            (tmp_path / Path(name).name).write_text(text.replace("/srv/churn/.venv/bin/python", sys.executable))
    units = [str(tmp_path / f"churn.{kind}") for kind in ("service", "timer")]

    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)

    assert (done.returncode, [line for line in done.stderr.splitlines() if "churn" in line]) == (0, [])
    when = re.findall(r"^OnCalendar=(.*)", (tmp_path / "churn.timer").read_text(), re.M)
    assert subprocess.run(["systemd-analyze", "calendar", *when], capture_output=True).returncode == 0


class Recorded:
    """Stands for Airflow's classes, and keeps what they were given."""

    made: list[Recorded]

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.after: list[Recorded] = []
        self.made.append(self)

    def __rshift__(self, other: Recorded) -> Recorded:
        self.after.append(other)
        return other

    def __enter__(self) -> Recorded:
        return self

    def __exit__(self, *_: object) -> None:
        pass


AIRFLOW = {
    "2": {"airflow": ("DAG",), "airflow.operators.bash": ("BashOperator",)},
    "3": {"airflow.sdk": ("DAG",), "airflow.providers.standard.operators.bash": ("BashOperator",)},
}


def stand_in(monkeypatch: pytest.MonkeyPatch, version: str) -> dict[str, type[Recorded]]:
    """Put a module of ours in Airflow's place."""
    made: list[Recorded] = []
    classes = {name: type(name, (Recorded,), {"made": made}) for name in ("DAG", "BashOperator")}
    for name in [name for name in sys.modules if name.partition(".")[0] == "airflow"]:
        monkeypatch.delitem(sys.modules, name)
    for path, names in AIRFLOW[version].items():
        parts = path.split(".")
        for end in range(1, len(parts) + 1):
            module = sys.modules.get(".".join(parts[:end])) or types.ModuleType(".".join(parts[:end]))
            module.__path__ = []  # type: ignore[attr-defined]
            monkeypatch.setitem(sys.modules, module.__name__, module)
        for name in names:
            setattr(sys.modules[path], name, classes[name])
    return classes


def imported(project: Project, folder: Path) -> Any:
    """Return the DAG's module."""
    (name,) = (name for name in project.files if name.startswith("deploy/airflow_"))
    path = folder / Path(name).name
    path.write_bytes(project.files[name])
    spec = importlib.util.spec_from_file_location("told_dag", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", AIRFLOW)
def test_airflow_gets_a_task_a_stage(
    version: str, churn: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in(monkeypatch, version)
    module = imported(churn, tmp_path)
    dag, *tasks = Recorded.__subclasses__() and module.dag.made

    options = dag.options
    assert (options["dag_id"], options["catchup"], options["max_active_runs"]) == ("churn", False, 1)
    assert options["default_args"]["retries"] == 1
    assert [task.options["task_id"] for task in tasks] == [*module.STAGES, "clean_up"]
    assert [task.after for task in tasks] == [[task] for task in tasks[1:]] + [[]]
    assert "churn --log-level info --stage load --state" in tasks[0].options["bash_command"]


@pytest.mark.skipif(sys.platform == "win32", reason="runs a shell")
def test_the_tasks_of_airflow_run_the_stages(churn: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, "3")
    for name, content in churn.files.items():
        path = tmp_path / "it's here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    home = tmp_path / "it's here"
    (home / ".env").write_text(f"PYTHONPATH='{home.as_posix()}/src'\n".replace("it's", "it'\\''s"))
    text = churn.files["deploy/airflow_churn.py"].decode()
    text = text.replace('"/srv/churn"', repr(str(home))).replace('"/var/tmp', f'"{tmp_path}')
    text = re.sub("^PYTHON = .*", f"PYTHON = {sys.executable!r}", text, flags=re.M)
    project = Project("churn", {"deploy/airflow_churn.py": text.encode()}, churn.plan)
    work = tmp_path / "work"
    shutil.copytree(FOLDERS["churn"], work)

    for task in imported(project, tmp_path).dag.made[1:]:
        environment = {**os.environ, "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2026-01-01T06:15:00+00:00"}
        command = ["bash", "-c", task.options["bash_command"]]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    assert "logit_auc" in (home / "results.json").read_text()
    assert not [*(tmp_path / "churn").iterdir()]  # clean_up has been there


def test_a_package_that_can_not_be_cut_is_one_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, "2")
    cells = ("import logging\nx = 1", "#md ## Train\n", "print(globals()['x'])")
    project = convert_notebook(notebook(tmp_path, *cells), schedules=("airflow",))
    module = imported(project, tmp_path)
    text = project.files["deploy/airflow_small_book.py"].decode()

    assert [task.options["task_id"] for task in module.dag.made[1:]] == ["run"]
    assert "# - the notebook is kept as one script\n" in text
    assert "--stage" not in text


def test_names_and_headings_can_not_break_out(tmp_path: Path) -> None:
    cells = (
        '#md # Title `$(touch x)` """ %n \\',
        "import json",
        '#md ## Load """ \' # {{ x }} %s\n',
        "x = [1]\nprint(x)",
    )
    name = "It's 100% $(touch me) `now` #1.ipynb"
    project = convert_notebook(notebook(tmp_path, *cells, name=name), schedules=("airflow", "cron", "systemd"))

    for path, text in deployed(project).items():
        assert "touch" not in text.replace(project.package, ""), path
        if path.endswith(".py"):
            ast.parse(text)


@pytest.mark.skipif(importlib.util.find_spec("airflow") is None, reason="Airflow is not installed here, as in CI's job")
def test_airflow_itself_reads_the_dag(churn: Project, tmp_path: Path) -> None:
    dag = imported(churn, tmp_path).dag

    assert sorted(dag.task_ids) == sorted(["clean_up", "load", "prepare", "train", "evaluate_best"])
    assert dag.get_task("train").upstream_task_ids == {"prepare"}


def test_a_notebook_that_reads_above_its_folder_runs_in_that_of_the_notebooks(tmp_path: Path) -> None:
    path = notebook(tmp_path, "import pandas as pd\nprint(pd.read_csv('../data/x.csv'))")
    files = deployed(convert_notebook(path, schedules=("systemd", "cron", "airflow")))
    assert "\nWORKDIR=/srv/small_book/notebooks\n" in files["deploy/small_book.cron"]
    assert "\nWorkingDirectory=/srv/small_book/notebooks\n" in files["deploy/small_book.service"]
    assert '\nWORKDIR = f"{PROJECT}/notebooks"  #' in files["deploy/airflow_small_book.py"]

"""The environment of a notebook's kernel, found and read by its files alone."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

import pytest
from making import notebook

from nb2pkg.around.environment import read_environment
from nb2pkg.around.files import read_requirement_files
from nb2pkg.declarations import normalized
from nb2pkg.errors import UsageError
from nb2pkg.machine import Environment
from nb2pkg.pipeline import plan_notebook


class Prefix:
    """An environment's folder, made by hand: no interpreter is in it."""

    def __init__(
        self, folder: Path, site: str = "lib/python3.11/site-packages", settings: str = "version = 3.11.7"
    ) -> None:
        self.folder = folder
        self.site = folder / site
        self.site.mkdir(parents=True)
        (folder / "pyvenv.cfg").write_text(settings, encoding="utf-8")

    def add(
        self,
        name: str,
        version: str,
        files: Iterable[str] = (),
        requires: Iterable[str] = (),
        extra: Mapping[str, str] | None = None,
        record: bool = True,
    ) -> Prefix:
        """Add a distribution with the files that it has."""
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Requires-Python: >=3.9"]
        head += [f"Requires-Dist: {line}" for line in requires]
        (info / "METADATA").write_text("\n".join(head) + "\n\nVersion: not this\n", encoding="utf-8")
        if record:
            (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files), encoding="utf-8")
        for file, text in (extra or {}).items():
            (info / file).write_text(text, encoding="utf-8")
        for file in files:
            path = self.site / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("raise SystemExit('nobody imports this')", encoding="utf-8")
        return self

    def read(self, *modules: str, names: Iterable[str] = ()) -> Environment:
        found = read_environment(str(self.folder), self.folder.parent, "", modules, names)
        assert found is not None
        return found


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    return Prefix(tmp_path / ".venv")


@pytest.fixture(autouse=True)
def nothing_active(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "JUPYTER_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


# what provides an import


def test_the_candidate_of_the_table_is_asked_first(prefix: Prefix) -> None:
    prefix.add("scikit-learn", "1.5.0", ["sklearn/__init__.py", "sklearn/linear_model/__init__.py"], ["numpy>=1.19"])
    prefix.add("numpy", "2.1.0", ["numpy/__init__.py"])
    prefix.add("sklearn", "0.0", ["README"])
    found = prefix.read("sklearn.linear_model.Ridge")
    assert found.providers == {"sklearn.linear_model.Ridge": ("scikit-learn",)}
    assert {name: item.version for name, item in found.distributions.items()} == {
        "numpy": "2.1.0",
        "scikit-learn": "1.5.0",
    }
    assert (found.python, found.label) == ("3.11.7", ".venv")
    assert found.distributions["scikit-learn"].python == ">=3.9"


def test_the_longest_prefix_tells_which_part_of_a_shared_folder_is_whose(prefix: Prefix) -> None:
    prefix.add("google-cloud-bigquery", "3.1", ["google/cloud/bigquery/__init__.py", "google/cloud/bigquery/job.py"])
    prefix.add("google-cloud-storage", "2.1", ["google/cloud/storage/__init__.py"])
    prefix.add("protobuf", "5.1", ["google/protobuf/__init__.py"])
    prefix.add("google-strange", "1.0", ["google/cloud/oddity/__init__.py"])
    modules = ["google.cloud.bigquery.job.QueryJob", "google.cloud.storage", "google.protobuf", "google.cloud.oddity.x"]
    found = prefix.read(*modules, "google.cloud.absent", "google.missing", "google")
    assert found.providers == {
        "google.cloud.bigquery.job.QueryJob": ("google-cloud-bigquery",),
        "google.cloud.storage": ("google-cloud-storage",),
        "google.protobuf": ("protobuf",),
        "google.cloud.oddity.x": ("google-strange",),
    }


@pytest.mark.parametrize(
    ("module", "files"),
    [
        ("cv2", ["cv2/__init__.py"]),
        ("lonely", ["lonely.py"]),
        ("lonely.thing", ["lonely/thing.py"]),
        ("_fast", ["_fast.cpython-311-x86_64-linux-gnu.so"]),
        ("fast.inner", ["fast/inner.abi3.so"]),
        ("fast", ["fast.cp311-win_amd64.pyd"]),
    ],
)
def test_lists_of_files_tell_what_the_table_does_not(prefix: Prefix, module: str, files: list[str]) -> None:
    prefix.add("some-other-name", "1.0", files).add("bystander", "1.0", [f"bystander/{module}.py", "x.py"])
    assert prefix.read(module).providers == {module: ("some-other-name",)}


def test_what_is_not_there_is_not_provided(prefix: Prefix) -> None:
    prefix.add("pandas", "2.0", ["pandas/__init__.py"])
    assert prefix.read("numpy", "nothing.at.all", "json").providers == {}


def test_several_may_provide_the_same(prefix: Prefix) -> None:
    prefix.add("one", "1.0", ["shared/__init__.py"]).add("two", "1.0", ["shared/__init__.py"])
    assert prefix.read("shared").providers == {"shared": ("one", "two")}


def test_another_build_of_a_library_is_its_provider(prefix: Prefix) -> None:
    prefix.add("opencv-contrib-python", "4.9", ["cv2/__init__.py"])
    assert prefix.read("cv2").providers == {"cv2": ("opencv-contrib-python",)}


def test_without_a_list_of_files_the_top_level_counts(prefix: Prefix) -> None:
    prefix.add("PyYAML", "6.0", ["yaml/__init__.py"], extra={"top_level.txt": "_yaml\nyaml\n"}, record=False)
    assert prefix.read("yaml").providers == {"yaml": ("pyyaml",)}


def test_projects_that_are_worked_on(prefix: Prefix) -> None:
    folder = json.dumps({"url": "file:///home/me/mine", "dir_info": {"editable": True}})
    prefix.add("mine", "0.1", ["__editable__.mine-0.1.pth"], extra={"direct_url.json": folder, "top_level.txt": "own"})
    found = prefix.read("own.thing")
    assert found.providers == {"own.thing": ("mine",)}
    assert found.distributions["mine"].url == "file:///home/me/mine"


def test_eggs(prefix: Prefix) -> None:
    info = prefix.site / "Old_Thing-1.2-py3.11.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Name: Old_Thing\nVersion: 1.2\n", encoding="utf-8")
    (info / "top_level.txt").write_text("oldthing\n", encoding="utf-8")
    (info / "requires.txt").write_text("pandas>=1\n\n[extra]\nlxml\n", encoding="utf-8")
    (prefix.site / "oldthing").mkdir()
    prefix.add("pandas", "2.0", ["pandas/__init__.py"])
    found = prefix.read("oldthing")
    assert found.providers == {"oldthing": ("old-thing",)}
    assert found.distributions["old-thing"].requires == ("pandas>=1",)
    assert "pandas" in found.distributions


# where a distribution came from


@pytest.mark.parametrize(
    ("direct", "expected"),
    [
        (
            {"url": "https://tok@github.com/a/b.git", "vcs_info": {"vcs": "git", "commit_id": "1f2e"}},
            "git+https://github.com/a/b.git@1f2e",
        ),
        (
            {"url": "https://h/a/b", "vcs_info": {"vcs": "git", "commit_id": "1f"}, "subdirectory": "py"},
            "git+https://h/a/b@1f#subdirectory=py",
        ),
        ({"url": "https://h/x-1.whl?sig=secret", "archive_info": {}}, "https://h/x-1.whl"),
        ({"url": "file:///home/me/x", "dir_info": {}}, "file:///home/me/x"),
        ([], ""),
        ({"url": 3}, ""),
    ],
)
def test_origin(prefix: Prefix, direct: object, expected: str) -> None:
    prefix.add("pandas", "2.0", ["pandas/__init__.py"], extra={"direct_url.json": json.dumps(direct)})
    assert prefix.read("pandas").distributions["pandas"].url == expected


def test_folders_that_conda_built_in_are_no_origin(prefix: Prefix) -> None:
    extra = {"direct_url.json": json.dumps({"url": "file:///croot/pandas", "dir_info": {}}), "INSTALLER": "conda\n"}
    prefix.add("pandas", "2.0", ["pandas/__init__.py"], extra=extra)
    assert prefix.read("pandas").distributions["pandas"].url == ""


def test_broken_metadata_stops_nothing(prefix: Prefix) -> None:
    prefix.add("pandas", "2.0", ["pandas/__init__.py"], extra={"direct_url.json": "{", "METADATA": "\x00\x01"})
    assert prefix.read("pandas").distributions["pandas"].version == "2.0"


# only as much as is needed


def test_what_is_needed_comes_along_extras_only_where_asked(prefix: Prefix) -> None:
    prefix.add(
        "pandas", "2.0", ["pandas/__init__.py"], ["numpy", 'lxml; extra == "xml"', 'other[array]; extra == "all"']
    )
    prefix.add("numpy", "2.0").add("lxml", "5.0").add("other", "1.0", requires=['more; extra == "array"']).add(
        "more", "1.0"
    ).add("unrelated", "1.0")
    assert "lxml" in prefix.read("pandas").distributions  # calls may need it
    assert "more" in prefix.read("pandas", names=["pandas[all]"]).distributions
    assert {"other", "unrelated"}.isdisjoint(prefix.read("pandas").distributions)


def test_agrees_with_importlib() -> None:
    """What this environment has is read as Python itself reads it."""
    expected = metadata.packages_distributions()
    tops = [top for top in expected if top.isidentifier() and not top.startswith("_")]
    found = read_environment(sys.prefix, Path("/"), "", tops, ())
    assert found is not None
    told = 0
    for top, names in found.providers.items():
        told += 1
        assert set(names) <= {normalized(name) for name in expected[top]}, top
    assert told >= 20
    for name, item in found.distributions.items():
        assert item.version == metadata.version(name)
        assert set(item.requires) == set(metadata.requires(name) or ())


# which environment it is


def named(folder: Path, name: str, version: str) -> Prefix:
    """Return an environment that has this version of pandas."""
    return Prefix(folder / name).add("pandas", version, ["pandas/__init__.py"])


def version_for(folder: Path, wish: str = "", kernel: str = "somewhere-else") -> tuple[str, str] | None:
    """Return (version of pandas, label) that a notebook in a folder is told."""
    found = read_environment(wish, folder, kernel, ["pandas"], ())
    return None if found is None else (found.distributions["pandas"].version, found.label)


def test_none_asks_nothing(tmp_path: Path) -> None:
    named(tmp_path, ".venv", "1.0")
    assert version_for(tmp_path, "none") is None


def test_that_beside_the_notebook_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (tmp_path / ".git").mkdir()
    named(tmp_path, "venv", "1.0")
    assert version_for(folder) == ("1.0", "venv")
    named(folder, ".venv", "2.0")
    assert version_for(folder) == ("2.0", ".venv")


def test_nothing_above_the_repository_is_asked(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    named(tmp_path, ".venv", "1.0")
    assert version_for(repository) is None
    assert version_for(tmp_path / "repository") is None


def test_the_active_one_comes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named(tmp_path, ".venv", "1.0")
    monkeypatch.setenv("VIRTUAL_ENV", str(named(tmp_path, "active", "2.0").folder))
    assert version_for(tmp_path) == ("2.0", "the environment active")
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)  # that of nb2pkg itself says nothing
    assert version_for(tmp_path) == ("1.0", ".venv")


def test_the_kernel_tells_its_environment(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    prefix = named(tmp_path, "somewhere", "1.0")
    python = prefix.folder / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)  # as in every environment: it must not be followed
    kernel = tmp_path / "jupyter" / "kernels" / "work" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": [str(python), "-m", "ipykernel_launcher"]}), encoding="utf-8")
    assert version_for(tmp_path, kernel="work") == ("1.0", "the kernel work")
    kernel.write_text("[]", encoding="utf-8")
    assert version_for(tmp_path, kernel="work") is None
    assert version_for(tmp_path, kernel="../../work") is None


def test_a_kernel_may_use_the_python_that_nb2pkg_runs_in(tmp_path: Path) -> None:
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": ["python", "-m", "ipykernel_launcher"]}), encoding="utf-8")
    found = read_environment("", tmp_path, "python3", ["jinja2"], ())
    assert found is not None
    assert found.distributions["jinja2"].version == metadata.version("jinja2")
    assert found.python == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("wish", [".", "bin", "bin/python", "bin/python3.11"])
def test_people_name_a_python_or_a_folder(tmp_path: Path, wish: str) -> None:
    prefix = named(tmp_path, "mine", "1.0")
    (prefix.folder / "bin").mkdir()
    for name in ("python", "python3.11"):
        (prefix.folder / "bin" / name).symlink_to(sys.executable)
    assert version_for(tmp_path, str(prefix.folder / wish)) == ("1.0", "the environment mine")


def test_wrong_wishes(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("x", encoding="utf-8")
    for wish in ("missing", "file.txt", "."):
        with pytest.raises(UsageError):
            read_environment(str(tmp_path / wish), tmp_path, "", ["pandas"], ())


def test_windows_and_conda(tmp_path: Path) -> None:
    windows = Prefix(tmp_path / "w", "Lib/site-packages", "version_info = 3.12.1.final.0")
    windows.add("pandas", "1.0", ["pandas/__init__.py"])
    found = windows.read("pandas")
    assert (found.python, found.distributions["pandas"].version) == ("3.12.1", "1.0")
    conda = Prefix(tmp_path / "c", "lib/python3.10/site-packages", "")
    (conda.folder / "pyvenv.cfg").unlink()
    (conda.folder / "conda-meta").mkdir()
    (conda.folder / "conda-meta" / "python-3.10.14-h955ad1f_0.json").write_text("{}", encoding="utf-8")
    assert conda.add("pandas", "1.0", ["pandas/__init__.py"]).read("pandas").python == "3.10.14"


def test_the_systems_distributions_count_where_the_environment_sees_them(tmp_path: Path) -> None:
    base = named(tmp_path, "base", "1.0")
    base.add("numpy", "1.26", ["numpy/__init__.py"])
    settings = f"home = {base.folder / 'bin'}\ninclude-system-site-packages = true\nversion = 3.11.2"
    prefix = Prefix(tmp_path / "v", settings=settings).add("pandas", "2.0", ["pandas/__init__.py"])
    found = prefix.read("pandas", "numpy")
    assert {name: item.version for name, item in found.distributions.items()} == {"numpy": "1.26", "pandas": "2.0"}


# the whole way


def test_a_notebook_has_the_versions_beside_it(tmp_path: Path) -> None:
    named(tmp_path, ".venv", "2.2.3")
    _, plan = plan_notebook(notebook(tmp_path, "import pandas as pd"), python="")
    assert [str(r) for r in plan.needs.requirements] == ["pandas>=2.2.3,<3"]
    assert plan.needs.lock == (("pandas", "2.2.3"),)
    assert plan.needs.environment == ".venv"


def test_requirement_files_around(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]", encoding="utf-8")
    (tmp_path.parent / "setup.cfg").unlink(missing_ok=True)
    (tmp_path / "a" / "requirements-dev.txt").write_text("-r more/base.in", encoding="utf-8")
    (tmp_path / "a" / "more").mkdir()
    (tmp_path / "a" / "more" / "base.in").write_text("pandas\n-r /etc/passwd\n", encoding="utf-8")
    (folder / "needs.lst").write_text("numpy", encoding="utf-8")
    (folder / "environment.yml").write_bytes(b"\xff\xfe")
    files = read_requirement_files(folder, ["x = 1\n%pip install -q -r needs.lst"])
    assert [name for name, _ in files] == [
        "../../pyproject.toml",
        "../more/base.in",
        "../requirements-dev.txt",
        "needs.lst",
    ]


def test_links_are_no_trap(tmp_path: Path) -> None:
    prefix = named(tmp_path, "x", "1.0")
    (prefix.folder / "lib64").symlink_to("lib")
    (tmp_path / ".venv").symlink_to("x")
    assert version_for(tmp_path) == ("1.0", ".venv")
    os.unlink(tmp_path / ".venv")
    (tmp_path / ".venv").symlink_to("nowhere")
    assert version_for(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_pipes_are_not_read(tmp_path: Path) -> None:
    named(tmp_path, ".venv", "1.0")
    info = next((tmp_path / ".venv").rglob("*.dist-info"))
    for path in (tmp_path / "requirements.txt", tmp_path / ".venv" / "pyvenv.cfg", info / "METADATA"):
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    assert read_requirement_files(tmp_path) == ()
    assert version_for(tmp_path) == ("1.0", ".venv")


def test_settings_of_an_environment_may_be_broken(tmp_path: Path) -> None:
    named(tmp_path, ".venv", "1.0")
    text = "home = /a\0b\ninclude-system-site-packages = true\nversion\n"
    (tmp_path / ".venv" / "pyvenv.cfg").write_text(text, encoding="utf-8")
    assert version_for(tmp_path) == ("1.0", ".venv")

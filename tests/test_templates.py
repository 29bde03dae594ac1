"""Templates of people: what is rendered, what is copied, and what is told of those that can't be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from making import notebook
from typer.testing import CliRunner

from nb2pkg.around.templates import read_templates
from nb2pkg.cli import app
from nb2pkg.errors import UsageError
from nb2pkg.model import Project
from nb2pkg.pipeline import convert_notebook

CELLS = ("import math\nprint(math.pi)",)


def folder(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    """Write a folder of templates and return it."""
    top = tmp_path / "templates"
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return top


def made(tmp_path: Path, files: dict[str, str | bytes], **wishes: str) -> Project:
    """Return the project of a small notebook with these templates."""
    return convert_notebook(notebook(tmp_path, *CELLS), templates=folder(tmp_path, files), **wishes)


@pytest.mark.parametrize("layout", ["src", "ccds"])
def test_templates_are_rendered_and_other_files_copied(tmp_path: Path, layout: str) -> None:
    files: dict[str, str | bytes] = {
        "OWNERS.jinja": "{{ package }} belongs to us; {{ needs.python }}\n",
        "docs/{{ raw }}.txt": "{{ not rendered }}\r\n",
        "src/PACKAGE/extra.py.jinja": '"""Extra of {{ package }}."""\n',
        "nothing.txt.jinja": "{% if scaffold.license %}x{% endif %}\n",
        "_part.jinja": "a part of others",
        "with.txt.jinja": "{% include '_part.jinja' %}!\n",
        ".git/config": "no file of ours",
    }
    project = made(tmp_path, files, layout=layout)
    texts = {name: content.decode() for name, content in project.files.items()}
    assert texts["OWNERS"] == "small_book belongs to us; >=3.10\n"
    assert texts["docs/{{ raw }}.txt"] == "{{ not rendered }}\n"
    assert texts[("src/" if layout == "src" else "") + "small_book/extra.py"] == '"""Extra of small_book."""\n'
    assert texts["with.txt"] == "a part of others!\n"
    assert not {"nothing.txt", "_part", "_part.jinja", ".git/config"} & set(texts)


def test_they_come_before_ours(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "README.md.jinja": "# {{ title }} by us\n",
        "CHANGELOG.md": "# Ours\n",
        "src/PACKAGE/timing.py.jinja": "# never needed\n",
        "src/PACKAGE/__main__.py.jinja": '"""Of {{ package }}."""\n',
    }
    project = made(tmp_path, files)
    assert project.files["README.md"].startswith(b"# ")
    assert project.files["README.md"].endswith(b" by us\n")
    assert project.files["CHANGELOG.md"] == b"# Ours\n"
    assert project.files["src/small_book/__main__.py"] == b'"""Of small_book."""\n'
    assert "src/small_book/timing.py" not in project.files


def test_a_readme_that_is_copied(tmp_path: Path) -> None:
    assert made(tmp_path, {"README.md": "{{ mine }}\n"}).files["README.md"] == b"{{ mine }}\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.txt.jinja": "one\n{{ two\n"}, r"--templates: a\.txt\.jinja, line 2: unexpected"),
        ({"a.txt.jinja": "one\n\n{{ missing }}\n"}, r"--templates: a\.txt\.jinja, line 3: 'missing' is undefined"),
        ({"a.txt.jinja": "{{ 1 / 0 }}\n"}, r"--templates: a\.txt\.jinja, line 1: division by zero"),
        ({"a.txt.jinja": "{% include 'b' %}\n"}, r"--templates: a\.txt\.jinja, line 1: b"),
        ({"a.txt.jinja": "\n{% include '_b' %}\n", "_b": "\n\n{{ x.y }}"}, r"--templates: _b, line 3: 'x' is undef"),
        ({"README.md.jinja": "\n{% nothing %}"}, r"--templates: README\.md\.jinja, line 2: "),
        ({"logo.png": b"\x89PNG\r\n\x1a\n\0"}, r"logo\.png is no text in UTF-8"),
        ({"latin.txt": b"caf\xe9"}, r"latin\.txt is no text in UTF-8"),
        ({"large.txt": b"x" * 500_001}, r"large\.txt has more than 500 kB"),
        ({"src/PACKAGE/pipeline.py": "x = 1\n"}, "would replace src/small_book/pipeline.py"),
        ({"src/PACKAGE/pipeline.py.jinja": "x = 1\n"}, "would replace src/small_book/pipeline.py"),
        ({".nb2pkg/plan.toml": "x = 1\n"}, "would replace .nb2pkg/plan.toml"),
        ({}, "there is no such folder"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_told(tmp_path: Path, files: dict[str, str | bytes], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        made(tmp_path, files)


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="has no files"):
        read_templates(tmp_path / "empty")


def test_the_command_tells_it_without_a_traceback(tmp_path: Path) -> None:
    top = folder(tmp_path, {"a.txt.jinja": "{{ missing }}"})
    arguments = ["convert", str(notebook(tmp_path, *CELLS)), "-o", str(tmp_path / "out"), "--templates", str(top)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "error: --templates: a.txt.jinja, line 1: 'missing' is undefined" in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_links_are_read_as_what_they_point_to(tmp_path: Path) -> None:
    (tmp_path / "shared.txt").write_text("shared\n")
    top = folder(tmp_path, {"a.txt": "a\n"})
    os.symlink(tmp_path / "shared.txt", top / "b.txt")
    assert read_templates(top) == (("a.txt", "a\n"), ("b.txt", "shared\n"))


@pytest.mark.parametrize("name", ["MIT", "BSD-3-Clause", "Apache-2.0", "mit"])
def test_a_licence_is_added_when_asked(tmp_path: Path, name: str) -> None:
    files = convert_notebook(notebook(tmp_path, *CELLS), license=name).files
    spelled = "MIT" if name == "mit" else name
    assert f'license = "{spelled}"\nlicense-files = ["LICENSE"]\n' in files["pyproject.toml"].decode()
    text = files["LICENSE"].decode()
    assert "{" not in text.replace("{}", "")
    assert text.count("\n") > 15
    assert f'license = "{spelled}"' in files[".nb2pkg/plan.toml"].decode()


def test_none_is_added_otherwise(tmp_path: Path) -> None:
    files = convert_notebook(notebook(tmp_path, *CELLS)).files
    assert "LICENSE" not in files
    assert "license" not in files["pyproject.toml"].decode()


def test_an_unknown_licence_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--license GPL-9: there are Apache"):
        convert_notebook(notebook(tmp_path, *CELLS), license="GPL-9")


def test_the_changelog_is_the_same_each_day(tmp_path: Path) -> None:
    text = convert_notebook(notebook(tmp_path, *CELLS)).files["CHANGELOG.md"].decode()
    assert text.startswith("# Changelog\n\n## 0.1.0\n\n- Made from `small_book.ipynb` by nb2pkg ")

"""`[tool.nb2pkg]`: which file counts, what it may say, and which rules are on in the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pkg.errors import UsageError
from nb2pkg.lint.discover import find_notebooks
from nb2pkg.lint.rules.table import BY_CODE, ROWS
from nb2pkg.lint.settings import (
    Settings,
    check_prefixes,
    codes_of,
    default_when_declared,
    enabled,
    ignored_in,
    is_excluded,
    nearest_settings,
)

DEFAULT = {row.code for row in ROWS if row.default} | {"NB104"}


def write(folder: Path, text: str, *, header: str = "[tool.nb2pkg]\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(header + text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Settings:
    write(folder, text)
    return nearest_settings(str(folder), {})


def refused(folder: Path, text: str, *, header: str = "[tool.nb2pkg]\n") -> UsageError:
    write(folder, text, header=header)
    with pytest.raises(UsageError) as caught:
        nearest_settings(str(folder), {})
    return caught.value


# reading


def test_all_keys(tmp_path: Path) -> None:
    text = """
        select = ["NB2", "ALL"]
        ignore = ["NB407"]
        extend-select = ["NB109"]
        exclude = ["drafts", "old/*.ipynb"]
        min-score = 70
        baseline = "known/findings.json"
        max-statements = 20
        max-top-level-lines = 50
        max-output-bytes = 1_000
        max-depth = 2
        max-crossing = 8
        min-stages = 4
        [tool.nb2pkg.per-file-ignores]
        "drafts/*" = ["NB4", "NB701"]
        """
    assert read(tmp_path, text) == Settings(
        ("NB2", "ALL"),
        ("NB407",),
        ("NB109",),
        (("drafts/*", ("NB4", "NB701")),),
        ("drafts", f"{tmp_path.as_posix()}/old/*.ipynb"),
        70,
        os.path.join(str(tmp_path), "known/findings.json"),
        20,
        50,
        1_000,
        2,
        8,
        4,
        str(tmp_path),
    )


@pytest.mark.parametrize(
    "text",
    [
        'tool.nb2pkg.select = ["NB2"]',
        'tool = { nb2pkg = { select = ["NB2"] } }',
        '[tool]\nnb2pkg = { select = ["NB2"] }',
        '[tool]\nnb2pkg.select = ["NB2"]',
        '[tool . "nb2pkg"]\nselect = ["NB2"]',
        '\ufeff[tool.nb2pkg]\r\nselect = ["NB2"]\r\n',
    ],
)
def test_toml_has_many_ways_to_say_it(tmp_path: Path, text: str) -> None:
    write(tmp_path, text, header="")
    assert nearest_settings(str(tmp_path), {}).select == ("NB2",)


def test_nearest_file_with_our_table_counts(tmp_path: Path) -> None:
    write(tmp_path, "max-depth = 1")
    write(tmp_path / "a", "line-length = 120", header="[tool.ruff]\n")
    write(tmp_path / "a/b", "max-depth = 2")
    write(tmp_path / "a/c", 'dependencies = ["nb2pkg"]', header="[project]\n")
    cache: dict[str, Settings] = {}
    depths = {name: nearest_settings(str(tmp_path / name), cache).max_depth for name in ("a/b/x/y", "a/b", "a/c", "a")}
    assert depths == {"a/b/x/y": 2, "a/b": 2, "a/c": 1, "a": 1}
    assert cache[str(tmp_path / "a/b/x")].folder == str(tmp_path / "a/b")


def test_search_ends_at_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "max-depth = 1")
    (tmp_path / "repository/.git").mkdir(parents=True)
    assert nearest_settings(str(tmp_path / "repository/sub"), {}) == Settings()
    write(tmp_path / "repository", "max-depth = 7")
    assert nearest_settings(str(tmp_path / "repository/sub"), {}).max_depth == 7


def test_files_are_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, "max-depth = 1")
    cache: dict[str, Settings] = {}
    first = nearest_settings(str(tmp_path / "a"), cache)
    path.unlink()
    assert nearest_settings(str(tmp_path / "a"), cache) is first
    assert nearest_settings(str(tmp_path / "b"), cache) is first


def test_folder_called_pyproject_toml_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    (tmp_path / ".git").mkdir()
    assert nearest_settings(str(tmp_path), {}) == Settings()


def test_reader_of_toml_waits_until_it_is_needed(tmp_path: Path) -> None:
    write(tmp_path, 'dependencies = ["nb2pkg>=1"]', header="[project]\n")
    code = f"""if True:
        import sys
        from nb2pkg.lint.settings import enabled, nearest_settings
        enabled(nearest_settings({str(tmp_path)!r}, dict()))
        print(*sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"tomllib", "tomli", "difflib", "nb2pkg.model", "nb2pkg.errors", "dataclasses", "nb2pkg.lint.globs"}
    assert heavy & set(done.stdout.split()) == set()


# what is refused


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("\nmax-statments = 3", 3, "unknown key `max-statments`", "did you mean `max-statements`?"),
        ("min_score = 3", 2, "unknown key `min_score`", "did you mean `min-score`?"),
        ("zzz = 3", 2, "unknown key `zzz`", ""),
        ("folder = 'x'", 2, "unknown key `folder`", ""),
        ("select = 'NB2'", 2, "`select` must be a list of strings", ""),
        ("exclude = [1]", 2, "`exclude` must be a list of strings", ""),
        ("max-depth = '3'", 2, "`max-depth` must be a whole number, 0 or more", ""),
        ("max-depth = true", 2, "`max-depth` must be a whole number, 0 or more", ""),
        ("max-depth = -1", 2, "`max-depth` must be a whole number, 0 or more", ""),
        ("min-score = 101", 2, "`min-score` must be between 0 and 100", ""),
        ("baseline = ['a']", 2, "`baseline` must be a string: the path of a file", ""),
        ("per-file-ignores = ['a']", 2, '`per-file-ignores` must be a table such as { "drafts/*" = ["NB4"] }', ""),
        ("per-file-ignores = { a = 'NB2' }", 2, "`a` must be a list of strings", ""),
        ('ignore = [\n"NB299"]', 3, "`ignore`: no rule has the code or prefix `NB299`", "did you mean `NB2"),
        ('ignore = ["nb201"]', 2, "`ignore`: no rule has the code or prefix `nb201`", "did you mean `NB201`?"),
        ('ignore = ["long-cell"]', 2, "`ignore`: no rule has the code", "rules are selected by code: NB403"),
        ('ignore = ["long-cel"]', 2, "`ignore`: no rule has the code", "did you mean `long-cell`?"),
        ('ignore = ["E501"]', 2, "`ignore`: no rule has the code or prefix `E501`", "`ALL` stands for all rules"),
        ('ignore = [""]', 0, "`ignore`: no rule has the code or prefix ``", "`ALL` stands for all rules"),
        ('[tool.nb2pkg.per-file-ignores]\n"x/*" = ["Q"]', 3, "`x/*`: no rule has the code or prefix `Q`", ""),
    ],
)
def test_mistake_is_named(tmp_path: Path, text: str, line: int, message: str, hint: str) -> None:
    error = refused(tmp_path, text)
    assert error.message.startswith(message)
    assert error.hint.startswith(hint)
    assert bool(error.hint) == bool(hint) or hint == ""
    assert error.location is not None
    assert (error.location.line, os.path.basename(error.location.path)) == (line, "pyproject.toml")
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("select = [", "is not valid TOML: ", 2, None),
        ("\nselect = = 3", "is not valid TOML: invalid value", 3, 10),
        ("x = " + "[" * 5_000, "is n", None, None),
    ],
)
def test_broken_toml(tmp_path: Path, text: str, message: str, line: int | None, column: int | None) -> None:
    error = refused(tmp_path, text)
    assert error.message.startswith(message)
    assert error.location is not None
    assert line is None or error.location.line == line
    assert column is None or error.location.column == column
    assert "(at" not in error.message


def test_table_must_be_a_table(tmp_path: Path) -> None:
    error = refused(tmp_path, "nb2pkg = { a = 1 }", header="tool.nb2pkg = 3\n[other]\n")
    assert error.message == "`tool.nb2pkg` must be a table"


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.nb2pkg]\n\n# \xff\n")
    with pytest.raises(UsageError, match="is not UTF-8") as caught:
        nearest_settings(str(tmp_path), {})
    assert caught.value.location is not None
    assert caught.value.location.line == 3


def test_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(UsageError, match="can't be read: Permission denied"):
        nearest_settings(str(tmp_path), {})


# which rules are on


def test_default() -> None:
    assert enabled(Settings()) == DEFAULT
    assert default_when_declared == {"NB104"}


@pytest.mark.parametrize(
    ("settings", "line", "expected"),
    [
        (Settings(select=("NB6",)), {}, codes_of("NB6")),
        (Settings(select=()), {}, set()),
        (Settings(ignore=("ALL",)), {}, set()),
        (Settings(ignore=("NB",), extend_select=("NB201",)), {}, {"NB201"}),
        (Settings(select=("ALL",), ignore=("NB2", "NB30")), {}, set(BY_CODE) - codes_of("NB2") - codes_of("NB30")),
        (Settings(select=("NB2",), ignore=("NB2",)), {}, set()),
        (Settings(select=("NB203",), ignore=("NB2",)), {}, {"NB203"}),
        (Settings(extend_select=("NB109",)), {}, DEFAULT | {"NB109"}),
        (Settings(ignore=("NB407",)), {"select": ["NB407"]}, {"NB407"}),
        (Settings(ignore=("NB407",)), {"extend_select": ["NB4"]}, DEFAULT | codes_of("NB4")),
        (Settings(extend_select=("NB109",)), {"ignore": ["NB1"]}, DEFAULT - codes_of("NB1")),
        (Settings(select=("NB6",)), {"select": ["NB2"], "ignore": ["NB20"]}, codes_of("NB21")),
        (Settings(select=("NB6",)), {"select": []}, set()),
    ],
)
def test_longest_prefix_counts_and_the_command_line_has_the_last_word(
    settings: Settings, line: dict[str, list[str]], expected: set[str]
) -> None:
    assert enabled(settings, **line) == expected  # type: ignore[arg-type]


PREFIXES = st.lists(st.sampled_from(["ALL", "NB", *{code[:n] for code in BY_CODE for n in (3, 4, 5)}]), max_size=6)


@given(PREFIXES, PREFIXES, PREFIXES)
@hypothesis.settings(deadline=None)
def test_a_rule_is_on_as_its_longest_prefix_says(select: list[str], extend: list[str], ignore: list[str]) -> None:
    on = enabled(Settings(select=tuple(select), extend_select=tuple(extend), ignore=tuple(ignore)))
    for code in BY_CODE:
        said = [("" if p == "ALL" else p, True) for p in select + extend if code in codes_of(p)]
        said += [("" if p == "ALL" else p, False) for p in ignore if code in codes_of(p)]
        longest = max((len(prefix) for prefix, _ in said), default=0)
        votes = {vote for prefix, vote in said if len(prefix) == longest}
        assert (code in on) == (votes == {True})
    assert enabled(Settings(), select=select + extend, ignore=ignore) == on, "file and command line read alike"


def test_unknown_prefix_of_the_command_line() -> None:
    with pytest.raises(UsageError, match="--ignore: no rule has the code or prefix `NB2011`") as caught:
        enabled(Settings(), ignore=["NB2011"])
    assert caught.value.hint == "did you mean `NB201`?"
    assert caught.value.location is None
    check_prefixes(["ALL", "N", "NB", "NB7", "NB70", "NB701"], "--select")


# files


def test_per_file_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        exclude = ["drafts/old", "*.tmp.ipynb"]
        [tool.nb2pkg.per-file-ignores]
        "drafts/" = ["NB4"]
        "*_demo.ipynb" = ["NB701"]
        "src/**/a.ipynb" = ["ALL"]
        "./top.ipynb" = ["NB6"]
        """
    settings = read(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    assert ignored_in("drafts/deep/x.ipynb", settings) == codes_of("NB4")
    assert ignored_in("drafts/x_demo.ipynb", settings) == codes_of("NB4") | {"NB701"}
    assert ignored_in(str(tmp_path / "x_demo.ipynb"), settings) == {"NB701"}
    assert ignored_in("src/a.ipynb", settings) == ignored_in("src/b/c/a.ipynb", settings) == set(BY_CODE)
    assert ignored_in("other/x.ipynb", settings) == ignored_in("x.ipynb", Settings()) == set()
    assert ignored_in("top.ipynb", settings) == codes_of("NB6")
    assert ignored_in("other/top.ipynb", settings) == set()
    assert is_excluded("drafts/old/x.ipynb", settings)
    assert is_excluded("x.tmp.ipynb", settings)
    assert not is_excluded("old/x.ipynb", settings)
    for place in ("drafts/old/x.ipynb", "drafts/y.ipynb", "z.tmp.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    monkeypatch.chdir(tmp_path / "drafts")
    assert find_notebooks([".", ".."], exclude=settings.exclude).files == ("y.ipynb",), "wherever the command runs"
    monkeypatch.chdir(tmp_path.parent)
    assert ignored_in(f"{tmp_path.name}/drafts/x.ipynb", settings) == codes_of("NB4")

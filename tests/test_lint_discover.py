"""Files, folders and patterns of a command line, and .gitignore: what git itself says is the measure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nb2pkg.lint import discover
from nb2pkg.lint.discover import find_notebooks
from nb2pkg.lint.globs import Patterns, absolute_patterns, compiled, gitignore_lines, tokens_of

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_links = pytest.mark.skipif(os.name == "nt", reason="links need rights there")
Make = Callable[..., None]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return what makes files, with a text after a colon, below a new folder that is entered."""
    monkeypatch.chdir(tmp_path)
    return partial(make_files, tmp_path)


def make_files(folder: Path, *names: str, **texts: str) -> None:
    for name in names:
        path, _, text = name.partition(":")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def files(*paths: str, **options: object) -> list[str]:
    """Return what is found, with slashes; nothing may be wrong."""
    found = find_notebooks(paths, **options)  # type: ignore[arg-type]
    assert found.problems == ()
    return [file.replace(os.sep, "/") for file in found.files]


# what is given


def test_file_of_any_name_is_taken_as_it_is(make: Make) -> None:
    make("a.py", "b.txt", ".hidden.ipynb", "build/c.ipynb", ".git/HEAD", ".gitignore:*.ipynb\n")
    assert files("b.txt", "a.py", ".hidden.ipynb", "build/c.ipynb") == [
        ".hidden.ipynb",
        "a.py",
        "b.txt",
        "build/c.ipynb",
    ]


def test_folder_is_walked_for_notebooks(make: Make) -> None:
    make("a.ipynb", "b/c/d.ipynb", "b/e.py", "b.ipynb/inner.ipynb", "x.IPYNB.txt")
    assert files(".") == ["a.ipynb", "b.ipynb/inner.ipynb", "b/c/d.ipynb"]
    assert files("b") == ["b/c/d.ipynb"]
    assert files("./b/../b/") == ["b/c/d.ipynb"]


@pytest.mark.parametrize(
    "folder",
    [".ipynb_checkpoints", ".venv", "__pycache__", "node_modules", "build", "dist", "lib/site-packages", ".hidden"],
)
def test_folder_of_copies_is_passed_by(make: Make, folder: str) -> None:
    make("a.ipynb", f"{folder}/b.ipynb", f"deep/{folder}/c.ipynb", ".d.ipynb")
    assert files(".") == ["a.ipynb"]
    assert files(folder) == [f"{folder}/b.ipynb"], "asked for by name"


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_environment_of_any_name_is_passed_by(make: Make, mark: str) -> None:
    make("a.ipynb", f"env311/{mark}", "env311/share/b.ipynb", "venv/c.ipynb")
    assert files(".") == ["a.ipynb", "venv/c.ipynb"]


def test_each_file_comes_once(make: Make, tmp_path: Path) -> None:
    make("a.ipynb", "b/c.ipynb")
    assert files("a.ipynb", "./a.ipynb", str(tmp_path / "a.ipynb"), "b/../a.ipynb") == ["a.ipynb"]
    assert files("b/c.ipynb", ".", "b", "b/*.ipynb", str(tmp_path)) == ["a.ipynb", "b/c.ipynb"]


def test_absolute_folder_gives_absolute_files(make: Make, tmp_path: Path) -> None:
    make("b/c.ipynb")
    assert files(str(tmp_path)) == [(tmp_path / "b/c.ipynb").as_posix()]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.ipynb", ["a.ipynb"]),
        ("*/*.ipynb", ["n/b.ipynb"]),
        ("**/*.ipynb", ["a.ipynb", "n/b.ipynb", "n/deep/c.ipynb"]),
        ("n/**/*.ipynb", ["n/b.ipynb", "n/deep/c.ipynb"]),
        ("./n/**", ["n/b.ipynb", "n/deep/c.ipynb"]),
        ("n*", ["n/b.ipynb", "n/deep/c.ipynb"]),
        ("n/d*", ["n/deep/c.ipynb"]),
        ("n/?.ipynb", ["n/b.ipynb"]),
        ("[a-b].ipynb", ["a.ipynb"]),
        ("n/*.py", ["n/script.py"]),
        (".github/*.ipynb", [".github/d.ipynb"]),
    ],
)
def test_pattern_that_the_shell_left_alone(make: Make, pattern: str, expected: list[str]) -> None:
    make("a.ipynb", "n/b.ipynb", "n/deep/c.ipynb", "n/script.py", "n/data.csv", ".github/d.ipynb", "build/x.ipynb")
    assert files(pattern) == expected


def test_file_whose_name_looks_like_a_pattern(make: Make) -> None:
    make("a[1].ipynb", "a1.ipynb")
    assert files("a[1].ipynb") == ["a[1].ipynb"]


def test_what_is_wrong_with_paths(make: Make, tmp_path: Path) -> None:
    make("empty/a.py", "a.ipynb", "ignored/b.ipynb", ".git/HEAD", ".gitignore:ignored/\n")
    found = find_notebooks(["none.ipynb", "empty", "x*.ipynb", "none/**/*.ipynb", "a.ipynb/b", "a\0", "a[", "ignored"])
    assert found.files == ()
    assert dict(found.problems) == {
        "none.ipynb": discover.MISSING,
        "empty": discover.NO_NOTEBOOKS,
        "x*.ipynb": discover.NO_MATCH,
        os.path.normpath("none/**/*.ipynb"): discover.NO_MATCH,
        "a.ipynb/b": discover.MISSING,
        "a\0": "can't be read: no path is written like that",
        "a[": discover.NO_MATCH,
        "ignored": discover.IGNORED,
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_pipe_would_never_end(make: Make) -> None:
    make("a.ipynb")
    os.mkfifo("pipe.ipynb")
    os.mkfifo(".gitignore")
    os.mkdir(".git")
    assert find_notebooks(["pipe.ipynb"]).problems == (("pipe.ipynb", discover.NO_FILE),)
    assert files(".") == ["a.ipynb"]


def test_folder_that_cannot_be_read_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make("a/b.ipynb", "closed/c.ipynb")
    scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_notebooks(["."])
    assert found.files == (os.path.join("a", "b.ipynb"),)
    assert found.problems == (("closed", "can't be read: permission denied"),)
    assert find_notebooks(["closed"]).problems == found.problems


@needs_links  # a folder that is in use stays there
def test_working_folder_that_is_gone(make: Make, tmp_path: Path) -> None:
    make("a.ipynb", "gone/b.ipynb")
    os.chdir("gone")
    shutil.rmtree(tmp_path / "gone")
    found = find_notebooks([".", "b.ipynb", str(tmp_path / "a.ipynb"), "*.ipynb"], exclude=["x/y"], force_exclude=True)
    assert found.files == (str(tmp_path / "a.ipynb"),)
    assert [path for path, _ in found.problems] == ["*.ipynb", ".", "b.ipynb"]


# links


@needs_links
def test_links_are_followed_and_loops_end(make: Make) -> None:
    make("a/b.ipynb", "elsewhere/deep/c.ipynb", "elsewhere2/e.ipynb")
    os.symlink("../a/b.ipynb", "elsewhere/d.ipynb")
    os.symlink("..", "a/up")
    os.symlink("self", "self")
    os.symlink("../elsewhere", "a/0_link")
    assert files(".") == [
        "a/b.ipynb",
        "elsewhere/d.ipynb",
        "elsewhere/deep/c.ipynb",
        "elsewhere2/e.ipynb",
    ], "as it stands"
    assert files("a") == ["a/0_link/d.ipynb", "a/0_link/deep/c.ipynb", "a/b.ipynb"], "and not all above"


@needs_links
def test_link_to_nothing_is_told(make: Make) -> None:
    make("a.ipynb")
    os.symlink("gone.ipynb", "b.ipynb")
    os.symlink("loop.ipynb", "loop.ipynb")
    found = find_notebooks([".", "b.ipynb"])
    assert found.files == ("a.ipynb",)
    assert [path for path, _ in found.problems] == ["b.ipynb", "loop.ipynb"]
    assert dict(found.problems)["b.ipynb"] == discover.BROKEN_LINK


def test_depth_has_no_end(make: Make, tmp_path: Path) -> None:
    make("a.ipynb")
    deep = [str(tmp_path)]
    while len(deep) < 1_200 and len(deep[-1]) < 3_900:  # beyond what recursion would take
        deep.append(deep[-1] + "/d")
        os.mkdir(deep[-1])
    try:
        Path(deep[-2], "b.ipynb").touch()
        assert len(files(".")) == 2
    finally:  # one by one, as pytest's own way of cleaning up recurses
        Path(deep[-2], "b.ipynb").unlink()
        for folder in reversed(deep[1:]):
            os.rmdir(folder)


# exclude


def test_exclude(make: Make, tmp_path: Path) -> None:
    make("a.ipynb", "data/b.ipynb", "n/data/c.ipynb", "n/d.ipynb", "n/e.ipynb")
    assert files(".", exclude=["data"]) == ["a.ipynb", "n/d.ipynb", "n/e.ipynb"]
    assert files(".", exclude=["n/data/"]) == ["a.ipynb", "data/b.ipynb", "n/d.ipynb", "n/e.ipynb"]
    assert files(".", exclude=["./n/*"]) == ["a.ipynb", "data/b.ipynb"]
    assert files(".", exclude=["*.ipynb", "!d.ipynb"]) == ["n/d.ipynb"]
    assert files(".", exclude=[f"{tmp_path.as_posix()}/n"]) == ["a.ipynb", "data/b.ipynb"]
    assert files("n", exclude=["n/d.ipynb"]) == ["n/data/c.ipynb", "n/e.ipynb"]


def test_exclude_counts_for_named_files_when_forced(make: Make, tmp_path: Path) -> None:
    make("a.ipynb", "data/b.ipynb", "build/c.ipynb", ".ipynb_checkpoints/a.ipynb")
    named = ("a.ipynb", "data/b.ipynb", "build/c.ipynb", ".ipynb_checkpoints/a.ipynb")
    assert files(*named, exclude=["data"]) == sorted(named)
    assert files(*named, exclude=["data"], force_exclude=True) == ["a.ipynb"]
    assert files("data", exclude=["data"]) == ["data/b.ipynb"]
    assert files("data", exclude=["data"], force_exclude=True) == []
    absolute = str(tmp_path / "a.ipynb")
    assert files(absolute, exclude=["data"], force_exclude=True) == [absolute.replace(os.sep, "/")]


# .gitignore


def test_gitignore_of_the_folders_above_counts(make: Make) -> None:
    make(".git/HEAD", ".gitignore:*_old.ipynb\n/sub/local.ipynb\ngone/\n", "sub/.gitignore:!keep_old.ipynb\n")
    make("sub/a_old.ipynb", "sub/keep_old.ipynb", "sub/local.ipynb", "sub/in/local.ipynb", "sub/gone/.gitignore:!*\n")
    make("sub/gone/x.ipynb")
    expected = ["sub/in/local.ipynb", "sub/keep_old.ipynb"]
    assert files(".") == files("sub") == files("sub/*") == files("sub/**/*.ipynb") == expected
    assert len(files("sub", respect_gitignore=False)) == 5
    os.chdir("sub")
    assert files(".") == ["in/local.ipynb", "keep_old.ipynb"]
    assert find_notebooks(["gone"]).problems == (("gone", discover.IGNORED),)


def test_own_list_of_the_repository_and_inner_repositories(make: Make) -> None:
    make(".git/info/exclude:a.ipynb\nb.ipynb\n", ".gitignore:!b.ipynb\nc.ipynb\n", "a.ipynb", "b.ipynb", "c.ipynb")
    make("inner/.git/HEAD", "inner/c.ipynb", "inner/a.ipynb")
    make(
        "tree/.git:gitdir: ../.git/worktrees/t\n", ".git/worktrees/t/commondir:../..\n", "tree/a.ipynb", "tree/c.ipynb"
    )
    assert files(".") == ["b.ipynb", "inner/a.ipynb", "inner/c.ipynb", "tree/c.ipynb"]


def test_without_repository_the_lists_below_count(make: Make) -> None:
    make(".gitignore:a.ipynb\n", "sub/.gitignore:b.ipynb\n", "a.ipynb", "sub/b.ipynb", "sub/c.ipynb", "sub/a.ipynb")
    assert files(".") == ["sub/c.ipynb"]
    assert files("sub") == ["sub/a.ipynb", "sub/c.ipynb"]


def test_lines_of_gitignore() -> None:
    data = b"\xef\xbb\xbf# no\n\na  \nb\\ \nc\\\\ \r\n\\#d\n  \ne\t\n\xff"
    assert gitignore_lines(data) == ["a", "b\\ ", "c\\\\", "\\#d", "", "e\t", "\xff"]


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_are_a_gitignore(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / ".gitignore").write_bytes(data)
    (folder / "a.ipynb").touch()
    assert len(find_notebooks([str(folder)]).files) <= 1


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_are_compared_as_bytes(make: Make, tmp_path: Path) -> None:
    make(".git/HEAD", "é.ipynb", "ë.ipynb")
    Path(os.fsdecode(b"\xff.ipynb")).touch()
    Path(".gitignore").write_bytes(b"\xff.ipynb\n?.ipynb\n\xc3\xa9.*\n")
    assert files(".") == ["ë.ipynb"]
    Path(".gitignore").write_bytes(b"??.ipynb\n")
    assert files(".") == [os.fsdecode(b"\xff.ipynb")]


PIECES = ["a", "b", "ab", "a b", "é", "a.b", "[", "]", "-", "!", "#", "^", ":", "\\"]
NAMES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
PLACES = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
WILD = [
    "*",
    "**",
    "?",
    "/",
    "/",
    "**/",
    "/**",
    ".ipynb",
    "\\",
    "[ab]",
    "[!a]",
    "[^b-]",
    "[a-",
    "[]",
    "[[:alpha:]]",
    " ",
]
PATTERNS = st.lists(st.sampled_from(PIECES + WILD), min_size=1, max_size=6).map("".join)
LINES = st.builds("{}{}{}".format, st.sampled_from(["", "", "!", "/"]), PATTERNS, st.sampled_from(["", "", "/", " "]))
IGNORES = st.lists(LINES, min_size=1, max_size=5).map("\n".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(folder)], check=True, capture_output=True)
    (folder / "tree").mkdir()
    return folder


def kept_by_git(folder: Path, paths: list[str]) -> list[str]:
    """Return the paths that git does not ignore."""
    git = [
        "git",
        "-c",
        "core.ignorecase=false",
        "-c",
        "core.excludesFile=",
        "check-ignore",
        "--no-index",
        "-z",
        "--stdin",
    ]
    asked = "\0".join(paths).encode()
    done = subprocess.run(git, cwd=folder, input=asked, capture_output=True)
    assert done.returncode in (0, 1), done.stderr
    ignored = set(done.stdout.decode().split("\0"))
    return sorted(path for path in paths if path not in ignored)


@needs_git
@needs_links  # names with colons and backslashes are none there
@given(
    places=st.lists(PLACES, min_size=1, max_size=5),
    ignores=st.dictionaries(st.sampled_from([0, 0, 1, 2]), IGNORES, min_size=1),
    exclude=st.just("") | IGNORES,
)
@example(places=["foo/bar"], ignores={0: "foo/bar**\n"}, exclude="")
@example(places=["foo/bar/x"], ignores={0: "foo**/bar"}, exclude="")
@example(places=["a/b/x", "a/bc/x"], ignores={0: "/a/b/"}, exclude="")
@example(places=["a/b"], ignores={0: "a/*\n!a/b.ipynb"}, exclude="")
@example(places=["a/b"], ignores={0: "a\n!a/b.ipynb"}, exclude="")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_git_says_the_same(repository: Path, places: list[str], ignores: dict[int, str], exclude: str) -> None:
    tree = repository / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    paths = {f"tree/{place}/n.ipynb" for place in places} | {f"tree/{place}.ipynb" for place in places}
    for path in paths:
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).touch()
    first = places[0].split("/")
    for level, text in ignores.items():
        tree.joinpath(*first[:level]).mkdir(parents=True, exist_ok=True)
        (tree.joinpath(*first[:level]) / ".gitignore").write_text(text, encoding="utf-8")
    (repository / ".git/info/exclude").write_text(exclude, encoding="utf-8")
    kept = kept_by_git(repository, sorted(paths))
    found = find_notebooks([str(tree)])
    assert sorted(os.path.relpath(file, repository) for file in found.files) == kept
    below = find_notebooks([str(tree.joinpath(*first))])
    start = f"tree/{places[0]}/"
    assert sorted(os.path.relpath(f, repository) for f in below.files) == [p for p in kept if p.startswith(start)]


# patterns


@given(PATTERNS, PLACES)
@settings(max_examples=300, deadline=None)
def test_both_matchers_agree(pattern: str, path: str) -> None:
    from nb2pkg.lint import globs

    tokens, match = tokens_of(pattern), compiled(pattern)
    assert (tokens is None) == (match is None)
    if tokens is not None and match is not None:
        assert globs._stepwise(tokens)(path) == bool(match(path))


@given(st.text(alphabet="*?[]!-^\\/:abc", max_size=12), st.text(alphabet="abc]-/", max_size=8))
@settings(deadline=None)
def test_no_pattern_raises(pattern: str, path: str) -> None:
    match = compiled(pattern)
    assert match is None or isinstance(bool(match(path)), bool)
    Patterns([pattern]).verdict(path, path.rpartition("/")[2], True)


def test_hostile_pattern_is_no_trap() -> None:
    start = time.perf_counter()
    for pattern in ("*a" * 40 + "b", "**/" * 40 + "b", "**/a*" * 20 + "/b", "a**" * 30 + "b"):
        match = compiled(pattern)
        assert match is not None
        assert not match("a" * 200)
        assert not match("a/" * 100 + "c")
    assert time.perf_counter() - start < 2


def test_absolute_patterns_take_folders_literally() -> None:
    patterns = absolute_patterns(("x/*.ipynb", "name", "/other/y/"), "/a[1]*b")
    assert patterns.covers("/a[1]*b/x/n.ipynb")
    assert not patterns.covers("/a1b/x/n.ipynb")
    assert patterns.covers("/anywhere/name/n.ipynb")
    assert patterns.covers("/other/y/deep/n.ipynb")
    assert not patterns.covers("/other/y")


def test_walk_is_fast(make: Make) -> None:
    make(".git/HEAD", ".gitignore:__pycache__/\n*.py[cod]\n*.so\n/data/\n*~\nbuild/\n.env\n*.log\ndocs/_build/\n")
    for number in range(2_000):
        make(f"part{number % 40}/n{number}.ipynb")
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert len(find_notebooks(["."]).files) == 2_000
        times.append(time.perf_counter() - start)
    assert min(times) < 0.15  # 15 ms on an idle machine

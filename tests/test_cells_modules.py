"""Local modules, their purity, and notebooks kept as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2pkg.cells.modules import local_modules
from nb2pkg.cells.purity import is_pure
from nb2pkg.cells.read import read_notebook
from nb2pkg.errors import ReadError

PERCENT = '''# ---
# jupyter:
#   kernelspec:
#     language: python
# ---

# %% [markdown]
# # Title
#
# text

# %% tags=["parameters"]
x = 1
# %% a title
# %matplotlib inline
# !ls
# a comment
x
# %% [markdown]
"""
More.
"""
# %% [raw]
# raw
'''


def test_modules_and_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two\nfrom pack.deep import f\n")
    (tmp_path / "two.py").write_text("print('two')\n")
    (tmp_path / "unused.py").write_text("")
    (tmp_path / "random.py").write_text("")
    (tmp_path / "pack" / "__pycache__").mkdir(parents=True)
    (tmp_path / "pack" / "__init__.py").write_text("from . import deep\n")
    (tmp_path / "pack" / "deep.py").write_text("def f(): ...\n")
    (tmp_path / "pack" / "__pycache__" / "x.py").write_text("")
    found = local_modules(["def g():\n    import one, random, numpy"], tmp_path, [("made.py", "y = 1\n")])
    assert [(module.name, module.pure, module.written) for module in found] == [
        ("made", True, True),
        ("one", False, False),
        ("pack", True, False),
        ("two", False, False),
    ]
    assert [name for name, _ in found[2].files] == ["pack/__init__.py", "pack/deep.py"]


def test_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.py").write_text("x = 1")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (inside / "secret.py").symlink_to(tmp_path / "secret.py")
    (inside / "package").symlink_to(tmp_path / "package")
    assert local_modules(["import secret, package"], inside, []) == ()


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nX = 1\nY = [X, -2, {'a': 3}]\nR = re.compile('a')\n",
        '"""Doc."""\nfrom __future__ import annotations\nclass A(B):\n    x: int = 1\n    def f(self, v=1): print(v)\n',
        "if __name__ == '__main__':\n    main()\n",
        "try:\n    import fast\nexcept ImportError:\n    fast = None\n",
        "@dataclass(frozen=True)\nclass A:\n    x: list = field(default_factory=list)\n",
        "f = lambda v: print(v)\n",
    ],
)
def test_pure(source: str) -> None:
    assert is_pure(source)


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "X = open('f').read()",
        "for i in range(3): pass",
        "if __name__ == '__main__':\n    pass\nelse:\n    main()\n",
        "class A:\n    x = print(1)\n",
        "def f(v=load()): ...",
        "@app.route('/')\ndef f(): ...",
        "os.environ['A'] = '1'",
        "def f(:",
    ],
)
def test_not_pure(source: str) -> None:
    assert not is_pure(source)


def test_percent_format(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(PERCENT)
    cells = read_notebook(path).cells
    assert [(cell.kind, cell.source) for cell in cells] == [
        ("markdown", "# Title\n\ntext"),
        ("code", "x = 1"),
        ("code", "%matplotlib inline\n!ls\n# a comment\nx"),
        ("markdown", "More."),
        ("raw", "raw"),
    ]
    assert cells[1].tags == {"parameters"}
    assert cells[2].python == '\n__nb_run_shell("ls")\n# a comment\nx'


def test_percent_without_a_header_keeps_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import os\n# %%\n# %time is a magic\nx = 1\n")
    assert [cell.python for cell in read_notebook(path).cells] == ["import os", "# %time is a magic\nx = 1"]


@pytest.mark.parametrize("text", ["x = 1\n", "", "# %load a\n"])
def test_a_script_is_no_notebook(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    with pytest.raises(ReadError):
        read_notebook(tmp_path / "a.py")


def test_markdown_notebook(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Title\n\n```python\nx = 1\n```\n")
    try:
        import jupytext  # noqa: F401
    except ImportError:
        with pytest.raises(ReadError, match="jupytext"):
            read_notebook(path)
    else:
        assert [cell.source for cell in read_notebook(path).cells] == ["# Title", "x = 1"]

"""IPython syntax -> Python: the table of magics, and what only looks like a magic."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from nb2pkg.cells.calls import Scene
from nb2pkg.cells.lower import lower_source
from nb2pkg.cells.magic_names import AUTOMAGIC, CELL_MAGIC_NAMES, LINE_MAGIC_NAMES
from nb2pkg.cells.magics import CELL_MAGICS, LINE_MAGICS
from nb2pkg.cells.runtime import HELPERS, PREFIX
from nb2pkg.errors import RefusedError

SCENE = Scene("a.ipynb", 3, bound=frozenset({"n", "xs", "d"}))

CASES = [
    ("%time total = sum(xs)", "total = sum(xs)"),
    ("%%time\na = 1\na", "a = 1\na"),
    ("r = %time f(1)", "r = (f(1))"),
    ("%timeit -n 1 f()", ""),
    ("r = %timeit -o f()", "r = __nb_measure(lambda: (f()), number=0, repeat=7)"),
    ("r = %timeit -o -q -n 2 -r3 f()", "r = __nb_measure(lambda: (f()), number=2, repeat=3, quiet=True)"),
    ("r = %timeit -n 2 f()", "r = None"),
    ("x\n%timeit f()", "x\npass"),
    ("x = 1\n%timeit f()", "x = 1\n"),
    ("if n:\n    %timeit f()\ny = 1", "if n:\n    pass\ny = 1"),
    ("if n:\n    x = 1\n    %timeit f()", "if n:\n    x = 1\n    "),
    (
        "try:\n    %matplotlib inline\nexcept Exception:\n    %matplotlib agg",
        "try:\n    pass\nexcept Exception:\n    pass",
    ),
    ("%%capture out\nx\ny = 1\ny", "with __nb_capture() as out:\n    x\n    y = 1\n    __nb_show(y)"),
    ("%%capture --no-stderr\n'''a\nb'''", "with __nb_capture(stderr=False):\n    __nb_show('''a\nb''')"),
    ("%%capture\n%matplotlib inline", "with __nb_capture():\n    pass"),
    ("%%capture\n%%time\nf()", "with __nb_capture():\n    __nb_show(f())"),
    ("!ls {n}", '__nb_run_shell(f"ls {n}")'),
    ("!ls {unbound}", '__nb_run_shell("ls {unbound}")'),
    ("k = 1\n!echo $k", 'k = 1\n__nb_run_shell(f"echo {k}")'),
    ("def f(p):\n    !ls {p}", 'def f(p):\n    __nb_run_shell(f"ls {p}")'),
    ("x = !ls", 'x = __nb_shell_lines("ls")'),
    ("!!ls", '__nb_shell_lines("ls")'),
    ("%system ls", '__nb_shell_lines("ls")'),
    ("!ls \\\n  -l", '__nb_run_shell("ls    -l")'),
    ("%ls data", '__nb_run_shell("ls -F --color data")'),
    ("ls data", '__nb_run_shell("ls -F --color data")'),
    ("%cd -q {d}", '__nb_change_directory(f"{d}", quiet=True)'),
    ("%cd", '__nb_change_directory("~")'),
    ("%env A=b c", '__nb_set_environment("A", "b c")'),
    ("%env A b", '__nb_set_environment("A", "b")'),
    ("%set_env A={n}", '__nb_set_environment("A", f"{n}")'),
    ("x = %env A", 'x = __nb_environment["A"]'),
    ("%pwd", "__nb_working_directory()"),
    ("%%bash\necho a", '__nb_run_script("bash", "echo a\\n")'),
    ("%%script false --no-raise-error\nx", '__nb_run_script("false", "x\\n", check=False)'),
    ("%%bash -s {n} b\necho $1", '__nb_run_script("bash", "echo $1\\n", args=("-s", f"{n}", "b",))'),
    ("%%html\n<b>", '__nb_show_text("<IPython.core.display.HTML object>")'),
    ("%%js\n1", '__nb_show_text("<IPython.core.display.Javascript object>")'),
    ("%%writefile -a 'my notes.txt'\na", '__nb_write_file("my notes.txt", "a\\n", append=True)'),
    ("%pip install a b", ""),
    ("pip install a", ""),
    ("!pip install a && echo done", '__nb_run_shell("echo done")'),
    ("x?", ""),
    ("?x\nn", "\nn"),
    ("/f n", "f(n)"),
    (",f a b", 'f("a", "b")'),
    ("%prun -s cumulative f(1)", "f(1);"),
    ("%lprun -f g f(1)", "f(1);"),
    ("%memit f(1)", ""),
    ("%xdel n", "del n"),
    ("  x = 1\n  y = 2", "x = 1\ny = 2"),
    (">>> x = 1\n>>> x", "x = 1\nx"),
    ("await f()\n%cd a", 'await f()\n__nb_change_directory("a")'),
    ("get_ipython().run_line_magic('matplotlib', 'inline')", ""),
    ("get_ipython().magic('time x = 1')", "x = 1"),
    ("get_ipython().system('ls ' + d)", "__nb_run_shell('ls ' + d)"),
    ("ip = get_ipython()\nip.run_line_magic('cd', 'a')", 'ip = __nb_no_shell()\n__nb_change_directory("a")'),
    ("'colab' in str(get_ipython())", "'colab' in str(__nb_no_shell())"),
    ("import IPython\nIPython.get_ipython()", "import IPython\n__nb_no_shell()"),
    ("from IPython import get_ipython, display", "from IPython import display"),
    ("from IPython import get_ipython as gi", "gi = __nb_no_shell"),
    ("get_ipython().run_cell_magic('time', '', 'x = 1\\ny = 2')\nz = 3", "x = 1\ny = 2\nz = 3"),
    ("if n:\n    get_ipython().run_cell_magic('time', '', 'x = 1\\ny = 2')", "if n:\n    x = 1\n    y = 2"),
]

LOOK_ALIKES = [
    'doc = """\n%matplotlib inline\n!rm -rf everything\nx?\n%%bash\n"""',
    "b = (a\n     %time)",
    "a != b",
    '"%d%%" % n',
    "# !pip install x\n# %time\nx = 1",
    "x = [\n  a\n  %n\n]",
    "time = 3\ntime",
    "ls",
    "await f()",
    "async with a as b:\n    pass",
    "print('get the ipython')",
    "s = 'é\\x0c'\nx = 1",
]

REFUSED = [
    ("%frobnicate x", 1, "unknown magic `%frobnicate`"),
    ("x = 1\n\n%%frobnicate", 3, "unknown magic"),
    ("%%frobnicate\nx", 1, "unknown magic `%%frobnicate`"),
    ("%%R\nx <- 1", 1, "is not Python"),
    ("%%time\nx = 1\n%frobnicate", 3, "unknown magic"),
    ("%%capture\nx = 1\ndef f(:\n", 3, "does not parse"),
    ("x = 1\ndef f(:\n    pass", 2, "does not parse"),
    ("!ls \\\n -l\nx = = 1", 3, "does not parse"),
    ("x = 1\nprint 'a'", 2, "does not parse as Python 3"),
    ("return 1", 1, "does not parse"),
    ("x = '\0'", 1, "does not parse"),
    ("x = " + "(" * 300 + ")" * 300, 1, "does not parse"),
    ("r = %timeit -o x = f()", 1, "is used"),
    ("%store -r x", 1, "%store -r"),
    ("%who", 1, "works on the session"),
    ("%precision 3", 1, "%precision"),
    ("%run -i a.py", 1, "%run -i"),
    ("%run a.ipynb", 1, "%run"),
    ("%run a.py --x 1", 1, "%run"),
    ("%%writefile ../a.py\nx", 1, "outside"),
    ("%%writefile /tmp/a.py\nx", 1, "outside"),
    ("%%bash --out x\nls", 1, "--out"),
    ("%reset", 1, "%reset"),
    ("get_ipython().run_line_magic(n, '')", 1, "no literal"),
    ("x = 1\nget_ipython().events.register(x)", 2, "`events`"),
    ("%%time x\ny", 1, "%%time"),
]


@pytest.mark.parametrize(("source", "python"), CASES)
def test_lowering(source: str, python: str) -> None:
    lowered = lower_source(source, SCENE)
    assert lowered.python == python
    assert len(lowered.lines) == python.count("\n") + 1
    assert all(1 <= line <= source.count("\n") + 1 for line in lowered.lines)
    used = {
        node.id for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Name) and node.id.startswith(PREFIX)
    }
    assert used <= set(HELPERS)


@pytest.mark.parametrize("source", LOOK_ALIKES)
def test_python_stays_byte_for_byte(source: str) -> None:
    scene = Scene("a.ipynb", bound=frozenset({"ls"}))
    assert lower_source(source, scene).python == source


@pytest.mark.parametrize(("source", "line", "message"), REFUSED)
def test_refusals_name_the_line(source: str, line: int, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        lower_source(source, SCENE)
    assert message in caught.value.message
    assert caught.value.location is not None
    assert (caught.value.location.cell, caught.value.location.line) == (3, line)
    assert caught.value.why or caught.value.hint


@pytest.mark.parametrize("source", ["%frobnicate x", "%%R\nx <- 1", "if n:\n    %who_knows\n", "x = %frobnicate"])
def test_keep_going_leaves_a_stub_that_raises(source: str) -> None:
    lowered = lower_source(source, Scene("a.ipynb", keep_going=True, bound=frozenset({"n"})))
    assert [finding.severity for finding in lowered.findings] == ["error"]
    with pytest.raises(NotImplementedError):
        exec(lowered.python, {"n": 1})


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 1\n!ls \\\n -l\ny = 2", (1, 2, 4)),
        ("\n\n%%time\na\nb", (4, 5)),
        ("%%capture\n%%time\na", (1, 3)),
        ("%matplotlib inline\n\nx\n%cd a", (1, 2, 3, 4)),
        ("x = 1\nif x:\n  %time y = 2\nelse:\n  !ls", (1, 2, 3, 4, 5)),
    ],
)
def test_lines_lead_back_to_the_source(source: str, lines: tuple[int, ...]) -> None:
    assert lower_source(source, SCENE).lines == lines


@pytest.mark.parametrize(
    ("source", "requirements", "system"),
    [
        ("!pip install -q packaging >/dev/null 2>&1 || true", ("packaging",), ()),
        ("%pip install -U 'pandas>=2' numpy==1.26 --index-url https://x.y/z", ("pandas>=2", "numpy==1.26"), ()),
        ("!{sys.executable} -m pip install a", ("a",), ()),
        ("!python3 -m pip install --user a", ("a",), ()),
        ("!apt-get update && apt-get install -y graphviz libfoo", (), ("graphviz", "libfoo")),
        ("!sudo apt -qq install ffmpeg", (), ("ffmpeg",)),
        ("%conda install -c conda-forge -y xgboost=1.7 lightgbm", ("xgboost==1.7", "lightgbm"), ()),
        ("!yes | pip install a", ("a",), ()),
        ("!pip install a; pip install 'b; python_version<\"3.11\"'", ("a", 'b; python_version<"3.11"'), ()),
        ("!pip freeze", (), ()),
        ("!pip uninstall -y a", (), ()),
        ("!pip install -r requirements.txt", (), ()),
        ("!pip install .", (), ()),
        ("!echo pip install a", (), ()),
    ],
)
def test_install_lines(source: str, requirements: tuple[str, ...], system: tuple[str, ...]) -> None:
    lowered = lower_source(source, SCENE)
    assert (lowered.requirements, lowered.system_packages) == (requirements, system)
    assert bool(lowered.python) == ("echo" in source)


def test_run_takes_the_names_that_are_read_below(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("base = 7\nother = 1\ndef up(v):\n    return v + base\n")
    scene = Scene(
        "a.ipynb", folder=tmp_path, wanted=frozenset({"up", "base", "missing"}), unbound=frozenset({"missing"})
    )
    assert lower_source("%run a.py", scene).python == 'base, up = __nb_run_file("a.py", "base", "up")'
    assert lower_source("%run b.py", scene).python == 'missing, = __nb_run_file("b.py", "missing")'


LINES = ["x = 1", "%time y = 2", "if x:\n    %cd a", "!ls", "z = !ls", "s = '''\n%a\n'''", "%pwd", "# c"]


@given(st.sampled_from(sorted(AUTOMAGIC)), st.sampled_from(["", "a", "-x 1", "'q' b"]))
def test_automagic_is_the_magic(name: str, line: str) -> None:
    def outcome(source: str) -> str:
        try:
            return lower_source(source, Scene("a.ipynb")).python
        except RefusedError as error:
            return error.message

    assert outcome(f"{name} {line}".strip()) == outcome(f"%{name} {line}".strip())


@given(
    st.lists(
        st.sampled_from(
            ["x = 1", "%time y = 2", "if x:\n    %cd a", "!ls", "z = !ls", "s = '''\n%a\n'''", "%pwd", "# c"]
        ),
        max_size=5,
    )
)
def test_what_is_not_a_magic_is_as_ipython_leaves_it(parts: list[str]) -> None:
    source = "\n".join(parts)
    python = lower_source(source, SCENE).python.split("\n")
    theirs = TransformerManager().transform_cell(source).split("\n")
    for line in theirs:
        if "get_ipython" not in line and line.strip():
            assert line in python


@pytest.mark.parametrize("name", sorted({*LINE_MAGICS, *CELL_MAGICS}))
def test_rows_are_named_as_their_magics(name: str) -> None:
    assert all(table[name].name == name for table in (LINE_MAGICS, CELL_MAGICS) if name in table)


def test_names_of_magics_are_those_of_the_table() -> None:
    assert set(LINE_MAGICS) - {"!"} == LINE_MAGIC_NAMES
    assert set(CELL_MAGICS) - {"!"} == CELL_MAGIC_NAMES

"""IPython's syntax without IPython: what is rewritten is rewritten as IPython does it, and the rest is left to it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from nb2pkg.cells.ipython import Escape, escapes, transformed

BLANK = re.compile(r"(?m)^[ \t]+$")


def by_ipython(source: str) -> str | None:
    """Return what IPython makes of a source, or None when it raises.

    Older releases leave the blanks in blank lines, so they are taken out here. Where they matter, in strings and in
    bodies of cell magics, the cell is left to IPython: another test says so.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = str(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call, unused-ignore]
        except Exception:  # of many kinds
            return None
    return BLANK.sub("", text)


REWRITTEN = {
    "%matplotlib inline": [Escape(1, 1, 0, "%", "matplotlib", "inline")],
    "%pwd": [Escape(1, 1, 0, "%", "pwd", "")],
    "%time f(a,  b) ": [Escape(1, 1, 0, "%", "time", "f(a,  b)")],
    "!ls -l {d}": [Escape(1, 1, 0, "!", "", "ls -l {d}")],
    "! ls": [Escape(1, 1, 0, "!", "", " ls")],
    "!": [Escape(1, 1, 0, "!", "", "")],
    "!!ls": [Escape(1, 1, 0, "!!", "", "ls")],
    "!echo it's": [Escape(1, 1, 0, "!", "", "echo it's")],
    "!echo 'is it?'": [Escape(1, 1, 0, "!", "", "echo 'is it?'")],
    "x?": [Escape(1, 1, 0, "?", "x", "")],
    "x.y[0].z??": [Escape(1, 1, 0, "??", "x.y[0].z", "")],
    "np.*load*?": [Escape(1, 1, 0, "?", "np.*load*", "")],
    "?x": [Escape(1, 1, 0, "?", "x", "")],
    "??x.y": [Escape(1, 1, 0, "??", "x.y", "")],
    "%time?": [Escape(1, 1, 0, "?", "%time", "")],
    "%%time?": [Escape(1, 1, 0, "?", "%%time", "")],
    "%%time??\nx": [Escape(1, 1, 0, "??", "%%time", "")],
    "x = %env HOME": [Escape(1, 1, 4, "%", "env", "HOME", "x")],
    "x = !ls -l": [Escape(1, 1, 4, "!", "", "ls -l", "x")],
    "x =!ls": [Escape(1, 1, 3, "!", "", "ls", "x")],
    "x, *y = !ls": [Escape(1, 1, 8, "!", "", "ls", "x, *y")],
    "a.b['c'] = %time f()": [Escape(1, 1, 11, "%", "time", "f()", "a.b['c']")],
    "(x,\n y) = !ls": [Escape(2, 2, 6, "!", "", "ls", "(x,\n y)")],
    "x: list = !ls": [Escape(1, 1, 10, "!", "", "ls", "x: list")],
    "if n: x = !ls": [Escape(1, 1, 10, "!", "", "ls", "if n: x")],
    "if n:\n    !ls\nelse:\n        x = %pwd": [
        Escape(2, 2, 4, "!", "", "ls"),
        Escape(4, 4, 12, "%", "pwd", "", "x"),
    ],
    "!ls \\\n  -l \\\n  -a\n%pwd": [Escape(1, 3, 0, "!", "", "ls    -l    -a"), Escape(4, 4, 0, "%", "pwd", "")],
    "x = %time \\\n  f()": [Escape(1, 2, 4, "%", "time", "   f()", "x")],
    "\n  \n    !ls\n      # a\n    x": [Escape(3, 3, 4, "!", "", "ls")],
    "%%bash -s a\necho 'x\n\n%pwd": [Escape(1, 4, 0, "%%", "bash", "-s a")],
    "\n\n  %%time\n  if x:\n    y": [Escape(3, 5, 2, "%%", "time", "")],
    "%%html\n<p>what?": [Escape(1, 2, 0, "%%", "html", "")],
    "x = 1\n%%time": [Escape(2, 2, 0, "%", "%time", "")],
    "f'{x!r:>{w}} {y[0]}'\n!ls": [Escape(2, 2, 0, "!", "", "ls")],
    "0x_ff + 1_0.5e-3j + .5 + 1. + 0b1 + 00\n!ls": [Escape(2, 2, 0, "!", "", "ls")],
    "größe = 1\n!ls": [Escape(2, 2, 0, "!", "", "ls")],
}
LEFT_ALONE = [
    "",
    "\n",
    "  \n\t\n",
    "x = 1",
    "  x = 1\n\n  y = 2",
    "'''\n!ls\n%pwd\nx?\n'''",
    '"""\\"""\n!ls\n"""',
    "rb'''\n!ls\\'''\n%pwd'''",
    "'a\\\n!ls'",
    "(\n  a\n  % b\n)",
    "f(\n!=1)",
    "a = b \\\n  % c",
    "a = b = c \\\n%d",
    "# x?\n# !ls",
    "x = 1  # is it?",
    "x != 1\nx = y % 2",
    "a = b = %c",
    "a %= 2\na != 3",
    "'what?'",
    "x = '%s' % (\n  y\n  % name\n)",
    "[1\n, 2\n, 3]",
    "lambda: (yield)",
    "if x:\n        a\nelse:\n  b\n  '''\n c\n'''",
    "f'{x}?'\nx = f'{x:%Y-%m}'",
]
UNSURE = [
    "    !ls\n  x",
    "?",
    "??",
    "x? ",
    "!ls # is it?",
    "x???",
    "x = y?",
    "f(x)?",
    "!ls what?",
    ",f a b",
    ";f a b",
    "/f a b",
    "% time",
    "%5",
    "x = % time",
    "x = !=y",
    "x = \\\n  !ls",
    "a = b = !ls",
    "= !ls",
    "a \\\n= !ls",
    "a ! b\n!ls",
    "x = $y\n!ls",
    ">>> x = 1",
    "  >>> x\n  ... y",
    "In [1]: x",
    "x\n...",
    "x\n   ...: y",
    "!ls \\",
    "!ls # a \\\n  b",
    "!echo it's \\\n  b",
    "!echo (\nx",
    "!echo '''\nx",
    "f'{x' + f'='; y\n!ls",
    "f'='.x = !ls",
    "f(f'{{}}', a = %b)",
    'f\'{"""a"}\'\n!ls',
    "f'{'\n!ls",
    "f'{f(}'\n!ls",
    "'abc\n!ls",
    "'''abc\n!ls",
    "print 0777\n!ls",
    "10L\n!ls",
    "1if x else y\n!ls",
    "x = (1,\n!ls",
    "x)\n!ls",
    "if x:\n    a\n  !ls",
    "if x:\n    a\nif y:\n\t!ls",
    "!ls\r\nx",
    "!ls\x0cx",
    "!ls\u2028x",
    "x = '\0'",
    "x = '\ud800'",
    "\u3000\n!ls",
    "x = “a”\n!ls",
    "a²\n!ls",
    "\n".join(["!ls"] * 500),
]


@pytest.mark.parametrize(("source", "found"), REWRITTEN.items())
def test_what_is_found(source: str, found: list[Escape]) -> None:
    assert escapes(source) == tuple(found)
    assert transformed(source) == by_ipython(source)


@pytest.mark.parametrize("source", LEFT_ALONE)
def test_python_is_left_alone(source: str) -> None:
    assert escapes(source) == ()
    assert transformed(source) == by_ipython(source)


@pytest.mark.parametrize("source", UNSURE)
def test_what_only_ipython_can_tell(source: str) -> None:
    assert escapes(source) is None
    assert transformed(source) is None


@pytest.mark.parametrize("source", ["%%html\na\n  \nb", "%%html\na\n  ", '!ls\nx = """\n  \n"""', "x = '''\n\t\n'''"])
def test_blank_lines_of_texts_are_left_to_ipython(source: str) -> None:
    assert escapes(source) is not None
    assert transformed(source) is None


def test_wrong_indentation_is_left_to_ipython() -> None:
    """It raises on this, but there is nothing of it in the cell."""
    source = "if x:\n    a\n  b"
    assert escapes(source) == ()
    assert transformed(source) is by_ipython(source) is None


# What may stand in a cell, as it is common there. An indented line follows only on a line that opens a block.
PYTHON = [
    "x = 1",
    "",
    "   ",
    "# what? !ls",
    "    # %pwd",
    "f(a, b=2)  # x?",
    "x = '!ls'; y = \"it's\"",
    'x = """\n!ls\n  %pwd\nx?\n"""',
    "x = r'''\\\n!!ls\\\\'''",
    "y = 'a\\\n%pwd'",
    "print('%s?' % x, f'{x!r:>{w}} {{}} {d[\"a\"]}')",
    "x = (\n    a\n%b\n!= c\n)",
    "x = [1\n, 2\n]",
    "d = {\n'a': 1,\n    # x?\n}",
    "x = a \\\n  % b",
    "x %= 2",
    "assert x != 1e-3, .5",
    "f(x\n  , y)",
    "größe = 0x1f",
]
IPYTHON = [
    "%matplotlib inline",
    "%time x = f(1)",
    "%timeit -n 1 [y for y in x]",
    "!pip install -q 'a>1' b",
    "!ls *.csv | wc -l > $out",
    "!cd {d} && \\\n    make",
    "!!ls",
    "x = !ls -l",
    "x, y = %sql select * \\\n  from t",
    "d['a'].b = %env HOME",
    "x?",
    "pd.read_csv??",
    "?x",
    "%time?",
    "np.*load*?",
    "%%time",
    "!echo it's",
]
HEADS = ["if x:", "for a in b:", "with f(x) as y:", "def f(a=1):"]
lines_of_cells = st.sampled_from([*PYTHON, *IPYTHON])


@st.composite
def common_cells(draw: st.DrawFn) -> str:
    """Draw a cell of Python and IPython lines in blocks, as people write them."""
    depth, found = 0, [""] * draw(st.integers(0, 2))
    found.append(draw(st.sampled_from(["x", "# a", "!ls", "%pwd", "x?"])))  # never more indented than the rest
    for _ in range(draw(st.integers(1, 8))):
        line = draw(lines_of_cells)
        found.append("    " * depth + line if line.strip() else line)
        if draw(st.booleans()):
            found.append("    " * depth + draw(st.sampled_from(HEADS)))
            depth += 1
            found.append("    " * depth + draw(lines_of_cells).lstrip())
        depth = draw(st.integers(0, depth))
    text = "\n".join(found) + draw(st.sampled_from(["", "\n", "\n\n"]))
    margin = draw(st.sampled_from(["", "", "  "]))
    head = draw(st.sampled_from(["", "", "", "%%capture out\n", "%%bash -s a\n"]))
    if head:
        text = BLANK.sub("", text)
    return "".join(margin + line if line.strip() else line for line in (head + text).splitlines(keepends=True))


@given(common_cells())
@settings(max_examples=500, deadline=None)
def test_common_cells_never_need_ipython(source: str) -> None:
    assert transformed(source) == by_ipython(source) is not None


FRAGMENTS = [
    *PYTHON,
    *IPYTHON,
    *HEADS,
    *"! !! % %% ? ?? = == != := + \\ \\\n ( ) [ ] { } ' \" ''' \"\"\" # , ; / : .".split(" "),
    *"... $ ` 1 0 e x f' rb\" \\' >>> é ² - %a b1 x. *".split(" "),
    *("\n", "\n", "\n", "\n    ", "\n  ", "\n\t", " ", " ", "In [1]: ", "\r", "\x0c", "\xa0", "\u3000", "\u2028"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
@settings(max_examples=1000, deadline=None)
def test_any_text_is_rewritten_as_ipython_does_or_left_to_it(source: str) -> None:
    assert transformed(source) in (None, by_ipython(source))


@given(st.text(max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_characters_too(source: str) -> None:
    assert transformed(source) in (None, by_ipython(source))


@given(common_cells())
@settings(max_examples=300, deadline=None)
def test_escapes_stand_where_they_say(source: str) -> None:
    lines = source.split("\n")
    found = escapes(source) or ()
    assert [one.line for one in found] == sorted({one.line for one in found})
    for one in found:
        assert 1 <= one.line <= one.last_line <= len(lines)
        rest = lines[one.line - 1][one.column :]
        asked = one.kind in ("?", "??") and not rest.startswith("?")
        assert rest.rstrip() == one.name + one.kind if asked else rest.startswith(one.kind + one.name)


@pytest.mark.parametrize(
    "part",
    [
        *(
            "!",
            "%",
            "?",
            "=",
            " ",
            "\t",
            "\\",
            "\\\n",
            "(",
            "[",
            "{",
            "'",
            '"',
            "\\'",
            "1",
            "1e-",
            "x",
            "x.",
            "*",
            "#",
            ">>> ",
        ),
        *("!ls ", "!ls\n", "x?\n", "= !", "=\\\n", "f'{", "{'", "x = %a \\\n", "'''\\'''\n", "\u3000", "if x:\n "),
    ],
)
@pytest.mark.parametrize("around", ["{}", "!ls\n{}", "!{}", "x = {}", "x = f'{}'\n!ls", '!echo "{}', "'''{}'''\n!ls"])
def test_time_grows_with_the_length(part: str, around: str) -> None:
    """A quadratic one would take hours."""
    started = time.monotonic()
    text = transformed(around.replace("{}", part * (200_000 // len(part))))
    assert text is None or text.endswith("\n")
    assert time.monotonic() - started < 60


def test_common_cells_are_lowered_without_importing_ipython() -> None:
    code = (
        "import sys; from nb2pkg.cells.calls import Scene; from nb2pkg.cells.lower import lower_source; "
        "print(bool(lower_source('%matplotlib inline\\n!ls', Scene('a.ipynb', 1)).python), 'IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]

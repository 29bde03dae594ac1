"""The IPython syntax of a cell, found and rewritten as IPython does it, but without importing IPython.

IPython tokenizes the cell again after each rewrite, and what its tokenizer makes of `!cmd it's (` differs between
releases of Python. Here one pass over the text finds the common forms. Whatever is not one of them, or could throw off
IPython's tokens, makes the answer None: then only IPython itself knows.
"""

from __future__ import annotations

import re

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import NoReturn

# Line ends that only `str.splitlines` knows, and what no tokenizer takes.
_ODD = r"[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]"
# `...` alone in the second line is a prompt to older releases.
_PROMPT = r"(?:\.\.\.|(?:\[(?:nav|ins)\][ ]?)?In[ ]\[)"
# All that may make a cell more than Python: a cell without any of this is left alone.
_SIGNS = re.compile(
    rf"(?m)^[ \t]*(?:[!%?,;/]|>>>|{_PROMPT}|[^\S \t\n])|=[^\S\n]*(?:[%!]|\\$)|\?[ \t]*\\?$|{_ODD}",
)
# What is left to IPython wherever it stands: prompts, and blank lines of odd blanks.
_UNCOMMON = rf"(?m)^[^\S\n]*>>>|\A(?:[^\n]*\n)?[^\S\n]*{_PROMPT}|{_ODD}|^[ \t]*[^\S \t\n][^\S\n]*$"

# The rest is compiled when a cell needs it: most have none of these signs, and compiling takes milliseconds.
# Words and whole numbers in a row are skipped at once; the limits keep the time linear.
_TOKEN = r"""(?x)
    (?:[ \t.,:;+*/<>&|^~@%-]{0,8}(?:[A-Za-z_][A-Za-z0-9_]*(?![\w'"])|(?:0|[1-9][0-9]*)(?![\w.]))){0,50}
    [ \t]*(?:
    ([^\W\d]\w*)                                   # 1: a word, maybe the prefix of a string
    |(\.?[0-9][\w.]*(?:(?<=[eE])[-+][\w.]*)?)      # 2: a number, right or wrong
    |(=(?!=))                                      # 3
    |(\n)                                          # 4
    |('{3}|"{3}|['"])                              # 5
    |([(\[{])                                      # 6
    |([)\]}])                                      # 7
    |\#[^\n]*|\\\n|->|[-+*/%@&|^<>=!:]=|[-+*/%@&|^~<>.,:;]
    )"""
_WORD, _NUMBER, _EQUALS, _NEWLINE, _QUOTE, _OPEN, _CLOSE = range(1, 8)
_HELP = r"(%{0,2}[A-Za-z_*][A-Za-z0-9_*]*(?:\.[A-Za-z_*][A-Za-z0-9_*]*|\[-?(?:0|[1-9][0-9]*)\])*)(\?\??)\n"
_CELL_HELP = r"%%\w+\?"
_LINE_ESCAPE = r"!(?!=)|%{1,2}[A-Za-z_]|\?\??[A-Za-z_*%]"
_VALUE = r"[ \t]*(?:!(?!=)|%[A-Za-z_][A-Za-z0-9_]*(?=[ \t\n]))"
_MAYBE_VALUE = r"[ \t]*(?:[%!]|\\\n[ \t]*[%!\\])"

_DIGITS = r"[0-9](?:_?[0-9])*"
_RIGHT_NUMBER = (
    r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*"
    rf"|(?:{_DIGITS}|(?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?|{_DIGITS}[eE][-+]?{_DIGITS})[jJ]"
    rf"|(?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?|{_DIGITS}[eE][-+]?{_DIGITS}"
)
_PREFIXES = frozenset("r b u f t br rb fr rf tr rt".split())
_ENDS = {quote: rf"(?s)\\.|{quote}" + (r"|\n" if len(quote) == 1 else "") for quote in ("'''", '"""', "'", '"')}
# A replacement field as any tokenizer reads it: closed strings, one level of fields in its format.
_FIELD = r"""\{\{|\}\}|\{(?:[^{}'"\\#]|'[^'"{}\\\n]*'(?!')|"[^'"{}\\\n]*"(?!")|\{[^{}'"\\#]*\})+\}"""
_HIDDEN = r""""[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|#.*"""

_MOST_ESCAPES = 400  # IPython gives up at 500 rewrites
_DEEPEST = 90  # Python's tokenizer gives up at 100 indents and at 200 brackets
_LONGEST_NUMBER = 100
_LONGEST_FSTRING = 10_000
_LONGEST_HELP = 1_000
_LONGEST_QUOTED = 10_000  # characters of an escape whose quotes and brackets are looked at


class Escape(NamedTuple):
    """One occurrence of IPython syntax.

    Attributes:
        line: its first line in the source, from 1.
        last_line: its last line; that of the cell for a cell magic, whose body are the lines between.
        column: the column of its sign in that first line, from 0.
        kind: `%`, `!`, `!!`, `?`, `??` or `%%`.
        name: the magic's name, or what help is asked for; '' for the shell.
        argument: the rest of the line, continued lines joined.
        target: the text before the `=` of an assignment, or ''.
    """

    line: int
    last_line: int
    column: int
    kind: str
    name: str
    argument: str
    target: str = ""


class _UnsureError(Exception):
    """Only IPython itself can tell."""


class _Rewrite(NamedTuple):
    """Put `call` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    call: str
    escape: Escape


class _Cleaned(NamedTuple):
    """A source without its leading empty lines, its common indentation and the blanks of its blank lines."""

    text: str
    skipped: int  # lines
    margin: int  # columns
    blanks: bool  # whether a blank line had any


def escapes(source: str) -> tuple[Escape, ...] | None:
    """Return the IPython syntax of a cell's source in its order, or None when only IPython can tell."""
    if not _SIGNS.search(source):
        return ()
    try:
        return tuple(rewrite.escape for rewrite in _rewrites(_cleaned(source)))
    except _UnsureError:
        return None


def transformed(source: str) -> str | None:
    """Return a cell's source as IPython's transformer rewrites it, or None when only IPython can tell.

    Blank lines lose their blanks, as with the newest IPython. Older ones leave them, which matters in strings and in
    the bodies of cell magics only: with such blanks there, only the IPython that is installed can tell.
    """
    plain = not _SIGNS.search(source)
    try:
        cleaned = _cleaned(source)
        text = cleaned.text
        if plain and not cleaned.blanks and "\n " not in text and "\n\t" not in text:
            return text  # even indentation can't be wrong
        rewrites = _rewrites(cleaned, exact=cleaned.blanks)
    except _UnsureError:
        return None
    pieces, position = [], 0
    for rewrite in rewrites:
        pieces += [text[position : rewrite.start], rewrite.call]
        position = rewrite.end
    return "".join([*pieces, text[position:]])


def _unsure() -> NoReturn:
    raise _UnsureError


def _cleaned(source: str) -> _Cleaned:
    """Return the cleaned source.

    Raises:
        _UnsureError: older and newer IPython differ in what its common indentation is.
    """
    if not source.endswith("\n"):
        source += "\n"
    first = len(source) - len(source.lstrip(" \t\n"))
    start = source.rfind("\n", 0, first) + 1
    if first == len(source):
        start = 0
    text, blanks = re.subn(r"(?m)^[ \t]+$", "", source[start:])
    margin = _leading(text)
    if margin:
        lines = text.split("\n")
        if not all(line.startswith(margin) for line in lines if line):
            _unsure()
        text = "\n".join([line[len(margin) :] for line in lines])
    return _Cleaned(text, source.count("\n", 0, start), len(margin), blanks > 0)


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _rewrites(cleaned: _Cleaned, exact: bool = False) -> list[_Rewrite]:
    """Return the rewrites of a cleaned source in its order.

    Args:
        cleaned: the source.
        exact: blank lines had blanks that strings and bodies of cell magics may need.

    Raises:
        _UnsureError: it holds something that is not common.
    """
    text, skipped, margin, _ = cleaned
    if re.search(_UNCOMMON, text):
        _unsure()
    if text.startswith("%%") and not re.match(_CELL_HELP, text):
        head, _, body = text.partition("\n")
        if exact:
            _unsure()
        name, _, argument = head[2:].rstrip().partition(" ")
        escape = Escape(skipped + 1, skipped + text.count("\n"), margin, "%%", name, argument)
        call = f"get_ipython().run_cell_magic({name!r}, {argument!r}, {body!r})"
        return [_Rewrite(0, len(text) - 1, call, escape)]
    scanner = _Scanner(cleaned, exact)
    scanner.run()
    return scanner.rewrites


class _Scanner:
    """Goes through a text by its logical lines."""

    def __init__(self, cleaned: _Cleaned, exact: bool) -> None:
        self.text = cleaned.text
        self.rewrites: list[_Rewrite] = []
        self._margin = cleaned.margin
        self._exact = exact
        self._indents = [0]
        self._blanks = ""
        self._counted = (0, cleaned.skipped + 1)  # an offset and the line that it is in

    def run(self) -> None:
        """Find all rewrites."""
        position = 0
        while position < len(self.text):
            position = self._logical_line(position)

    def _logical_line(self, position: int) -> int:
        """Go through the line that starts at an offset, and return where the next one starts."""
        text = self.text
        end = text.index("\n", position)
        blanks = _leading(text[position:end])
        start = position + len(blanks)
        sign = text[start]
        if sign == "\n":
            return start + 1
        if sign == "#":
            return end + 1
        self._indent(blanks)
        if text[end - 1] == "?" and end - start < _LONGEST_HELP:
            asked = re.compile(_HELP).match(text, start)
            if asked:
                self._help(asked)
                return asked.end()
        if sign in ",;/\\":
            _unsure()
        if sign in "!%?":
            if not re.compile(_LINE_ESCAPE).match(text, start):
                _unsure()
            return self._escape(start)
        return self._python(start)

    def _indent(self, blanks: str) -> None:
        column, indents = len(blanks), self._indents
        if blanks:
            self._blanks = self._blanks or blanks[0]
            if blanks.strip(self._blanks):
                _unsure()  # tabs and spaces
        if column > indents[-1]:
            indents.append(column)
            if len(indents) > _DEEPEST:
                _unsure()
        while column < indents[-1]:
            indents.pop()
        if column != indents[-1]:
            _unsure()

    def _python(self, first: int) -> int:
        """Go through a logical line of Python, up to an escape that it assigns."""
        text, position, match = self.text, first, re.compile(_TOKEN).match
        depth, assigned, formatted, prefix = 0, False, False, ""
        while True:
            token = match(text, position)
            if not token:
                _unsure()
            kind, position = token.lastindex, token.end()
            if kind == _WORD:
                prefix = self._prefix(token[_WORD], position)
                formatted = formatted or "f" in prefix or "t" in prefix
            elif kind == _NUMBER:
                _check_number(token[_NUMBER])
            elif kind == _QUOTE:
                position, prefix = self._string(position, token[_QUOTE], prefix), ""
            elif kind == _OPEN:
                depth += 1
                if depth > _DEEPEST:
                    _unsure()
            elif kind == _CLOSE:
                depth -= 1
                if depth < 0:
                    _unsure()
            elif kind == _NEWLINE:
                if not depth:
                    return position
                if position == len(text):
                    _unsure()
            elif kind == _EQUALS and (formatted or not (depth or assigned)):
                assigned = assigned or not depth
                if re.compile(_MAYBE_VALUE).match(text, position):
                    if formatted:
                        _unsure()  # newer tokenizers see the `=` and brackets within an f-string
                    return self._value(first, position)

    def _prefix(self, word: str, end: int) -> str:
        """Return a word as the prefix of the string that follows it, or nothing."""
        if not word.isascii() and not word.isidentifier():
            _unsure()
        if self.text[end] not in "'\"":
            return ""
        word = word.lower()
        if word in _PREFIXES:
            return word
        if not word.strip("rbuft"):
            _unsure()
        return ""

    def _string(self, position: int, quote: str, prefix: str) -> int:
        """Return where a string ends whose content starts at an offset."""
        for end in re.compile(_ENDS[quote]).finditer(self.text, position):
            if end[0][0] == "\\":
                continue
            if end[0] == "\n":
                break
            content = self.text[position : end.start()]
            if self._exact and "\n\n" in content:
                _unsure()
            if "f" in prefix or "t" in prefix:
                _check_fields(content)
            return end.end()
        _unsure()

    def _value(self, first: int, position: int) -> int:
        """Rewrite the escape that is assigned, which a `=` stands before, and return where the next line starts."""
        text = self.text
        value = re.compile(_VALUE).match(text, position)
        before = text[text.rfind("\n", 0, position) + 1 : position]
        if not value or "=" in (text[first], before.lstrip()[0]):
            _unsure()
        start = position + len(_leading(value[0]))
        line, end = self._assembled(start)
        if line[0] == "%":
            name, _, argument = line[1:].partition(" ")
            call = _magic(name, argument)
        else:
            name, argument = "", line[1:]
            call = f"get_ipython().getoutput({argument!r})"
        self._add(start, end, call, (line[0], name, argument, text[first : position - 1].strip()))
        return end + 1

    def _escape(self, start: int) -> int:
        """Rewrite the escape that a line is, and return where the next line starts."""
        line, end = self._assembled(start)
        kind = line[:2] if line[:2] in ("!!", "??") else line[0]
        name, argument = "", line[len(kind) :]
        if kind == "%":
            name, _, argument = argument.partition(" ")
            call = _magic(name, argument)
        elif kind == "!":
            call = f"get_ipython().system({argument!r})"
        elif kind == "!!":
            call = f"get_ipython().getoutput({argument!r})"
        else:
            name, argument = argument, ""
            call = _help_call(name, kind)
        self._add(start, end, call, (kind, name, argument, ""))
        return end + 1

    def _help(self, match: re.Match[str]) -> None:
        if re.search(r"\*[0-9]", match[1]):
            _unsure()  # `*5e` is no number
        self._add(match.start(), match.end() - 1, _help_call(match[1], match[2]), (match[2], match[1], "", ""))

    def _assembled(self, start: int) -> tuple[str, int]:
        """Return an escape with its continued lines joined as IPython joins them, and where it ends."""
        text, parts = self.text, []
        end = text.index("\n", start)
        while text[end - 1] == "\\":
            parts.append(text[start : end - 1])
            start = end + 1
            if start == len(text):
                _unsure()
            end = text.index("\n", start)
        parts.append(text[start:end].rstrip())
        line = " ".join(parts)
        _check_tokens(line, continued=len(parts) > 1)
        return line, end

    def _add(self, start: int, end: int, call: str, what: tuple[str, str, str, str]) -> None:
        line = self._line(start)
        column = start - self.text.rfind("\n", 0, start) - 1 + self._margin
        self.rewrites.append(_Rewrite(start, end, call, Escape(line, self._line(end), column, *what)))
        if len(self.rewrites) > _MOST_ESCAPES:
            _unsure()

    def _line(self, offset: int) -> int:
        counted, line = self._counted
        line += self.text.count("\n", counted, offset)
        self._counted = (offset, line)
        return line


def _magic(name: str, argument: str) -> str:
    return f"get_ipython().run_line_magic({name!r}, {argument!r})"


def _help_call(target: str, kind: str) -> str:
    return _magic("pinfo2" if kind == "??" else "psearch" if "*" in target else "pinfo", target)


def _check_number(number: str) -> None:
    """Newer tokenizers stop at a wrong number and see no escape behind it."""
    if number.isdecimal() and number[0] != "0":
        return
    if len(number) > _LONGEST_NUMBER or not re.fullmatch(_RIGHT_NUMBER, number):
        _unsure()


def _check_fields(content: str) -> None:
    """Newer tokenizers read the fields of an f-string as code, and stop at what is wrong there."""
    if "{" not in content and "}" not in content:
        return
    if len(content) > _LONGEST_FSTRING or re.search(r"\\N?[{}]", content):
        _unsure()
    position = 0
    for field in re.compile(_FIELD).finditer(content):
        if re.search("[{}]", content[position : field.start()]) or not field[0].isascii():
            _unsure()
        if any(field[0].count(one) != field[0].count(other) for one, other in ("()", "[]")):
            _unsure()
        position = field.end()
    if re.search("[{}]", content[position:]):
        _unsure()


def _check_tokens(line: str, continued: bool) -> None:
    """Be unsure of an escape that would not be one logical line of tokens, or one that is help to IPython."""
    if line.endswith("?") or "'''" in line or '"""' in line or re.search(r"=[ \t]*%[^ -~]", line):
        _unsure()
    if not re.search(r"""['"#()\[\]{}]""", line):
        return
    if (continued and "#" in line) or len(line) > _LONGEST_QUOTED:
        _unsure()
    shown = re.sub(_HIDDEN, "", line)
    if continued and ("'" in shown or '"' in shown):
        _unsure()
    if sum(map(shown.count, "([{")) != sum(map(shown.count, ")]}")):
        _unsure()

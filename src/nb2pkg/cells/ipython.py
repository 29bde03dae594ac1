"""The IPython syntax of a cell, found and rewritten as IPython does it, but without importing IPython.

IPython tokenizes the cell again after each rewrite, and what its tokenizer makes of `!cmd it's (` differs between
releases of Python. Here one pass over the text finds the common forms. Whatever is not one of them, or could throw off
IPython's tokens, makes the answer None: then only IPython itself knows.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

# Line ends that only `str.splitlines` knows, what no tokenizer takes, and lines of odd blanks.
_ODD = r"[\0\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]|^[ \t]*[^\S \t\n][^\S\n]*$"
# `...` alone in the second line is a prompt to older releases.
_PROMPT = r"^[^\S\n]*>>>|\A\s*(?:[^\n]*\n)?[^\S\n]*(?:\.\.\.|(?:\[(?:nav|ins)\])?[ ]?In[ ]\[)"
_ASSIGNED = r"=(?:[^\S\n]|\\\n)*[%!]"
# All that may make a cell more than Python: a cell without any of this is left alone.
_SIGNS = re.compile(rf"(?m)^[ \t]*[!%?,;/]|{_ASSIGNED}|\?[ \t]*\\?$|{_PROMPT}|{_ODD}")

_BLANK = re.compile(r"(?m)^[ \t]+$")
_INDENT = re.compile(r"[ \t]*")
_TOKEN = re.compile(
    r"""[ \t]*(?:
    ([^\W\d]\w*)                                   # 1: a word, maybe the prefix of a string
    |(\.?[0-9][\w.]*(?:(?<=[eE])[-+][\w.]*)*)      # 2: a number, right or wrong
    |(=(?!=))                                      # 3
    |(\n)                                          # 4
    |('''|\"\"\"|['"])                             # 5
    |([(\[{])                                      # 6
    |([)\]}])                                      # 7
    |\#[^\n]*|\\\n|->|[-+*/%@&|^<>=!:]=|[-+*/%@&|^~<>.,:;]
    )""",
    re.VERBOSE,
)
_WORD, _NUMBER, _EQUALS, _NEWLINE, _QUOTE, _OPEN, _CLOSE = range(1, 8)
_HELP = re.compile(
    r"(%{0,2}[A-Za-z_*][A-Za-z0-9_*]*(?:\.[A-Za-z_*][A-Za-z0-9_*]*|\[-?(?:0|[1-9][0-9]*)\])*)(\?\??)\n"
)
_CELL_HELP = re.compile(r"%%\w+\?")
_LINE_ESCAPE = re.compile(r"!(?!=)|%{1,2}[A-Za-z_]|\?\??[A-Za-z_*%]")
_MAGIC_VALUE = re.compile(r"%[A-Za-z_][A-Za-z0-9_]*(?=[ \t\n])")
_AFTER_EQUALS = re.compile(_ASSIGNED)

_DIGITS = r"[0-9](?:_?[0-9])*"
_RIGHT_NUMBER = (
    r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*"
    rf"|(?:{_DIGITS}|(?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?|{_DIGITS}[eE][-+]?{_DIGITS})[jJ]"
    rf"|(?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?|{_DIGITS}[eE][-+]?{_DIGITS}"
)
_PREFIXES = frozenset("r b u f t br rb fr rf tr rt".split())
_ENDS = {quote: rf"(?s)\\.|{quote}" + (r"|\n" if len(quote) == 1 else "") for quote in ("'''", '"""', "'", '"')}
# A replacement field as any tokenizer reads it: closed strings, one level of fields in its format.
_FIELD = r"""\{\{|\}\}|\{(?:[^{}'"\\#]|'[^'"{}\\\n]*'|"[^'"{}\\\n]*"|\{[^{}'"\\#]*\})+\}"""
_HIDDEN = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#.*"""

_MOST_ESCAPES = 400  # IPython gives up at 500 rewrites
_DEEPEST = 90  # Python's tokenizer gives up at 100 indents and at 200 brackets
_LONGEST_NUMBER = 100
_LONGEST_FSTRING = 100_000


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


def escapes(source: str) -> tuple[Escape, ...] | None:
    """Return the IPython syntax of a cell's source in its order, or None when only IPython can tell."""
    if not _SIGNS.search(source):
        return ()
    try:
        return tuple(rewrite.escape for rewrite in _rewrites(*_cleaned(source)))
    except _UnsureError:
        return None


def transformed(source: str) -> str | None:
    """Return a cell's source as IPython's transformer rewrites it, or None when only IPython can tell."""
    plain = not _SIGNS.search(source)
    try:
        text, skipped, margin = _cleaned(source)
        if plain and "\n " not in text and "\n\t" not in text:
            return text  # even indentation can't be wrong
        rewrites = _rewrites(text, skipped, margin)
    except _UnsureError:
        return None
    pieces, position = [], 0
    for rewrite in rewrites:
        pieces += [text[position : rewrite.start], rewrite.call]
        position = rewrite.end
    return "".join([*pieces, text[position:]])


def _unsure() -> NoReturn:
    raise _UnsureError


def _cleaned(source: str) -> tuple[str, int, int]:
    """Return the source without its leading empty lines and common indentation, and how much both are."""
    if not source.endswith("\n"):
        source += "\n"
    text = _BLANK.sub("", source)
    bare = text.lstrip("\n")
    if not bare:
        return text, 0, 0
    skipped = len(text) - len(bare)
    if bare[0] not in " \t":
        return bare, skipped, 0
    lines = bare.split("\n")
    indents = [_leading(line) for line in lines if line]
    low, high = min(indents), max(indents)
    margin = next((n for n, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))
    return "\n".join([line[margin:] for line in lines]), skipped, margin


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _rewrites(text: str, skipped: int, margin: int) -> list[_Rewrite]:
    """Return the rewrites of a cleaned text in its order.

    Raises:
        _UnsureError: it holds something that is not common.
    """
    if re.search(rf"(?m){_PROMPT}|{_ODD}", text):
        _unsure()
    if text.startswith("%%") and not _CELL_HELP.match(text):
        head, _, body = text.partition("\n")
        name, _, argument = head[2:].rstrip().partition(" ")
        last = skipped + text.count("\n")
        escape = Escape(skipped + 1, last, margin, "%%", name, argument)
        call = f"get_ipython().run_cell_magic({name!r}, {argument!r}, {body!r})"
        return [_Rewrite(0, len(text) - 1, call, escape)]
    scanner = _Scanner(text, skipped, margin)
    scanner.run()
    return scanner.rewrites


class _Scanner:
    """Goes through a text by its logical lines."""

    def __init__(self, text: str, skipped: int, margin: int) -> None:
        self.text = text
        self.margin = margin
        self.rewrites: list[_Rewrite] = []
        self._indents = [0]
        self._blanks = ""
        self._counted = (0, skipped + 1)  # an offset and the line that it is in

    def run(self) -> None:
        """Find all rewrites."""
        position = 0
        while position < len(self.text):
            position = self._logical_line(position)

    def _logical_line(self, position: int) -> int:
        """Go through the line that starts at an offset, and return where the next one starts."""
        text = self.text
        start = _INDENT.match(text, position).end()  # type: ignore[union-attr]
        sign = text[start]
        if sign == "\n":
            return start + 1
        if sign == "#":
            return text.index("\n", start) + 1
        self._indent(text[position:start])
        asked = _HELP.match(text, start)
        if asked:
            self._help(asked)
            return asked.end()
        if sign in ",;/\\":
            _unsure()
        if sign in "!%?":
            if not _LINE_ESCAPE.match(text, start):
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
        text, position = self.text, first
        depth, assigned, formatted, prefix = 0, False, False, ""
        while True:
            token = _TOKEN.match(text, position)
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
            elif kind == _EQUALS and not depth and not assigned:
                assigned = True
                value = _AFTER_EQUALS.match(text, position - 1)
                if value:
                    if formatted:
                        _unsure()  # newer tokenizers see a `=` within an f-string
                    return self._value(first, position - 1, value)

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
            if "f" in prefix or "t" in prefix:
                _check_fields(self.text[position : end.start()])
            return end.end()
        _unsure()

    def _value(self, first: int, equals: int, match: re.Match[str]) -> int:
        """Rewrite the escape that is assigned, and return where the next line starts."""
        text, start = self.text, match.end() - 1
        if "\n" in match[0] or text.startswith("!=", start):
            _unsure()
        if text[start] == "%" and not _MAGIC_VALUE.match(text, start):
            _unsure()
        line, end = self._assembled(start)
        if line[0] == "%":
            name, _, argument = line[1:].partition(" ")
            call = _magic(name, argument)
        else:
            name, argument = "", line[1:]
            call = f"get_ipython().getoutput({argument!r})"
        self._add(start, end, call, (line[0], name, argument, text[first:equals].strip()))
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
        column = start - self.text.rfind("\n", 0, start) - 1 + self.margin
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
    if continued and "#" in line:
        _unsure()
    shown = re.sub(_HIDDEN, "", line)
    if continued and ("'" in shown or '"' in shown):
        _unsure()
    if sum(map(shown.count, "([{")) != sum(map(shown.count, ")]}")):
        _unsure()
